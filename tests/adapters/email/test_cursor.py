"""Where reading has got to, decided without a server."""

import json
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.email.cursor import SEEN_MAX, FolderState, Found, State, first_of, in_order, pack, unpack

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
UIDS = st.sets(st.integers(min_value=1, max_value=2000))


def found(uid: int, minute: int = 0, folder: str = "INBOX", size: int = 100) -> Found:
    at = NOW + timedelta(minutes=minute)
    return Found(folder, uid, size, at, at)


@given(UIDS)
def test_packed_numbers_unpack_to_themselves(uids: set[int]) -> None:
    assert unpack(pack(uids)) == uids


def test_runs_are_written_short() -> None:
    assert pack({1, 2, 3, 7, 9, 10}) == "1:3,7,9:10"
    assert pack(()) == ""


@given(st.lists(st.integers(min_value=1, max_value=5000), unique=True, max_size=1500))
def test_what_was_taken_is_known_and_the_memory_bounded(order: list[int]) -> None:
    folder = FolderState(1)
    for uid in order:
        folder.take(uid)
    assert len(folder.seen) <= SEEN_MAX
    assert folder.last_uid == max(order, default=0)
    assert all(uid in folder.seen or uid <= folder.floor for uid in order)
    assert not any(uid <= folder.floor for uid in folder.seen)


@given(
    st.lists(st.tuples(st.sampled_from(["INBOX", "Sent"]), st.integers(0, 50)), max_size=40),
)
def test_merging_keeps_each_folders_order(mails: list[tuple[str, int]]) -> None:
    folders: dict[str, list[Found]] = {"INBOX": [], "Sent": []}
    for uid, (folder, minute) in enumerate(mails, 1):
        folders[folder].append(found(uid, minute, folder))
    merged = in_order(folders.values())
    assert len(merged) == len(mails)
    for folder, expected in folders.items():
        assert [mail for mail in merged if mail.folder == folder] == expected


def test_merging_follows_the_time_of_arrival() -> None:
    inbox = [found(1, 0), found(2, 20), found(3, 10), found(4, 40)]
    sent = [found(1, 5, "Sent"), found(2, 30, "Sent")]
    merged = [(mail.folder[0], mail.uid) for mail in in_order([inbox, sent])]
    # Number 3 claims to be older than number 2 and yet comes after it.
    assert merged == [("I", 1), ("S", 1), ("I", 2), ("I", 3), ("S", 2), ("I", 4)]


def test_a_batch_ends_at_its_bounds_and_never_before_the_first_mail() -> None:
    mails = [found(1, size=90), found(2, size=90), found(3, size=90)]
    assert first_of(mails, 10, 200, 1000) == mails[:2]
    assert first_of(mails, 1, 200, 1000) == mails[:1]
    assert first_of(mails, 10, 10, 1000) == mails[:1]
    huge = [found(1, size=10_000_000), *mails]
    assert first_of(huge, 10, 1_000_000, 1000) == huge
    assert first_of([], 10, 10, 10) == []


def test_a_cursor_survives_storage() -> None:
    state = State.load(None, NOW, 14)
    state.folders["INBOX"] = FolderState.begin(7, 100, date(2026, 11, 7))
    state.folders["INBOX"].take(40)
    state.folders["INBOX"].failed_at(41, 60)
    state.folders["Sent"] = FolderState.begin(8, 5, None)
    state.folders["Sent"].take(6)
    stored = json.loads(json.dumps(state.dump()))
    assert State.load(stored, NOW, 14) == state
    assert State.load(stored, NOW, 14).dump() == stored


def test_a_new_folder_is_filled_from_the_start_and_one_without_backfill_not_at_all() -> None:
    state = State.load(None, NOW, 14)
    assert state.window(NOW, known=False) == date(2026, 11, 7)
    assert State.load(None, NOW, 0).window(NOW, known=False) is None
    empty = FolderState.begin(7, 0, date(2026, 11, 7))
    assert (empty.last_uid, empty.fill) == (0, None)


def test_a_renumbered_folder_is_read_from_before_the_last_success_but_not_from_before_the_start() -> None:
    state = State(start=NOW - timedelta(days=100), alive=(NOW - timedelta(days=20)).date())
    assert state.window(NOW, known=True) == date(2026, 10, 29)
    state.start = NOW - timedelta(days=2)
    assert state.window(NOW, known=True) == date(2026, 11, 19)


class TestTrouble:
    """Finding the one mail that breaks the connection."""

    def test_a_failed_group_is_taken_apart(self) -> None:
        folder = FolderState(1, last_uid=10)
        folder.failed_at(11, 15)
        assert [uid for uid in range(9, 18) if folder.alone(uid)] == [11, 12, 13, 14, 15]
        assert folder.tries(11) == 1
        folder.take(11)
        assert (folder.alone(11), folder.alone(12), folder.tries(12)) == (False, True, 0)
        for uid in (12, 13, 14, 15):
            folder.take(uid)
        assert folder.trouble is None

    def test_failures_of_the_same_mail_are_counted(self) -> None:
        folder = FolderState(1)
        folder.failed_at(5, 9)
        folder.failed_at(5, 5)
        assert folder.tries(5) == 2
        folder.take(5)
        folder.failed_at(6, 6)
        assert folder.tries(6) == 1
        assert folder.alone(9)

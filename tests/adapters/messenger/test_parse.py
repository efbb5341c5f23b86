"""What a Page's events mean. All kinds stand in the adapter's samples; here is what holds beyond single ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.meta.messenger import ADAPTER
from inbox.contract import (
    Broken,
    Edit,
    Ignored,
    Inbound,
    Item,
    Raw,
    Reacted,
    Removal,
    StatusChange,
    Unreadable,
)
from tests.adapters.messenger.peer import SETTINGS
from tests.peers.graph_page import PAGE_ID, PERSON

SAMPLES = Path(__file__).parents[3] / "adapters/meta/messenger/samples"
CONFIG = ADAPTER.manifest.config.model_validate(SETTINGS)


def event(kind: str, about: Any, **more: Any) -> dict[str, Any]:
    sides = {"sender": {"id": PERSON}, "recipient": {"id": PAGE_ID}, "timestamp": 1_793_438_700_000}
    return {**sides, kind: about, **more}


def read(*events: Any, where: str = "messaging", account: Any = PAGE_ID) -> tuple[Item, ...]:
    body = {"object": "page", "entry": [{"id": account, "time": 1, where: list(events)}]}
    return ADAPTER.parse(CONFIG, Raw(body=json.dumps(body).encode()))


def one(kind: str, about: Any, **more: Any) -> Item:
    [item] = read(event(kind, about, **more))
    return item


def message(**fields: Any) -> Inbound:
    item = one("message", {"mid": "m_1", **fields})
    assert isinstance(item, Inbound), item
    return item


# Batches

GOOD = [event("message", {"mid": f"m_good_{number}", "text": "Good"}) for number in (1, 2)]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        "text",
        [],
        event("message", None),
        event("message", {}),
        event("message", "text"),
        event("message", {"mid": ""}),
        event("message", {"mid": "m_1", "text": ["a"]}),
        event("message", {"mid": "m_1", "attachments": {}}),
        event("message", {"mid": "m_1", "attachments": [None]}),
        event("message", {"mid": "m_1", "attachments": [{"type": "image", "payload": "x"}]}),
        event("message", {"mid": "m_1"}, sender={}),
        event("message", {"mid": "m_1"}, sender="anna"),
        event("message", {"mid": "m_1"}, recipient=None),
        event("reaction", {}),
        event("delivery", {}),
        event("delivery", {"mids": "m_1"}),
        event("read", {}),
        event("postback", {"title": "Old"}, timestamp="never"),
        event("message_edit", {}),
    ],
)
def test_a_bad_one_costs_its_neighbours_nothing_and_stays_visible(bad: Any) -> None:
    first, broken, last = read(GOOD[0], bad, GOOD[1])
    assert isinstance(broken, Broken)
    assert "2 of 3" in broken.reason
    assert [first, last] == [*read(GOOD[0]), *read(GOOD[1])]


def test_every_sample_can_stand_between_others() -> None:
    before, after = read(*GOOD)
    for path in sorted(SAMPLES.glob("*.body")):
        entries = json.loads(path.read_bytes())["entry"]
        alone = ADAPTER.parse(CONFIG, Raw(body=path.read_bytes()))
        around = [{"id": PAGE_ID, "time": 1, "messaging": [each]} for each in GOOD]
        body = {"object": "page", "entry": [around[0], *entries, around[1]]}
        found = ADAPTER.parse(CONFIG, Raw(body=json.dumps(body).encode()))
        assert (found[0], found[-1]) == (before, after), path.name
        if entries:
            assert found[1:-1] == alone, path.name


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"null",
        b'{"object": "page"}',
        b'{"object": "instagram", "entry": []}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_batch_about_a_page_is_kept_unread(body: bytes) -> None:
    with pytest.raises(Unreadable):
        ADAPTER.parse(CONFIG, Raw(body=body))


def test_another_pages_news_are_none_of_ours() -> None:
    [item] = read(*GOOD, account="101000000000099")
    assert isinstance(item, Ignored)


# Single rules


def test_a_message_is_known_by_its_id_whoever_brings_it() -> None:
    plain, listening = one("message", {"mid": "m_1", "text": "Hi"}), None
    [listening] = read(event("message", {"mid": "m_1", "text": "Hi"}), where="standby")
    assert isinstance(plain, Inbound)
    assert isinstance(listening, Inbound)
    assert plain.external_id == listening.external_id
    assert [notice.code for notice in listening.notices] == ["standby"]


def test_a_time_may_be_missing() -> None:
    item = one("message", {"mid": "m_1", "text": "Hi"}, timestamp=None)
    assert isinstance(item, Inbound)
    assert item.sent_at is None


def test_metadata_of_others_is_no_key_of_ours() -> None:
    for metadata in ("", "short", "two words here", {"a": 1}, "x" * 200, 7):
        about = {"mid": "m_1", "is_echo": True, "metadata": metadata, "text": "Hi"}
        item = one("message", about, sender={"id": PAGE_ID}, recipient={"id": PERSON})
        assert isinstance(item, Inbound)
        assert (item.idem_key, item.ours) == ("", False)


@pytest.mark.parametrize(
    ("metadata", "partial"),
    [("0123456789abcdef", False), ("0123456789abcdef.1.3", True), ("0123456789abcdef.3.3", False)],
)
def test_a_part_of_a_reply_is_known_as_such(metadata: str, partial: bool) -> None:
    about = {"mid": "m_1", "is_echo": True, "metadata": metadata, "text": "Hi"}
    item = one("message", about, sender={"id": PAGE_ID}, recipient={"id": PERSON})
    assert isinstance(item, Inbound)
    assert (item.idem_key, item.partial) == ("0123456789abcdef", partial)


def test_without_our_apps_number_the_key_alone_tells_what_is_ours() -> None:
    config = CONFIG.model_copy(update={"app_id": ""})
    body = (SAMPLES / "echo_own.body").read_bytes()
    [item] = ADAPTER.parse(config, Raw(body=body))
    assert isinstance(item, Inbound)
    assert (bool(item.idem_key), item.ours) == (True, False)


def test_a_file_at_a_foreign_address_is_named_and_left_where_it_is() -> None:
    [file] = message(attachments=[{"type": "file", "payload": {"url": "ftp://x/y.pdf"}}]).files
    assert file.problem
    assert file.ref is None


@pytest.mark.parametrize(
    "url", ["https://cdn.fbsbx.com/v/..%2F..%2Fetc%2Fpasswd.txt", "https://cdn.fbsbx.com/a%5Cb.txt"]
)
def test_a_files_name_is_no_path(url: str) -> None:
    [file] = message(attachments=[{"type": "file", "payload": {"url": url}}]).files
    assert not {"/", "\\"} & set(file.name)
    assert file.name.endswith(".txt")


def test_notices_of_one_kind_stand_once() -> None:
    shares = [{"type": "share", "payload": {"url": f"https://shop.example/{number}"}} for number in (1, 2)]
    found = message(attachments=shares)
    assert found.text == "https://shop.example/1\nhttps://shop.example/2"
    assert [notice.code for notice in found.notices] == ["share"]


def test_a_watermark_may_be_without_ids_and_ids_without_it() -> None:
    by_time = one("delivery", {"watermark": 1_793_438_700_000})
    assert isinstance(by_time, StatusChange)
    assert by_time.to is not None
    both = one("delivery", {"mids": ["m_1", "m_2"], "watermark": 1_793_438_700_000})
    assert isinstance(both, StatusChange)
    assert (both.external_ids, both.to) == (("m_1", "m_2"), by_time.to)
    by_id = one("delivery", {"mids": ["m_1"]})
    assert isinstance(by_id, StatusChange)
    assert (by_id.external_ids, by_id.to) == (("m_1",), None)


def test_changes_of_a_message_name_it() -> None:
    edit = one("message_edit", {"mid": "m_1", "text": "New"})
    gone = one("message", {"mid": "m_1", "is_deleted": True})
    liked = one("reaction", {"mid": "m_1", "action": "react", "reaction": "like"})
    assert isinstance(edit, Edit)
    assert isinstance(gone, Removal)
    assert isinstance(liked, Reacted)
    assert {edit.external_id, *gone.external_ids, liked.external_id} == {"m_1"}
    assert liked.emoji == ("👍",)


def test_a_press_of_the_same_button_a_second_later_is_another_one() -> None:
    pressed = {"title": "Track", "payload": "TRACK"}
    one_time = read(event("postback", pressed), event("postback", pressed, timestamp=1_793_438_701_000))
    again = read(event("postback", pressed))
    ids = [item.external_id for item in (*one_time, *again) if isinstance(item, Inbound)]
    assert len(ids) == 3
    assert len(set(ids)) == 2

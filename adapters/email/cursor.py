"""Where reading has got to: the decisions of polling, without a connection.

A mail is known by folder, UIDVALIDITY and UID. UIDs grow, but three things break the simple "everything above
the last one": a mailbox that is new to us (a window of it is taken in, the fill), one whose numbers were
thrown away (UIDVALIDITY changed, the same window again), and numbers that become visible late (concurrent
deliveries on some servers), for which the last few hundred taken ones are remembered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from inbox.contract.adapter import Cursor

SEEN_MAX = 500
"""How many taken UIDs are remembered, to tell late ones from known ones."""
GROUP_MAILS = 50
GROUP_BYTES = 4 << 20
"""What one command fetches: small enough that a line which breaks now and then makes progress."""
OUTAGE_MARGIN = timedelta(days=3)
"""Added to the time since the last success when a mailbox has to be read again."""


@dataclass(slots=True)
class Fill:
    """A window of older mail being taken in: UIDs up to `until` that came on or after `since`."""

    until: int
    since: date


@dataclass(slots=True)
class Trouble:
    """A mail at which fetching failed. Mails up to `until` are fetched one by one, to find the culprit."""

    uid: int
    until: int
    tries: int = 1


@dataclass(slots=True)
class FolderState:
    """What is known of one folder. UIDs up to `floor` are settled; above it, `seen` are those taken."""

    uidvalidity: int
    last_uid: int = 0
    floor: int = 0
    seen: set[int] = field(default_factory=set)
    fill: Fill | None = None
    trouble: Trouble | None = None

    @classmethod
    def begin(cls, uidvalidity: int, newest: int, since: date | None) -> "FolderState":
        """A folder that is new, or numbered anew: start after `newest`, with a fill when `since` is given."""
        if since is None or newest == 0:
            return cls(uidvalidity, last_uid=newest, floor=newest)
        return cls(uidvalidity, floor=newest, fill=Fill(newest, since))

    def take(self, uid: int) -> None:
        """The mail is taken, or settled without being taken."""
        self.last_uid = max(self.last_uid, uid)
        if uid > self.floor:
            self.seen.add(uid)
        if len(self.seen) > SEEN_MAX:
            kept = sorted(self.seen)[-SEEN_MAX:]
            self.floor = kept[0] - 1
            self.seen = set(kept)
        if self.trouble and self.trouble.uid == uid:
            self.trouble = Trouble(uid + 1, self.trouble.until, 0) if uid < self.trouble.until else None

    def failed_at(self, uid: int, until: int) -> None:
        """Fetching a group that began with `uid` and ended with `until` failed."""
        if self.trouble and self.trouble.uid == uid:
            self.trouble.tries += 1
            return
        self.trouble = Trouble(uid, max(until, self.trouble.until if self.trouble else 0))

    def tries(self, uid: int) -> int:
        """How often fetching this very mail has failed."""
        return self.trouble.tries if self.trouble and self.trouble.uid == uid else 0

    def alone(self, uid: int) -> bool:
        """Whether this mail is to be fetched on its own."""
        return self.trouble is not None and self.trouble.uid <= uid <= self.trouble.until

    def end_fill(self) -> None:
        """Nothing of the window is left."""
        if self.fill is not None:
            self.last_uid = max(self.last_uid, self.fill.until)
            self.fill = None


@dataclass(slots=True)
class State:
    """The whole cursor. Mail from before `start` is left alone; reading last worked on the day `alive`."""

    start: datetime
    alive: date
    folders: dict[str, FolderState] = field(default_factory=dict)

    @classmethod
    def load(cls, cursor: Cursor | None, now: datetime, backfill_days: int) -> "State":
        """The state of a cursor, or of a mailbox never read before."""
        if cursor is None:
            return cls(now - timedelta(days=backfill_days), now.date())
        data: dict[str, Any] = cursor
        return cls(
            datetime.fromisoformat(data["start"]),
            date.fromisoformat(data["alive"]),
            {name: _load_folder(entry) for name, entry in data["folders"].items()},
        )

    def dump(self) -> Cursor:
        """The state as JSON. Equal states give equal cursors, so that an idle mailbox causes no writes."""
        return {
            "start": self.start.isoformat(),
            "alive": self.alive.isoformat(),
            "folders": {name: _dump_folder(folder) for name, folder in self.folders.items()},
        }

    def window(self, now: datetime, *, known: bool) -> date | None:
        """First day of the window to take in from a folder; None for none.

        A known folder that was numbered anew is read again from before the last success: what came in between
        would be lost otherwise. The content tells doubles. A day is added because servers compare dates only,
        in a time zone of their own.
        """
        first = self.start
        if known:
            alive = datetime(self.alive.year, self.alive.month, self.alive.day, tzinfo=UTC)
            first = max(first, alive - OUTAGE_MARGIN)
        elif first >= now:
            return None
        return (first - timedelta(days=1)).date()


@dataclass(frozen=True, slots=True)
class Found:
    """A mail to be taken. `at` orders mails of several folders; `size` in bytes as the server says."""

    folder: str
    uid: int
    size: int
    at: datetime
    internaldate: datetime | None


def in_order(folders: Iterable[Sequence[Found]]) -> list[Found]:
    """Merge folders by time of arrival, so that questions and answers follow each other.

    Within a folder the order of UIDs is kept whatever the dates say: a cursor can only move forward.
    """
    merged: list[tuple[datetime, int, Found]] = []
    for folder in folders:
        latest = datetime.min.replace(tzinfo=UTC)
        for found in folder:
            latest = max(latest, found.at)
            merged.append((latest, len(merged), found))
    return [found for _, _, found in sorted(merged, key=lambda entry: entry[:2])]


def first_of(found: Sequence[Found], count: int, size: int, each: int) -> list[Found]:
    """The first mails that make a batch of at most `count` and `size` bytes, but at least one.

    A mail above `each` bytes is taken without its body and counts little.
    """
    chosen: list[Found] = []
    total = 0
    for mail in found[:count]:
        total += mail.size if mail.size <= each else 1 << 16
        if chosen and total > size:
            break
        chosen.append(mail)
    return chosen


def groups_of(state: State, chosen: Sequence[Found], selected: str) -> list[list[Found]]:
    """Mails that are fetched by one command: of one folder, small in sum, suspects alone.

    The folder that is open comes first, to spare a change.
    """
    groups: list[list[Found]] = []
    for folder in sorted({mail.folder for mail in chosen}, key=lambda name: (name != selected, name)):
        size = 0
        known = state.folders[folder]
        for mail in (mail for mail in chosen if mail.folder == folder):
            fresh = not groups or groups[-1][0].folder != folder or len(groups[-1]) >= GROUP_MAILS
            if (
                fresh
                or size + mail.size > GROUP_BYTES
                or known.alone(mail.uid)
                or known.alone(groups[-1][-1].uid)
            ):
                groups.append([])
                size = 0
            groups[-1].append(mail)
            size += mail.size
    return groups


def pack(uids: Iterable[int]) -> str:
    """UIDs as an IMAP sequence set: {1, 2, 3, 7} → "1:3,7"."""
    runs: list[list[int]] = []
    for uid in sorted(uids):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in runs)


def unpack(text: str) -> set[int]:
    """The inverse of `pack`."""
    uids: set[int] = set()
    for part in filter(None, text.split(",")):
        low, _, high = part.partition(":")
        uids.update(range(int(low), int(high or low) + 1))
    return uids


def _load_folder(data: dict[str, Any]) -> FolderState:
    fill, trouble = data.get("fill"), data.get("trouble")
    return FolderState(
        data["uidvalidity"],
        data["last_uid"],
        data["floor"],
        unpack(data["seen"]),
        Fill(fill["until"], date.fromisoformat(fill["since"])) if fill else None,
        Trouble(trouble["uid"], trouble["until"], trouble["tries"]) if trouble else None,
    )


def _dump_folder(folder: FolderState) -> Cursor:
    data: Cursor = {
        "uidvalidity": folder.uidvalidity,
        "last_uid": folder.last_uid,
        "floor": folder.floor,
        "seen": pack(folder.seen),
    }
    if folder.fill:
        data["fill"] = {"until": folder.fill.until, "since": folder.fill.since.isoformat()}
    if folder.trouble:
        trouble = folder.trouble
        data["trouble"] = {"uid": trouble.uid, "until": trouble.until, "tries": trouble.tries}
    return data

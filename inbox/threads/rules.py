"""Decisions about threads. Pure."""

import enum
import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from inbox.agents.identity import AgentIdentity
from inbox.contract.markup import to_text
from inbox.threads.words import Kind, Status

NOBODY_WAITS = datetime(9999, 1, 1, tzinfo=UTC)
"""`thread.due_at` while no customer waits: sorts behind everyone who does."""

GROUP = "group:"
"""Begins the aliases that are our own bookkeeping of albums, and no id that the network knows."""

CAPTION = "\x1f"
"""In such an alias, stands before the id of the part that brought the text."""

POSITION_MAX = 999_999_999

_PREVIEW = 160
_LAST_NUMBER = re.compile(r"[0-9]+(?=[^0-9]*\Z)", re.ASCII)
_RICH = re.compile(
    r"<(?:img|table|ul|ol|h[1-6]|pre|hr|b|strong|i|em|u|s|font|video|button)\b", re.IGNORECASE | re.ASCII
)
_QUOTED = re.compile(r"^(?: {0,3}> ?)+", re.MULTILINE)
_SPACE = re.compile(r"\s+")
_CONTROLS = {0: None} | dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")


class OnInbound(enum.Enum):
    """What an inbound message does to the thread's newest episode."""

    START = "start"
    JOIN = "join"
    REOPEN = "reopen"
    APPEND = "append"
    """Belongs to the resolved episode without reopening it, as a machine's answer does."""


def on_inbound(
    status: Status | None, resolved_at: datetime | None, now: datetime, *, reopen: timedelta, automatic: bool
) -> OnInbound:
    """What an inbound does, given the newest episode's status (None: no episode) and when it was resolved."""
    if status is None:
        return OnInbound.START
    if status is not Status.RESOLVED:
        return OnInbound.JOIN
    if automatic:
        return OnInbound.APPEND
    if resolved_at is not None and now - resolved_at <= reopen:
        return OnInbound.REOPEN
    return OnInbound.START


@dataclass(frozen=True)
class Choice:
    """The thread a message goes to, and the one it referred to without a right to be there."""

    thread_id: int
    disputed_id: int | None = None


def choose_thread(own: int, referred: Sequence[int], participates_in: Collection[int]) -> Choice:
    """Where a message goes: the sender's own thread, unless it answers into a thread he takes part in.

    `referred` are threads that its signed tokens and then its references name, best first. Knowing a token
    or a Message-ID is not enough: both are in every mail that was ever forwarded.
    """
    for thread_id in referred:
        if thread_id == own:
            return Choice(own)
        if thread_id in participates_in:
            return Choice(thread_id)
    return Choice(own, referred[0] if referred else None)


def may_see(agent: AgentIdentity, team_id: int | None, assignee_id: int | None) -> bool:
    """Whether an agent may read a thread of that team and assignee. `queries.visible_to` is the same in SQL."""
    return agent.sees_all or team_id is None or team_id in agent.team_ids or assignee_id == agent.id


def may_amend(agent: AgentIdentity, author_id: int | None) -> bool:
    """Whether an agent who sees the thread may change or take back a reply: his own, supervisors everybody's."""
    return agent.is_supervisor or (author_id is not None and author_id == agent.id)


def clean(text: str) -> str:
    """Text as it may be stored: without NUL and lone surrogates, which PostgreSQL refuses."""
    return text.translate(_CONTROLS)


def preview(text: str, kind: Kind | None = None) -> str:
    """The one line of a message that a list shows; marks of what agents write are taken off."""
    head = text[: _PREVIEW * 8]
    plain = _QUOTED.sub("", to_text(head)) if kind in (Kind.REPLY, Kind.NOTE) else head
    line = _SPACE.sub(" ", plain).strip()
    return line if len(line) <= _PREVIEW else line[: _PREVIEW - 1].rstrip() + "…"


HTML_HEAD = 8000
"""Characters of a mail's HTML that say whether it is rich."""


def is_rich(html: str) -> bool:
    """Whether HTML shows more than its text says. Its first HTML_HEAD + 1 characters are enough to tell: what is
    longer counts as rich."""
    return len(html) > HTML_HEAD or _RICH.search(html) is not None


def group_alias(group: str, caption_of: str = "") -> str:
    """The alias under which later parts of an album find its message; with `caption_of` the one that tells which
    part brought the text."""
    return f"{GROUP}{group}{CAPTION}{caption_of}" if caption_of else f"{GROUP}{group}"


def part_position(external_id: str) -> int:
    """Where the files of an album's part stand among those of its other parts, in whatever order these arrive:
    networks count their messages upwards."""
    number = _LAST_NUMBER.search(external_id)
    return min(int(number[0][-9:]), POSITION_MAX) if number else 0


def body_hash(asked: Mapping[str, Any]) -> str:
    """A hash of what a request asked for, to tell a repeated request from a reused key."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


def file_name(name: str) -> str:
    """A file name as data: one line, no path, nothing invisible or direction-changing, at most 200 long."""
    name = unicodedata.normalize("NFC", clean(name))
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp"))
    name = re.split(r"[/\\]", name)[-1].strip().strip(".") or "file"
    if len(name) <= 200:
        return name
    stem, dot, suffix = name.rpartition(".")
    return name[:200] if not dot or len(suffix) > 20 else stem[: 199 - len(suffix)] + dot + suffix

"""Who and where: people and conversations of Slack as parties, and the ids of messages.

A person's chat with the bot has the person's own id. Channels and chats of several people are places: whoever
writes there, answers go to the place. Ids count within one workspace, which is part of the account.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.slack.config import SlackConfig
from inbox.contract import Level, Party, Unreadable

NAMESPACE = "slack"
SLACKBOT = "USLACKBOT"

_REASON = "Slack tells who wrote."
_ID = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_TS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LINE_MAX = 1000


@dataclass(frozen=True)
class Spot:
    """Where a message stands: its conversation, its time stamp, and that of the thread's first one above it, or ""."""

    channel: str
    ts: str
    root: str = ""

    @property
    def external_id(self) -> str:
        """The id of the message, by which reactions and removals name it too; they do not tell the thread."""
        return f"{self.channel}/{self.ts}"

    @property
    def aliases(self) -> tuple[str, ...]:
        """The id that tells the thread as well, by which an answer finds its way there."""
        return (f"{self.channel}/{self.root}/{self.ts}",) if self.root else ()

    @property
    def above(self) -> tuple[str, ...]:
        """The id of the message that the thread is about."""
        return (f"{self.channel}/{self.root}",) if self.root else ()


def spot_of(channel: str, event: dict[str, Any]) -> Spot:
    """Where the message `event` stands. The first message of a thread names itself, and is in none."""
    ts, root = stamp(event.get("ts")), stamp(event.get("thread_ts"))
    return Spot(channel, ts, "" if root == ts else root)


def spot_at(external_id: str) -> Spot | None:
    """The place of a message by its id, or None where the id is no message's."""
    channel, *stamps = external_id.split("/")
    if not _ID.fullmatch(channel) or len(stamps) not in (1, 2) or not all(map(_TS.fullmatch, stamps)):
        return None
    return Spot(channel, stamps[-1], stamps[0] if len(stamps) == 2 else "")


def is_chat(channel: str) -> bool:
    """Whether a conversation is a chat of one person with the bot."""
    return channel.startswith("D")


def party(config: SlackConfig, address: str, name: str = "") -> Party:
    """Somebody, or a place, by its id."""
    return Party(
        namespace=NAMESPACE,
        account=config.account,
        address=address,
        display=name or address,
        name=name,
        level=Level.CHANNEL,
        level_reason=_REASON,
    )


def ident(value: Any) -> str:
    """An id of Slack's, or "" for none. Raises Unreadable for what cannot be one."""
    text = line(value)
    if text and not _ID.fullmatch(text):
        raise Unreadable("An id of Slack's is no id.", code="id")
    return text


def stamp(value: Any) -> str:
    """A time stamp, which is a message's number and stays text; "" for none. Raises Unreadable."""
    text = line(value)
    if text and not _TS.fullmatch(text):
        raise Unreadable("A time stamp of Slack's is no number.", code="ts")
    return text


def moment(value: Any) -> datetime | None:
    """The time that a time stamp tells, or None where it tells none. Raises Unreadable."""
    seconds = float(stamp(value) or 0)
    return datetime.fromtimestamp(seconds, UTC) if 1e8 < seconds < 1e11 else None


def line(value: Any) -> str:
    """A text of one line without control characters; "" for none. Raises Unreadable for no text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable("A text of Slack's is no text.", code="text")
    return _BLANKS.sub(" ", value).strip()[:_LINE_MAX]


def name_of(profile: dict[str, Any]) -> str:
    """A person's name, as colleagues see it: the whole one where there is one."""
    return line(profile.get("real_name")) or line(profile.get("display_name")) or line(profile.get("name"))

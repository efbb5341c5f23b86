"""What the team reads, in our Markdown. Pure.

Names and customers' words are written so that no character of them is a mark; the adapter takes care of what is
special on its network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.contract.markup import literal
from inbox.notify.words import News, Reason, Refusal, Result

LINES_MAX = 8
CHARACTERS_MAX = 400

HOW = "Answer below this message to write to the customer. Begin with “note:” to leave a note for colleagues."

STRANGER = (
    "Only agents can answer from here, "
    "as full members of this workspace whose e-mail address is that of an active agent."
)
RESOLVED = "The request was resolved meanwhile. Notes can still be left here; answer in the inbox."
NEWER = "Something was written that had not been shown here. Send it again if it still fits."


@dataclass(frozen=True)
class Said:
    """A message as the team is shown it: who wrote it, what, and how many files came along. `note`: to colleagues."""

    author: str
    text: str
    files: int = 0
    note: bool = False


@dataclass(frozen=True)
class Scene:
    """What is to be shown of a thread. Without `words` neither the name nor what was written is in it."""

    customer: str
    channel: str
    since: datetime
    team: str
    assignee: str
    words: bool
    said: Sequence[Said] = ()
    more: int = 0


def waits(reason: Reason, scene: Scene, now: datetime, url: str) -> str:
    """A customer waits."""
    who = literal(scene.customer) if scene.words else f"A customer of {literal(scene.team)}"
    where = f" on {literal(scene.channel)}" if scene.channel else ""
    first = f"{who} has waited {span(now - scene.since)}{where}."
    whose = f"{literal(scene.assignee)} has the thread." if scene.assignee else "Nobody has taken it yet."
    overdue = ["Overdue."] if reason is Reason.OVERDUE else []
    parts = [" ".join([*overdue, first, whose])]
    parts += _quotes(scene)
    return "\n\n".join([*parts, " ".join([*_link(url, "Open the thread"), HOW])])


def many(count: int, url: str) -> str:
    """So many more customers wait."""
    wait = "1 more customer waits" if count == 1 else f"{count} more customers wait"
    return " ".join([f"{wait} for an answer.", *_link(url, "Open the list")])


def news(what: News, name: str) -> str:
    """What became of a thread; `name` is the agent's, or "" when none did it."""
    who = literal(name)
    match what:
        case News.TAKEN:
            return f"{who} has taken it."
        case News.ANSWERED:
            return f"{who} has answered." if name else "The customer has been answered."
        case News.DOUBTFUL:
            return f"{who if name else 'Somebody'} has answered, but it is not certain that it arrived."
        case News.RESOLVED:
            return "It was resolved without an answer."


def result(what: Result, name: str, why: str, url: str) -> str:
    """What became of the answer that the agent `name` gave here."""
    whose, link = f"{literal(name)}’s answer", _link(url, "Open the thread")
    match what:
        case Result.NOTED:
            return "Kept as a note. The customer does not see it."
        case Result.SENT:
            return f"Sent to the customer as {whose}."
        case Result.CANCELLED:
            return f"{whose} was taken back before it was sent."
        case Result.UNCERTAIN:
            return " ".join([f"It is not certain that {whose} arrived. Decide in the inbox.", *link])
        case Result.FAILED:
            return " ".join([f"{whose} could not be sent{_because(why)}", *link])


def refused(why: Refusal, name: str, sentence: str, scene: Scene | None, url: str) -> str:
    """Why the answer of `name` (may be empty) was not taken."""
    whose = f"{literal(name)}: this was not sent." if name else "This was not sent."
    link = _link(url, "Open the thread")
    match why:
        case Refusal.STRANGER:
            return f"{whose} {STRANGER}"
        case Refusal.HIDDEN:
            return f"{whose} You may not see this thread."
        case Refusal.GONE:
            return f"{whose} The thread is not there any more."
        case Refusal.UNCHECKED:
            return " ".join([whose, "It could not be found out who you are.", *link])
        case Refusal.RESOLVED:
            return " ".join([whose, RESOLVED, *link])
        case Refusal.UNFIT:
            return " ".join([whose, literal(sentence), *link])
        case Refusal.NEWER:
            quotes = [] if scene is None else _quotes(scene)
            return "\n\n".join([f"{whose} {NEWER}", *quotes, *link])


def span(waited: timedelta) -> str:
    """A timedelta in words, rounded down: "7 minutes", "2 hours", "3 days"."""
    minutes = int(waited.total_seconds() // 60)
    for size, word in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return "less than a minute"


def excerpt(text: str) -> list[str]:
    """The beginning of a text, as lines in which no character is a mark."""
    whole = [line for line in text.splitlines() if line.strip()]
    lines, left = [], CHARACTERS_MAX
    for line in whole[:LINES_MAX]:
        cut = line if len(line) <= left else line[: left - 1].rstrip() + "…"
        lines.append(literal(cut))
        left -= len(line)
        if left <= 0:
            return lines
    if len(whole) > LINES_MAX:
        lines.append("…")
    return lines


def _quotes(scene: Scene) -> list[str]:
    """What was written, each message as a quote of its own; nothing of it where words may not be shown."""
    if not scene.words:
        return []
    earlier = [f"({scene.more} earlier)"] if scene.more else []
    return earlier + ["\n".join(_quote(said)) for said in scene.said]


def _quote(said: Said) -> list[str]:
    lines = excerpt(said.text)
    if said.files:
        lines.append(f"({said.files} file{'' if said.files == 1 else 's'})")
    head = f"{literal(said.author)}{' (note)' if said.note else ''}:"
    return [f"> {head}", *(f"> {line}" for line in lines or ["(nothing)"])]


def _link(url: str, text: str) -> list[str]:
    return [f"[{text}]({url})"] if url else []


def _because(why: str) -> str:
    return f": {literal(why)}" if why else "."

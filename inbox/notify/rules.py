"""Decisions about telling the team. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.notify.words import News, Reason, Result

LEASE = 60.0
"""Seconds for which a line or an answer is claimed. Nobody renews it: a send that takes longer is uncertain."""

STALE = timedelta(hours=1)
"""A line that tells of no customer who waits is worth nothing after that time, and is dropped."""

IN_FLIGHT = timedelta(minutes=10)
"""How long a line whose sending is uncertain is asked for, and may be what an answer refers to."""

ASK_EVERY = 10.0
"""Seconds between two questions to the network for such a line."""

GIVE_UP_AFTER = 20
"""Tries after which a line that was always put off has failed. They take about two and a half hours."""

CHECKS_MAX = 8
"""Tries after which an answer is refused whose author the network does not tell. They take some ten minutes."""

MINUTE = timedelta(minutes=1)

NOTE = "note:"
"""Begins an answer that is meant for colleagues."""


@dataclass(frozen=True)
class Look:
    """Which waits are told: those that began before a moment, unless one was told for a reason in `unless`."""

    reason: Reason
    before: datetime
    unassigned: bool
    unless: tuple[Reason, ...]


def looks(now: datetime, after: timedelta, overdue: timedelta) -> tuple[Look, ...]:
    """What to look for, the more pressing first: each wait is told once as overdue and once as unassigned, but who
    has heard that one is overdue need not hear any more that nobody has it."""
    return (
        Look(Reason.OVERDUE, now - overdue, False, (Reason.OVERDUE,)),
        Look(Reason.UNASSIGNED, now - after, True, (Reason.OVERDUE, Reason.UNASSIGNED)),
    )


@dataclass(frozen=True)
class Share:
    """How many of some waits are told in lines of their own, and how many after those in one line together."""

    singly: int
    together: int


def share(waiting: int, told: int, summed: int, per_minute: int) -> Share:
    """How to tell so many waits, when in the last minute `told` lines and `summed` lines for many went out.

    What does not fit in either is told later.
    """
    singly = min(waiting, max(0, per_minute - told))
    together = waiting - singly if summed == 0 else 0
    return Share(singly, together)


def shows_words(place_team_id: int | None, thread_team_id: int | None) -> bool:
    """Whether a team's place may be shown who the customer is and what he wrote.

    Everybody in the company may be there. What only one team may read is told in another place without words.
    """
    return thread_team_id is None or thread_team_id == place_team_id


@dataclass(frozen=True)
class Standing:
    """How a wait stands that colleagues were told of.

    `assignee_id` is whose the thread is now, and `told_id` whose it was when they last heard. `delivered` is what
    became of the answer's delivery; None while it is under way.
    """

    answered: bool = False
    resolved: bool = False
    ended: bool = False
    assignee_id: int | None = None
    told_id: int | None = None
    answered_here: bool = False
    delivered: Result | None = None


@dataclass(frozen=True)
class Turn:
    """What to say below a root, and whether there may be more to say later."""

    news: News | None
    watched: bool


def news(standing: Standing) -> Turn:
    """What colleagues have still to hear of a thread.

    Who answered from the place itself is told of that alone. An answer is told once it has left the house: one
    that is taken back, or fails, lets the wait go on.
    """
    if standing.answered:
        if standing.answered_here:
            return Turn(None, watched=False)
        match standing.delivered:
            case Result.SENT:
                return Turn(News.ANSWERED, watched=False)
            case Result.UNCERTAIN:
                return Turn(News.DOUBTFUL, watched=False)
            case _:
                return Turn(None, watched=True)
    if standing.resolved:
        return Turn(News.RESOLVED, watched=False)
    if standing.ended:
        return Turn(None, watched=False)
    taken = standing.assignee_id is not None and standing.assignee_id != standing.told_id
    return Turn(News.TAKEN if taken else None, watched=True)


@dataclass(frozen=True)
class Meant:
    """What a colleague wants written: a reply to the customer, or a note."""

    body: str
    is_note: bool


def meant(text: str) -> Meant:
    """What an answer says: after "note:", in any case, it is a note for colleagues."""
    text = text.strip()
    if text[: len(NOTE)].casefold() == NOTE:
        return Meant(text[len(NOTE) :].strip(), is_note=True)
    return Meant(text, is_note=False)


def client_id(channel_id: int, external_id: str) -> str:
    """The name of the message that an answer becomes: the same however often the answer comes."""
    return f"team:{channel_id}:{external_id}"


def result(state: str | None) -> Result | None:
    """What became of a reply, by the state of its delivery; None while it is under way.

    What has no delivery was sent elsewhere.
    """
    if state is None or state in _ARRIVED:
        return Result.SENT
    return _ENDS.get(state)


_ARRIVED: Collection[str] = ("sent", "delivered", "read")
_ENDS = {"failed": Result.FAILED, "uncertain": Result.UNCERTAIN, "cancelled": Result.CANCELLED}

"""Decisions about figures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from inbox.errors import Invalid

COMMENT_MAX = 2000
"""Longest comment with a rating, in characters."""
ENOUGH = 8
"""Answers that an expectation needs: fewer say more about single days than about the shop."""


@dataclass(frozen=True)
class Spell:
    """A wait as it counts here: how long it lasted, and whether an answer ended it. Others may have lasted longer."""

    length: timedelta
    answered: bool


def band(now: datetime, zone: ZoneInfo, days: int) -> list[tuple[datetime, datetime]]:
    """The hours like this one on each of the last `days` days, as spans in UTC, newest first.

    An hour is like this one when the clock of `zone` shows the same hour, the one before or the one after.
    """
    local = now.astimezone(zone)
    spans = []
    for back in range(days + 1):
        middle = datetime.combine(local.date() - timedelta(days=back), time(local.hour))
        start, end = (
            (middle + timedelta(hours=hours)).replace(tzinfo=zone).astimezone(UTC) for hours in (-1, 2)
        )
        spans.append((max(start, now - timedelta(days=days)), min(end, now)))
    return [(start, end) for start, end in spans if start < end]


def usual(spells: Sequence[Spell], share: float) -> timedelta | None:
    """The length within which that share of waits is answered, or None when too few were to tell.

    Waits without an answer count for as long as they lasted (Kaplan and Meier's estimate), so that those who
    still wait make the figure no better than it is.
    """
    if sum(spell.answered for spell in spells) < ENOUGH:
        return None
    unanswered, left = 1.0, len(spells)
    for spell in sorted(spells, key=lambda spell: (spell.length, not spell.answered)):
        if spell.answered:
            unanswered *= 1 - 1 / left
            if unanswered <= 1 - share + 1e-9:
                return spell.length
        left -= 1
    return None


def check_rating(score: int, comment: str) -> str:
    """The comment as it is kept. Raises Invalid."""
    if not 1 <= score <= 5:
        raise Invalid("A rating is a number from 1 to 5.", "/score")
    text = comment.replace("\x00", "").strip()
    if len(text) > COMMENT_MAX:
        raise Invalid(f"The comment is longer than {COMMENT_MAX} characters.", "/comment")
    return text

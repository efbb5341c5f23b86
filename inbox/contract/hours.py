"""Opening hours as people write them: `mon-fri 09:00-12:30 13:30-18:00; sat 10:00-14:00; 2026-12-25 closed`.

Rules stand between semicolons or on lines of their own. A rule names days, then spans or `closed`. Days are
`mon` to `sun`, ranges of them (`fri-mon` goes over the weekend), lists (`mon,wed,fri`), dates, and ranges of
dates (`2026-12-24..2026-12-26`). What is said about a date stands in place of what is said about its weekday;
weekdays that nobody names are closed. A span that ends no later than it starts goes over midnight and belongs to
the day it starts on. `24:00` is the end of a day.

Pure. A channel's settings hold such a text, so adapters and rooms read it by the same rules.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TEXT_MAX = 10_000
RANGE_MAX = 366
"""Days that a range of dates may have."""
_DAY = 24 * 60
_TIME = re.compile(r"(\d{1,2}):(\d\d)")
_DATE = re.compile(r"2[01]\d\d-\d\d-\d\d")

Span = tuple[int, int]
"""Minutes after midnight from which, and until which; more than 1440 is the next day."""


class BadHours(ValueError):
    """The text or the time zone cannot be understood; the sentence says what, and what would do."""


@dataclass(frozen=True)
class Hours:
    """When somebody is there. Made by `parse`; an empty text means always."""

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    dates: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, zone: str) -> "Hours":
        """The hours that `text` tells, in the IANA time zone `zone`. Raises BadHours."""
        return _parse(text, zone)

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at a moment (an aware datetime)."""
        at = at.astimezone(UTC)
        today = at.astimezone(self.zone).date()
        return any(
            start <= at < end for day in (today - timedelta(days=1), today) for start, end in self._on(day)
        )

    def next_open(self, at: datetime) -> datetime | None:
        """The first moment from `at` on when it is open, in UTC; `at` itself while it is open, None for never."""
        at = at.astimezone(UTC)
        for day in self._days_from(at.astimezone(self.zone).date() - timedelta(days=1)):
            for start, end in self._on(day):
                if at < end:
                    return max(start, at)
        return None

    def _on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The openings that start on a day, as moments in UTC, in order."""
        for start, end in self.dates.get(day, self.week[day.weekday()]):
            opens = _moment(day, start, self.zone, last=False)
            closes = _moment(day, end, self.zone, last=True)
            if opens < closes:  # a span may lie wholly within the hour that a night in spring leaves out
                yield opens, closes

    def _days_from(self, first: date) -> Iterator[date]:
        """Days on which the next opening may be: a stretch longer than all exceptions, then exceptions only.

        Each date may take away the only opening of its week, and so may the night when clocks go forward.
        """
        stretch = 7 * (len(self.dates) + 2) + 2
        for number in range(stretch):
            yield first + timedelta(days=number)
        yield from sorted(day for day in self.dates if day >= first + timedelta(days=stretch))


@lru_cache(maxsize=256)
def _parse(text: str, zone: str) -> Hours:
    place = _zone(zone)
    if len(text) > TEXT_MAX:
        raise BadHours(f"The opening hours are longer than {TEXT_MAX} characters.")
    said: dict[int | date, tuple[Span, ...]] = {}
    for rule in filter(None, (part.strip().lower() for part in re.split(r"[;\n]", text))):
        days, _, rest = re.sub(r"\s*([-–,]|\.\.)\s*", lambda sign: sign[1].replace("–", "-"), rule).partition(
            " "
        )
        spans = _spans(rule, rest.split())
        for day in _named(days):
            if day in said:
                name = DAYS[day] if isinstance(day, int) else day.isoformat()
                raise BadHours(f"“{name}” is named twice: put all its hours into one rule.")
            said[day] = spans
    week = {day: spans for day, spans in said.items() if isinstance(day, int)}
    dates = {day: spans for day, spans in said.items() if not isinstance(day, int)}
    if dates and not week:
        raise BadHours(
            "Only dates are named. Say what holds on other days too, for example “mon-sun 00:00-24:00”."
        )
    always = () if said else ((0, _DAY),)
    return Hours(place, tuple(week.get(day, always) for day in range(7)), dates)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadHours(
            f"There is no time zone “{name}”. Use a name such as Europe/Berlin, or UTC."
        ) from error


def _named(text: str) -> Iterator[int | date]:
    """The weekdays (0 is Monday) and dates of a rule's first word."""
    for item in text.split(","):
        first, dots, last = item.partition("..")
        if _DATE.fullmatch(first):
            yield from _dates(item, _date(first), _date(last) if dots else _date(first))
            continue
        first, _, last = item.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise BadHours(
                f"“{item}” is no day. Use {', '.join(DAYS)}, a range such as mon-fri, or a date such as 2026-12-25."
            )
        start, end = DAYS.index(first), DAYS.index(last or first)
        yield from (day % 7 for day in range(start, end + 1 if end >= start else end + 8))


def _dates(item: str, first: date, last: date) -> Iterator[date]:
    days = (last - first).days
    if not 0 <= days < RANGE_MAX:
        raise BadHours(
            f"“{item}” is no range of dates: it ends before it starts, or has over {RANGE_MAX} days."
        )
    yield from (first + timedelta(days=number) for number in range(days + 1))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except ValueError as error:
        raise BadHours(f"“{text}” is no date. Write it as 2026-12-25.") from error


def _spans(rule: str, words: list[str]) -> tuple[Span, ...]:
    if words == ["closed"]:
        return ()
    if not words:
        raise BadHours(f"“{rule}” has no hours. Add some, such as 09:00-18:00, or “closed”.")
    spans = sorted(_span(word) for word in words)
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise BadHours(f"Hours overlap in “{rule}”.")
    return tuple(spans)


def _span(word: str) -> Span:
    times = [_TIME.fullmatch(text) for text in word.split("-")]
    if len(times) != 2 or None in times:
        raise BadHours(f"“{word}” is no span of time. Write it as 09:00-18:00.")
    start, end = (_minutes(word, int(found[1]), int(found[2])) for found in times if found)
    if start in (end, _DAY):
        raise BadHours(f"“{word}” has no length. A whole day is 00:00-24:00.")
    return start, end if end > start else end + _DAY


def _minutes(word: str, hour: int, minute: int) -> int:
    minutes = hour * 60 + minute
    if minute > 59 or minutes > _DAY:
        raise BadHours(f"“{word}” has a time that no clock shows. Times go from 00:00 to 24:00.")
    return minutes


def _moment(day: date, minutes: int, zone: ZoneInfo, *, last: bool) -> datetime:
    """When the clocks of a zone show that time, in UTC.

    A time that they show twice, as the clocks go back, is taken at its first or `last` showing. One that they
    leave out, as the clocks go forward, is the moment of the jump.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=minutes)
    before, after = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if before <= after:
        return after if last else before
    low, high = int(after.timestamp()), int(before.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).replace(tzinfo=None) < shown:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)

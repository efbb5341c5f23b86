"""Opening hours: the text, holidays, spans over midnight, and the nights when clocks are put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.contract.hours import DAYS
from inbox.sla.hours import BadHours, Hours

SHOP = "mon-fri 09:00-12:30 13:30-18:00; sat 10:00-14:00; 2026-12-25 closed; 2026-12-24 09:00-12:00"
BERLIN = "Europe/Berlin"
EVERYWHERE = ["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "Asia/Kathmandu"]


def at(text: str, zone: str = BERLIN, fold: int = 0) -> datetime:
    """A moment as a clock on the wall shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-12-21 08:59", False),
        ("2026-12-21 09:00", True),
        ("2026-12-21 12:30", False),
        ("2026-12-21 13:30", True),
        ("2026-12-21 18:00", False),
        ("2026-12-19 13:59", True),
        ("2026-12-20 12:00", False),
        ("2026-12-24 11:59", True),
        ("2026-12-24 14:00", False),
        ("2026-12-25 10:00", False),
    ],
)
def test_a_shops_week_and_its_holidays(moment: str, is_open: bool) -> None:
    assert Hours.parse(SHOP, BERLIN).is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-12-21 10:00", "2026-12-21 10:00"),
        ("2026-12-21 12:45", "2026-12-21 13:30"),
        ("2026-12-21 22:00", "2026-12-22 09:00"),
        ("2026-12-19 14:00", "2026-12-21 09:00"),
        ("2026-12-24 12:00", "2026-12-26 10:00"),
    ],
)
def test_when_it_opens_next(moment: str, opens: str) -> None:
    assert Hours.parse(SHOP, BERLIN).next_open(at(moment)) == at(opens)


def test_the_zone_is_that_of_the_shop_and_not_of_whoever_asks() -> None:
    hours = Hours.parse("mon-fri 09:00-17:00", "America/New_York")
    assert hours.next_open(at("2026-03-02 09:00")) == at("2026-03-02 15:00")


def test_holidays_in_a_row_are_skipped() -> None:
    hours = Hours.parse("mon-sun 09:00-10:00; 2026-01-01..2026-12-31 closed", "UTC")
    assert hours.next_open(at("2026-01-01 00:00", "UTC")) == at("2027-01-01 09:00", "UTC")


def test_a_date_far_ahead_is_found_when_nothing_else_opens() -> None:
    hours = Hours.parse("mon-sun closed; 2031-05-01 10:00-11:00", "UTC")
    assert hours.next_open(at("2026-01-01 00:00", "UTC")) == at("2031-05-01 10:00", "UTC")
    assert hours.next_open(at("2031-05-01 11:00", "UTC")) is None


def test_who_never_opens_has_no_next_opening() -> None:
    hours = Hours.parse("mon-sun closed", "UTC")
    assert not hours.is_open(at("2026-01-01 12:00"))
    assert hours.next_open(at("2026-01-01 12:00")) is None


@pytest.mark.parametrize("text", ["", "  ", ";\n;", "mon-sun 00:00-24:00"])
def test_no_hours_at_all_mean_always(text: str) -> None:
    hours = Hours.parse(text, BERLIN)
    for month in range(1, 13):
        assert hours.is_open(at(f"2026-{month:02}-28 00:00"))


def test_a_span_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    hours = Hours.parse("fri 22:00-02:00; 2026-01-03 closed", "UTC")
    assert hours.is_open(at("2026-01-02 23:00", "UTC"))
    assert hours.is_open(at("2026-01-03 01:59", "UTC")), "Friday's night, though Saturday is a holiday"
    assert not hours.is_open(at("2026-01-03 02:00", "UTC"))
    assert not hours.is_open(at("2026-01-02 01:00", "UTC"))


def test_days_go_round_the_week_and_stand_in_lists() -> None:
    hours = Hours.parse("fri-mon 10:00-11:00; Wed , thu 12:00 – 13:00", "UTC")
    week = [hours.week[day] for day in range(7)]
    assert [bool(spans) for spans in week] == [True, False, True, True, True, True, True]
    assert week[2] == ((720, 780),)


class TestTheNightClocksGoForward:
    """On 29 March 2026 the clocks of Berlin jump from 02:00 to 03:00."""

    def test_an_opening_that_no_clock_shows_begins_at_the_jump(self) -> None:
        hours = Hours.parse("sun 02:30-05:00", BERLIN)
        assert hours.next_open(at("2026-03-29 00:00")) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)

    def test_a_span_within_the_hour_that_is_left_out_is_no_opening(self) -> None:
        hours = Hours.parse("sun 02:10-02:50", BERLIN)
        assert hours.next_open(at("2026-03-29 00:00")) == at("2026-04-05 02:10")

    def test_a_night_shift_is_an_hour_shorter(self) -> None:
        hours = Hours.parse("sat 22:00-06:00", BERLIN)
        start = hours.next_open(at("2026-03-28 12:00"))
        assert start is not None
        assert hours.is_open(start + timedelta(hours=6, minutes=59))
        assert not hours.is_open(start + timedelta(hours=7))


class TestTheNightClocksGoBack:
    """On 25 October 2026 the clocks of Berlin show 02:00 to 03:00 twice."""

    def test_it_opens_at_the_first_showing_and_closes_at_the_second(self) -> None:
        hours = Hours.parse("sun 02:15-02:45", BERLIN)
        start = hours.next_open(at("2026-10-25 00:00"))
        assert start == at("2026-10-25 02:15", fold=0)
        assert hours.is_open(at("2026-10-25 02:50", fold=0)), "it does not close in between"
        assert hours.is_open(at("2026-10-25 02:44", fold=1))
        assert not hours.is_open(at("2026-10-25 02:45", fold=1))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mon 9-17", "“9-17” is no span of time. Write it as 09:00-18:00."),
        ("moon 09:00-17:00", "“moon” is no day"),
        ("mon-friday 09:00-17:00", "“mon-friday” is no day"),
        ("mon 09:00-25:00", "“09:00-25:00” has a time that no clock shows"),
        ("mon 09:60-10:00", "has a time that no clock shows"),
        ("mon 10:00-10:00", "A whole day is 00:00-24:00"),
        ("mon 24:00-24:00", "has no length"),
        ("mon", "“mon” has no hours"),
        ("mon closed 10:00-11:00", "“closed” is no span"),
        ("mon 10:00-12:00 11:00-13:00", "Hours overlap"),
        ("mon 22:00-02:00 23:00-24:00", "Hours overlap"),
        ("mon-wed 10:00-12:00; tue closed", "“tue” is named twice"),
        ("mon 10:00-12:00; 2026-01-01 closed; 2026-01-01 closed", "“2026-01-01” is named twice"),
        ("2026-12-25 closed", "Only dates are named"),
        ("mon closed; 2026-02-30 closed", "“2026-02-30” is no date"),
        ("mon closed; 2026-02-03..soon closed", "“soon” is no date"),
        ("mon closed; 2026-02-03..2026-02-01 closed", "is no range of dates"),
        ("mon closed; 2026-02-03..2029-02-01 closed", "is no range of dates"),
        ("mon closed;" * 2000, "longer than"),
    ],
)
def test_a_bad_text_is_told_what_is_wrong_with_it(text: str, sentence: str) -> None:
    with pytest.raises(BadHours, match=f"(?s).*{sentence}"):
        Hours.parse(text, "UTC")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_a_zone_that_does_not_exist_is_named(zone: str) -> None:
    with pytest.raises(BadHours, match="There is no time zone"):
        Hours.parse("", zone)


YEAR = datetime(2025, 12, 1, tzinfo=UTC)
moments = st.integers(0, 430 * 86_400).map(lambda second: YEAR + timedelta(seconds=second))
clock_times = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Texts that are understood: at most one span for a rule, so that none overlap."""
    days = draw(st.lists(st.sampled_from(DAYS), unique=True, min_size=1))
    days += draw(
        st.lists(st.sampled_from(["2026-03-29", "2026-10-25", "2026-10-24", "2026-07-01"]), unique=True)
    )
    rules = []
    for day in days:
        start, end = draw(clock_times), draw(clock_times)
        rules.append(f"{day} closed" if start == end else f"{day} {start}-{end}")
    return "; ".join(rules)


@given(texts(), st.sampled_from(EVERYWHERE), moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(text: str, zone: str, moment: datetime) -> None:
    hours = Hours.parse(text, zone)
    opens = hours.next_open(moment)
    if opens is None:
        assert not hours.is_open(moment)
        return
    assert opens >= moment
    assert hours.is_open(opens)
    assert hours.is_open(moment) is (opens == moment)
    assert hours.next_open(opens) == opens
    gap = opens - moment
    if gap:
        assert not hours.is_open(opens - timedelta(seconds=1)) or gap < timedelta(seconds=1)
        assert not any(hours.is_open(moment + gap * part / 20) for part in range(20))


@given(texts(), st.sampled_from(EVERYWHERE), moments)
def test_on_days_without_a_change_of_clocks_it_is_as_the_wall_clock_says(
    text: str, zone: str, moment: datetime
) -> None:
    place = ZoneInfo(zone)
    local = moment.astimezone(place)
    around = {(local + timedelta(days=days)).utcoffset() for days in (-2, -1, 0, 1, 2)}
    if len(around) > 1:
        return
    hours = Hours.parse(text, zone)
    minute = local.hour * 60 + local.minute
    yesterday = local.date() - timedelta(days=1)
    expected = any(s <= minute < e for s, e in hours.dates.get(local.date(), hours.week[local.weekday()]))
    expected |= any(minute + 1440 < e for _, e in hours.dates.get(yesterday, hours.week[yesterday.weekday()]))
    assert hours.is_open(moment) is expected

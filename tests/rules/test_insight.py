"""Figures that are told to customers, without a database."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.insight.rules import ENOUGH, Spell, band, usual

NOON = datetime(2026, 3, 2, 12, 20, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


def spells(*minutes: float, answered: bool = True) -> list[Spell]:
    return [Spell(timedelta(minutes=number), answered) for number in minutes]


def test_three_of_four_are_answered_within_it() -> None:
    assert usual(spells(*range(1, 101)), 0.75) == timedelta(minutes=75)


def test_a_few_answers_tell_nothing() -> None:
    assert usual(spells(*range(1, ENOUGH)), 0.75) is None
    assert usual(spells(*range(1, ENOUGH + 1)), 0.75) is not None
    assert usual([], 0.75) is None


def test_who_still_waits_makes_the_figure_worse_and_never_better() -> None:
    answered = spells(*range(1, 21))
    assert usual(answered + spells(*[60] * 4, answered=False), 0.75) == timedelta(minutes=18)
    assert usual(answered, 0.75) == timedelta(minutes=15)


def test_when_a_quarter_was_never_answered_nothing_is_promised() -> None:
    assert usual(spells(*range(1, 21)) + spells(*[600] * 20, answered=False), 0.75) is None


def test_who_has_just_come_changes_nothing() -> None:
    answered = spells(*range(1, 21))
    assert usual(answered + spells(*[0.1] * 50, answered=False), 0.75) == usual(answered, 0.75)


@given(st.lists(st.integers(1, 10_000), min_size=ENOUGH, max_size=200))
def test_without_open_waits_it_is_the_plain_share(minutes: list[int]) -> None:
    found = usual(spells(*minutes), 0.75)
    assert found is not None
    within = sum(timedelta(minutes=number) <= found for number in minutes)
    assert within >= 0.75 * len(minutes)
    assert sum(timedelta(minutes=number) < found for number in minutes) < 0.75 * len(minutes)


def test_a_band_is_three_hours_on_each_of_seven_days() -> None:
    spans = band(NOON, UTC_ZONE, 7)
    assert spans[0] == (NOON.replace(hour=11, minute=0), NOON)
    assert spans[1] == (
        NOON.replace(day=1, hour=11, minute=0),
        NOON.replace(day=1, hour=14, minute=0),
    )
    assert spans[-1] == (NOON - timedelta(days=7), (NOON - timedelta(days=7)).replace(hour=14, minute=0))
    assert len(spans) == 8


def test_a_band_goes_by_the_clocks_of_the_place() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spans = band(datetime(2026, 3, 31, 10, 0, tzinfo=UTC), berlin, 7)
    assert {start.astimezone(berlin).hour for start, _ in spans[:-1]} == {11}
    assert {start.hour for start, _ in spans[:-1]} == {9, 10}, "the clocks went forward in between"


@given(st.integers(0, 400 * 86_400), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]))
def test_bands_lie_in_the_past_week_and_do_not_overlap(seconds: int, zone: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    spans = band(now, ZoneInfo(zone), 7)
    for start, end in spans:
        assert now - timedelta(days=7) <= start < end <= now
    assert all(later[0] >= earlier[1] for later, earlier in pairwise(spans))


@pytest.mark.parametrize("hour", [0, 23])
def test_a_band_goes_over_midnight(hour: int) -> None:
    now = NOON.replace(hour=hour)
    assert any(start <= now - timedelta(days=1) < end for start, end in band(now, UTC_ZONE, 7))

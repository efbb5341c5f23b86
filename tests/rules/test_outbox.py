"""Decisions about deliveries, without a database."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.outbox import rules
from inbox.outbox.lanes import Lanes
from inbox.outbox.words import DeliveryState as S

REPORTS = (S.SENT, S.DELIVERED, S.READ, S.FAILED)


@given(st.integers(1, 1000), st.floats(0, 0.999))
def test_back_off_grows_to_ten_minutes_and_stays_positive(attempts: int, jitter: float) -> None:
    seconds = rules.backoff(attempts, jitter)
    assert 1.5 <= seconds <= 750
    assert rules.backoff(attempts + 1, jitter) >= seconds


@given(st.integers(1, 20), st.floats(0, 0.999), st.floats(0, 1e6))
def test_the_providers_wish_is_never_undercut(attempts: int, jitter: float, wish: float) -> None:
    assert rules.backoff(attempts, jitter, wish) >= min(wish, 6 * 3600)


@pytest.mark.parametrize("order", list(itertools.permutations((S.SENT, S.DELIVERED, S.READ))))
def test_reports_end_in_the_same_state_in_any_order(order: tuple[S, ...]) -> None:
    state = S.SENDING
    for news in order:
        state = rules.advance(state, news)
    assert state is S.READ


@given(st.sampled_from([*S]), st.lists(st.sampled_from(REPORTS)))
def test_what_a_person_ended_stays_ended(start: S, reports: list[S]) -> None:
    state = start
    for news in reports:
        state = rules.advance(state, news)
        if start in (S.CANCELLED, S.FAILED):
            assert state is start


def test_a_bounce_beats_sent_and_not_read() -> None:
    assert rules.advance(S.SENT, S.FAILED) is S.FAILED
    assert rules.advance(S.READ, S.FAILED) is S.READ


TO = {"role": "to", "address": "Anna@x.example", "state": "sent", "error": None}
CC = {"role": "cc", "address": "luca@x.example", "state": "sent", "error": None}


@pytest.mark.parametrize(
    ("recipients", "address", "whole"),
    [([TO], "", True), ([TO, CC], "anna@X.example", True), ([TO, CC], "luca@x.example", False),
     ([TO, CC], "else@x.example", False), ([TO], "else@x.example", True)],
)  # fmt: skip
def test_a_bounce_concerns_the_delivery_or_a_copy(
    recipients: list[dict[str, str]], address: str, whole: bool
) -> None:
    assert rules.fails_whole(recipients, address) is whole


def test_a_recipients_outcome_changes_him_alone() -> None:
    changed = rules.with_recipient([TO, CC], "LUCA@x.example", "failed", "Unknown.")
    assert [(entry["address"], entry["state"]) for entry in changed] == [
        ("Anna@x.example", "sent"),
        ("luca@x.example", "failed"),
    ]
    assert CC["state"] == "sent", "what was given is not touched"


@given(st.floats(0.5, 50), st.lists(st.floats(0, 0.5), min_size=1, max_size=60))
def test_no_second_has_more_sends_than_the_network_takes(rate: float, pauses: list[float]) -> None:
    lanes, now, sends = Lanes(2), 100.0, []
    for pause in pauses:
        now += pause
        sends.append(now + lanes.turn(1, rate, now))
    assert sends == sorted(sends)
    for first in sends:
        within = sum(first <= moment < first + 1 for moment in sends)
        assert within <= max(1.0, rate) + rate + 1e-6, "a burst, and what a second brings"
    for place, moment in enumerate(sends):
        assert (len(sends) - place - 1 - max(1.0, rate)) / rate <= sends[-1] - moment + 1e-6


def test_a_turn_that_is_free_is_not_waited_for() -> None:
    lanes = Lanes(2)
    assert [lanes.turn(1, 1.0, 100.0) for _ in range(3)] == [0.0, 1.0, 2.0]
    assert lanes.turn(2, 1.0, 100.0) == 0.0, "another channel has turns of its own"
    assert [lanes.turn(3, None, 100.0) for _ in range(9)] == [0.0] * 9
    assert [lanes.turn(4, 30.0, 100.0) for _ in range(30)] == [0.0] * 30
    assert lanes.turn(4, 30.0, 100.0) == pytest.approx(1 / 30)
    assert lanes.turn(1, 1.0, 200.0) == 0.0

"""Decisions about acts: limits, second persons, and what is different since a preview."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from inbox.agents.identity import AgentIdentity, Role
from inbox.commerce import act_rules as rules
from inbox.commerce import act_words
from inbox.commerce.act_rules import NO_LIMITS, Limits
from inbox.commerce.words import ActState
from inbox.contract.commerce import (
    Act,
    AddNote,
    Can,
    MakeCoupon,
    Money,
    Preview,
    RefundOrder,
)
from inbox.errors import Invalid

BEN = AgentIdentity(1, "Ben", "ben@shop.example", Role.AGENT)
SUE = AgentIdentity(2, "Sue", "sue@shop.example", Role.SUPERVISOR)
REFUND = RefundOrder(order_id="o1")
NONE = Decimal(0)


def eur(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def coupon(**off: object) -> MakeCoupon:
    return MakeCoupon.model_validate({"code": "SORRY-1", "ends_at": datetime(2026, 4, 1, tzinfo=UTC), **off})


def alone(
    act: Act, amount: Money | None, most: dict[str, Decimal | None], given: str = "0", made: int = 0
) -> bool:
    return rules.alone(act, amount, Limits(most), given=Decimal(given), made=made)


@pytest.mark.parametrize(
    ("amount", "most", "may"),
    [
        ("1000", {}, True),
        ("50", {"EUR": Decimal(50)}, True),
        ("50.01", {"EUR": Decimal(50)}, False),
        ("0.01", {"EUR": NONE}, False),
        ("1000", {"EUR": None}, True),
        ("1", {"USD": Decimal(50)}, False),
        ("1", {"USD": None}, False),
        (None, {"EUR": Decimal(50)}, False),
        (None, {"EUR": None}, True),
    ],
)
def test_an_amount_within_the_limit_needs_nobody_else(
    amount: str | None, most: dict[str, Decimal | None], may: bool
) -> None:
    assert alone(REFUND, None if amount is None else eur(amount), most) is may


def test_a_limit_is_not_passed_in_small_steps() -> None:
    assert alone(REFUND, eur("20"), {"EUR": Decimal(50)}, given="30")
    assert not alone(REFUND, eur("20.01"), {"EUR": Decimal(50)}, given="30")


def test_coupons_are_limited_by_their_worth_and_by_their_number() -> None:
    most = {"EUR": Decimal(10), rules.PERCENT: Decimal(15), rules.PER_DAY: Decimal(3)}
    assert alone(coupon(percent=Decimal(15)), None, most, made=2)
    assert not alone(coupon(percent=Decimal(16)), None, most)
    assert not alone(coupon(amount=eur("10.01")), None, most)
    assert not alone(coupon(percent=Decimal(5)), None, most, made=3)
    assert alone(AddNote(order_id="o1", text="Hello"), None, {"EUR": NONE})


@pytest.mark.parametrize(
    ("agent", "asker", "limits", "why"),
    [
        (SUE, BEN.id, Limits({"EUR": Decimal(80)}), ""),
        (SUE, BEN.id, Limits({"EUR": Decimal(79)}), "alone"),
        (SUE, SUE.id, NO_LIMITS, "Somebody else"),
        (BEN, SUE.id, NO_LIMITS, "Supervisors"),
        (replace(SUE, id=3, role=Role.ADMIN), SUE.id, NO_LIMITS, ""),
    ],
)
def test_another_person_decides_whose_own_limit_covers_it(
    agent: AgentIdentity, asker: int, limits: Limits, why: str
) -> None:
    if why:
        with pytest.raises(Invalid, match=why):
            rules.require_decider(agent, asker, REFUND, eur("80"), limits)
    else:
        rules.require_decider(agent, asker, REFUND, eur("80"), limits)


def test_what_is_different_is_said_in_sentences() -> None:
    shown = Preview(amount=eur("40"), most=eur("40"), version="1", notes=("By card.",))
    assert act_words.difference(shown, shown) == ()
    touched = shown.model_copy(update={"version": "2"})
    assert act_words.difference(shown, touched) == ("The order was changed in the shop.",)
    less = Preview(amount=eur("28"), most=eur("28"), version="2", notes=("By card.", "12.00 EUR went back."))
    assert act_words.difference(shown, less) == (
        "The amount is 28.00 EUR now; it was 40.00 EUR.",
        "At most 28.00 EUR can be given back now; it was 40.00 EUR.",
        "12.00 EUR went back.",
    )


@pytest.mark.parametrize(
    ("act", "reason", "pointer"),
    [
        (REFUND, " ", "/reason"),
        (REFUND, "x" * 501, "/reason"),
        (RefundOrder(order_id="o1", lines={}), "damaged", "/act/lines"),
        (RefundOrder(order_id="o1", lines={"l1": 1}, amount=eur("5")), "damaged", "/act/amount"),
        (RefundOrder(order_id="o1", amount=eur("0")), "damaged", "/act/amount"),
        (RefundOrder(order_id="o1", amount=eur("1.001")), "damaged", "/act/amount"),
        (coupon(), "late", "/act/percent"),
        (coupon(amount=eur("-5.00")), "late", "/act/amount"),
        (coupon(amount=eur("0.001")), "late", "/act/amount"),
    ],
)
def test_acts_that_make_no_sense_are_refused(act: Act, reason: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check(act, reason)
    assert refused.value.pointer == pointer


def test_an_act_needs_what_the_connection_can_do() -> None:
    rules.needed(REFUND, frozenset({Can.REFUND}))
    with pytest.raises(Invalid):
        rules.needed(RefundOrder(order_id="o1", lines={"l1": 1}), frozenset({Can.REFUND}))


def test_what_is_over_stays_so_and_every_state_ends_somewhere() -> None:
    over = {state for state, then in rules.MOVES.items() if not then}
    assert over == {ActState.DONE, ActState.FAILED, ActState.REFUSED}
    assert set(rules.MOVES) == set(ActState)
    reached, left = set[ActState](), {ActState.PROPOSED}
    while left:
        reached |= left
        left = {then for state in left for then in rules.MOVES[state]} - reached
    assert reached == set(ActState)


@pytest.mark.parametrize(
    ("typed", "most"), [("", None), (" 50 ", Decimal(50)), ("49,90", Decimal("49.90")), ("0", NONE)]
)
def test_limits_as_people_type_them(typed: str, most: Decimal | None) -> None:
    assert rules.parse_most(typed) == most


@pytest.mark.parametrize("typed", ["-1", "much", "NaN", "1e40", "1.000,00"])
def test_limits_that_are_none(typed: str) -> None:
    with pytest.raises(Invalid):
        rules.parse_most(typed)

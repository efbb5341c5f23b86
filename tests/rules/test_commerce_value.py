"""What a customer is to the shops, and how new what is shown is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from inbox.commerce import freshness
from inbox.commerce.freshness import Trouble, fresh
from inbox.commerce.value import History, stage, value
from inbox.commerce.words import Source
from inbox.contract.commerce import Buyer, Money, Order, OrderState, Payment

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def ago(**delta: float) -> datetime:
    return NOW - timedelta(**delta)


def euros(amount: str, currency: str = "EUR") -> Money:
    return Money(amount=Decimal(amount), currency=currency)


def order(number: str, placed: datetime, state: OrderState = OrderState.COMPLETED) -> Order:
    return Order(
        id=number, number=number, state=state, payment=Payment.PAID, placed_at=placed, total=euros("1")
    )


def test_figures_are_summed_by_currency_and_averages_rounded_to_its_places() -> None:
    buyers = [
        Buyer(id="1", orders_count=2, spent=euros("100.00"), since=ago(days=900), segments=("vip",)),
        Buyer(id="2", orders_count=1, spent=euros("0.01"), since=ago(days=10), segments=("vip", "b2b")),
        Buyer(id="3", orders_count=3, spent=euros("1000", "JPY"), last_order_at=ago(days=3)),
        Buyer(id="4", spent=euros("10.000", "KWD")),
    ]
    found = value(buyers, [order("1", ago(days=40))], NOW, has_address=True)
    assert found["orders_count"] == 6
    assert [(m["amount"], m["currency"]) for m in found["spent"]] == [
        ("100.01", "EUR"),
        ("1000", "JPY"),
        ("10.000", "KWD"),
    ]
    assert [(m["amount"], m["currency"]) for m in found["average"]] == [("33.34", "EUR"), ("333", "JPY")]
    assert found["segments"] == ["b2b", "vip"]
    assert found["since"] == "2023-09-14T09:00:00.000000Z"
    assert found["last_order_at"] == "2026-02-27T09:00:00.000000Z"


def test_where_no_shop_counts_nobody_says_zero() -> None:
    found = value([Buyer(id="1")], [order("1", ago(days=1))], NOW, has_address=True)
    assert (found["orders_count"], found["stage"]) == (None, "first_time")
    cancelled = [order("1", ago(days=1), OrderState.CANCELLED)]
    assert value([Buyer(id="1")], cancelled, NOW, has_address=True)["stage"] == "lead"


@pytest.mark.parametrize(
    ("count", "days", "expected"),
    [
        (0, [], "lead"),
        (1, [10], "first_time"),
        (1, [], "first_time"),
        (1, [400], "lapsed"),
        (2, [10, 50], "repeat"),
        (5, [10, 50], "loyal"),
        (9, [100, 140], "at_risk"),  # every 40 days, silent for 100
        (2, [20, 20.1], "repeat"),  # one afternoon is no habit
        (2, [61, 61.1], "at_risk"),
        (2, [400, 1100], "repeat"),  # who comes every two years is not gone after one
        (2, [400, 440], "lapsed"),
    ],
)
def test_the_stage_follows_from_orders_and_the_own_interval(
    count: int, days: list[float], expected: str
) -> None:
    history = History(count, tuple(ago(days=each) for each in days))
    assert stage(history, NOW, is_known=True) == expected


def test_who_has_no_address_is_a_visitor() -> None:
    assert stage(History(0), NOW, is_known=False) == "visitor"


@pytest.mark.parametrize(
    ("at", "more", "expected"),
    [
        (ago(seconds=12), {}, "live"),
        (ago(seconds=20), {}, "recent"),
        (ago(minutes=4), {"source": Source.PUSH}, "live"),
        (ago(minutes=5), {"source": Source.PUSH}, "stale"),
        (ago(minutes=5), {}, "stale"),
        (ago(seconds=1), {"trouble": Trouble("down")}, "stale"),
        (None, {}, "unavailable"),
        (None, {"trouble": Trouble("down")}, "unavailable"),
    ],
)
def test_labels_say_how_new_something_is(at: datetime | None, more: dict[str, Any], expected: str) -> None:
    assert fresh(at, NOW, **more)["label"] == expected


def test_what_a_browser_reported_says_so_whatever_its_age() -> None:
    assert fresh(ago(seconds=1), NOW, source=Source.CLIENT)["client"]
    assert not fresh(ago(seconds=1), NOW)["client"]


def test_an_open_cart_is_polled_only_while_nothing_is_pushed() -> None:
    due = freshness.is_cart_due
    assert due(ago(seconds=21), None, NOW, watched=True)
    assert not due(ago(seconds=19), None, NOW, watched=True)
    assert not due(ago(hours=1), ago(minutes=4), NOW, watched=True)
    assert due(ago(hours=1), ago(minutes=6), NOW, watched=True)
    assert due(ago(seconds=16), ago(minutes=4), NOW, watched=False), "opening the thread asks all the same"

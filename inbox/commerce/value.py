"""What a customer is to the shops: orders, money, segments, and how far he is. Pure; see docs/shops.md."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from inbox.commerce.shapes import MoneyView, ValueView
from inbox.contract.commerce import Buyer, Money, Order, OrderState, total
from inbox.shapes import iso_or_null

Stage = Literal["", "visitor", "lead", "first_time", "repeat", "loyal", "at_risk", "lapsed"]

LOYAL_FROM: Final = 5
"""Orders that make somebody loyal."""
LAPSED_AFTER: Final = timedelta(days=365)
"""Without an order for so long somebody is lapsed, unless he never came more often."""
INTERVALS_MISSED: Final = 2
"""Own intervals without an order that put somebody at risk."""
INTERVAL_LEAST: Final = timedelta(days=30)
"""Shorter intervals count as this: two orders of one afternoon are no habit."""


@dataclass(frozen=True)
class History:
    """What is known of somebody's orders: how many, and when the known ones were placed."""

    count: int
    placed: tuple[datetime, ...] = ()

    @property
    def last(self) -> datetime | None:
        """When the newest was placed."""
        return max(self.placed, default=None)

    @property
    def interval(self) -> timedelta | None:
        """The mean time between known orders, or None where there is no second one."""
        gaps = [later - earlier for earlier, later in pairwise(sorted(self.placed))]
        return max(sum(gaps, timedelta()) / len(gaps), INTERVAL_LEAST) if gaps else None


def value(buyers: Sequence[Buyer], orders: Iterable[Order], now: datetime, *, has_address: bool) -> ValueView:
    """The figures of the buyers that are one customer. Sums are by currency, and never mixed.

    `orders_count` is None where no shop counts, and orders that were cancelled make nobody a buyer.
    """
    counted = [buyer for buyer in buyers if buyer.orders_count is not None]
    placed = [order for order in orders if order.state not in (OrderState.CANCELLED, OrderState.DRAFT)]
    dates = {order.placed_at for order in placed if order.placed_at is not None}
    dates |= {buyer.last_order_at for buyer in buyers if buyer.last_order_at is not None}
    known = sum(buyer.orders_count or 0 for buyer in counted)
    history = History(max(known, len(dates)), tuple(sorted(dates)))
    return {
        "orders_count": known if counted else None,
        "spent": [
            _view(money) for money in total(buyer.spent for buyer in buyers if buyer.spent is not None)
        ],
        "average": [_view(money) for money in averages(buyers)],
        "since": iso_or_null(min((buyer.since for buyer in buyers if buyer.since is not None), default=None)),
        "last_order_at": iso_or_null(history.last),
        "segments": sorted({segment for buyer in buyers for segment in buyer.segments}),
        "stage": stage(history, now, is_known=bool(buyers) or has_address),
    }


def averages(buyers: Iterable[Buyer]) -> tuple[Money, ...]:
    """Spent by order, per currency, of buyers of whom both are known; rounded to the currency's places."""
    known = [buyer for buyer in buyers if buyer.spent is not None and buyer.orders_count]
    counts: dict[str, int] = {}
    for buyer in known:
        if buyer.spent is not None:
            counts[buyer.spent.currency] = counts.get(buyer.spent.currency, 0) + (buyer.orders_count or 0)
    sums = total(buyer.spent for buyer in known if buyer.spent is not None)
    return tuple(
        Money(amount=each.amount / counts[each.currency], currency=each.currency).rounded() for each in sums
    )


def stage(history: History, now: datetime, *, is_known: bool) -> Stage:
    """How far somebody is. `is_known`: an account in a shop, or an address that he can be reached at.

    visitor: nobody we could reach; lead: known, without an order; first_time: one order; repeat: more; loyal: five
    or more; at_risk: no order for twice his own interval; lapsed: none for a year, and for twice his interval.
    """
    if not history.count:
        return "lead" if is_known else "visitor"
    silence = timedelta() if history.last is None else now - history.last
    interval = history.interval
    is_missed = interval is not None and silence > INTERVALS_MISSED * interval
    if silence > LAPSED_AFTER and (interval is None or is_missed):
        return "lapsed"
    if is_missed:
        return "at_risk"
    if history.count == 1:
        return "first_time"
    return "loyal" if history.count >= LOYAL_FROM else "repeat"


def _view(money: Money) -> MoneyView:
    return {"amount": str(money.amount), "currency": money.currency}

"""States of Oscar orders. A shop makes up its own pipeline; these are the usual words, and all others are shown as
they are."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from inbox.contract.commerce import Can, OrderState, Payment, Progress

ORDER: Mapping[str, OrderState] = {
    "pending": OrderState.PENDING,
    "new": OrderState.PENDING,
    "being processed": OrderState.CONFIRMED,
    "processing": OrderState.CONFIRMED,
    "paid": OrderState.CONFIRMED,
    "shipped": OrderState.CONFIRMED,
    "on hold": OrderState.ON_HOLD,
    "complete": OrderState.COMPLETED,
    "completed": OrderState.COMPLETED,
    "delivered": OrderState.COMPLETED,
    "cancelled": OrderState.CANCELLED,
    "canceled": OrderState.CANCELLED,
}

SENT: Mapping[str, Progress] = {
    "packed": Progress.PREPARING,
    "ready-for-pickup": Progress.READY_FOR_PICKUP,
    "shipped": Progress.SHIPPED,
    "dispatched": Progress.SHIPPED,
    "out-for-delivery": Progress.OUT_FOR_DELIVERY,
    "delivered": Progress.DELIVERED,
    "picked-up": Progress.PICKED_UP,
    "collected": Progress.PICKED_UP,
    "returned": Progress.FAILED,
}
"""By the code of a shipping event's type."""


def payment(money: Mapping[str, Any], total: Decimal) -> Payment:
    """What is paid, as the order's payment sources say. Shops that keep none do not say."""
    if not money["known"]:
        return Payment.UNKNOWN
    debited, refunded = Decimal(money["debited"]), Decimal(money["refunded"])
    if debited > 0:
        if refunded >= debited:
            return Payment.REFUNDED
        if refunded > 0:
            return Payment.PARTLY_REFUNDED
        return Payment.PAID if debited >= total else Payment.PARTLY_PAID
    return Payment.AUTHORIZED if Decimal(money["allocated"]) > 0 else Payment.PENDING


def left(order: Mapping[str, Any]) -> Decimal:
    """What was paid and not given back."""
    return Decimal(order["money"]["debited"]) - Decimal(order["money"]["refunded"])


def refused(order: Mapping[str, Any]) -> dict[Can, str]:
    """Why something cannot be done with an order, a sentence by act."""
    why: dict[Can, str] = {}
    if left(order) <= 0:
        no = (
            "Everything was given back already."
            if Decimal(order["money"]["debited"]) > 0
            else "Nothing was paid."
        )
        why |= {Can.REFUND: no, Can.REFUND_LINES: no}
    if not any(ORDER.get(word.casefold()) is OrderState.CANCELLED for word in order["next"]):
        why[Can.CANCEL] = "The shop does not let an order in this state be cancelled."
    if order["shipments"] or order["ship_to"] is None:
        why[Can.EDIT_ADDRESS] = "The goods are packed or sent already, or are not sent at all."
    return why

"""States of WooCommerce orders, and what they allow. Plugins add more, which are shown as they are. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from inbox.contract.commerce import Can, OrderState, Payment, Progress

Data = Mapping[str, Any]
ORDER: Mapping[str, OrderState] = {
    "auto-draft": OrderState.DRAFT,
    "checkout-draft": OrderState.DRAFT,
    "pending": OrderState.PENDING,
    "failed": OrderState.PENDING,
    "processing": OrderState.CONFIRMED,
    "on-hold": OrderState.ON_HOLD,
    "completed": OrderState.COMPLETED,
    "refunded": OrderState.COMPLETED,
    "cancelled": OrderState.CANCELLED,
    "trash": OrderState.CANCELLED,
}
HIDDEN = frozenset({"auto-draft", "checkout-draft", "trash"})
"""Orders that nobody placed, or that were thrown away."""
NOT_COUNTED = HIDDEN | {"cancelled", "failed"}
SPENT = frozenset({"processing", "completed", "refunded"})
REST: Mapping[str, Progress] = {
    "completed": Progress.SHIPPED,
    "shipped": Progress.SHIPPED,
    "delivered": Progress.DELIVERED,
    "ready-pickup": Progress.READY_FOR_PICKUP,
    "ready-for-pickup": Progress.READY_FOR_PICKUP,
    "pickup": Progress.PICKED_UP,
    "picked-up": Progress.PICKED_UP,
}
"""How far the goods are that no tracking number tells of, also by the usual words of tracking plugins."""
PICKUP = frozenset({"local_pickup", "pickup_location"})
"""Shipping methods by which customers come and fetch their goods."""
_TRACKING = "_wc_shipment_tracking_items"
_OPEN = frozenset({"pending", "on-hold", "processing"})


def meta(data: Data, key: str) -> Any:
    """The value of a meta key, or None."""
    return next((one["value"] for one in data["meta_data"] if one["key"] == key), None)


def parcels(order: Data) -> tuple[Data, ...]:
    """What the Shipment Tracking plugins keep: WooCommerce itself knows no parcels."""
    found = meta(order, _TRACKING)
    items = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return tuple(item for item in items if isinstance(item, dict) and item.get("tracking_number"))


def refunded(order: Data) -> Decimal:
    """What was given back; WooCommerce keeps it below zero."""
    return sum((abs(Decimal(one["total"])) for one in order["refunds"]), Decimal(0))


def left(order: Data) -> Decimal:
    """What was paid and not given back."""
    return Decimal(order["total"]) - refunded(order) if order["date_paid_gmt"] else Decimal(0)


def payment(order: Data) -> Payment:
    """What is paid. An order on delivery is processed before it is."""
    back = refunded(order)
    if order["status"] == "refunded" or (back > 0 and back >= Decimal(order["total"])):
        return Payment.REFUNDED
    if back > 0:
        return Payment.PARTLY_REFUNDED
    if order["date_paid_gmt"]:
        return Payment.PAID
    return {"failed": Payment.FAILED, "cancelled": Payment.VOIDED}.get(order["status"], Payment.PENDING)


def picked_up(order: Data) -> bool:
    """Whether the customer fetches the goods."""
    return any(line["method_id"] in PICKUP for line in order["shipping_lines"])


def refused(order: Data) -> dict[Can, str]:
    """Why something cannot be done with an order, a sentence by act."""
    why: dict[Can, str] = {}
    status, sent = order["status"], bool(parcels(order))
    if left(order) <= 0:
        no = "Everything was given back already." if order["date_paid_gmt"] else "Nothing was paid."
        why |= {Can.REFUND: no, Can.REFUND_LINES: no}
    if status in ("cancelled", "trash"):
        why[Can.CANCEL] = "The order is cancelled already."
    elif sent or status not in _OPEN | {"failed"}:
        why[Can.CANCEL] = "The goods are on their way already, or the order is closed."
    if sent or status not in _OPEN:
        why[Can.EDIT_ADDRESS] = "The goods are on their way already, or the order is closed."
    elif picked_up(order) or not order["shipping_lines"]:
        why[Can.EDIT_ADDRESS] = "The goods of this order are not sent."
    return why

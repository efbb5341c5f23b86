"""Giving money back in a Shopify shop, in the currency of the payment: everything, lines, or an amount.

Shopify itself says what lines are worth and from which payments it can be taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from adapters.shops.common import mark
from adapters.shops.shopify import allowed, documents
from adapters.shops.shopify.api import Api
from adapters.shops.shopify.ids import gid, short
from adapters.shops.shopify.read import paid
from inbox.contract import Rejected
from inbox.contract.commerce import Done, Money, Preview, RefundOrder

Data = Mapping[str, Any]
_REASON_MAX = 180


@dataclass(frozen=True)
class _Plan:
    """What would be given back, of which lines, and by which payments."""

    amount: Money
    most: Money
    lines: list[dict[str, Any]]
    payments: list[dict[str, Any]]


def preview(api: Api, act: RefundOrder, order: Data) -> Preview:
    """The exact amount. Raises Rejected where it cannot be given back."""
    plan = _plan(api, act, order)
    notes = ("Shopify tells the customer by e-mail.",) if act.notify else ()
    return Preview(amount=plan.amount, most=plan.most, notes=notes)


def found(order: Data, key: str) -> Done | None:
    """The refund that an act made."""
    sign = mark(key)
    made = next((one for one in order["refunds"] if sign in (one["note"] or "")), None)
    return _done(made) if made else None


def perform(api: Api, act: RefundOrder, order: Data, key: str, reason: str) -> Done:
    """Make the refund."""
    plan = _plan(api, act, order)
    wanted: dict[str, Any] = {
        "orderId": order["id"],
        "currency": plan.amount.currency,
        "note": f"{reason[:_REASON_MAX]} {mark(key)}".strip(),
        "notify": act.notify,
        "refundLineItems": plan.lines,
        "transactions": plan.payments,
    }
    if act.shipping or _whole(act):
        wanted["shipping"] = {"fullRefund": True}
    return _done(api.deciding(documents.REFUND, "refund", input=wanted, key=mark(key)[1:-1]))


def _plan(api: Api, act: RefundOrder, order: Data) -> _Plan:
    if why := allowed.refund(order):
        raise Rejected(why)
    lines = _lines(act, order)
    data = api.ask(
        documents.SUGGEST,
        id=order["id"],
        all=not act.lines,
        lines=lines if act.lines else None,
        shipping=bool(act.shipping and act.lines),
    )["order"]["suggestedRefund"]
    if data is None:
        raise Rejected("Shopify refunds nothing of this order.")
    most = paid(data["maximumRefundableSet"])
    amount = act.amount or (paid(data["amountSet"]) if act.lines else most)
    if amount.currency != most.currency:
        raise Rejected(f"The order was paid in {most.currency}.")
    if amount.amount <= 0:
        raise Rejected("That is nothing to give back.")
    if amount.amount > most.amount:
        raise Rejected(f"At most {most.amount} {most.currency} can be given back.")
    return _Plan(amount, most, lines, _payments(amount, data["suggestedTransactions"], order["id"]))


def _whole(act: RefundOrder) -> bool:
    return not act.lines and act.amount is None


def _lines(act: RefundOrder, order: Data) -> list[dict[str, Any]]:
    """The lines of which goods are given up: those that are named, or all of them with everything."""
    known = {short(line["id"]): line for line in order["lineItems"]["nodes"]}
    left = {
        name: line["refundableQuantity"] for name, line in known.items() if line["refundableQuantity"] > 0
    }
    wanted = (left if _whole(act) else {}) if act.lines is None else act.lines
    found = []
    for name, quantity in wanted.items():
        if quantity > left.get(name, 0):
            raise Rejected("There are not as many pieces left to refund.")
        item = {"lineItemId": gid("LineItem", name), "quantity": quantity, "restockType": "NO_RESTOCK"}
        if act.restock:
            sent, place = _place(order, name)
            item["restockType"] = "RETURN" if sent else "CANCEL"
            if place:
                item["locationId"] = place
        found.append(item)
    return found


def _place(order: Data, line: str) -> tuple[bool, str]:
    """Whether pieces of a line were sent, and the location from which they come or came."""
    for parcel in order["fulfillments"]:
        if parcel["displayStatus"] != "CANCELED" and line in _named(parcel["fulfillmentLineItems"]):
            return True, (parcel["location"] or {}).get("id") or ""
    for one in (order.get("fulfillmentOrders") or {"nodes": ()})["nodes"]:
        if line in _named(one["lineItems"]):
            return False, (one["assignedLocation"]["location"] or {}).get("id") or ""
    return False, ""


def _named(connection: Data) -> set[str]:
    return {short(item["lineItem"]["id"]) for item in connection["nodes"]}


def _payments(amount: Money, suggested: list[Data], order_id: str) -> list[dict[str, Any]]:
    """Parts of `amount` by payment, each as much as it can give. Raises Rejected where they cannot give it all."""
    left, found = amount.amount, []
    for one in suggested:
        most = paid(one["maximumRefundableSet"] or one["amountSet"]).amount
        part = min(left, most)
        if part > 0 and one["parentTransaction"]:
            found.append(
                {
                    "orderId": order_id,
                    "parentId": one["parentTransaction"]["id"],
                    "gateway": one["gateway"],
                    "kind": "REFUND",
                    "amount": str(part),
                }
            )
            left -= part
    if left > Decimal(0):
        raise Rejected("The payments of this order cannot give that back. Refund it in Shopify's admin.")
    return found


def _done(made: Data) -> Done:
    return Done(id=short(made["id"]), amount=paid(made["totalRefundedSet"]))

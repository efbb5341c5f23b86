"""Giving money back in a Vendure shop: everything, lines, or an amount."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from adapters.shops.common import mark
from adapters.shops.vendure import allowed, documents
from adapters.shops.vendure import payments as paid
from adapters.shops.vendure.api import Api
from adapters.shops.vendure.payments import Purse, purse
from inbox.contract import Rejected
from inbox.contract.commerce import Done, Preview, RefundOrder

Data = Mapping[str, Any]
_REASON_MAX = 180


def preview(api: Api, act: RefundOrder, order: Data) -> Preview:
    """The exact amount. Raises Rejected where it cannot be given back."""
    sums = purse(order)
    units = _units(api, act, order, sums)
    currency = order["currencyCode"]
    return Preview(
        amount=api.money(units, currency),
        most=api.money(sum(rest for _name, rest in sums.parts), currency),
        notes=("The shop tells the customer by e-mail if it is set up to.",) if act.notify else (),
    )


def _units(api: Api, act: RefundOrder, order: Data, sums: Purse) -> int:
    why = allowed.refund(order, sums)
    if why:
        raise Rejected(why)
    if act.restock:
        raise Rejected("Vendure puts goods back into stock only when they are cancelled, not with a refund.")
    if act.lines:
        units = _of_lines(order, act.lines)
        units += order["shippingWithTax"] if act.shipping else 0
    elif act.amount is not None:
        if act.amount.currency != order["currencyCode"]:
            raise Rejected(f"The order was paid in {order['currencyCode']}.")
        units = api.units(act.amount)
    else:
        return sum(rest for _name, rest in sums.parts)
    if units <= 0:
        raise Rejected("That is nothing to give back.")
    if units > sums.most:
        several = " by one of the payments it was paid with" if len(sums.parts) > 1 else ""
        most = api.money(sums.most, order["currencyCode"])
        raise Rejected(f"At most {most.amount} {most.currency} can be given back{several}.")
    return units


def _of_lines(order: Data, wanted: Mapping[str, int]) -> int:
    """What the customer paid for some pieces: the line's price after every discount, in equal parts."""
    back: dict[str, int] = {}
    for one in paid.refunds(order):
        for line in one["lines"]:
            name = str(line["orderLineId"])
            back[name] = back.get(name, 0) + line["quantity"]
    lines = {str(line["id"]): line for line in order["lines"]}
    units = 0
    for name, quantity in wanted.items():
        line = lines.get(name)
        if line is None or quantity > line["quantity"] - back.get(name, 0):
            raise Rejected("There are not as many pieces left to refund.")
        share = Decimal(line["proratedLinePriceWithTax"]) * quantity / line["quantity"]
        units += int(share.quantize(Decimal(1), ROUND_HALF_EVEN))
    return units


def marked(order: Data, key: str) -> list[Data]:
    """The refunds that an act made."""
    sign = mark(key)
    return [one for one in paid.refunds(order) if sign in (one["reason"] or "")]


def found(api: Api, act: RefundOrder, order: Data, key: str) -> Done | None:
    """What an act gave back, once that is all of it."""
    made = marked(order, key)
    whole = not act.lines and act.amount is None
    if not made or (whole and purse(order).parts):
        return None
    return _done(api, made, order["currencyCode"])


def perform(api: Api, act: RefundOrder, order: Data, key: str, reason: str) -> Done:
    """Make the refund, or one per payment where everything is given back."""
    sums = purse(order)
    if act.lines or act.amount is not None:
        parts: tuple[tuple[str, int], ...] = ((sums.parts[0][0], _units(api, act, order, sums)),)
    else:
        parts = sums.parts
    lines = [{"orderLineId": name, "quantity": quantity} for name, quantity in (act.lines or {}).items()]
    made = list(marked(order, key))
    made += [give_back(api, payment, units, key, reason, lines) for payment, units in parts]
    return _done(api, made, order["currencyCode"])


def give_back(api: Api, payment: str, units: int, key: str, reason: str, lines: list[dict[str, Any]]) -> Data:
    """One refund of one payment. Raises Rejected where the payment's provider refuses it."""
    wanted = {
        "paymentId": payment,
        "amount": units,
        "lines": lines,
        "shipping": 0,
        "adjustment": 0,
        "reason": f"{reason[:_REASON_MAX]} {mark(key)}".strip(),
    }
    made: Data = api.deciding(documents.REFUND, input=wanted)
    if made["state"] == "Failed":
        raise Rejected("The payment's provider refused the refund.", code="Failed")
    return made


def _done(api: Api, made: list[Data], currency: str) -> Done:
    waits = any(one["state"] != "Settled" for one in made)
    return Done(
        id=str(made[0]["id"]),
        amount=api.money(sum(one["total"] for one in made), currency),
        pending=waits,
        note="The refund is recorded. Somebody has to pay it out and settle it in the shop's dashboard."
        if waits
        else "",
    )

"""Giving money back in a Medusa shop: everything, or an amount. Medusa refunds a payment, never lines."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.shops.common import mark
from adapters.shops.medusa import allowed
from adapters.shops.medusa.api import Api, amount, decided, money, number
from adapters.shops.medusa.purse import Purse, purse, refunds
from inbox.contract import Rejected
from inbox.contract.commerce import Done, Preview, RefundOrder

Data = Mapping[str, Any]
_REASON_MAX = 180


def preview(act: RefundOrder, order: Data) -> Preview:
    """The exact amount. Raises Rejected where it cannot be given back."""
    sums = purse(order)
    worth = _worth(act, order, sums)
    currency = order["currency_code"]
    return Preview(amount=money(worth, currency), most=money(sums.left, currency))


def _worth(act: RefundOrder, order: Data, sums: Purse) -> Decimal:
    why = allowed.refund(sums)
    if why:
        raise Rejected(why)
    if act.lines or act.shipping:
        raise Rejected("Medusa gives back amounts of a payment, not the price of lines.")
    if act.restock:
        raise Rejected("Medusa puts goods back into stock when a return is received, not with a refund.")
    if act.amount is None:
        return sums.left
    currency = str(order["currency_code"]).upper()
    if act.amount.currency != currency:
        raise Rejected(f"The order was paid in {currency}.")
    worth = act.amount.amount
    if worth <= 0:
        raise Rejected("That is nothing to give back.")
    if worth > sums.most:
        several = " by one of the payments it was paid with" if len(sums.parts) > 1 else ""
        raise Rejected(f"At most {money(sums.most, currency).amount} {currency} can be given back{several}.")
    return worth


def marked(order: Data, key: str) -> list[Data]:
    """The refunds that an act made."""
    sign = mark(key)
    return [one for one in refunds(order) if sign in (one.get("note") or "")]


def found(act: RefundOrder, order: Data, key: str) -> Done | None:
    """What an act gave back, once that is all of it."""
    made = marked(order, key)
    if not made or (act.amount is None and purse(order).parts):
        return None
    return _done(made, order)


def perform(api: Api, act: RefundOrder, order: Data, key: str, reason: str) -> Done:
    """Make the refund, or one per payment where everything is given back."""
    sums = purse(order)
    whole = act.amount is None
    parts = sums.parts if whole else ((sums.parts[0][0], _worth(act, order, sums)),)
    made = list(marked(order, key))
    for payment, worth in parts:
        note = f"{reason[:_REASON_MAX]} {mark(key)}".strip()
        wanted = {"amount": number(worth), "note": note}
        data = api.deciding(f"payments/{payment}/refund", wanted)
        with decided():
            made += [one for one in data["payment"]["refunds"] if mark(key) in (one["note"] or "")]
    with decided():
        return _done(made, order)


def _done(made: list[Data], order: Data) -> Done:
    back = sum((amount(one["amount"]) for one in made), Decimal(0))
    return Done(id=str(made[0]["id"]), amount=money(back, order["currency_code"]))

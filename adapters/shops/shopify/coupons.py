"""Codes that work once, as discounts of a Shopify shop."""

from collections.abc import Mapping
from typing import Any

from adapters.shops.common import mark, understood
from adapters.shops.shopify import documents
from adapters.shops.shopify.api import Api
from adapters.shops.shopify.ids import gid, short
from inbox.contract import Rejected
from inbox.contract.commerce import Done, MakeCoupon, Preview


def tag(key: str) -> str:
    """The mark of an act as a tag, by which it is searched."""
    return mark(key)[1:-1].replace(":", "-")


def preview(api: Api, act: MakeCoupon) -> Preview:
    """What the code is worth. Raises Rejected where it says neither or both of percent and amount."""
    if (act.percent is None) == (act.amount is None):
        raise Rejected("A code takes off either a part or an amount.")
    if act.amount is not None and act.amount.currency != (currency := _currency(api)):
        raise Rejected(f"The shop's codes are in {currency}.")
    whose = (
        "The code works once, for this customer."
        if act.buyer_id
        else "The code works once, for whoever has it."
    )
    return Preview(amount=act.amount, notes=(whose,))


def found(api: Api, act: MakeCoupon, key: str) -> Done | None:
    """The code that an act made. Raises Rejected where somebody else made the same one."""
    data = api.ask(documents.COUPONS, code=act.code)
    with understood():
        node = data["codeDiscountNodeByCode"]
        if node and tag(key) not in (node["codeDiscount"].get("tags") or ()):
            raise Rejected("The shop has this code already.")
        return _done(act, node) if node else None


def make(api: Api, act: MakeCoupon, key: str) -> Done:
    """Make the discount."""
    preview(api, act)
    value: dict[str, Any]
    if act.percent is not None:
        value = {
            "percentage": float(act.percent / 100)
        }  # a part of one, which Shopify takes as a number only
    else:
        assert act.amount is not None  # noqa: S101 - `preview` took care
        value = {"discountAmount": {"amount": str(act.amount.amount), "appliesOnEachItem": False}}
    customer = gid("Customer", act.buyer_id)
    wanted = {
        "title": act.code,
        "code": act.code,
        "startsAt": api.io.now().isoformat(),
        "endsAt": act.ends_at.isoformat(),
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": [customer]}} if customer else {"all": "ALL"},
        "customerGets": {"items": {"all": True}, "value": value},
        "tags": [tag(key)],
    }
    return _done(act, api.deciding(documents.COUPON, "codeDiscountNode", input=wanted))


def _done(act: MakeCoupon, node: Mapping[str, Any]) -> Done:
    return Done(id=short(node["id"]), code=act.code, amount=act.amount)


def _currency(api: Api) -> str:
    known = api.io.facts.get("currency")
    if isinstance(known, str) and known:
        return known
    with understood():
        return str(api.ask(documents.SHOP)["shop"]["currencyCode"])

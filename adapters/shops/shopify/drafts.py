"""Orders that the customer only has to pay, and links that fill a cart."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from adapters.shops.common import understood
from adapters.shops.shopify import documents, goods
from adapters.shops.shopify.api import Api
from adapters.shops.shopify.coupons import tag
from adapters.shops.shopify.ids import gid, quoted, short
from adapters.shops.shopify.read import paid
from inbox.contract import Rejected, Uncertain
from inbox.contract.commerce import Done, MakeCartLink, MakeDraft, Money, Preview

Data = Mapping[str, Any]
_REASON_MAX = 180


def preview(api: Api, act: MakeDraft | MakeCartLink) -> Preview:
    """What it costs now, before shipping and what is taken off. Raises Rejected for goods that the shop lacks."""
    known = {
        thing.id: thing.price
        for thing in goods.by_ids(api, dict.fromkeys(line.product_id for line in act.lines))
    }
    prices = [(known.get(line.product_id), line.quantity) for line in act.lines]
    sums = [price.amount * quantity for price, quantity in prices if price is not None]
    currency = next((price.currency for price, _quantity in prices if price is not None), "")
    if len(sums) < len(prices):
        raise Rejected("The shop does not sell one of these any more.")
    return Preview(
        amount=Money(amount=sum(sums, start=sums[0] - sums[0]), currency=currency),
        notes=("Shipping, and what is taken off, are worked out in the checkout.",),
    )


def link(api: Api, act: MakeCartLink) -> Done:
    """The address that fills a cart. It changes nothing in the shop, and is the same each time."""
    preview(api, act)
    lines = ",".join(f"{line.product_id}:{line.quantity}" for line in act.lines)
    words = {"discount": act.coupon, "checkout[email]": act.email}
    asked = urlencode({name: value for name, value in words.items() if value})
    return Done(url=f"{api.config.site}/cart/{lines}" + (f"?{asked}" if asked else ""))


def make(api: Api, act: MakeDraft, key: str, reason: str) -> Done:
    """Make the draft; its invoice is a page on which it is paid."""
    preview(api, act)
    wanted: dict[str, Any] = {
        "lineItems": [
            {"variantId": gid("ProductVariant", line.product_id), "quantity": line.quantity}
            for line in act.lines
        ],
        "tags": [tag(key)],
        "note": reason[:_REASON_MAX],
        "acceptAutomaticDiscounts": True,
    }
    if customer := gid("Customer", act.buyer_id):
        wanted["purchasingEntity"] = {"customerId": customer}
    if act.email:
        wanted["email"] = act.email
    if act.coupon:
        wanted["discountCodes"] = [act.coupon]
    return _done(api.deciding(documents.DRAFT, "draftOrder", input=wanted))


def found(api: Api, key: str) -> Done | None:
    """The draft that an act made, once Shopify's search knows it."""
    data = api.ask(documents.DRAFTS, q=f"tag:{quoted(tag(key))}")
    with understood():
        mine = [one for one in data["draftOrders"]["nodes"] if tag(key) in one["tags"]]
        return _done(mine[0]) if mine else None


def surely_found(api: Api, key: str) -> Done:
    """`found`. Raises Uncertain while there is none, as the search learns of drafts with a delay."""
    done = found(api, key)
    if done is None:
        raise Uncertain(
            f"Shopify finds no such draft yet. Look again, or for the tag {tag(key)} among the drafts."
        )
    return done


def _done(data: Data) -> Done:
    return Done(id=short(data["id"]), url=data["invoiceUrl"] or "", amount=paid(data["totalPriceSet"]))

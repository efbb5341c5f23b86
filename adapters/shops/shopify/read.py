"""Shopify's orders in our words. Amounts are in the currency in which the customer paid. Pure."""

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.shops.common import moment, version
from adapters.shops.shopify import allowed, states
from adapters.shops.shopify.config import ShopifyConfig
from adapters.shops.shopify.ids import short
from adapters.shops.shopify.parcels import fulfilments, nodes, quantities
from inbox.contract.commerce import (
    Address,
    Money,
    Order,
    OrderLine,
    OrderState,
    Payment,
    Product,
    Refund,
    Return,
    ReturnState,
)

Data = Mapping[str, Any]
_MARK = re.compile(r"\s*\[onethread:[0-9a-f]+\]")


def money(data: Data) -> Money:
    """An amount with its currency."""
    return Money(amount=Decimal(str(data["amount"])), currency=data["currencyCode"]).rounded()


def paid(data: Data) -> Money:
    """An amount as the customer paid it."""
    return money(data["presentmentMoney"])


def plain(text: Any) -> str:
    """A note without our marks."""
    return _MARK.sub("", text or "").strip()


def order(config: ShopifyConfig, data: Data) -> Order:
    """An order."""
    can, refused = allowed.acts(data)
    refunded, shipping = paid(data["totalRefundedSet"]), data["totalShippingPriceSet"]
    place = data["retailLocation"] or {}
    cancelled = bool(data["cancelledAt"])
    return Order(
        id=short(data["id"]),
        number=data["name"].removeprefix("#"),
        state=_state(data),
        payment=states.PAYMENT.get(data["displayFinancialStatus"] or "PENDING", Payment.UNKNOWN),
        raw_state="CANCELLED" if cancelled else data["displayFulfillmentStatus"],
        placed_at=moment(data["processedAt"]),
        lines=_lines(data),
        total=paid(data["totalPriceSet"]),
        shipping=paid(shipping),
        tax=_maybe(data["totalTaxSet"]),
        discount=_maybe(data["totalDiscountsSet"]),
        refunded=refunded if refunded.amount else None,
        coupons=tuple(data["discountCodes"]),
        fulfilments=fulfilments(data),
        refunds=tuple(map(_refund, data["refunds"])),
        returns=tuple(map(_return, nodes(data.get("returns")))),
        ship_to=address(data["shippingAddress"]) if data["shippingAddress"] else None,
        sales_channel=data["sourceName"] or "",
        store=place.get("name") or "",
        buyer_id=short((data["customer"] or {}).get("id")),
        email=data["email"] or "",
        phone=data["phone"] or "",
        tokens=tuple(filter(None, (data["cartToken"], data["checkoutToken"]))),
        status_url=data["statusPageUrl"] or "",
        admin_url=f"https://{config.shop_domain}/admin/orders/{short(data['id'])}",
        tags=tuple(data["tags"]),
        note=plain(data["note"]),
        allowed=can,
        refused=refused,
        version=version_of(data),
    )


def version_of(data: Data) -> str:
    """Changes with all that counts for an act, and is the same in a list and alone."""
    return version(
        data["updatedAt"],
        data["cancelledAt"],
        data["displayFinancialStatus"],
        data["displayFulfillmentStatus"],
        data["returnStatus"],
        [str(data[name]["presentmentMoney"]["amount"]) for name in ("totalPriceSet", "totalRefundedSet")],
        data["shippingAddress"],
        data["note"],
    )


def address(data: Data) -> Address:
    """A postal address of an order or a customer."""
    return Address(
        name=data["name"] or data["company"] or "",
        lines=tuple(filter(None, (data["address1"], data["address2"]))),
        city=data["city"] or "",
        region=data["provinceCode"] or data["province"] or "",
        postcode=data["zip"] or "",
        country=data["countryCodeV2"] or "",
        phone=data["phone"] or "",
    )


def returned(data: Data, by: str = "line") -> Counter[str]:
    """Pieces that come or came back, by the id of the order's line, or of the parcel's (`by` "parcel")."""
    counted: Counter[str] = Counter()
    for one in nodes(data.get("returns")):
        for item in nodes(one["returnLineItems"]) if one["status"] not in ("CANCELED", "DECLINED") else ():
            packed = item.get("fulfillmentLineItem")
            if packed:
                counted[packed["id"] if by == "parcel" else short(packed["lineItem"]["id"])] += item[
                    "quantity"
                ]
    return counted


def _state(data: Data) -> OrderState:
    if data["cancelledAt"]:
        return OrderState.CANCELLED
    if data["displayFulfillmentStatus"] == "ON_HOLD":
        return OrderState.ON_HOLD
    if data["displayFinancialStatus"] == "PENDING":
        return OrderState.PENDING
    if data["displayFulfillmentStatus"] in ("FULFILLED", "FULFILLMENT_NOT_REQUIRED") and data["closedAt"]:
        return OrderState.COMPLETED
    return OrderState.CONFIRMED


def _lines(data: Data) -> tuple[OrderLine, ...]:
    sent = quantities(
        item
        for parcel in data["fulfillments"]
        if parcel["displayStatus"] != "CANCELED"
        for item in nodes(parcel["fulfillmentLineItems"])
    )
    back = returned(data)
    found = []
    for line in nodes(data["lineItems"]):
        name = short(line["id"])
        whole = paid(line["discountedTotalSet"])
        each = whole.amount / line["quantity"] if line["quantity"] else whole.amount
        thing = Product(
            id=short((line["variant"] or {}).get("id")),
            title=line["title"],
            variant=line["variantTitle"] or "",
            sku=line["sku"] or "",
            price=Money(amount=each, currency=whole.currency).rounded(),
            image_url=(line["image"] or {}).get("url") or "",
        )
        found.append(
            OrderLine(
                id=name,
                product=thing,
                quantity=line["quantity"],
                total=whole,
                fulfilled=sent[name],
                refundable=line["refundableQuantity"],
                returned=back[name],
            )
        )
    return tuple(found)


def _refund(data: Data) -> Refund:
    return Refund(
        id=short(data["id"]),
        amount=paid(data["totalRefundedSet"]),
        reason=plain(data["note"]),
        at=moment(data["createdAt"]),
        lines=dict(quantities(nodes(data["refundLineItems"]))),
    )


def _return(data: Data) -> Return:
    items = [item for item in nodes(data["returnLineItems"]) if item.get("fulfillmentLineItem")]
    return Return(
        id=short(data["id"]),
        state=states.RETURN.get(data["status"], ReturnState.UNKNOWN),
        raw_state=data["status"],
        lines=dict(
            quantities({**item, "lineItem": item["fulfillmentLineItem"]["lineItem"]} for item in items)
        ),
        reason=plain(next((item["customerNote"] for item in items if item["customerNote"]), "")),
    )


def _maybe(data: Data | None) -> Money | None:
    found = paid(data) if data else None
    return found if found and found.amount else None

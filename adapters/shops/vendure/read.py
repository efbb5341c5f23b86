"""Vendure's orders in our words. A cart is an order that is still active."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from adapters.shops.common import moment, version
from adapters.shops.vendure import allowed, states
from adapters.shops.vendure.api import Api
from adapters.shops.vendure.payments import purse, refunds, state
from inbox.contract.commerce import (
    Address,
    Cart,
    CartLine,
    CartState,
    Fulfilment,
    Money,
    Order,
    OrderLine,
    OrderState,
    Product,
    Progress,
    Refund,
    Tracking,
    Way,
)

Data = Mapping[str, Any]


def cart(api: Api, data: Data) -> Cart:
    """An order as the cart that it is, or was."""
    currency = data["currencyCode"]
    customer = data["customer"] or {}
    if data["active"]:
        where = CartState.CHECKOUT if data["state"] == "ArrangingPayment" else CartState.ACTIVE
    else:
        where = CartState.CONVERTED if data["orderPlacedAt"] else CartState.EXPIRED
    moments = [moment(line["updatedAt"]) for line in data["lines"]]
    return Cart(
        id=str(data["id"]),
        state=where,
        lines=tuple(_cart_line(api, line, currency) for line in data["lines"] if line["quantity"]),
        total=api.money(data["totalWithTax"], currency),
        subtotal=api.money(data["subTotalWithTax"], currency),
        discount=_discount(api, data),
        coupons=tuple(data["couponCodes"]),
        buyer_id=str(customer.get("id") or ""),
        email=customer.get("emailAddress") or "",
        phone=customer.get("phoneNumber") or "",
        token=data["code"],
        last_activity_at=max(filter(None, moments), default=moment(data["updatedAt"])),
    )


def _cart_line(api: Api, line: Data, currency: str) -> CartLine:
    thing = product(api, line["productVariant"], line["featuredAsset"])
    return CartLine(
        id=str(line["id"]),
        product=thing,
        quantity=line["quantity"],
        unit=api.money(line["unitPriceWithTax"], currency),
        total=api.money(line["discountedLinePriceWithTax"], currency),
        available=thing.available,
    )


def product(api: Api, variant: Data, asset: Data | None = None) -> Product:
    """A variant. `available` is the sum over all stores."""
    title = variant["product"]["name"]
    name = variant["name"]
    page = api.config.product_url.replace("{slug}", variant["product"]["slug"])
    image = asset or variant["featuredAsset"]
    return Product(
        id=str(variant["id"]),
        title=title,
        variant="" if name == title else name.removeprefix(title).strip(" ,-") or name,
        sku=variant["sku"],
        price=api.money(variant["priceWithTax"], variant["currencyCode"]),
        image_url=image["preview"] if image else "",
        url=page,
        available=sum(level["stockOnHand"] - level["stockAllocated"] for level in variant["stockLevels"]),
    )


def order(api: Api, data: Data) -> Order:
    """An order. What was cancelled is shown with its first quantities and amounts, which Vendure sets to nothing."""
    currency = data["currencyCode"]
    sums = purse(data)
    total = data["totalWithTax"]
    if data["state"] == "Cancelled":
        total = max(total, sums.paid, sums.held)
    customer = data["customer"] or {}
    address = data["shippingAddress"] or {}
    can, refused = allowed.acts(data, sums)
    return Order(
        id=str(data["id"]),
        number=data["code"],
        state=states.ORDER.get(data["state"], OrderState.UNKNOWN),
        payment=state(data, sums, total),
        raw_state=data["state"],
        placed_at=moment(data["orderPlacedAt"]),
        lines=_lines(api, data),
        total=api.money(total, currency),
        shipping=api.money(data["shippingWithTax"], currency),
        tax=api.money(sum(row["taxTotal"] for row in data["taxSummary"]), currency),
        discount=_discount(api, data),
        refunded=api.money(sums.refunded, currency) if sums.refunded else None,
        coupons=tuple(data["couponCodes"]),
        fulfilments=_fulfilments(api, data),
        refunds=tuple(
            Refund(
                id=str(one["id"]),
                amount=api.money(one["total"], currency),
                raw_state=one["state"],
                reason=one["reason"] or "",
                at=moment(one["createdAt"]),
                lines={str(line["orderLineId"]): line["quantity"] for line in one["lines"]},
            )
            for one in refunds(data)
        ),
        ship_to=to_address(address) if address.get("streetLine1") else None,
        buyer_id=str(customer.get("id") or ""),
        email=customer.get("emailAddress") or "",
        phone=customer.get("phoneNumber") or address.get("phoneNumber") or "",
        tokens=(data["code"],),
        admin_url=f"{api.config.admin_url}/orders/{data['id']}" if api.config.admin_url else "",
        note=_note(data),
        allowed=can,
        refused=refused,
        version=version_of(data),
    )


def version_of(data: Data) -> str:
    """Changes with all that counts for an act. `updatedAt` alone does not: Vendure leaves it behind now and then."""
    return version(
        data["updatedAt"],
        data["state"],
        [[line["id"], line["quantity"], line["proratedLinePriceWithTax"]] for line in data["lines"]],
        [[pay["id"], pay["state"], pay["amount"]] for pay in data.get("payments") or []],
        [[one["id"], one["state"], one["total"]] for one in refunds(data)],
        [[parcel["id"], parcel["state"]] for parcel in data["fulfillments"] or []],
        data["shippingAddress"],
        data["shippingWithTax"],
    )


def to_address(data: Data) -> Address:
    """A postal address of an order or a customer."""
    country = data.get("countryCode") or (data.get("country") or {}).get("code") or ""
    return Address(
        name=data.get("fullName") or "",
        lines=tuple(filter(None, (data.get("streetLine1"), data.get("streetLine2")))),
        city=data.get("city") or "",
        region=data.get("province") or "",
        postcode=data.get("postalCode") or "",
        country=country,
        phone=data.get("phoneNumber") or "",
    )


def _lines(api: Api, data: Data) -> tuple[OrderLine, ...]:
    sent = _quantities(data["fulfillments"], but="Cancelled")
    back = _quantities(list(refunds(data)))
    currency = data["currencyCode"]
    found = []
    for line in data["lines"]:
        name = str(line["id"])
        quantity = line["quantity"] or line["orderPlacedQuantity"]
        total = line["proratedLinePriceWithTax"] if line["quantity"] else line["unitPriceWithTax"] * quantity
        if quantity:
            found.append(
                OrderLine(
                    id=name,
                    product=product(api, line["productVariant"], line["featuredAsset"]),
                    quantity=quantity,
                    total=api.money(total, currency),
                    fulfilled=sent[name],
                    refundable=max(0, line["quantity"] - back[name]),
                )
            )
    return tuple(found)


def _quantities(things: Any, but: str = "") -> Counter[str]:
    counted: Counter[str] = Counter()
    for thing in things or []:
        for line in thing["lines"] if thing["state"] != but else ():
            counted[str(line["orderLineId"])] += line["quantity"]
    return counted


def _fulfilments(api: Api, data: Data) -> tuple[Fulfilment, ...]:
    """The parcels, and as one more what nobody has packed yet."""
    methods = [line["shippingMethod"] for line in data["shippingLines"] if line["shippingMethod"]]
    fetched = next((one for one in methods if one["code"] in api.config.pickup), None)
    way = Way.PICKUP_STORE if fetched else Way.SHIP
    words = states.FETCHED if fetched else states.SENT
    store = {"store": fetched["name"], "store_id": fetched["code"]} if fetched else {}
    found = []
    for parcel in data["fulfillments"] or []:
        progress = words.get(parcel["state"], Progress.UNKNOWN)
        at = moment(parcel["updatedAt"])
        tracking = Tracking(number=parcel["trackingCode"] or "", carrier=parcel["method"] or "")
        found.append(
            Fulfilment(
                id=str(parcel["id"]),
                way=way,
                progress=progress,
                raw_state=parcel["state"],
                lines=dict(_quantities([parcel])),
                tracking=(tracking,) if tracking.number else (),
                ready_at=at if progress is Progress.READY_FOR_PICKUP else None,
                shipped_at=at if progress is Progress.SHIPPED else None,
                done_at=at if progress in (Progress.DELIVERED, Progress.PICKED_UP) else None,
                **store,
            )
        )
    sent = _quantities(data["fulfillments"], but="Cancelled")
    left = {str(line["id"]): line["quantity"] - sent[str(line["id"])] for line in data["lines"]}
    left = {name: quantity for name, quantity in left.items() if quantity > 0}
    if left and data["orderPlacedAt"] and data["state"] != "Cancelled":
        found.append(Fulfilment(id="left", way=way, progress=Progress.UNFULFILLED, lines=left, **store))
    return tuple(found)


def _discount(api: Api, data: Data) -> Money | None:
    """What was taken off; a cancellation's own correction is none."""
    if data["state"] == "Cancelled":
        return None
    units = -sum(one["amountWithTax"] for one in data["discounts"])
    return api.money(units, data["currencyCode"]) if units else None


def _note(data: Data) -> str:
    notes = [
        entry["data"].get("note", "") for entry in data["history"]["items"] if entry["type"] == "ORDER_NOTE"
    ]
    return str(notes[0])[:2000] if notes else ""

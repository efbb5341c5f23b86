"""Carts as Shopify's events have them. They cannot be asked for: what the event says is all there is. Pure.

A cart of the online store says nothing about whose it is; the checkout that is made of it does, and names its cart by
`cart_token`, so that both are one cart here.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.shops.common import moment
from adapters.shops.shopify.ids import short
from adapters.shops.web import sentence
from inbox.contract import BadAddress, Unreadable
from inbox.contract.addresses import email, phone
from inbox.contract.commerce import Cart, CartLine, CartState, Money, Product

Data = Mapping[str, Any]
_LINES_MAX = 250


def cart_of(data: Data) -> Cart | None:
    """The cart of a carts/… event; None for an empty one, which is no cart any more."""
    items = _items(data)
    if not items:
        return None
    lines = tuple(
        CartLine(
            id=sentence(str(item.get("key") or number)),
            product=_product(item, _set(item["price_set"])),
            quantity=_count(item),
            unit=_set(item.get("discounted_price_set") or item["price_set"]),
            total=_set(item["line_price_set"]),
        )
        for number, item in enumerate(items)
    )
    total = Money(
        amount=sum((line.total.amount for line in lines), Decimal(0)), currency=lines[0].total.currency
    )
    return Cart(
        id=data["token"],
        state=CartState.ACTIVE,
        lines=lines,
        total=total,
        subtotal=total,
        token=data["token"],
        last_activity_at=moment(data.get("updated_at")),
    )


def checkout_of(data: Data) -> Cart | None:
    """The cart of a checkouts/… event; None for one without lines."""
    items = _items(data)
    if not items:
        return None
    token = data.get("cart_token") or data["token"]
    currency = data.get("presentment_currency") or data["currency"]
    buyer = data.get("customer") or {}
    discount = _money(data.get("total_discounts") or "0", currency)
    lines = []
    for number, item in enumerate(items):
        unit = _money(item["price"], currency)
        quantity = _count(item)
        whole = item.get("line_price")
        lines.append(
            CartLine(
                id=sentence(str(item.get("key") or number)),
                product=_product(item, unit),
                quantity=quantity,
                unit=unit,
                total=_times(unit, quantity) if whole is None else _money(whole, currency),
            )
        )
    return Cart(
        id=token,
        state=CartState.CONVERTED if data.get("completed_at") else CartState.CHECKOUT,
        lines=tuple(lines),
        total=_money(data["total_price"], currency),
        subtotal=_money(data["subtotal_price"], currency),
        discount=discount if discount.amount else None,
        coupons=tuple(sentence(str(one["code"])) for one in data.get("discount_codes") or ()),
        buyer_id=sentence(short(buyer.get("id"))),
        email=_email(data.get("email") or buyer.get("email")),
        phone=_phone(data.get("phone") or data.get("sms_marketing_phone") or buyer.get("phone")),
        token=token,
        recovery_url=_link(data.get("abandoned_checkout_url")),
        last_activity_at=moment(data.get("updated_at")),
    )


def converted_of(data: Data) -> Cart | None:
    """The cart of which an order was made, from an orders/create event; None where the order had none."""
    token, items = data.get("cart_token"), _items(data)
    if not token or not items:
        return None
    lines = tuple(
        CartLine(
            id=sentence(str(item.get("id") or number)),
            product=_product(item, _set(item["price_set"])),
            quantity=_count(item),
            unit=_set(item["price_set"]),
            total=_times(_set(item["price_set"]), _count(item)),
        )
        for number, item in enumerate(items)
    )
    buyer = data.get("customer") or {}
    return Cart(
        id=token,
        state=CartState.CONVERTED,
        lines=lines,
        total=_set(data["total_price_set"]),
        buyer_id=sentence(short(buyer.get("id"))),
        email=_email(data.get("email")),
        phone=_phone(data.get("phone")),
        token=token,
        last_activity_at=moment(data.get("created_at")),
    )


def _times(price: Money, quantity: int) -> Money:
    return Money(amount=price.amount * quantity, currency=price.currency)


def _items(data: Data) -> list[Data]:
    items = data.get("line_items") or []
    if not isinstance(items, list) or len(items) > _LINES_MAX:
        raise Unreadable("The event's cart has no lines that can be read.")
    return items


def _product(item: Data, price: Money) -> Product:
    image = item.get("image_url") or (item.get("featured_image") or {}).get("url")
    return Product(
        id=sentence(short(item.get("variant_id") or item.get("id"))),
        title=sentence(str(item.get("title") or item.get("presentment_title") or "")),
        variant=sentence(str(item.get("variant_title") or "")),
        sku=sentence(str(item.get("sku") or "")),
        price=price,
        image_url=_link(image),
    )


def _count(item: Data) -> int:
    quantity = item["quantity"]
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 <= quantity <= 1_000_000:
        raise Unreadable("A quantity in the event is none.")
    return quantity


def _set(data: Data) -> Money:
    found = data.get("presentment_money") or data["shop_money"]
    return _money(found["amount"], found["currency_code"])


def _money(amount: Any, currency: str) -> Money:
    try:
        return Money(amount=Decimal(str(amount)), currency=currency).rounded()
    except InvalidOperation as error:
        raise Unreadable("An amount in the event is none.") from error


def _link(value: Any) -> str:
    text = str(value or "")
    return text if text.startswith("https://") and text.isprintable() and len(text) <= 2000 else ""


def _email(value: Any) -> str:
    try:
        return email(str(value or ""))
    except BadAddress:
        return ""


def _phone(value: Any) -> str:
    try:
        return phone(str(value or ""))
    except BadAddress:
        return ""

"""Shopify's events: proving them, and what they say.

The signature covers the body alone. Shopify sends an event again for four hours with its first time, so an old one is
no reason to refuse it; what it is about is fetched anyway.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.shops.common import moment, understood
from adapters.shops.shopify.basket import cart_of, checkout_of, converted_of
from adapters.shops.shopify.ids import short
from adapters.shops.shopify.orders import PACKING
from inbox.contract import Accept, HookRequest, NotAuthentic, Raw, Unreadable
from inbox.contract.commerce import Cart, ShopEvent, Sought, Topic

_ID_MAX = 100
_QUIET = {"customers/data_request"}
"""Topics that ask for a person: the customer's data is exported by hand."""


def verify(secrets: Sequence[str], shop: str, request: HookRequest) -> Accept:
    """Prove that Shopify sent the request for `shop`. Raises NotAuthentic. Empty secrets prove nothing."""
    given = request.headers.get("x-shopify-hmac-sha256", "")
    delivery = request.headers.get("x-shopify-webhook-id", "")
    if request.method != "POST" or not given.isascii() or not 0 < len(delivery) <= _ID_MAX:
        raise NotAuthentic("The event is not signed.")
    fits = [hmac.compare_digest(sign(secret, request.body), given) for secret in secrets if secret]
    if not any(fits):
        raise NotAuthentic("The event is not signed with the secret of this app.")
    if request.headers.get("x-shopify-shop-domain", "").casefold() != shop:
        raise NotAuthentic("The event is another shop's.")
    return Accept(dedupe_key=delivery)


def sign(secret: str, body: bytes) -> str:
    """The value of X-Shopify-Hmac-SHA256."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def parse(raw: Raw) -> tuple[ShopEvent, ...]:
    """What an event says. Raises only Unreadable."""
    topic = raw.headers.get("x-shopify-topic", "")
    try:
        data = json.loads(raw.body, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The event is not JSON.") from error
    if not isinstance(data, dict):
        raise Unreadable("The event does not say what it is about.")
    try:
        with understood():
            at = moment(raw.headers.get("x-shopify-triggered-at") or data.get("updated_at"))
            return _read(topic, data, at)
    except (OverflowError, RecursionError) as error:
        raise Unreadable("The event says something impossible.") from error


def _read(topic: str, data: dict[str, Any], at: datetime | None) -> tuple[ShopEvent, ...]:
    family = topic.partition("/")[0]
    match family:
        case "carts":
            return (_cart(_text(data["token"]), cart_of(data), at),)
        case "checkouts":
            return _checkout(data, at)
        case "orders":
            cart = converted_of(data) if topic == "orders/create" else None
            ended = (_cart(_text(cart.id), cart, at),) if cart else ()
            return (_order(data, at), *ended)
        case "fulfillments" | "fulfillment_events" | "refunds":
            return (ShopEvent(topic=Topic.ORDER, id=_number(data["order_id"]), at=at),)
        case "returns":
            return (ShopEvent(topic=Topic.ORDER, id=_number(data["order"]["id"]), at=at),)
        case "fulfillment_orders":
            return (
                ShopEvent(topic=Topic.ORDER, id=PACKING + _number(data["fulfillment_order"]["id"]), at=at),
            )
        case "app" | "shop":
            return (
                (ShopEvent(topic=Topic.GONE, at=at),) if topic in ("app/uninstalled", "shop/redact") else ()
            )
    if topic in _QUIET:
        return ()
    if family in ("customers", "customer") or family.startswith(("customers_", "customer_", "customer.")):
        return _customer(topic, data, at)
    raise Unreadable("The event is about something unknown.", code=topic[:60])


def _cart(cart_id: str, cart: Cart | None, at: datetime | None) -> ShopEvent:
    who = Sought()
    if cart is not None:
        who = Sought(
            buyer_ids=tuple(filter(None, (cart.buyer_id,))),
            emails=tuple(filter(None, (cart.email,))),
            phones=tuple(filter(None, (cart.phone,))),
        )
    return ShopEvent(topic=Topic.CART, id=cart_id, at=at, who=who, cart=cart)


def _checkout(data: dict[str, Any], at: datetime | None) -> tuple[ShopEvent, ...]:
    token = _text(data.get("cart_token") or data.get("token") or "")
    if not token:
        return ()  # a checkout that was deleted has no more than a number, which nothing here has
    return (_cart(token, checkout_of(data), at),)


def _order(data: dict[str, Any], at: datetime | None) -> ShopEvent:
    edit = data.get("order_edit")
    if isinstance(edit, dict):
        return ShopEvent(topic=Topic.ORDER, id=_number(edit["order_id"]), at=at)
    buyer = (data.get("customer") or {}).get("id")
    mail = _text(data.get("email") or "").casefold()
    who = Sought(
        buyer_ids=(_number(buyer),) if buyer else (),
        emails=(mail,) if mail else (),
        order_numbers=tuple(filter(None, (_text(data.get("name") or "").removeprefix("#"),))),
    )
    return ShopEvent(topic=Topic.ORDER, id=_number(data["id"]), at=at, who=who)


def _customer(topic: str, data: dict[str, Any], at: datetime | None) -> tuple[ShopEvent, ...]:
    if topic == "customers/merge":
        both = (data["admin_graphql_api_customer_kept_id"], data["admin_graphql_api_customer_deleted_id"])
        return tuple(ShopEvent(topic=Topic.BUYER, id=_number(one), at=at) for one in both)
    if topic in ("customers/redact", "customers/delete"):
        person = data["customer"] if topic == "customers/redact" else data
        mail, phone = _text(person.get("email") or "").casefold(), _text(person.get("phone") or "")
        who = Sought(emails=(mail,) if mail else (), phones=(phone,) if phone else ())
        return (ShopEvent(topic=Topic.FORGET, id=_number(person["id"]), at=at, who=who),)
    found = data.get("customer_id") or data.get("customerId") or data.get("id")
    return (ShopEvent(topic=Topic.BUYER, id=_number(found), at=at),)


def _number(value: Any) -> str:
    """An id, as a number or as Shopify's global one."""
    text = "" if isinstance(value, bool) or not isinstance(value, int | str) else short(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise Unreadable("An id in the event is none.")
    return text


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 300 or not value.isprintable():
        raise Unreadable("A text in the event is none.")
    return value

"""Reading a Vendure shop: people, carts, orders."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue

from adapters.shops.common import moment, understood
from adapters.shops.phones import normal, notations, same
from adapters.shops.vendure import documents, read
from adapters.shops.vendure.api import Api
from inbox.contract import BadAddress
from inbox.contract.addresses import email
from inbox.contract.commerce import (
    Buyer,
    By,
    Cart,
    Found,
    Money,
    Order,
    OrderPage,
    ShopEvent,
    Sought,
    Topic,
    total,
)

_PLACED = {"active": {"eq": False}, "state": {"notEq": "Draft"}}
_CHANGES_MAX = 100


def find(api: Api, who: Sought) -> tuple[Found, ...]:
    """Everybody for whom something is exactly equal: the shop narrows, the comparison here decides."""
    region = api.config.country
    ways = [way for number in who.phones for way in notations(number, region)]
    people = [
        {field: {"in": list(values)}}
        for field, values in (("emailAddress", who.emails), ("phoneNumber", ways), ("id", who.buyer_ids))
        if values
    ]
    if not people and not who.order_numbers:
        return ()
    nobody = [{"id": {"in": ["-1"]}}]
    codes = [number.removeprefix("#").strip().upper() for number in who.order_numbers]
    data = api.ask(documents.FIND, people=people or nobody, codes=codes)
    found: dict[str, Found] = {}
    with understood():
        for order in data["orders"]["items"]:
            if order["customer"] and order["code"] in codes:
                person = buyer_of(api, order["customer"])
                found.setdefault(person.id, Found(buyer=person, by=By.ORDER_NUMBER, value=order["code"]))
        for customer in data["customers"]["items"]:
            person = buyer_of(api, customer)
            why = _why(person, who, region)
            if why is not None and (why[0] is By.ID or person.id not in found):
                found[person.id] = Found(buyer=person, by=why[0], value=why[1])
    return tuple(found.values())


def _why(person: Buyer, who: Sought, region: str) -> tuple[By, str] | None:
    if person.id in who.buyer_ids:
        return By.ID, person.id
    for address in person.emails:
        if _email(address) in who.emails:
            return By.EMAIL, _email(address)
    for number in who.phones:
        if any(same(kept, number, region) for kept in person.phones):
            return By.PHONE, number
    return None


def _email(text: str) -> str:
    try:
        return email(text)
    except BadAddress:
        return ""


def buyer(api: Api, buyer_id: str) -> Buyer | None:
    """A customer by id."""
    data = api.ask(documents.BUYER, id=buyer_id)
    with understood():
        return buyer_of(api, data["customer"]) if data["customer"] else None


def buyer_of(api: Api, data: Any) -> Buyer:
    """A customer in our words. Who ordered without an account has no user."""
    placed = data["orders"]
    items = placed["items"]
    phone = data["phoneNumber"] or ""
    admin = api.config.admin_url
    return Buyer(
        id=str(data["id"]),
        name=f"{data['firstName']} {data['lastName']}".strip(),
        emails=(data["emailAddress"],) if data["emailAddress"] else (),
        phones=(normal(phone, api.config.country) or phone,) if phone else (),
        guest=data["user"] is None,
        since=moment(data["createdAt"]),
        orders_count=placed["totalItems"],
        spent=_spent(api, items) if len(items) == placed["totalItems"] else None,
        last_order_at=moment(items[0]["orderPlacedAt"]) if items else None,
        segments=tuple(group["name"] for group in data["groups"]),
        addresses=tuple(map(read.to_address, data["addresses"] or ())),
        admin_url=f"{admin}/customers/{data['id']}" if admin else "",
    )


def _spent(api: Api, orders: Any) -> Money | None:
    """The sum of all orders, unless they are in several currencies."""
    sums = total(api.money(order["totalWithTax"], order["currencyCode"]) for order in orders)
    return sums[0] if len(sums) == 1 else None


def carts(api: Api, buyer_id: str) -> tuple[Cart, ...]:
    """Open carts with something in them, the last used first."""
    wanted = {"filter": {"active": {"eq": True}}, "sort": {"updatedAt": "DESC"}, "skip": 0, "take": 10}
    data = api.ask(documents.ORDERS_OF, id=buyer_id, **wanted)
    with understood():
        items = data["customer"]["orders"]["items"] if data["customer"] else []
        found = [read.cart(api, item) for item in items]
    return tuple(cart for cart in found if cart.lines)


def cart(api: Api, cart_id: str) -> Cart | None:
    """A cart, also once it is empty or became an order."""
    data = api.ask(documents.ORDER, id=cart_id)
    with understood():
        return read.cart(api, data["order"]) if data["order"] else None


def orders(api: Api, buyer_id: str, limit: int, cursor: str) -> OrderPage:
    """A customer's orders, newest first; the cursor is how many were shown."""
    skip = int(cursor) if cursor.isascii() and cursor.isdigit() else 0
    wanted = {"filter": _PLACED, "sort": {"orderPlacedAt": "DESC"}, "skip": skip, "take": min(limit, 50)}
    data = api.ask(documents.ORDERS_OF, id=buyer_id, **wanted)
    with understood():
        if not data["customer"]:
            return OrderPage()
        page = data["customer"]["orders"]
        end = skip + len(page["items"])
        more = str(end) if page["items"] and end < page["totalItems"] else ""
        return OrderPage(orders=tuple(read.order(api, item) for item in page["items"]), cursor=more)


def order(api: Api, order_id: str) -> Order | None:
    """An order; a cart is none yet."""
    data = raw_order(api, order_id)
    with understood():
        return read.order(api, data) if data else None


def raw_order(api: Api, order_id: str) -> Any:
    """The shop's own data of an order, or None."""
    data = api.ask(documents.ORDER, id=order_id)
    with understood():
        found = data["order"]
        return found if found and not found["active"] else None


def find_orders(api: Api, text: str) -> tuple[Order, ...]:
    """Orders with exactly this code, in capitals or not."""
    code = text.strip().removeprefix("#").upper()
    if not code:
        return ()
    data = api.ask(documents.ORDERS_BY_CODE, codes=[code])
    with understood():
        return tuple(read.order(api, item) for item in data["orders"]["items"] if item["code"] == code)


def changes(api: Api, since: JsonValue) -> tuple[tuple[ShopEvent, ...], JsonValue]:
    """Orders and carts that changed. `since` is the last moment seen and what was seen at it.

    The shop's times have full seconds on some databases, so its last second is asked for again.
    """
    if not isinstance(since, dict) or not isinstance(since.get("at"), str):
        return (), {"at": api.io.now().isoformat(), "seen": []}
    with understood():
        last = moment(since["at"])
        seen = set(map(str, since.get("seen") or ()))  # type: ignore[arg-type] # a list, by our own hand
        asked = (last - timedelta(seconds=1)).isoformat() if last else since["at"]
    data = api.ask(documents.CHANGED, since=asked, take=_CHANGES_MAX)
    with understood():
        found = [(f"{item['id']}@{item['updatedAt']}", item) for item in data["orders"]["items"]]
        events = tuple(_event(item) for name, item in found if name not in seen)
        at = max([since["at"], *(item["updatedAt"] for _name, item in found)], key=datetime.fromisoformat)
        return events, {"at": at, "seen": [name for name, _item in found]}


def _event(item: Any) -> ShopEvent:
    customer = item["customer"]
    return ShopEvent(
        topic=Topic.CART if item["active"] else Topic.ORDER,
        id=str(item["id"]),
        at=moment(item["updatedAt"]),
        who=Sought(buyer_ids=(str(customer["id"]),) if customer else ()),
    )

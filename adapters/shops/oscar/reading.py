"""Reading an Oscar shop through its bridge."""

from typing import Any

from adapters.shops.common import understood
from adapters.shops.oscar import read
from adapters.shops.oscar.api import Api
from adapters.shops.phones import same
from inbox.contract import BadAddress, Unreadable
from inbox.contract.addresses import email
from inbox.contract.commerce import Buyer, By, Cart, Found, Order, OrderPage, Product, Sought, StockLevel


def find(api: Api, who: Sought) -> tuple[Found, ...]:
    """Everybody for whom something is exactly equal; what the bridge says is compared once more."""
    numbers = tuple(number.removeprefix("#").strip() for number in who.order_numbers)
    asked = {"id": who.buyer_ids, "number": numbers, "email": who.emails, "phone": who.phones}
    if not any(asked.values()):
        return ()
    data = api.ask("buyers", **asked)
    with understood():
        found = []
        for hit in _some(data)["buyers"]:
            by, value = By(hit["by"]), str(hit["value"])
            person = read.buyer(api.config, hit)
            if _equal(api, person, by, value, who, numbers):
                found.append(Found(buyer=person, by=by, value=value))
        return tuple(found)


def _equal(api: Api, person: Buyer, by: By, value: str, who: Sought, numbers: tuple[str, ...]) -> bool:
    match by:
        case By.ID:
            return value in who.buyer_ids and value == person.id
        case By.ORDER_NUMBER:
            return value in numbers
        case By.EMAIL:
            return value in who.emails and any(_email(text) == value for text in person.emails)
        case By.PHONE | By.ADDRESS_PHONE:
            kept = (*person.phones, *(one.phone for one in person.addresses))
            orders = value in who.phones and not kept
            return orders or any(
                same(text, value, api.config.country) for text in kept if value in who.phones
            )


def _email(text: str) -> str:
    try:
        return email(text)
    except BadAddress:
        return ""


def buyer(api: Api, buyer_id: str) -> Buyer | None:
    """A customer or a guest."""
    data = api.ask("buyers", buyer_id)
    with understood():
        return read.buyer(api.config, data) if data is not None else None


def carts(api: Api, buyer_id: str) -> tuple[Cart, ...]:
    """Open baskets with something in them."""
    data = api.ask("buyers", buyer_id, "carts")
    with understood():
        return tuple(map(read.cart, data["carts"])) if data is not None else ()


def cart(api: Api, cart_id: str) -> Cart | None:
    """A basket, also once it was ordered."""
    data = api.ask("carts", cart_id)
    with understood():
        return read.cart(data) if data is not None else None


def orders(api: Api, buyer_id: str, limit: int, cursor: str) -> OrderPage:
    """A customer's orders, newest first."""
    data = api.ask("buyers", buyer_id, "orders", limit=str(limit), cursor=cursor)
    with understood():
        if data is None:
            return OrderPage()
        return OrderPage(
            orders=tuple(read.order(api.config, one) for one in data["orders"]), cursor=data["cursor"]
        )


def order(api: Api, order_id: str) -> Order | None:
    """An order."""
    data = raw_order(api, order_id)
    with understood():
        return read.order(api.config, data) if data is not None else None


def raw_order(api: Api, order_id: str) -> Any:
    """The bridge's own data of an order, or None."""
    return api.ask("orders", order_id)


def find_orders(api: Api, text: str) -> tuple[Order, ...]:
    """Orders with exactly this number."""
    number = text.strip().removeprefix("#")
    if not number:
        return ()
    data = api.ask("orders", number=number)
    with understood():
        return tuple(read.order(api.config, one) for one in _some(data)["orders"] if one["number"] == number)


def products(api: Api, text: str, limit: int) -> tuple[Product, ...]:
    """Products in which every word occurs."""
    if not text.strip():
        return ()
    data = api.ask("products", q=text, limit=str(limit))
    with understood():
        return tuple(map(read.product, _some(data)["products"]))


def product(api: Api, product_id: str) -> Product | None:
    """A product by id or UPC."""
    data = api.ask("products", product_id)
    with understood():
        return read.product(data) if data is not None else None


def stock(api: Api, product_id: str) -> tuple[StockLevel, ...]:
    """What each store has."""
    data = api.ask("products", product_id)
    with understood():
        return read.stock(data) if data is not None else ()


def _some(data: Any) -> Any:
    """What is always there: its absence means that something else answers at this address."""
    if data is None:
        raise Unreadable("There is no bridge at this address.", code="404")
    return data

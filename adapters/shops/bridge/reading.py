"""What is asked of the shop, and what is made of the answers."""

from typing import TypeVar

from pydantic import BaseModel, JsonValue

from adapters.shops.bridge.calls import Calls, many, one
from inbox.contract import AdapterError, Health, NeedsReauth, Unreadable
from inbox.contract.commerce import (
    Buyer,
    By,
    Can,
    Cart,
    Found,
    Loyalty,
    Order,
    OrderPage,
    Product,
    Sought,
    StockLevel,
)

M = TypeVar("M", bound=BaseModel)
VERSION = "1"
ORDERS_FOUND = 10


def check(calls: Calls) -> Health:
    """Ask the shop what it is and can do. Never raises."""
    try:
        told = calls.get("info")
        if not isinstance(told, dict) or told.get("version") != VERSION:
            raise Unreadable("Nothing at this address answers as the bridge does.")
        can = told.get("can")
        if not isinstance(can, list):
            raise Unreadable("The shop does not say what it can do.")
        facts: dict[str, JsonValue] = {"can": [each for each in can if isinstance(each, str)]}
        if isinstance(told.get("name"), str):
            facts["account_name"] = told["name"][:100]
    except NeedsReauth as error:
        return Health(ok=False, problems=(error.reason,), refused=True)
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,))
    return Health(ok=True, facts=facts)


def possible(all_of_them: frozenset[Can], facts: dict[str, JsonValue]) -> frozenset[Can]:
    """What the shop said it can do, as far as we know the words; everything before it was asked."""
    told = facts.get("can")
    return frozenset(each for each in all_of_them if each in told) if isinstance(told, list) else all_of_them


def find(calls: Calls, who: Sought) -> tuple[Found, ...]:
    """Buyers for whom something of `who` is equal: the shop's word for it is compared once more."""
    if who == Sought():
        return ()
    answer = calls.post("find", body=who.model_dump(mode="json"))
    by_buyer: dict[str, Found] = {}
    for found in many(Found, answer.data, "found"):
        known = by_buyer.get(found.buyer.id)
        if _is_true(found, who) and (known is None or _rank(found) < _rank(known)):
            by_buyer[found.buyer.id] = found
    return tuple(by_buyer.values())


def buyer(calls: Calls, buyer_id: str) -> Buyer | None:
    """A buyer by id."""
    return _maybe(Buyer, calls.get("buyers", buyer_id))


def carts(calls: Calls, buyer_id: str) -> tuple[Cart, ...]:
    """A buyer's open carts."""
    return many(Cart, calls.get("buyers", buyer_id, "carts"), "carts")


def cart(calls: Calls, cart_id: str) -> Cart | None:
    """A cart by id."""
    return _maybe(Cart, calls.get("carts", cart_id))


def orders(calls: Calls, buyer_id: str, limit: int, cursor: str) -> OrderPage:
    """A page of a buyer's orders."""
    told = calls.get("buyers", buyer_id, "orders", limit=limit, cursor=cursor)
    return one(OrderPage, told) if told is not None else OrderPage()


def order(calls: Calls, order_id: str) -> Order | None:
    """An order by id."""
    return _maybe(Order, calls.get("orders", order_id))


def find_orders(calls: Calls, text: str) -> tuple[Order, ...]:
    """Orders with exactly that number."""
    number = _number(text)
    if not number:
        return ()
    found = many(Order, calls.get("orders", number=number), "orders")
    return tuple(each for each in found if _number(each.number) == number)[:ORDERS_FOUND]


def products(calls: Calls, text: str, limit: int) -> tuple[Product, ...]:
    """Products that fit some words."""
    return many(Product, calls.get("products", q=text, limit=limit), "products")[:limit]


def product(calls: Calls, product_id: str) -> Product | None:
    """A product by id."""
    return _maybe(Product, calls.get("products", product_id))


def stock(calls: Calls, product_id: str) -> tuple[StockLevel, ...]:
    """What each place has."""
    return many(StockLevel, calls.get("products", product_id, "stock"), "stock")


def loyalty(calls: Calls, buyer_id: str) -> Loyalty | None:
    """A buyer's points."""
    return _maybe(Loyalty, calls.get("buyers", buyer_id, "loyalty"))


def _maybe(model: type[M], data: object) -> M | None:
    return None if data is None else one(model, data)


def _number(text: str) -> str:
    return text.strip().lstrip("#").strip()


def _rank(found: Found) -> int:
    return list(By).index(found.by)


def _is_true(found: Found, who: Sought) -> bool:
    match found.by:
        case By.ID:
            return found.buyer.id == found.value and found.value in who.buyer_ids
        case By.ORDER_NUMBER:
            return found.value in who.order_numbers
        case By.EMAIL:
            return found.value in who.emails and found.value in {
                each.casefold() for each in found.buyer.emails
            }
        case By.PHONE:
            return found.value in who.phones and found.value in found.buyer.phones
        case By.ADDRESS_PHONE:
            return found.value in who.phones and found.value in {
                address.phone for address in found.buyer.addresses
            }

"""Reading a Medusa shop: people, carts, orders."""

from typing import Any

from adapters.shops.common import understood
from adapters.shops.medusa import order as orders_of
from adapters.shops.medusa import read
from adapters.shops.medusa.api import Api, is_id
from adapters.shops.medusa.connect import CARTS
from adapters.shops.medusa.parcels import places
from inbox.contract.commerce import Buyer, Cart, Order, OrderPage

PERSON = "id,email,first_name,last_name,phone,has_account,created_at,*addresses,groups.name"
_SUMS = "id,status,currency_code,item_total,shipping_total,created_at"
_SUMS_MAX, _GUEST_MAX, _FOUND_MAX = 100, 100, 10
_PAGE, _PAGES = 100, 5


def buyer(api: Api, buyer_id: str) -> Buyer | None:
    """A customer, or somebody known by an order's address."""
    if buyer_id.startswith(read.BY_ADDRESS):
        return by_address(api, buyer_id.removeprefix(read.BY_ADDRESS))
    if not is_id(buyer_id):
        return None
    data = api.ask(f"customers/{buyer_id}", fields=PERSON)
    with understood():
        return summed(api, read.buyer(api.config, data["customer"])) if data is not None else None


def summed(api: Api, person: Buyer) -> Buyer:
    """A customer with the sums of his orders."""
    page = api.list("orders", customer_id=person.id, limit=_SUMS_MAX, order="-created_at", fields=_SUMS)
    with understood():
        return read.with_sums(person, page)


def guest_orders(api: Api, email: str) -> list[Any]:
    """What the sums need of orders with exactly this e-mail address that belong to no customer, newest first: Medusa
    looks for the address as a part of something, the comparison here decides."""
    fields = f"{_SUMS},email,customer_id"
    data = api.list("orders", q=email, limit=_GUEST_MAX, order="-created_at", fields=fields)
    with understood():
        return [
            one
            for one in data["orders"]
            if not one["customer_id"] and (one["email"] or "").casefold() == email
        ]


def by_address(api: Api, email: str) -> Buyer | None:
    """Somebody of whom the shop has no more than orders with this address."""
    found = guest_orders(api, email)
    with understood():
        return (
            read.with_sums(read.by_address(email), {"orders": found, "count": len(found)}) if found else None
        )


def carts(api: Api, buyer_id: str) -> tuple[Cart, ...]:
    """Open carts with something in them, the last used first."""
    if buyer_id.startswith(read.BY_ADDRESS):
        data = api.ask(CARTS, email=buyer_id.removeprefix(read.BY_ADDRESS))
    elif is_id(buyer_id):
        data = api.ask(CARTS, customer_id=buyer_id)
    else:
        return ()
    with understood():
        found = [read.cart(one) for one in data["carts"]] if data is not None else []
    newest = sorted(found, key=lambda one: one.last_activity_at.timestamp() if one.last_activity_at else 0)
    return tuple(one for one in reversed(newest) if one.lines)


def cart(api: Api, cart_id: str) -> Cart | None:
    """A cart, also once it is empty or was ordered."""
    data = api.ask(CARTS, id=cart_id) if is_id(cart_id) else None
    with understood():
        return read.cart(data["carts"][0]) if data is not None and data["carts"] else None


def orders(api: Api, buyer_id: str, limit: int, cursor: str) -> OrderPage:
    """A customer's orders, newest first; the cursor is how many were shown."""
    offset = int(cursor) if cursor.isascii() and cursor.isdigit() else 0
    if buyer_id.startswith(read.BY_ADDRESS):
        found = guest_orders(api, buyer_id.removeprefix(read.BY_ADDRESS))
        items, count = _in_full(api, found[offset : offset + limit]), len(found)
    elif is_id(buyer_id):
        data = api.list(
            "orders",
            customer_id=buyer_id,
            limit=min(limit, 50),
            offset=offset,
            order="-created_at",
            fields=orders_of.FIELDS,
        )
        with understood():
            items, count = data["orders"], data["count"]
    else:
        return OrderPage()
    with understood():
        end = offset + len(items)
        return OrderPage(orders=read_all(api, items), cursor=str(end) if items and end < count else "")


def _in_full(api: Api, some: list[Any]) -> list[Any]:
    """The same orders, in the same order, with everything."""
    if not some:
        return []
    ids = tuple(str(one["id"]) for one in some)
    data = api.list("orders", id=ids, limit=len(ids), fields=orders_of.FIELDS)
    with understood():
        return sorted(data["orders"], key=lambda one: ids.index(str(one["id"])))


def order(api: Api, order_id: str) -> Order | None:
    """An order by id."""
    data = raw_order(api, order_id)
    with understood():
        return read_all(api, [data])[0] if data is not None else None


def raw_order(api: Api, order_id: str) -> Any:
    """The shop's own data of an order, or None. Drafts are none yet."""
    data = api.ask(f"orders/{order_id}", fields=orders_of.FIELDS) if is_id(order_id) else None
    with understood():
        return data["order"] if data is not None and data["order"]["status"] != "draft" else None


def raw_returns(api: Api, order_ids: tuple[str, ...]) -> dict[str, list[Any]]:
    """Returns by order, the oldest first."""
    if not order_ids:
        return {}
    fields = "id,order_id,status,location_id,metadata,created_at,*items,items.reason.label"
    data = api.list("returns", order_id=order_ids, limit=_PAGE, fields=fields)
    with understood():
        found: dict[str, list[Any]] = {}
        for one in sorted(data["returns"], key=lambda one: str(one["created_at"])):
            found.setdefault(str(one["order_id"]), []).append(one)
        return found


def read_all(api: Api, items: list[Any]) -> tuple[Order, ...]:
    """Orders in our words, with what is kept apart from them: two calls for all, one of them seldom."""
    if not items:
        return ()
    returns, known = raw_returns(api, tuple(str(one["id"]) for one in items)), places(api)
    return tuple(orders_of.order(api.config, one, returns.get(str(one["id"]), []), known) for one in items)


def find_orders(api: Api, text: str) -> tuple[Order, ...]:
    """Orders with exactly this number."""
    with understood():
        return read_all(api, raw_numbered(api, text))


def raw_numbered(api: Api, text: str) -> list[Any]:
    """Orders with exactly this number, of the first hundreds in which it occurs: sorted by number, so that the one
    itself comes before all longer ones."""
    wanted = text.strip().removeprefix("#").strip()
    if not wanted or not wanted.isprintable():
        return []
    for page in range(_PAGES):
        data = api.list(
            "orders",
            q=wanted,
            limit=_PAGE,
            offset=page * _PAGE,
            order="display_id",
            fields="id,display_id,custom_display_id",
        )
        with understood():
            found = [one for one in data["orders"] if orders_of.number(one) == wanted]
            if found:
                return _in_full(api, found[:_FOUND_MAX])
            if (page + 1) * _PAGE >= data["count"]:
                break
    return []

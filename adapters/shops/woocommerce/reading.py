"""Orders and goods of a WooCommerce shop."""

from dataclasses import dataclass

from adapters.shops.common import understood
from adapters.shops.woocommerce import finding, read
from adapters.shops.woocommerce.api import PAGE_MAX, Api, Data
from adapters.shops.woocommerce.connect import currency
from inbox.contract.commerce import Order, OrderPage, Product, StockLevel

ORDERS_FOUND = 10


@dataclass(frozen=True)
class RawOrder:
    """An order's own data, and its refunds with what they are about."""

    data: Data
    refunds: tuple[Data, ...]


def raw_order(api: Api, order_id: str) -> RawOrder | None:
    """The data of an order, or None where there is none."""
    data = api.get("orders", order_id) if read.is_id(order_id) else None
    return None if data is None else _with_refunds(api, data)


def _with_refunds(api: Api, data: Data) -> RawOrder:
    """The order itself tells only of sums; refunds are rare, so that they are asked for where there are some."""
    with understood():
        asked = bool(data["refunds"])
        refunds = api.page("orders", str(data["id"]), "refunds", per_page=PAGE_MAX).items if asked else ()
    return RawOrder(data, refunds)


def order(api: Api, order_id: str) -> Order | None:
    """An order, with the notes of the shop's people."""
    raw = raw_order(api, order_id)
    if raw is None:
        return None
    notes = api.page("orders", order_id, "notes", type="internal").items
    with understood():
        written = [read.note(one) for one in reversed(notes)]
        return read.order(api.config, raw.data, raw.refunds, written)


def orders(api: Api, buyer_id: str, limit: int, cursor: str) -> OrderPage:
    """A part of somebody's orders, newest first; without notes, which would be a call for each."""
    start = int(cursor) if cursor.isascii() and cursor.isdigit() else 0
    guest = read.guest_of(buyer_id)
    if guest:
        return _orders_of_guest(api, guest, limit, start)
    if not read.is_id(buyer_id):
        return OrderPage()
    page = api.page(
        "orders",
        customer=buyer_id,
        status="any",
        orderby="date",
        order="desc",
        per_page=min(limit, PAGE_MAX),
        offset=start,
    )
    end = start + len(page.items)
    return OrderPage(
        orders=_orders(api, page.items), cursor=str(end) if page.items and end < page.total else ""
    )


def _orders_of_guest(api: Api, address: str, limit: int, start: int) -> OrderPage:
    with understood():
        names = [str(data["id"]) for data in finding.orders_of_guest(api, address)]
    wanted = names[start : start + limit]
    if not wanted:
        return OrderPage()
    page = api.page("orders", include=",".join(wanted), status="any", per_page=PAGE_MAX)
    more = start + limit < len(names)
    return OrderPage(orders=_orders(api, page.items), cursor=str(start + limit) if more else "")


def find_orders(api: Api, text: str) -> tuple[Order, ...]:
    """Orders with exactly this number."""
    with understood():
        return _orders(api, finding.by_number(api, text)[:ORDERS_FOUND])


def _orders(api: Api, items: tuple[Data, ...]) -> tuple[Order, ...]:
    with understood():
        raw = [_with_refunds(api, data) for data in items if finding.is_shown(data)]
        return tuple(read.order(api.config, one.data, one.refunds) for one in raw)


def raw_product(api: Api, product_id: str) -> Data | None:
    """The data of a product or variation by id, or by its exact sku."""
    found = api.get("products", product_id) if read.is_id(product_id) else None
    if found is None and product_id.strip():
        items = api.page("products", sku=product_id.strip()).items
        found = next((data for data in items if data.get("sku") == product_id.strip()), None)
    return found


def product(api: Api, product_id: str) -> Product | None:
    """A product or variation by id or sku."""
    found = raw_product(api, product_id)
    with understood():
        return None if found is None else read.product(found, currency(api))


def products(api: Api, text: str, limit: int) -> tuple[Product, ...]:
    """What is sold and fits some words: of a product with variations these, as only they can be bought."""
    if not text.strip():
        return ()
    found: list[Product] = []
    for data in api.page(
        "products", search=text.strip(), status="publish", per_page=min(limit, PAGE_MAX)
    ).items:
        if len(found) >= limit:
            break
        with understood():
            if data["type"] != "variable":
                found.append(read.product(data, currency(api)))
                continue
            some = api.page("products", str(data["id"]), "variations", per_page=PAGE_MAX).items
            found += [read.product(one, currency(api), data) for one in some]
    return tuple(found[:limit])


def stock(api: Api, product_id: str) -> tuple[StockLevel, ...]:
    """WooCommerce keeps one stock, without places; nothing where it does not count a product."""
    found = raw_product(api, product_id)
    with understood():
        pieces = None if found is None else read.available(found)
    if pieces is None:
        return ()
    return (StockLevel(location_id="shop", location=api.config.account, available=pieces),)

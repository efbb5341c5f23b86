"""Shops beside the threads: what customers have in their carts and have ordered, and who they are there."""

import hashlib
from typing import Annotated, TypeVar

from flask import Response, request
from pydantic import Field

from inbox.commerce import pictures
from inbox.commerce.shapes import CommerceView, ConnectedShops, OrderViews, Products, StockLevels
from inbox.errors import NotFound
from inbox.flows import commerce, shop_reading
from inbox.web.api.table import Body, Id, Query, Text, reply, route
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.i18n import gettext as _

TAG = "Shops"

T = TypeVar("T")

Key = Annotated[Text, Field(min_length=1, max_length=200)]


class PanelQuery(Query):
    """`fresh`: ask the shops again, and wait up to 1.5 s for them. `watch`: carts are looked at all the time."""

    fresh: bool = False
    watch: bool = False


class OrdersQuery(Query):
    """Whose orders; `cursor` is that of the panel or of the page before."""

    shop_id: Id
    buyer_id: Annotated[Text, Field(max_length=200)] = ""
    cursor: Annotated[Text, Field(max_length=4000)] = ""


class NumberQuery(Query):
    """An order's number, with or without "#"."""

    number: Annotated[Text, Field(min_length=1, max_length=60)]


class ProductQuery(Query):
    """Words of a product's name."""

    q: Annotated[Text, Field(min_length=1, max_length=100)]


class StockQuery(Query):
    """A product, by the shop's id."""

    product_id: Key


class UnlinkQuery(Query):
    """`for_good`: the buyer is never offered again."""

    for_good: bool = False


class LinkBody(Body):
    """A buyer of a shop."""

    shop_id: Id
    buyer_id: Key


class OrderBody(Body):
    """An order of a shop."""

    shop_id: Id
    order_id: Key


@route("GET", "/shops", tag=TAG, answers={200: ConnectedShops})
def list_shops() -> ConnectedShops:
    """List the connected shops, and what can be done in each."""
    return shop_reading.shops(context())


@route(
    "GET",
    "/customers/<id:customer_id>/commerce",
    tag=TAG,
    query=PanelQuery,
    answers={200: CommerceView, 304: None},
    errors=(404,),
)
def get_commerce(customer_id: int, query: PanelQuery) -> Response:
    """Show what the shops know of a customer: carts, orders, value, and who he is there.

    The answer is what is kept, at once; what is too old is asked for meanwhile, and `fetching` says so. It has an
    `ETag`: with `If-None-Match` the answer is 304 while nothing is other than before.
    """
    view = commerce.panel(context(), me(), customer_id, fresh=query.fresh, watched=query.watch)
    answer = reply(_worded(view))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32], weak=True)
    answer.make_conditional(request)
    return answer


@route(
    "GET",
    "/customers/<id:customer_id>/commerce/orders",
    tag=TAG,
    query=OrdersQuery,
    answers={200: OrderViews},
    errors=(404, 503),
)
def list_shop_orders(customer_id: int, query: OrdersQuery) -> OrderViews:
    """List further orders of a customer in a shop, newest first."""
    found = shop_reading.further_orders(
        context(), me(), customer_id, query.shop_id, query.buyer_id, query.cursor
    )
    return _pictured(query.shop_id, found)


@route(
    "POST",
    "/customers/<id:customer_id>/commerce/links",
    tag=TAG,
    body=LinkBody,
    answers={200: CommerceView},
    errors=(404, 409, 503),
)
def link_buyer(customer_id: int, body: LinkBody) -> CommerceView:
    """Say that a buyer of a shop is this customer. He stays it, whatever else is found."""
    return _worded(commerce.pin(context(), me(), customer_id, body.shop_id, body.buyer_id))


@route(
    "DELETE",
    "/customers/<id:customer_id>/commerce/links/<id:link_id>",
    tag=TAG,
    query=UnlinkQuery,
    answers={200: CommerceView},
    errors=(404, 409),
)
def unlink_buyer(customer_id: int, link_id: int, query: UnlinkQuery) -> CommerceView:
    """Say that a buyer is not this customer: he is only suggested from now on, or never again."""
    return _worded(commerce.unlink(context(), me(), customer_id, link_id, for_good=query.for_good))


@route(
    "POST",
    "/threads/<id:thread_id>/orders",
    tag=TAG,
    body=OrderBody,
    answers={200: CommerceView},
    errors=(404, 409, 503),
)
def link_order(thread_id: int, body: OrderBody) -> CommerceView:
    """Say that the open request of a thread is about an order."""
    customer_id = commerce.link_order(context(), me(), thread_id, body.shop_id, body.order_id)
    return _worded(commerce.panel(context(), me(), customer_id))


@route(
    "DELETE",
    "/threads/<id:thread_id>/orders/<id:shop_id>/<path:order_id>",
    tag=TAG,
    answers={204: None},
    errors=(404, 409),
)
def unlink_order(thread_id: int, shop_id: int, order_id: str) -> None:
    """Say that the open request of a thread is not about an order."""
    if "\0" in order_id:
        raise NotFound("There is no such order.")
    commerce.unlink_order(context(), me(), thread_id, shop_id, order_id)


@route(
    "GET",
    "/shops/<id:shop_id>/orders",
    tag=TAG,
    query=NumberQuery,
    answers={200: OrderViews},
    errors=(404, 503),
)
def find_shop_orders(shop_id: int, query: NumberQuery) -> OrderViews:
    """Find an order by its number."""
    return _pictured(shop_id, shop_reading.orders_by_number(context(), shop_id, query.number))


@route(
    "GET",
    "/shops/<id:shop_id>/products",
    tag=TAG,
    query=ProductQuery,
    answers={200: Products},
    errors=(404, 503),
)
def find_products(shop_id: int, query: ProductQuery) -> Products:
    """Find products by words of their names."""
    return _pictured(shop_id, shop_reading.products(context(), shop_id, query.q))


@route(
    "GET",
    "/shops/<id:shop_id>/stock",
    tag=TAG,
    query=StockQuery,
    answers={200: StockLevels},
    errors=(404, 503),
)
def get_stock(shop_id: int, query: StockQuery) -> StockLevels:
    """Show what each store has of a product."""
    return shop_reading.stock(context(), shop_id, query.product_id)


def _worded(view: CommerceView) -> CommerceView:
    """The panel with its warnings as sentences in the agent's language, and pictures that come from us."""
    sentence = _(
        "Nothing proves that these orders are those of whoever writes. Say nothing personal before you know."
    )
    for shop in view["shops"]:
        shop["warning"] = sentence if shop["warning"] else None
    view["shops"] = [_pictured(shop["id"], shop) for shop in view["shops"]]
    return view


def _pictured(shop_id: int, told: T) -> T:
    """The same, with a `picture` beside each `image_url`."""
    dressed: T = pictures.dress(context().vault.derive(pictures.PURPOSE), shop_id, told)
    return dressed

"""Small questions to one shop that somebody waits for: further orders, an order by its number, products, stock."""

from collections.abc import Callable
from typing import Literal, TypeVar

from inbox.agents.identity import AgentIdentity
from inbox.commerce import copies, cursor, freshness, links, queries, situation, view
from inbox.commerce.freshness import Trouble, fresh
from inbox.commerce.shapes import ConnectedShops, OrderViews, Products, StockLevels
from inbox.commerce.words import LinkState, Part, ShopState
from inbox.contract import AdapterError
from inbox.contract.commerce import OrderPage
from inbox.errors import NotFound
from inbox.flows.commerce import ASIDE, SOFT, can, refusal
from inbox.flows.context import Context
from inbox.flows.profile import seen_by
from inbox.flows.shop_calls import Called, call

T = TypeVar("T")

PAGE = 10
_NOT_ASKED: dict[ShopState, Literal["paused", "needs_reauth"]] = {
    ShopState.PAUSED: "paused",
    ShopState.NEEDS_REAUTH: "needs_reauth",
}


def shops(ctx: Context) -> ConnectedShops:
    """The connected shops, by name."""
    with ctx.db.read() as session:
        rows = situation.connected(session)
    return {
        "items": [
            {
                "id": row.id,
                "name": row.name,
                "kind": row.kind,
                "account": row.account,
                "state": "active" if row.state is ShopState.ACTIVE else _NOT_ASKED[row.state],
                "can": can(ctx, row),
                "error": row.last_error if row.failing_since or row.state is not ShopState.ACTIVE else None,
            }
            for row in rows
        ]
    }


def further_orders(
    ctx: Context, agent: AgentIdentity, customer_id: int, shop_id: int, buyer_id: str, after: str
) -> OrderViews:
    """Orders of the buyers that are a customer, going on at the cursor `after` of the panel or of this list.

    Without one the newest of `buyer_id`, who may also be one that is only suggested. Raises NotFound for whoever is
    none of his buyers, Invalid for a foreign cursor, or Unavailable.
    """
    with ctx.db.read() as session:
        living = seen_by(session, agent, customer_id)
        rows = links.of_customer(session, living, shop_id)
    his = {row.buyer_id for row in rows if row.state is not LinkState.REJECTED}
    places = cursor.decode(after) if after else {buyer_id: ""}
    if not places.keys() <= his:
        raise NotFound("There is no such customer in this shop.")
    at = ctx.clock()

    def ask(called: Called) -> dict[str, OrderPage]:
        return {
            each: called.shop.orders(called.config, each, called.io, limit=PAGE, cursor=place)
            for each, place in places.items()
        }

    pages = _ask(ctx, shop_id, SOFT * 2, ask)
    how_new = fresh(at, ctx.clock())
    found = [order for page in pages.values() for order in page.orders]
    views = [view.order_view(order.model_dump(mode="json"), how_new) for order in found]
    ahead = {each: page.cursor for each, page in pages.items() if page.cursor}
    return {"items": view.newest_first(views), "next": cursor.encode(ahead)}


def orders_by_number(ctx: Context, shop_id: int, number: str) -> OrderViews:
    """The orders of a shop that have exactly this number. Raises NotFound, Invalid or Unavailable."""
    at = ctx.clock()
    found = _ask(
        ctx, shop_id, ASIDE, lambda called: called.shop.find_orders(called.config, number, called.io)
    )
    how_new = fresh(at, ctx.clock())
    views = [view.order_view(order.model_dump(mode="json"), how_new) for order in found]
    return {"items": view.newest_first(views), "next": None}


def products(ctx: Context, shop_id: int, text: str) -> Products:
    """Products that fit some words. Raises NotFound, Invalid or Unavailable."""
    found = _ask(ctx, shop_id, ASIDE, lambda called: called.shop.products(called.config, text, called.io))
    return {"items": [product.model_dump(mode="json") for product in found]}


def stock(ctx: Context, shop_id: int, product_id: str) -> StockLevels:
    """What each store has of a product: as asked within the last half minute, or now; if the shop does not answer,
    as it said before. Raises NotFound, or Unavailable where it never said anything."""
    at = ctx.clock()
    with ctx.db.read() as session:
        queries.row(session, shop_id)
        known = copies.get(session, shop_id, Part.STOCK, product_id)
    if known is not None and not freshness.is_due(known.fetched_at, at, freshness.STOCK):
        return {"items": known.data["levels"], "fresh": fresh(known.fetched_at, at)}
    try:
        with call(ctx, shop_id, ASIDE) as (_row, shop, config, io):
            levels = shop.stock(config, product_id, io)
    except AdapterError as error:
        if known is None:
            raise refusal(error) from error
        how_new = fresh(known.fetched_at, at, trouble=Trouble(error.reason))
        return {"items": known.data["levels"], "fresh": how_new}
    data = {"levels": [level.model_dump(mode="json") for level in levels]}
    ctx.db.run(copies.put, shop_id, Part.STOCK, product_id, data, at)
    return {"items": data["levels"], "fresh": fresh(at, ctx.clock())}


def _ask(ctx: Context, shop_id: int, seconds: float, question: Callable[[Called], T]) -> T:
    """Ask, and raise what a shop refuses as whoever waits is told."""
    try:
        with call(ctx, shop_id, seconds) as called:
            return question(called)
    except AdapterError as error:
        raise refusal(error) from error

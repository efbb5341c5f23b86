"""The shop's page tells of the visitor's cart: joined to the cart of which the shop tells itself, or kept as told.

The page is only believed in what lies there. A cart that the shop shows is joined to the visitor by its key; one that
the shop shows nobody is put together of the shop's own products, and agents see that a browser reported it.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy.orm import Session

from inbox.commerce import carts, reported, situation
from inbox.commerce.reported import Choice, Reported
from inbox.commerce.words import ShopState, Source
from inbox.contract import AdapterError, TryLater
from inbox.contract.commerce import Cart, CartState, Product
from inbox.errors import OnethreadError
from inbox.flows import shop_news
from inbox.flows.context import Context
from inbox.flows.shop_calls import call
from inbox.visits import queries as visits
from inbox.visits.queries import Visitor

log = structlog.get_logger(__name__)
SECONDS = 6.0


def report(ctx: Context, visitor: Visitor, told: Mapping[str, Any], may_ask: Callable[[int], bool]) -> None:
    """Note what the page says. Returns at once: the shop is asked aside, for as many goods as `may_ask` lets pass."""
    found = reported.read(told)
    if found is None:
        return
    shop_id = _meant(ctx, visitor, found)
    if shop_id is None or ctx.db.run(_join, ctx, shop_id, visitor.session_id, found):
        return
    ctx.aside(lambda: keep(ctx, shop_id, visitor.session_id, found, may_ask))


def keep(
    ctx: Context, shop_id: int, session_id: int, found: Reported, may_ask: Callable[[int], bool]
) -> None:
    """Put a reported cart together of the shop's products, and keep it. One that is as before asks nothing."""
    cart_id = found.cart_id(session_id)
    with ctx.db.read() as session:
        known = carts.known(session, shop_id, cart_id)
    if known is not None:
        known = known.model_copy(update={"token": found.token, "state": CartState.ACTIVE})
    if known is not None and {line.id: line.quantity for line in known.lines} == dict(found.pieces):
        ctx.db.run(_put, ctx, shop_id, session_id, known)
        return
    if not found.pieces:
        if known is not None:
            ctx.db.run(_put, ctx, shop_id, session_id, reported.emptied(known, ctx.clock()))
        return
    try:
        products = _products(ctx, shop_id, found, known, may_ask)
    except (AdapterError, OnethreadError) as error:
        log.info("report.left_out", shop=shop_id, reason=str(error))
        return
    cart = reported.cart(found, products, cart_id, ctx.clock())
    if cart is not None:
        ctx.db.run(_put, ctx, shop_id, session_id, cart)


def adopt(session: Session, session_id: int, customer_id: int) -> None:
    """The visitor of a session became somebody: what his browser reported is his."""
    for row in carts.of_session(session, session_id):
        if row.customer_id is None:
            row.customer_id = customer_id


def _meant(ctx: Context, visitor: Visitor, found: Reported) -> int | None:
    with ctx.db.read() as session:
        shops = [
            Choice(row.id, row.name, row.account)
            for row in situation.connected(session)
            if row.state is ShopState.ACTIVE
        ]
        page = visits.visit(session, visitor.session_id).page_url if shops else ""
    return reported.choose(shops, found.shop, urlsplit(page).hostname or "")


def _join(session: Session, ctx: Context, shop_id: int, session_id: int, found: Reported) -> bool:
    """Whether the shop itself tells of that cart; it is the visitor's, unless the shop says whose it is."""
    own = [
        row for row in carts.of_tokens(session, shop_id, (found.token,)) if row.source is not Source.CLIENT
    ]
    visitor = visits.by_id(session, session_id)
    for row in own:
        if row.customer_id is None and not row.buyer_id and visitor is not None:
            row.session_id, row.customer_id = session_id, visitor.customer_id
            shop_news.tell_cart(session, ctx, row, [])
    return bool(own)


def _products(
    ctx: Context, shop_id: int, found: Reported, known: Cart | None, may_ask: Callable[[int], bool]
) -> dict[str, Product]:
    """The goods by sku; those that the cart had before are not asked for again. Raises as `call` does."""
    products = {line.id: line.product for line in known.lines} if known is not None else {}
    missing = [sku for sku in found.pieces if sku not in products]
    if missing:
        if not may_ask(len(missing)):
            raise TryLater("This browser has us ask the shop too often.", code="often")
        with call(ctx, shop_id, SECONDS) as (_row, shop, config, io):
            for sku in missing:
                product = shop.product(config, sku, io)
                if product is not None:
                    products[sku] = product
    return products


def _put(session: Session, ctx: Context, shop_id: int, session_id: int, cart: Cart) -> None:
    visitor = visits.by_id(session, session_id)
    if visitor is None:
        return
    if any(row.source is not Source.CLIENT for row in carts.of_tokens(session, shop_id, (cart.token,))):
        return  # the shop has told of it in the meantime
    now = ctx.clock()
    row, changed = carts.put(session, shop_id, cart, source=Source.CLIENT, seen_at=now, now=now)
    changed = changed or row.customer_id != visitor.customer_id
    row.session_id, row.customer_id = session_id, visitor.customer_id
    if changed and visitor.customer_id is not None and cart.state is CartState.ACTIVE:
        shop_news.tell_cart(session, ctx, row, [visitor.customer_id])

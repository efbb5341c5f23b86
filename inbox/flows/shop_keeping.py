"""Keeping what one shop told of one customer: who he is there, his orders, his carts, what his request is about."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from inbox.commerce import about, carts, copies, links, orders, seeking, situation
from inbox.commerce import numbers as order_numbers
from inbox.commerce.matching import Decision
from inbox.commerce.seeking import Wanted
from inbox.commerce.situation import Copy, Situation
from inbox.commerce.words import OrderBy, Part, Source
from inbox.contract.commerce import Buyer, Cart, CartState, Loyalty, OrderPage
from inbox.customers import profile
from inbox.errors import Conflict, NotFound
from inbox.flows import shop_news
from inbox.flows.context import Context
from inbox.shapes import iso


@dataclass
class Told:
    """What a shop told of a customer at one moment. `decision` is missing where only carts were asked for."""

    shop_id: int
    at: datetime
    who: Wanted
    decision: Decision | None = None
    buyers: dict[str, Buyer] = field(default_factory=dict)
    pages: dict[str, OrderPage] = field(default_factory=dict)
    carts: dict[str, tuple[Cart, ...]] = field(default_factory=dict)
    loyalty: dict[str, Loyalty] = field(default_factory=dict)


def keep(session: Session, ctx: Context, customer_id: int, told: Told, found: Situation) -> None:
    """Keep what a shop told. Of a customer who was merged away or erased meanwhile nothing is kept."""
    try:
        profile.lock(session, customer_id)
    except (NotFound, Conflict):
        return
    news = False
    if told.decision is not None:
        news = links.apply(session, customer_id, told.shop_id, told.decision.matches, ctx.clock())
        news |= _keep_people(session, told, {match.buyer_id for match in told.decision.matches})
        news |= _link_orders(session, told, found, ctx.clock())
    for buyer_id, open_carts in told.carts.items():
        _keep_carts(session, ctx, customer_id, told, buyer_id, open_carts)
    _note_search(session, customer_id, told, found)
    if news:
        shop_news.tell(session, customer_id, found.open.thread_id, "buyer", told.shop_id, "", 0)


def _keep_people(session: Session, told: Told, buyer_ids: set[str]) -> bool:
    """Keep the buyers and their orders; whether anything is other than before."""
    news = False
    for part, found in (
        (Part.BUYER, {key: each for key, each in told.buyers.items() if key in buyer_ids}),
        (Part.ORDERS, told.pages),
        (Part.LOYALTY, told.loyalty),
    ):
        for key, each in sorted(found.items()):
            news |= copies.put(session, told.shop_id, part, key, each.model_dump(mode="json"), told.at)
    for page in told.pages.values():
        for order in page.orders:
            orders.put(session, told.shop_id, order, told.at)
    return news


def _link_orders(session: Session, told: Told, found: Situation, now: datetime) -> bool:
    """Say that the request is about the orders of the customer that he names in it: once, for an agent may know
    better."""
    search, episode_id = found.search(told.shop_id), found.open.episode_id
    if episode_id is None:
        return False
    before = _named_before(search, episode_id)
    fresh = {order_numbers.number_key(number) for number in told.who.numbers} - set(before)
    named = [
        order
        for page in told.pages.values()
        for order in page.orders
        if order_numbers.number_key(order.number) in fresh
    ]
    linked = [about.link(session, episode_id, told.shop_id, order, OrderBy.TEXT, now) for order in named]
    return any(linked)


def _keep_carts(
    session: Session,
    ctx: Context,
    customer_id: int,
    told: Told,
    buyer_id: str,
    open_carts: tuple[Cart, ...],
) -> None:
    """Keep a buyer's open carts, and end those that the shop names no more."""
    for cart in open_carts:
        own = cart if cart.buyer_id else cart.model_copy(update={"buyer_id": buyer_id})
        row, changed = carts.put(
            session, told.shop_id, own, source=Source.FETCH, seen_at=told.at, now=ctx.clock()
        )
        row.customer_id = row.customer_id or customer_id
        if changed:
            shop_news.tell_cart(session, ctx, row, [customer_id])
    for row in situation.open_of_buyer(session, told.shop_id, buyer_id, but={cart.id for cart in open_carts}):
        if carts.end(session, row, CartState.EXPIRED, told.at):
            shop_news.tell_cart(session, ctx, row, [customer_id])


def _note_search(session: Session, customer_id: int, told: Told, found: Situation) -> None:
    """Note that, when and for what the shop was asked: no address can be read from it."""
    search, episode_id = found.search(told.shop_id), found.open.episode_id
    if told.decision is None:
        if search is None:
            return
        data, at = {**search.data, "carts_at": iso(told.at)}, search.at
    else:
        named = {order_numbers.number_key(number) for number in told.who.numbers}
        before = [] if episode_id is None else _named_before(search, episode_id)
        data, at = (
            {
                "who": situation.fingerprint(seeking.wanted(found.own)),
                "choose": told.decision.choose,
                "carts_at": iso(told.at),
                "episode_id": episode_id,
                "named": sorted({*before, *named}),
            },
            told.at,
        )
    copies.put(session, told.shop_id, Part.SEARCH, str(customer_id), data, at)


def _named_before(search: Copy | None, episode_id: int) -> list[str]:
    """The order numbers that were read in a request before, in the form in which they are compared."""
    if search is None or search.data.get("episode_id") != episode_id:
        return []
    return list(search.data.get("named", ()))

"""Asking one shop about one customer: who he is there, what he has ordered, and what is in his cart.

The shop is asked outside of every transaction; what it said is kept in one.
"""

from datetime import datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy.orm import Session

from inbox.commerce import flights, freshness, links, matching, seeking, situation
from inbox.commerce import numbers as order_numbers
from inbox.commerce.seeking import Wanted
from inbox.commerce.situation import Place, Situation
from inbox.commerce.words import LinkState, Part, ShopState
from inbox.contract import AdapterError
from inbox.contract.commerce import Can
from inbox.customers import lookup
from inbox.errors import NotFound, SetupError
from inbox.flows import shop_keeping
from inbox.flows.context import Context
from inbox.flows.shop_calls import Called, call
from inbox.flows.shop_keeping import Told
from inbox.threads import recent

log = structlog.get_logger(__name__)

HARD = 5.0
"""Seconds that a shop has to tell all about a customer; then what is kept is shown."""
BUYERS_MAX = 5
"""Buyers of one shop whose orders are fetched for one customer."""
ASKED_AGAIN = timedelta(seconds=2)
"""Who asks for what is new gets what is no older than this."""

Errand = Literal["all", "carts"]


def due(found: Situation, place: Place, now: datetime, *, fresh: bool, watched: bool) -> Errand | None:
    """What a shop is to be asked about a customer now, if anything. Pure."""
    if place.row.state is not ShopState.ACTIVE:
        return None
    search = found.search(place.id)
    lasts = ASKED_AGAIN if fresh else freshness.BUYER
    linked = found.links_in(place.id, LinkState.LINKED)
    is_new = search is None or search.data.get("who") != situation.fingerprint(found.who)
    is_new |= any(found.copy(place.id, Part.ORDERS, link.buyer_id) is None for link in linked[:BUYERS_MAX])
    if is_new or (not watched and freshness.is_due(None if search is None else search.at, now, lasts)):
        return "all"
    if not linked:
        return None
    carts_at = _carts_at(found, place)
    return "carts" if freshness.is_cart_due(carts_at, place.row.last_event_at, now, watched=watched) else None


def run(ctx: Context, customer_id: int, shop_id: int, *, fresh: bool = False, watched: bool = False) -> None:
    """Ask a shop about a customer, unless another process does or has just done so, and keep what it says.

    What goes wrong is noted at the shop, and changes nothing that is kept.
    """
    if not ctx.db.run(flights.take_off, shop_id, customer_id, HARD + 1):
        return
    try:
        with ctx.db.read() as session:
            customer_id = lookup.living(session, customer_id)
            found = situation.read(session, customer_id)
            place = next((each for each in found.shops if each.id == shop_id), None)
            errand = None if place is None else due(found, place, ctx.clock(), fresh=fresh, watched=watched)
            if place is None or errand is None:
                return
            who = _who(session, found)
        try:
            told = _ask(ctx, found, place, who, errand)
        except (AdapterError, SetupError, NotFound) as error:
            log.info("shop.not_told", customer=customer_id, shop=shop_id, reason=str(error))
            return
        ctx.db.run(shop_keeping.keep, ctx, customer_id, told, found)
    finally:
        ctx.db.run(flights.land, shop_id, customer_id)


def _who(session: Session, found: Situation) -> Wanted:
    """Whom to look for: all his addresses, and the order numbers in what he wrote in the open request."""
    episode_id = found.open.episode_id
    if episode_id is None:
        return seeking.wanted(found.own)
    texts = recent.texts(session, episode_id, most=order_numbers.TEXT_MAX)
    return seeking.wanted(found.own, order_numbers.in_texts(texts))


def _ask(ctx: Context, found: Situation, place: Place, who: Wanted, errand: Errand) -> Told:
    """Ask all that is wanted, within HARD seconds. Raises as `call` does."""
    told = Told(place.id, ctx.clock(), who)
    linked = [link.buyer_id for link in found.links_in(place.id, LinkState.LINKED)]
    with call(ctx, place.id, HARD) as called:
        can = called.shop.can(called.config, called.row.facts)
        if errand == "all":
            linked = _find(found, place, called, told)
            for buyer_id in linked:
                told.pages[buyer_id] = called.shop.orders(called.config, buyer_id, called.io)
                if Can.LOYALTY in can and _points_due(found, place, buyer_id, told.at):
                    points = called.shop.loyalty(called.config, buyer_id, called.io)
                    if points is not None:
                        told.loyalty[buyer_id] = points
        if Can.CART_READ in can:
            for buyer_id in linked[:BUYERS_MAX]:
                told.carts[buyer_id] = called.shop.carts(called.config, buyer_id, called.io)
    return told


def _find(found: Situation, place: Place, called: Called, told: Told) -> list[str]:
    """Find the customer, and decide who he is; the ids of the buyers whose orders are shown."""
    hits = () if told.who.is_empty else called.shop.find(called.config, told.who.sought(), called.io)
    known = links.known(link for link in found.links if link.shop_id == place.id)
    told.buyers = {hit.buyer.id: hit.buyer for hit in hits}
    for link in known:
        if link.state is LinkState.LINKED and link.decided and link.buyer_id not in told.buyers:
            buyer = called.shop.buyer(called.config, link.buyer_id, called.io)
            if buyer is not None:
                told.buyers[link.buyer_id] = buyer
    told.decision = matching.decide(
        hits, known, told.who, buyers=told.buyers, only_shop=len(found.shops) == 1
    )
    return [match.buyer_id for match in matching.chosen(told.decision.matches)][:BUYERS_MAX]


def _carts_at(found: Situation, place: Place) -> datetime | None:
    search = found.search(place.id)
    at = None if search is None else search.data.get("carts_at")
    return None if at is None else datetime.fromisoformat(at)


def _points_due(found: Situation, place: Place, buyer_id: str, now: datetime) -> bool:
    copy = found.copy(place.id, Part.LOYALTY, buyer_id)
    return freshness.is_due(None if copy is None else copy.at, now, freshness.LOYALTY)

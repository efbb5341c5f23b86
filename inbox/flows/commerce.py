"""What agents see and decide of a customer in the shops: the panel, who he is there, what a request is about.

The panel is made of what is kept and waits for no shop. What is older than it should be is asked for meanwhile; what
then is new, browsers are told of.
"""

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.commerce import about, actions, copies, links, orders, situation, view
from inbox.commerce.shapes import CommerceView
from inbox.commerce.words import OrderBy, Part
from inbox.contract import AdapterError, NeedsReauth, Rejected
from inbox.contract.commerce import Buyer, Order
from inbox.customers import profile
from inbox.errors import Conflict, Invalid, NotFound, Unavailable
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import shop_search
from inbox.flows.context import Context
from inbox.flows.profile import seen_by
from inbox.flows.shop_calls import call
from inbox.threads import actions as threads
from inbox.threads import lookup, recent, rules
from inbox.visits import queries as visits

if TYPE_CHECKING:
    from inbox.commerce.models import ShopRow

SOFT = 1.5
"""Seconds that somebody who asked for what is new waits; then he gets what is there."""
ASIDE = 2.0
"""Seconds for one small question that somebody waits for."""
PINS_MAX = 50


def panel(
    ctx: Context, agent: AgentIdentity, customer_id: int, *, fresh: bool = False, watched: bool = False
) -> CommerceView:
    """What is kept about a customer, while what is too old is asked for; the id of one who was merged away leads on.

    `fresh`: ask again whatever the age, and wait for SOFT seconds. `watched`: somebody keeps looking, so carts are
    asked for every now and then where no shop pushes them. Raises NotFound.
    """
    customer_id, found, shown = _read(ctx, agent, customer_id)
    now = ctx.clock()
    asked = [
        (customer_id, place.id)
        for place in found.shops
        if shop_search.due(found, place, now, fresh=fresh, watched=watched) is not None
    ]
    for name in asked:
        ctx.refreshes.begin(name, partial(shop_search.run, ctx, *name, fresh=fresh, watched=watched))
    if not (fresh and asked):
        shown["fetching"] = bool(found.flying) or ctx.refreshes.is_asking(customer_id)
        return shown
    ctx.refreshes.wait(asked, SOFT)
    _living, found, shown = _read(ctx, agent, customer_id)
    shown["fetching"] = bool(found.flying) or ctx.refreshes.is_asking(customer_id)
    return shown


def pin(ctx: Context, agent: AgentIdentity, customer_id: int, shop_id: int, buyer_id: str) -> CommerceView:
    """Say that a buyer of a shop is the customer. Raises NotFound, Invalid for an unknown buyer, or Unavailable."""
    with ctx.db.read() as session:
        living = seen_by(session, agent, customer_id)
        known = copies.held(session, shop_id, Part.BUYER, buyer_id)
    asked_at = ctx.clock()
    buyer = None if known else _buyer(ctx, shop_id, buyer_id)

    def story(session: Session) -> None:
        customer = profile.lock(session, seen_by(session, agent, living))
        if len(links.of_customer(session, customer.id)) >= PINS_MAX:
            raise Conflict("This customer has too many links already.")
        links.pin(session, customer.id, shop_id, buyer_id, agent.id, ctx.clock())
        if buyer is not None:
            copies.put(session, shop_id, Part.BUYER, buyer_id, buyer.model_dump(mode="json"), asked_at)
        _tell(session, agent, customer.id, shop_id, "pinned")

    ctx.db.run(story)
    return panel(ctx, agent, living, fresh=True)


def unlink(
    ctx: Context, agent: AgentIdentity, customer_id: int, link_id: int, *, for_good: bool
) -> CommerceView:
    """Say that a buyer is not the customer: he is only suggested from now on, or `for_good` never again.

    Raises NotFound.
    """

    def story(session: Session) -> int:
        customer = profile.lock(session, seen_by(session, agent, customer_id))
        row = links.unlink(session, customer.id, link_id, agent.id, ctx.clock(), for_good=for_good)
        _tell(session, agent, customer.id, row.shop_id, "rejected" if for_good else "unlinked")
        return customer.id

    return panel(ctx, agent, ctx.db.run(story))


def link_order(ctx: Context, agent: AgentIdentity, thread_id: int, shop_id: int, order_id: str) -> int:
    """Say that the open request of a thread is about an order; the customer's id.

    Raises NotFound, Invalid for an unknown order, Conflict where no request is open, or Unavailable.
    """
    asked_at = ctx.clock()
    with ctx.db.read() as session:
        _open_episode(session, agent, thread_id)
    order = _order(ctx, shop_id, order_id)

    def story(session: Session) -> int:
        customer_id, episode_id = _open_episode(session, agent, thread_id, lock=True)
        orders.put(session, shop_id, order, asked_at)
        known = len(about.of_episode(session, episode_id))
        if about.link(session, episode_id, shop_id, order, OrderBy.AGENT, ctx.clock(), agent.id):
            _tell(session, agent, customer_id, shop_id, "about")
        elif known >= about.ABOUT_MAX:
            raise Conflict("This request is about too many orders already.")
        return customer_id

    return ctx.db.run(story)


def unlink_order(ctx: Context, agent: AgentIdentity, thread_id: int, shop_id: int, order_id: str) -> None:
    """Say that the open request of a thread is not about an order. Raises NotFound."""

    def story(session: Session) -> None:
        customer_id, episode_id = _open_episode(session, agent, thread_id, lock=True)
        if not about.unlink(session, [episode_id], shop_id, order_id):
            raise NotFound("This request is not about that order.")
        _tell(session, agent, customer_id, shop_id, "about")

    ctx.db.run(story)


def can(ctx: Context, row: "ShopRow") -> list[str]:
    """What a shop's connection can do; nothing where its kind is not there any more."""
    try:
        shop = ctx.shops.get(row.kind)
    except Invalid:
        return []
    return sorted(shop.can(actions.public_config(ctx.shops, row), dict(row.facts)))


def refusal(error: AdapterError) -> Exception:
    """A shop's refusal, as whoever waits for its answer is told."""
    if isinstance(error, Rejected) and error.code != "paused":
        return Invalid(error.reason)
    if isinstance(error, NeedsReauth):
        return Unavailable("The shop has to be connected again.")
    return Unavailable(error.reason)


def _read(
    ctx: Context, agent: AgentIdentity, customer_id: int
) -> tuple[int, situation.Situation, CommerceView]:
    with ctx.db.read() as session:
        living = seen_by(session, agent, customer_id)
        found = situation.read(session, living)
        pages = visits.viewed(session, living)
    abilities = {place.id: can(ctx, place.row) for place in found.shops}
    return living, found, view.panel(found, ctx.clock(), can=abilities, viewed=pages)


def _open_episode(
    session: Session, agent: AgentIdentity, thread_id: int, *, lock: bool = False
) -> tuple[int, int]:
    """The customer of a thread that the agent may read, and its open request."""
    thread = threads.lock(session, thread_id) if lock else lookup.thread(session, thread_id)
    if not rules.may_see(agent, thread.team_id, thread.assignee_id):
        raise NotFound("There is no such thread.")
    found = recent.open_of(session, thread.customer_id)
    if found.episode_id is None:
        raise Conflict("There is no open request in this thread. Reopen it first.")
    return thread.customer_id, found.episode_id


def _buyer(ctx: Context, shop_id: int, buyer_id: str) -> Buyer:
    try:
        with call(ctx, shop_id, ASIDE) as called:
            found = called.shop.buyer(called.config, buyer_id, called.io)
    except AdapterError as error:
        raise refusal(error) from error
    if found is None:
        raise Invalid("The shop knows no such customer.", "/buyer_id")
    return found


def _order(ctx: Context, shop_id: int, order_id: str) -> Order:
    try:
        with call(ctx, shop_id, ASIDE) as called:
            found = called.shop.order(called.config, order_id, called.io)
    except AdapterError as error:
        raise refusal(error) from error
    if found is None:
        raise Invalid("The shop knows no such order.", "/order_id")
    return found


def _tell(session: Session, agent: AgentIdentity, customer_id: int, shop_id: int, change: str) -> None:
    """Note what an agent decided, and have browsers look again."""
    data = {
        "customer_id": customer_id,
        "what": "buyer",
        "shop_id": shop_id,
        "id": "",
        "seq": 0,
        "change": change,
    }
    thread_id = lookup.of_customer(session, customer_id)
    record(session, EventKind.COMMERCE_CHANGED, thread_id=thread_id, actor_id=agent.id, data=data)

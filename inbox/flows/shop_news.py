"""What becomes of something that changed in a shop: it is asked for again, kept, and told to whom it concerns.

An event only says that something is different. Each of these stories asks the shop how it is now, outside of any
transaction, and then keeps that in one: twice, too late, or in another order, it comes to the same.
"""

import enum
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.commerce import actions, cart_rules, carts, copies, forgetting, health, orders, owners, queries
from inbox.commerce.words import Part, Source
from inbox.contract.commerce import Can, Cart, CartState, Order, ShopEvent, Topic
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import cart_lines
from inbox.flows.context import Context
from inbox.flows.shop_calls import call
from inbox.threads import lookup as threads

if TYPE_CHECKING:
    from inbox.commerce.models import CartRow

DEADLINE = 8.0
"""Seconds for asking a shop about one thing that changed; nobody waits for it."""
GONE = "The shop has taken our access back."


class Came(enum.Enum):
    """What came of an event. UNCHANGED: all is as we had it; MISSING: the shop knows no such thing."""

    CHANGED = enum.auto()
    UNCHANGED = enum.auto()
    MISSING = enum.auto()


def apply(ctx: Context, shop_id: int, event: ShopEvent, received_at: datetime, *, finally_: bool) -> Came:
    """Bring what an event is about up to date. Raises as `call` does.

    `finally_`: what is missing now is gone. Before, its event may have been quicker than the shop's own commit.
    """
    match event.topic:
        case Topic.CART:
            return _cart(ctx, shop_id, event, received_at, finally_=finally_)
        case Topic.ORDER:
            return _order(ctx, shop_id, event)
        case Topic.BUYER:
            return _buyer(ctx, shop_id, event)
        case Topic.PRODUCT:
            ctx.db.run(copies.drop, shop_id, (Part.STOCK,), (event.id,))
        case Topic.FORGET:
            ctx.db.run(forgetting.forget_buyer, shop_id, event.id, event.who)
        case Topic.GONE:
            ctx.db.run(health.needs_reauth, shop_id, GONE)
    return Came.CHANGED


def _cart(ctx: Context, shop_id: int, event: ShopEvent, received_at: datetime, *, finally_: bool) -> Came:
    seen_at, found = min(event.at or received_at, received_at), event.cart
    if _shows_carts(ctx, shop_id):
        seen_at = ctx.clock()
        with call(ctx, shop_id, DEADLINE) as (_row, shop, config, io):
            found = shop.cart(config, event.id, io)
    elif ctx.clock() - seen_at > carts.KEPT:
        return Came.UNCHANGED  # told again from a time of which we hold nothing any more
    if found is not None:
        return ctx.db.run(_keep_cart, ctx, shop_id, found, event, seen_at)
    if not finally_:
        return Came.MISSING
    return ctx.db.run(_end_cart, ctx, shop_id, event, seen_at)


def _shows_carts(ctx: Context, shop_id: int) -> bool:
    """Whether a cart can be asked for; elsewhere the event has it."""
    with ctx.db.read() as session:
        row = queries.row(session, shop_id)
    config = actions.public_config(ctx.shops, row)
    return Can.CART_READ in ctx.shops.get(row.kind).can(config, dict(row.facts))


def _keep_cart(
    session: Session, ctx: Context, shop_id: int, cart: Cart, event: ShopEvent, seen_at: datetime
) -> Came:
    concerned = owners.customers(session, shop_id, owners.of_cart(cart, event.who))
    row, changed = carts.put(session, shop_id, cart, source=Source.PUSH, seen_at=seen_at, now=ctx.clock())
    carts.give_way(session, row, seen_at)
    if concerned and row.customer_id not in concerned:
        row.customer_id, changed = concerned[0], True
    elif not concerned and row.session_id is None and (cart.buyer_id or cart.email or cart.phone):
        row.customer_id = None  # somebody else has it now, whom we do not know
    if not changed:
        return Came.UNCHANGED
    tell_cart(session, ctx, row, concerned)
    return Came.CHANGED


def _end_cart(session: Session, ctx: Context, shop_id: int, event: ShopEvent, seen_at: datetime) -> Came:
    row = carts.lock(session, shop_id, event.id)
    if row is None or not carts.end(session, row, CartState.EXPIRED, seen_at):
        return Came.UNCHANGED
    tell_cart(session, ctx, row, [])
    return Came.CHANGED


def tell_cart(session: Session, ctx: Context, row: "CartRow", concerned: list[int]) -> None:
    """A cart is another than before: tell the agents who may read the threads of whose it is."""
    now, told = ctx.clock(), False
    shop = queries.row(session, row.shop_id).name
    for customer_id in dict.fromkeys([*concerned, *([row.customer_id] if row.customer_id else [])]):
        thread_id = threads.of_customer(session, customer_id)
        if thread_id is None:
            continue
        line = cart_lines.tell(session, row, shop, thread_id, now)
        told = told or line is not None
        tell(session, customer_id, thread_id, "cart", row.shop_id, row.id, row.seq, message_id=line)
    if told and cart_rules.may_tell(row.told_at, now):
        row.told_at = now


def _order(ctx: Context, shop_id: int, event: ShopEvent) -> Came:
    seen_at = ctx.clock()
    with call(ctx, shop_id, DEADLINE) as (_row, shop, config, io):
        found = shop.order(config, event.id, io)
    if found is None:
        return Came.MISSING
    changed = ctx.db.run(_keep_order, ctx, shop_id, found, event, seen_at)
    if found.buyer_id and changed is Came.CHANGED:
        _refresh(ctx, shop_id, found.buyer_id)
        ctx.db.run(_tell_order, shop_id, found, event)
    return changed


def _keep_order(
    session: Session, ctx: Context, shop_id: int, order: Order, event: ShopEvent, seen_at: datetime
) -> Came:
    if not orders.put(session, shop_id, order, seen_at):
        return Came.UNCHANGED
    concerned = owners.customers(session, shop_id, owners.of_order(order, event.who))
    for row in carts.of_tokens(session, shop_id, order.tokens):
        if carts.end(session, row, CartState.CONVERTED, seen_at):
            tell_cart(session, ctx, row, concerned)
    return Came.CHANGED


def _tell_order(session: Session, shop_id: int, order: Order, event: ShopEvent) -> None:
    """After the copies are renewed, so that who is told and looks finds what is new."""
    for customer_id in owners.customers(session, shop_id, owners.of_order(order, event.who)):
        tell(session, customer_id, threads.of_customer(session, customer_id), "order", shop_id, order.id, 0)


def _buyer(ctx: Context, shop_id: int, event: ShopEvent) -> Came:
    if not _refresh(ctx, shop_id, event.id):
        return Came.UNCHANGED
    ctx.db.run(_tell_buyer, shop_id, event)
    return Came.CHANGED


def _tell_buyer(session: Session, shop_id: int, event: ShopEvent) -> None:
    for customer_id in owners.customers(session, shop_id, owners.of_buyer(event.id, event.who)):
        tell(session, customer_id, threads.of_customer(session, customer_id), "buyer", shop_id, event.id, 0)


def _refresh(ctx: Context, shop_id: int, buyer_id: str) -> bool:
    """Renew the copies that somebody looked at lately; whether one is another than before."""
    with ctx.db.read() as session:
        held = {part for part in (Part.BUYER, Part.ORDERS) if copies.held(session, shop_id, part, buyer_id)}
    if not held:
        return False
    seen_at, changed = ctx.clock(), False
    with call(ctx, shop_id, DEADLINE) as (_row, shop, config, io):
        buyer = shop.buyer(config, buyer_id, io) if Part.BUYER in held else None
        page = shop.orders(config, buyer_id, io) if Part.ORDERS in held else None
    for part, found in ((Part.BUYER, buyer), (Part.ORDERS, page)):
        if found is not None:
            data = found.model_dump(mode="json")
            changed = ctx.db.run(copies.put, shop_id, part, buyer_id, data, seen_at) or changed
        elif part in held:
            ctx.db.run(copies.drop, shop_id, (part,), (buyer_id,))
            changed = True
    return changed


def tell(
    session: Session,
    customer_id: int,
    thread_id: int | None,
    what: str,
    shop_id: int,
    number: int | str,
    seq: int,
    *,
    message_id: int | None = None,
) -> None:
    """Tell agents who may read the customer's thread that something about him in a shop is other than before.

    `what` is "cart", "order", "buyer" or "act", `number` the id of it. Nothing personal is in it.
    """
    if thread_id is None:
        return
    data = {"customer_id": customer_id, "what": what, "shop_id": shop_id, "id": number, "seq": seq}
    record(session, EventKind.COMMERCE_CHANGED, thread_id=thread_id, message_id=message_id, data=data)

"""Puts what shops know into the database as it is, for tests of what becomes of it."""

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from inbox.commerce.models import CartRow, ShopAct, ShopEventRow, ShopLink, ShopRow
from inbox.commerce.words import ActState, LinkBy, LinkState, ShopEventState, ShopState, Source
from inbox.flows.context import Context
from inbox.threads.models import Episode, Thread


def shop(ctx: Context, number: int = 1, **values: Any) -> int:
    """A connected shop of no kind that could be asked."""
    plain = {
        "id": number,
        "kind": "none",
        "name": f"Shop {number}",
        "account": f"shop{number}.example",
        "state": ShopState.ACTIVE,
        "config": {},
        "secrets": b"",
        "facts": {},
        "created_at": ctx.clock(),
    }
    return _put(ctx, ShopRow, plain | values)


def link(ctx: Context, customer_id: int, buyer_id: str, **values: Any) -> int:
    """A link by an e-mail address."""
    plain = {
        "customer_id": customer_id,
        "shop_id": 1,
        "buyer_id": buyer_id,
        "by": LinkBy.EMAIL,
        "value": "",
        "state": LinkState.LINKED,
        "created_at": ctx.clock(),
        "changed_at": ctx.clock(),
    }
    return _put(ctx, ShopLink, plain | values)


def cart(ctx: Context, customer_id: int | None, external_id: str, **values: Any) -> int:
    """A cart as a shop told it."""
    plain = {
        "shop_id": 1,
        "external_id": external_id,
        "customer_id": customer_id,
        "state": "active",
        "data": {"id": external_id, "state": "active", "total": {"amount": "1.00", "currency": "EUR"}},
        "hash": external_id,
        "source": Source.PUSH,
        "seen_at": ctx.clock(),
        "expires_at": ctx.clock(),
    }
    return _put(ctx, CartRow, plain | values)


def act(ctx: Context, agent_id: int, thread_id: int, key: str, **values: Any) -> int:
    """Something that an agent did about the newest request of a thread."""
    with ctx.db.read() as session:
        thread = session.get_one(Thread, thread_id)
        newest = select(Episode.id).where(Episode.thread_id == thread_id).order_by(Episode.number.desc())
        episode_id = session.scalars(newest.limit(1)).first()
    plain = {
        "key": key,
        "shop_id": 1,
        "customer_id": thread.customer_id,
        "thread_id": thread_id,
        "episode_id": episode_id,
        "agent_id": agent_id,
        "kind": "note",
        "act": {},
        "state": ActState.DONE,
        "not_before": ctx.clock(),
        "created_at": ctx.clock(),
    }
    return _put(ctx, ShopAct, plain | values)


def event(ctx: Context, body: bytes, **values: Any) -> int:
    """An event of a shop that nobody could read."""
    plain = {
        "shop_id": 1,
        "dedupe_key": "hook:1",
        "headers": {},
        "meta": {},
        "body": body,
        "received_at": ctx.clock(),
        "state": ShopEventState.FAILED,
        "not_before": ctx.clock(),
    }
    return _put(ctx, ShopEventRow, plain | values)


def _put(ctx: Context, table: Any, values: dict[str, Any]) -> int:
    def story(session: Session) -> int:
        return session.execute(insert(table).values(**values).returning(table.id)).scalar_one()

    return ctx.db.run(story)

"""The orders that a request is about: said by an agent, or named in the customer's own words."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.commerce.models import EpisodeOrder
from inbox.commerce.words import OrderBy
from inbox.contract.commerce import Order

ABOUT_MAX = 20
"""Orders that one request can be about."""


def of_episode(session: Session, episode_id: int | None) -> list[EpisodeOrder]:
    """The orders that a request is about, the first linked first."""
    if episode_id is None:
        return []
    found = select(EpisodeOrder).where(EpisodeOrder.episode_id == episode_id).order_by(EpisodeOrder.at)
    return list(session.scalars(found.limit(ABOUT_MAX)))


def link(
    session: Session,
    episode_id: int,
    shop_id: int,
    order: Order,
    by: OrderBy,
    now: datetime,
    agent_id: int | None = None,
) -> bool:
    """Say that a request is about an order; False when that is known, or it is about too many already."""
    if len(of_episode(session, episode_id)) >= ABOUT_MAX:
        return False
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    made = session.execute(
        insert(EpisodeOrder)
        .values(
            episode_id=episode_id,
            shop_id=shop_id,
            order_id=order.id,
            number=order.number,
            by=by,
            agent_id=agent_id,
            at=now,
        )
        .on_conflict_do_nothing()
        .returning(EpisodeOrder.order_id)
    )
    return made.first() is not None


def unlink(session: Session, episode_ids: Collection[int], shop_id: int, order_id: str) -> bool:
    """Take that back; False when it was not so."""
    gone = session.execute(
        delete(EpisodeOrder)
        .where(
            EpisodeOrder.episode_id.in_(episode_ids),
            EpisodeOrder.shop_id == shop_id,
            EpisodeOrder.order_id == order_id,
        )
        .returning(EpisodeOrder.order_id)
    )
    return gone.first() is not None

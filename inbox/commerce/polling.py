"""Who asks a shop for changes, and how far that got. Everything a holder writes is fenced by its name."""

from collections.abc import Sequence

from pydantic import JsonValue
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from inbox.commerce.models import ShopRow
from inbox.commerce.words import ShopState
from inbox.db.time import utc_in, utcnow

EVERY = 60.0
"""Seconds between two questions to one shop."""
LEASE = 45.0
"""Seconds that a shop is left to the process that asks it; one question takes less."""


def due(session: Session) -> Sequence[ShopRow]:
    """Active shops that were not asked lately, those of the demo aside: nobody is behind them."""
    found = (
        select(ShopRow)
        .where(
            ShopRow.state == ShopState.ACTIVE,
            ~ShopRow.is_demo,
            or_(ShopRow.changes_at.is_(None), ShopRow.changes_at < utc_in(-EVERY)),
            or_(ShopRow.lease_until.is_(None), ShopRow.lease_until < utcnow()),
        )
        .order_by(ShopRow.id)
    )
    return session.scalars(found.execution_options(populate_existing=True)).all()


def take(session: Session, shop_id: int, owner: str) -> bool:
    """Take the lease of a shop; False while another process holds it."""
    taken = session.execute(
        update(ShopRow)
        .where(
            ShopRow.id == shop_id,
            or_(ShopRow.owner.is_(None), ShopRow.lease_until.is_(None), ShopRow.lease_until < utcnow()),
        )
        .values(owner=owner, lease_until=utc_in(LEASE))
        .returning(ShopRow.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return taken is not None


def advance(session: Session, shop_id: int, owner: str, since: JsonValue) -> bool:
    """Note how far we got and give the lease back; False when it was lost: then nothing may be kept."""
    return _end(session, shop_id, owner, since=since)


def give_back(session: Session, shop_id: int, owner: str) -> None:
    """Give the lease back without having got further; the shop is asked again in its turn."""
    _end(session, shop_id, owner)


def _end(session: Session, shop_id: int, owner: str, **values: JsonValue) -> bool:
    ended = session.execute(
        update(ShopRow)
        .where(ShopRow.id == shop_id, ShopRow.owner == owner)
        .values(owner=None, lease_until=None, changes_at=utcnow(), **values)
        .returning(ShopRow.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return ended is not None

"""Who asks a shop about a customer just now: one at a time, over all processes, so that ten agents who open a thread
make one fetch."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.commerce.models import ShopCopy
from inbox.commerce.words import Part
from inbox.db.time import utc_in, utcnow


def take_off(session: Session, shop_id: int, customer_id: int, seconds: float) -> bool:
    """Be the one who asks, for at most `seconds`; False while somebody else is."""
    insert: Any = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    flight = {"fetched_at": utcnow(), "expires_at": utc_in(seconds)}
    taken = session.execute(
        insert(ShopCopy)
        .values(shop_id=shop_id, part=Part.FLIGHT, key=str(customer_id), data={}, **flight)
        .on_conflict_do_update(
            index_elements=["shop_id", "part", "key"], set_=flight, where=ShopCopy.expires_at <= utcnow()
        )
        .returning(ShopCopy.shop_id)
    )
    return taken.first() is not None


def land(session: Session, shop_id: int, customer_id: int) -> None:
    """Have asked."""
    session.execute(
        delete(ShopCopy)
        .where(ShopCopy.shop_id == shop_id, ShopCopy.part == Part.FLIGHT, ShopCopy.key == str(customer_id))
        .execution_options(synchronize_session=False)
    )


def flying(session: Session, customer_id: int, shop_ids: Collection[int]) -> set[int]:
    """The shops that are being asked about a customer now, by any process."""
    found = select(ShopCopy.shop_id).where(
        ShopCopy.shop_id.in_(sorted(shop_ids)),
        ShopCopy.part == Part.FLIGHT,
        ShopCopy.key == str(customer_id),
        ShopCopy.expires_at > utcnow(),
    )
    return set(session.scalars(found))

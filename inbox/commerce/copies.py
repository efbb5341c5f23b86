"""What shops told last about buyers, orders, points and stock: shown at once, and while a shop cannot be reached.

A copy of a buyer is the contract's Buyer as JSON, of his orders its OrderPage, of an order its Order, of points its
Loyalty; that of stock is a list of StockLevel below "levels".
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.commerce.models import ShopCopy
from inbox.commerce.words import Part

KEPT = timedelta(days=30)
"""Age at which a copy that nobody had renewed is forgotten."""


def get(session: Session, shop_id: int, part: Part, key: str) -> ShopCopy | None:
    """A copy as it is in the database now."""
    return session.get(ShopCopy, (shop_id, part, key), populate_existing=True)


def put(
    session: Session, shop_id: int, part: Part, key: str, data: dict[str, Any], fetched_at: datetime
) -> bool:
    """Keep what was fetched at that moment; False when it is what we hold, or older than that."""
    known = session.execute(
        select(ShopCopy.data, ShopCopy.fetched_at).where(
            ShopCopy.shop_id == shop_id, ShopCopy.part == part, ShopCopy.key == key
        )
    ).one_or_none()
    if known is not None and known.fetched_at > fetched_at:
        return False
    upsert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {"data": data, "fetched_at": fetched_at, "expires_at": fetched_at + KEPT}
    session.execute(
        upsert(ShopCopy)
        .values(shop_id=shop_id, part=part, key=key, **values)
        .on_conflict_do_update(
            index_elements=["shop_id", "part", "key"],
            set_=values,
            where=ShopCopy.fetched_at <= fetched_at,
        )
    )
    return known is None or known.data != data


def drop(session: Session, shop_id: int, parts: Collection[Part], keys: Collection[str]) -> None:
    """Forget copies."""
    session.execute(
        delete(ShopCopy)
        .where(ShopCopy.shop_id == shop_id, ShopCopy.part.in_(parts), ShopCopy.key.in_(keys))
        .execution_options(synchronize_session=False)
    )


def held(session: Session, shop_id: int, part: Part, key: str) -> bool:
    """Whether there is a copy: somebody looked at it lately."""
    found = select(ShopCopy.key).where(
        ShopCopy.shop_id == shop_id, ShopCopy.part == part, ShopCopy.key == key
    )
    return session.execute(found).scalar() is not None

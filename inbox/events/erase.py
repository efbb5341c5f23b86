"""Forgetting names and texts in events; that something happened, and when, stays."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.events.models import Event


def empty(
    session: Session,
    thread_ids: Collection[int],
    anonymous: Callable[[dict[str, Any]], dict[str, Any]],
    *,
    after: int,
    limit: int,
) -> int | None:
    """Pass the data of a batch of the threads' events through `anonymous`; the last id, None when none was left."""
    rows = session.scalars(
        select(Event).where(Event.thread_id.in_(thread_ids), Event.id > after).order_by(Event.id).limit(limit)
    ).all()
    for row in rows:
        row.data = anonymous(row.data)
    return rows[-1].id if rows else None

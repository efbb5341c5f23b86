"""Removing old events."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.events.models import Event, Fact
from inbox.events.queries import FLOOR, parse


def prune(session: Session, before: datetime, limit: int) -> int:
    """Remove up to `limit` events from before that moment, oldest first; returns how many.

    The feed's floor rises with them, in the same transaction: a browser that stopped below it must reload.
    The newest event stays however old it is, because it is where the feed's end is.
    """
    newest = select(Event.id).order_by(Event.xid.desc(), Event.id.desc()).limit(1)
    old = session.execute(
        select(Event.xid, Event.id)
        .where(Event.at < before, Event.id != newest.scalar_subquery())
        .order_by(Event.at, Event.id)
        .limit(limit)
    ).all()
    if not old:
        return 0
    floor = session.get(Fact, FLOOR)
    highest = max((row.xid, row.id) for row in old)
    if floor is None:
        session.add(Fact(key=FLOOR, value=f"{highest[0]}.{highest[1]}"))
    elif highest > parse(floor.value):
        floor.value = f"{highest[0]}.{highest[1]}"
    session.execute(delete(Event).where(Event.id.in_([row.id for row in old])))
    return len(old)

"""Reading the feed of events with a cursor that never skips.

Ids are given before the commit, so on PostgreSQL a later id can become visible earlier. Events are therefore
read in the order (transaction id, id), and only below the oldest transaction that is still running: whatever
commits later sorts after everything read so far. SQLite has one writer at a time; its ids are the order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, literal_column, select, tuple_
from sqlalchemy.orm import Session

from inbox.db.hints import only_check
from inbox.errors import Invalid
from inbox.events.catalog import EventKind
from inbox.events.models import Event, Fact

FLOOR = "feed.floor"
"""Fact that holds the cursor up to which events were pruned."""


@dataclass(frozen=True)
class Feed:
    """Events after `prev` up to `cursor`.

    `more`: further events can be read at once. `pending`: there are committed events that cannot be read yet,
    because an older transaction is still running. `reset`: `prev` is too old or foreign; reload everything.
    """

    events: Sequence[Event]
    prev: str
    cursor: str
    more: bool = False
    pending: bool = False
    reset: bool = False


def parse(cursor: str) -> tuple[int, int]:
    """The (transaction id, id) of a cursor. Raises Invalid."""
    xid, _, number = cursor.partition(".")
    if not (xid.isascii() and xid.isdigit() and number.isascii() and number.isdigit() and len(cursor) < 40):
        raise Invalid("That is no cursor of the feed.", "/since")
    position = int(xid), int(number)
    if max(position) >= 1 << 63:
        raise Invalid("That is no cursor of the feed.", "/since")
    return position


def head(session: Session) -> str:
    """The cursor of the newest event that can be read. Read it before the state it shall continue."""
    row = session.execute(
        select(Event.xid, Event.id)
        .where(_readable(session))
        .order_by(Event.xid.desc(), Event.id.desc())
        .limit(1)
    ).first()
    return "0.0" if row is None else _cursor(row.xid, row.id)


def feed(session: Session, cursor: str, limit: int = 200, *, thread_id: int | None = None) -> Feed:
    """Up to `limit` events after `cursor`, of one thread if that is given. Raises Invalid for a malformed cursor."""
    after = parse(cursor)
    found = select(Event, _horizon(session).label("horizon")).where(tuple_(Event.xid, Event.id) > after)
    if thread_id is not None:
        found = found.where(Event.thread_id == thread_id)
    rows = session.execute(found.order_by(Event.xid, Event.id).limit(limit + 1)).all()
    readable = [row.Event for row in rows if row.Event.xid < row.horizon]
    pending = len(readable) < len(rows)
    if not readable and _is_foreign(session, after):
        return Feed((), cursor, head(session), reset=True)
    if after < _floor(session):
        return Feed((), cursor, head(session), reset=True)
    events = readable[:limit]
    last = _cursor(events[-1].xid, events[-1].id) if events else cursor
    return Feed(events, cursor, last, more=len(readable) > limit, pending=pending)


def later(one: str, other: str) -> str:
    """The cursor of two that has more behind it. Raises Invalid."""
    return max(one, other, key=parse)


def happened_since(
    session: Session, kind: EventKind, thread_id: int, since: datetime, *, actor_id: int | None = None
) -> bool:
    """Whether something of a kind happened in a thread, by anybody or by one agent, after `since`."""
    # What happened just now is little, whatever the thread: the index to read by is that of the moment.
    found = select(Event.id).where(
        Event.at > since, only_check(Event.thread_id == thread_id), Event.kind == kind
    )
    if actor_id is not None:
        found = found.where(Event.actor_id == actor_id)
    return session.execute(found.limit(1)).scalar() is not None


def _cursor(xid: int, number: int) -> str:
    return f"{xid}.{number}"


def _horizon(session: Session) -> ColumnElement[int]:
    if session.get_bind().dialect.name == "postgresql":
        return literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", BigInteger)
    return literal_column("1", BigInteger)


def _readable(session: Session) -> ColumnElement[bool]:
    return Event.xid < _horizon(session)


def _floor(session: Session) -> tuple[int, int]:
    value = session.execute(select(Fact.value).where(Fact.key == FLOOR)).scalar()
    return (0, 0) if value is None else parse(value)


def _is_foreign(session: Session, after: tuple[int, int]) -> bool:
    """Whether the cursor is beyond the newest event, as after a restore from a backup."""
    newest = session.execute(
        select(Event.xid, Event.id).order_by(Event.xid.desc(), Event.id.desc()).limit(1)
    ).first()
    return after > (0, 0) and (newest is None or after > (newest.xid, newest.id))

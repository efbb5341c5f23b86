"""When customers wrote last. Networks count their windows for replies from there."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from inbox.threads.models import Message
from inbox.threads.words import Kind

_AT = case((Message.sent_at < Message.created_at, Message.sent_at), else_=Message.created_at)
"""When a message was written: as its network says, but never later than it came."""


def by_channel(
    session: Session, thread_id: int, channel_ids: Collection[int]
) -> dict[tuple[int, int], datetime]:
    """When each identity wrote last in a thread, by channel and identity; who never wrote is absent."""
    rows = session.execute(
        select(Message.channel_id, Message.identity_id, func.max(_AT).label("at"))
        .where(
            Message.thread_id == thread_id,
            Message.kind == Kind.INBOUND,
            Message.channel_id.in_(channel_ids),
            Message.identity_id.is_not(None),
        )
        .group_by(Message.channel_id, Message.identity_id)
    )
    return {(row.channel_id, row.identity_id): row.at for row in rows}


def by_place(
    session: Session, thread_id: int, channel_ids: Collection[int]
) -> dict[tuple[int, int], dict[str, datetime]]:
    """The same apart for each place at which a channel meets an identity, the place of the newest first."""
    newest = func.max(_AT)
    rows = session.execute(
        select(Message.channel_id, Message.identity_id, Message.place, newest.label("at"))
        .where(
            Message.thread_id == thread_id,
            Message.kind == Kind.INBOUND,
            Message.channel_id.in_(channel_ids),
            Message.identity_id.is_not(None),
        )
        .group_by(Message.channel_id, Message.identity_id, Message.place)
        .order_by(newest.desc(), Message.place)
    )
    found: dict[tuple[int, int], dict[str, datetime]] = {}
    for row in rows:
        found.setdefault((row.channel_id, row.identity_id), {})[row.place] = row.at
    return found


def on(session: Session, thread_id: int, channel_id: int, identity_id: int | None) -> datetime | None:
    """When an identity wrote last on a channel, if it ever did."""
    heard = by_channel(session, thread_id, [channel_id])
    return None if identity_id is None else heard.get((channel_id, identity_id))


def since(session: Session, thread_id: int, moment: datetime) -> bool:
    """Whether the customer wrote anything, on whatever channel, after that moment; machines' answers do not count."""
    found = (
        select(Message.id)
        .where(
            Message.thread_id == thread_id,
            Message.kind == Kind.INBOUND,
            Message.automatic.is_(None),
            moment < _AT,
        )
        .limit(1)
    )
    return session.execute(found).scalar() is not None

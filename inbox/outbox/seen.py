"""Replies that customers read from us, on our own panel: which of them they may see, and which they have seen."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from inbox.customers.models import Identity
from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState
from inbox.threads.models import Message
from inbox.threads.words import Kind

LOOK = 200
"""Newest replies among which unread ones are looked for."""


@dataclass(frozen=True)
class Reader:
    """Whose replies: those of a thread on a channel, to one address, or to all that were proved with it."""

    thread_id: int
    channel_id: int
    identity_id: int
    proved_as: int | None
    """Set when the reader may see what was written to any address that he proved to be his."""


def went_out(session: Session, message_ids: Collection[int]) -> set[int]:
    """Those of the messages that have left the house: sent at some time, and not taken back before.

    One without a delivery was written elsewhere, and is only here because it had gone out.
    """
    held = select(Delivery.message_id).where(
        Delivery.message_id.in_(sorted(set(message_ids))),
        or_(Delivery.sent_at.is_(None), Delivery.state == DeliveryState.CANCELLED),
    )
    return set(message_ids) - set(session.scalars(held))


def unread(session: Session, reader: Reader) -> int:
    """How many of the newest replies on the channel the reader has not read."""
    newest = _replies(reader).with_only_columns(Delivery.state).limit(LOOK).subquery()
    unseen = newest.c.state.in_((DeliveryState.SENT, DeliveryState.DELIVERED))
    return session.execute(select(func.count()).where(unseen).select_from(newest)).scalar_one()


def behind(
    session: Session, reader: Reader, states: Collection[DeliveryState], *, up_to: int | None = None
) -> list[int]:
    """Ids of the deliveries of the reader's newest replies that are in one of the states, oldest first.

    With `up_to` only those of messages up to that one are meant.
    """
    found = _replies(reader).with_only_columns(Delivery.id, Delivery.state, Message.id.label("message_id"))
    rows = session.execute(found.limit(LOOK)).all()
    return sorted(
        row.id for row in rows if row.state in states and (up_to is None or row.message_id <= up_to)
    )


def _replies(reader: Reader) -> Select[Delivery]:
    """The reader's replies, the newest first."""
    whose: ColumnElement[bool] = Message.identity_id == reader.identity_id
    if reader.proved_as is not None:
        whose |= Identity.proved_as == reader.proved_as
    return (
        select(Delivery)
        .join(Message, Message.id == Delivery.message_id)
        .join(Identity, Identity.id == Message.identity_id)
        .where(
            Message.thread_id == reader.thread_id,
            Message.kind == Kind.REPLY,
            Message.channel_id == reader.channel_id,
            whose,
        )
        .order_by(Message.seq.desc())
    )

"""Deliveries of one channel, together: how many there are, and what becomes of them when it goes."""

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from inbox.db.time import utcnow
from inbox.outbox import rules
from inbox.outbox.actions import Resolved
from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState


@dataclass(frozen=True)
class Counts:
    """Replies of a channel on their way, and those that wait for a person's decision."""

    waiting: int = 0
    dead: int = 0


def counts(session: Session) -> dict[int, Counts]:
    """Unfinished deliveries by channel id; a channel without any is absent."""
    wanted = (*rules.UNRESOLVED, *rules.DEAD)
    rows = session.execute(
        select(Delivery.channel_id, Delivery.state, func.count())
        .where(Delivery.state.in_(wanted))
        .group_by(Delivery.channel_id, Delivery.state)
    )
    found: dict[int, Counts] = {}
    for channel_id, state, count in rows:
        known = found.get(channel_id, Counts())
        dead = state in rules.DEAD
        found[channel_id] = Counts(
            known.waiting + (0 if dead else count), known.dead + (count if dead else 0)
        )
    return found


def queued(session: Session, channel_id: int) -> list[Resolved]:
    """The channel's queued deliveries, oldest first."""
    rows = session.execute(
        select(Delivery.id, Delivery.thread_id, Delivery.message_id)
        .where(Delivery.channel_id == channel_id, Delivery.state == DeliveryState.QUEUED)
        .order_by(Delivery.id)
    )
    return [Resolved(row.id, row.thread_id, row.message_id, DeliveryState.QUEUED) for row in rows]


def give_up(session: Session, delivery_id: int, reason: str) -> bool:
    """Fail a delivery that is still queued, for good; False when it is queued no more."""
    failed = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.QUEUED)
        .values(
            state=DeliveryState.FAILED,
            error=reason,
            error_code="channel",
            owner=None,
            lease_until=None,
            updated_at=utcnow(),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return failed is not None

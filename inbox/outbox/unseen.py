"""Replies that the customer has not seen: when they go on by another channel, and what became of that.

`Delivery.unseen_at` is when a reply goes on unless it is seen by then, by the database's time. It is cleared by
whatever settles the matter: it was seen, it went on, or there is no way on.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.db.time import utc_in, utcnow
from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState, Unseen

ARRIVED = (DeliveryState.SENT, DeliveryState.DELIVERED)


def watch(session: Session, delivery_id: int, seconds: float) -> None:
    """Let a reply that has just been sent go on in so many seconds, unless it is seen by then."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state.in_(ARRIVED))
        .values(unseen_at=utc_in(seconds))
        .execution_options(synchronize_session=False)
    )


def due_threads(session: Session, limit: int) -> list[int]:
    """Threads in which a reply was not seen in time, the most overdue first."""
    rows = session.execute(
        select(Delivery.thread_id)
        .where(Delivery.unseen_at <= utcnow())
        .order_by(Delivery.unseen_at, Delivery.id)
        .limit(limit)
    ).scalars()
    return list(dict.fromkeys(rows))


def take(session: Session, thread_id: int, limit: int) -> list[Delivery]:
    """All unseen replies of a locked thread, oldest first, once one of them is due; else none.

    Those that are not due yet come along, so that the customer gets one message and not several.
    """
    due = select(Delivery.id).where(Delivery.thread_id == thread_id, Delivery.unseen_at <= utcnow()).limit(1)
    if session.execute(due).scalar() is None:
        return []
    return list(
        session.scalars(
            select(Delivery)
            .where(Delivery.thread_id == thread_id, Delivery.unseen_at.is_not(None))
            .order_by(Delivery.id)
            .limit(limit)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def settle(
    session: Session,
    deliveries: Sequence[Delivery],
    what: Unseen | None = None,
    *,
    continued_by_id: int | None = None,
) -> None:
    """The matter of these replies is settled: they went on with a message, cannot go on, or need not (None)."""
    for delivery in deliveries:
        delivery.unseen_at, delivery.continued_by_id = None, continued_by_id
        if what is not None:
            delivery.request = {**delivery.request, "unseen": str(what)}
    session.flush()


def seen(session: Session, delivery_ids: Collection[int]) -> None:
    """The customer has seen these replies: they need not go on."""
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(list(delivery_ids)), Delivery.unseen_at.is_not(None))
        .values(unseen_at=None)
        .execution_options(synchronize_session=False)
    )

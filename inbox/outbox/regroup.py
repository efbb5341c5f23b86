"""Deliveries of threads that become one or two: each is in the thread of its message."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState
from inbox.threads.models import Message


def follow(session: Session, thread_ids: Collection[int]) -> None:
    """Let the deliveries of all messages in these threads be in the thread of their message."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.message_id == Message.id,
            Message.thread_id.in_(sorted(thread_ids)),
            Delivery.thread_id != Message.thread_id,
        )
        .values(thread_id=Message.thread_id)
        .execution_options(synchronize_session=False)
    )


def withdrawn(session: Session, thread_id: int) -> set[int]:
    """Replies of a thread that their customer certainly never got: taken back, refused or bounced."""
    return set(
        session.scalars(
            select(Delivery.message_id)
            .join(Message, Message.id == Delivery.message_id)
            .where(
                Message.thread_id == thread_id,
                Delivery.state.in_((DeliveryState.FAILED, DeliveryState.CANCELLED)),
            )
        )
    )

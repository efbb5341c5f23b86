"""Forgetting whom replies went to. That and when they went stays for the statistics."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.outbox import actions
from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState

_ON_ITS_WAY = (DeliveryState.CLAIMED, DeliveryState.SENDING)
_STOPPED = (DeliveryState.QUEUED, DeliveryState.UNCERTAIN, DeliveryState.FAILED)


def stop(session: Session, thread_ids: Collection[int]) -> bool:
    """Cancel what waits to be sent in locked threads; False, and nothing done, while something is on its way."""
    mine = Delivery.thread_id.in_(thread_ids)
    ids = session.scalars(
        select(Delivery.id).where(mine, Delivery.state.in_((*_ON_ITS_WAY, *_STOPPED))).order_by(Delivery.id)
    ).all()
    rows = [row for number in ids if (row := actions.lock(session, number)) is not None]
    if any(row.state in _ON_ITS_WAY for row in rows):
        return False
    for row in rows:
        actions.cancel(session, row)
    session.execute(
        update(Delivery)
        .where(mine, Delivery.unseen_at.is_not(None))
        .values(unseen_at=None)
        .execution_options(synchronize_session=False)
    )
    return True


def empty(session: Session, message_ids: Collection[int]) -> None:
    """Take the recipients, the provider's words and ids out of the deliveries of messages."""
    session.execute(
        update(Delivery)
        .where(Delivery.message_id.in_(message_ids))
        .values(request={}, recipients=[], error=None, error_code=None, external_id=None)
        .execution_options(synchronize_session=False)
    )

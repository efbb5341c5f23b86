"""What providers report later about deliveries: delivered, read, delayed, failed."""

from sqlalchemy.orm import Session

from inbox.clock import utc_now
from inbox.outbox import rules
from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState


def reported(
    session: Session,
    delivery: Delivery,
    state: DeliveryState,
    *,
    recipient: str = "",
    error: str | None = None,
    code: str | None = None,
) -> bool:
    """Apply a provider's later report to a locked delivery; True when it changed anything."""
    before = (delivery.state, delivery.recipients, delivery.error)
    if recipient or error:
        delivery.recipients = rules.with_recipient(delivery.recipients, recipient, str(state), error)
    if state is not DeliveryState.FAILED or rules.fails_whole(delivery.recipients, recipient):
        delivery.state = rules.advance(delivery.state, state)
        if delivery.state is DeliveryState.FAILED:
            delivery.error, delivery.error_code = error, code
        elif state is not DeliveryState.FAILED:
            delivery.error = None
    if delivery.state is DeliveryState.READ:
        delivery.unseen_at = None
    if before == (delivery.state, delivery.recipients, delivery.error):
        return False
    delivery.updated_at = utc_now()
    session.flush()
    return True


def delayed(session: Session, delivery: Delivery, recipient: str, note: str) -> None:
    """Note that the provider still tries; the state stays."""
    delivery.recipients = rules.with_recipient(delivery.recipients, recipient, "delayed", note)
    session.flush()

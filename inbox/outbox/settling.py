"""Deliveries of which nobody knows whether the provider has them: proof from elsewhere, and asking for it.

`Delivery.settle_at` is when the network is asked next, by the database's time. Whoever asks moves it on first, so
that two processes do not ask at once, and one that dies while it asks leaves the question to another.
"""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.clock import utc_now
from inbox.db.time import utc_in, utcnow
from inbox.outbox import rules
from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState

ASKING = 60.0
"""Seconds that one look-up may take before another process asks."""

PROVABLE = (DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.UNCERTAIN)
"""States of which nobody knows for certain whether the provider has it all."""


@dataclass(frozen=True)
class Claimed:
    """A delivery to ask about, for the `tries`th time."""

    delivery_id: int
    tries: int

    @property
    def is_last(self) -> bool:
        """Whether the network is not asked again after this."""
        return self.tries >= len(rules.LOOK_UPS)


def accept(session: Session, delivery: Delivery, external_id: str) -> bool:
    """Something else than the provider's answer proves that it has a locked delivery; False when that is no news.

    One that is queued again after a try on the wire counts too: the customer has it, so it is not sent twice.
    """
    again = delivery.state is DeliveryState.QUEUED and delivery.started_at is not None
    if delivery.state not in PROVABLE and not again:
        return False
    delivery.state, delivery.lease_until, delivery.settle_at = DeliveryState.SENT, None, None
    delivery.error = delivery.error_code = None
    delivery.external_id = delivery.external_id or external_id or None
    delivery.recipients = [{**entry, "state": "sent", "error": None} for entry in delivery.recipients]
    delivery.sent_at = delivery.updated_at = utc_now()
    session.flush()
    return True


def begin(session: Session, delivery_id: int) -> None:
    """Ask the network about an uncertain delivery, for the first time in a few seconds."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.UNCERTAIN)
        .values(settle_at=utc_in(rules.LOOK_UPS[0]), settle_tries=0)
        .execution_options(synchronize_session=False)
    )


def is_due(session: Session) -> bool:
    """Whether a network is to be asked about anything now."""
    due = select(Delivery.id).where(Delivery.state == DeliveryState.UNCERTAIN, Delivery.settle_at <= utcnow())
    return session.execute(due.limit(1)).scalar() is not None


def claim(session: Session) -> Claimed | None:
    """The uncertain delivery that is to be asked about next, on a channel that takes part; None when none is due."""
    due = (
        select(Delivery)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(
            Delivery.state == DeliveryState.UNCERTAIN,
            Delivery.settle_at <= utcnow(),
            Channel.state == ChannelState.ACTIVE,
        )
        .order_by(Delivery.settle_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Delivery)
        .execution_options(populate_existing=True)
    )
    delivery = session.execute(due).scalar()
    if delivery is None:
        return None
    claimed = Claimed(delivery.id, delivery.settle_tries + 1)
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id)
        .values(settle_at=utc_in(ASKING), settle_tries=claimed.tries)
        .execution_options(synchronize_session=False)
    )
    return claimed


def ask_again(session: Session, claimed: Claimed, seconds: float) -> None:
    """Ask the network again after so many seconds."""
    _while_asked(session, claimed, settle_at=utc_in(seconds))


def leave(session: Session, claimed: Claimed, told: str = "") -> bool:
    """The network is not asked any more: a person decides, who reads what is `told`. False when that is done."""
    kept = session.execute(select(Delivery.error).where(Delivery.id == claimed.delivery_id)).scalar()
    return _while_asked(session, claimed, settle_at=None, error=f"{kept or ''} {told}".strip()[:2000])


def _while_asked(session: Session, claimed: Claimed, **values: object) -> bool:
    """Change a delivery only while nobody has decided about it, or asked once more."""
    changed = session.execute(
        update(Delivery)
        .where(
            Delivery.id == claimed.delivery_id,
            Delivery.state == DeliveryState.UNCERTAIN,
            Delivery.settle_tries == claimed.tries,
        )
        .values(**values)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return changed is not None

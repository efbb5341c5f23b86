"""Writing deliveries: queueing, the two-stage claim, and the outcomes (rules R2 to R7)."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.clock import utc_now
from inbox.db.time import utc_in, utcnow
from inbox.db.work import ring
from inbox.errors import NotFound
from inbox.outbox import rules
from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState


@dataclass(frozen=True)
class Resolved:
    """What became of a claim that its owner lost: the delivery, its thread, and its state now."""

    delivery_id: int
    thread_id: int
    message_id: int
    state: DeliveryState


def enqueue(
    session: Session,
    *,
    message_id: int,
    thread_id: int,
    channel_id: int,
    request: dict[str, Any],
    recipients: Sequence[dict[str, Any]],
    delay: float,
    not_before: datetime | None = None,
) -> int:
    """Queue a reply for sending after `delay` seconds of the database's clock, or at a chosen moment."""
    now = utc_now()
    delivery_id = session.execute(
        insert(Delivery)
        .values(
            message_id=message_id,
            thread_id=thread_id,
            channel_id=channel_id,
            idem_key=uuid.uuid4().hex,
            state=DeliveryState.QUEUED,
            request=request,
            attempts=0,
            not_before=not_before if not_before is not None else utc_in(delay),
            recipients=list(recipients),
            created_at=now,
            updated_at=now,
        )
        .returning(Delivery.id)
    ).scalar_one()
    ring(session, "outbound")
    return delivery_id


def claim(session: Session, owner: str, busy_channels: Collection[int] = ()) -> int | None:
    """Take the delivery that is due longest, for LEASE seconds; None when nothing is due.

    Left out: channels that are not active (their deliveries are held), `busy_channels`, and replies behind
    an unresolved older one of the same thread and channel, so that replies keep their order.
    """
    older = aliased(Delivery)
    blocked = exists().where(
        older.thread_id == Delivery.thread_id,
        older.channel_id == Delivery.channel_id,
        older.id < Delivery.id,
        older.state.in_(rules.UNRESOLVED),
    )
    due = (
        select(Delivery.id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(
            Delivery.state == DeliveryState.QUEUED,
            Delivery.not_before <= utcnow(),
            Channel.state == ChannelState.ACTIVE,
            Delivery.channel_id.not_in(list(busy_channels)),
            ~blocked,
        )
        .order_by(Delivery.not_before, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Delivery)
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return session.execute(
        update(Delivery)
        .where(Delivery.id.in_(select(due.c.id)))
        .values(
            state=DeliveryState.CLAIMED,
            owner=owner,
            lease_until=utc_in(rules.LEASE),
            attempts=Delivery.attempts + 1,
            first_tried_at=func.coalesce(Delivery.first_tried_at, utcnow()),
            updated_at=utcnow(),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).scalar()


def start_sending(session: Session, delivery_id: int, owner: str) -> bool:
    """The second stage, committed right before the wire; False when the claim was lost meanwhile."""
    return _fenced(
        session,
        delivery_id,
        owner,
        (DeliveryState.CLAIMED,),
        state=DeliveryState.SENDING,
        started_at=utcnow(),
        lease_until=utc_in(rules.LEASE),
    )


def extend_leases(session: Session, owner: str, in_hand: Collection[int]) -> None:
    """Renew the claims that a living process still works on.

    Not all that bear its name: one whose thread lost the database midway is in nobody's hand, and has to
    run out like that of a dead process.
    """
    if not in_hand:
        return
    session.execute(
        update(Delivery)
        .where(
            Delivery.id.in_(list(in_hand)),
            Delivery.owner == owner,
            Delivery.state.in_((DeliveryState.CLAIMED, DeliveryState.SENDING)),
        )
        .values(lease_until=utc_in(rules.LEASE))
        .execution_options(synchronize_session=False)
    )


def sent(
    session: Session, delivery_id: int, owner: str, external_id: str, recipients: Sequence[dict[str, Any]]
) -> bool:
    """The provider has it. Also true news for a delivery that became uncertain while its owner was slow."""
    return _fenced(
        session,
        delivery_id,
        owner,
        (DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.UNCERTAIN),
        state=DeliveryState.SENT,
        external_id=external_id,
        recipients=list(recipients),
        sent_at=utcnow(),
        error=None,
        error_code=None,
        lease_until=None,
    )


def note_receipt(
    session: Session, delivery_id: int, owner: str, external_id: str, recipients: Sequence[dict[str, Any]]
) -> None:
    """The provider's answer came after other proof that it has the delivery: note what only the answer says."""
    _fenced(
        session,
        delivery_id,
        owner,
        (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ),
        external_id=external_id,
        recipients=list(recipients),
    )


def failed(
    session: Session,
    delivery_id: int,
    owner: str,
    error: str,
    code: str,
    *,
    uncertain: bool,
    settles: bool = False,
) -> bool:
    """The provider refused it for good, or nobody knows whether the provider has it; `settles`: it can be asked."""
    return _fenced(
        session,
        delivery_id,
        owner,
        (DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.UNCERTAIN),
        state=DeliveryState.UNCERTAIN if uncertain else DeliveryState.FAILED,
        settle_at=utc_in(rules.LOOK_UPS[0]) if uncertain and settles else None,
        settle_tries=0,
        error=error[:2000],
        error_code=code[:100],
        lease_until=None,
    )


def put_off(session: Session, delivery_id: int, owner: str, seconds: float, error: str, code: str) -> bool:
    """Certainly not sent: queue it again after `seconds`, or fail it when it was put off for a day."""
    delivery = session.get_one(Delivery, delivery_id, populate_existing=True)
    tried_for = session.execute(
        select(Delivery.first_tried_at <= utc_in(-rules.GIVE_UP_AFTER)).where(Delivery.id == delivery_id)
    ).scalar()
    if tried_for:
        return failed(
            session,
            delivery_id,
            owner,
            f"Given up after {delivery.attempts} tries. {error}",
            code,
            uncertain=False,
        )
    return _fenced(
        session,
        delivery_id,
        owner,
        (DeliveryState.CLAIMED, DeliveryState.SENDING),
        state=DeliveryState.QUEUED,
        not_before=utc_in(seconds),
        error=error[:2000],
        error_code=code[:100],
        owner=None,
        lease_until=None,
    )


def expire(session: Session, *, of_others: str | None = None, limit: int = 100) -> list[Resolved]:
    """Take back claims whose lease ran out: claimed ones are queued again, sending ones are uncertain.

    With `of_others` all claims but those of that owner are taken back at once, whatever their lease: the
    embedded server knows that its predecessor is dead.
    """
    lost = Delivery.lease_until < utcnow() if of_others is None else Delivery.owner != of_others
    resolved = []
    for old, new, values in (
        (DeliveryState.CLAIMED, DeliveryState.QUEUED, {"owner": None}),
        (
            DeliveryState.SENDING,
            DeliveryState.UNCERTAIN,
            {
                "error": "The connection was cut while sending. The customer may or may not have it.",
                "error_code": "lease",
                "settle_at": None,
                "settle_tries": 0,
            },
        ),
    ):
        ids = (
            select(Delivery.id)
            .where(Delivery.state == old, lost)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("lost")
            .prefix_with(
                "MATERIALIZED", dialect="postgresql"
            )  # inlined, the LIMIT could be taken more than once
        )
        rows = session.execute(
            update(Delivery)
            .where(Delivery.id.in_(select(ids.c.id)))
            .values(state=new, lease_until=None, updated_at=utcnow(), **values)
            .returning(Delivery.id, Delivery.thread_id, Delivery.message_id)
            .execution_options(synchronize_session=False)
        )
        resolved += [Resolved(row.id, row.thread_id, row.message_id, new) for row in rows]
    if resolved:
        ring(session, "outbound")
    return resolved


def has_due(session: Session) -> bool:
    """Whether a delivery of an active channel waits to be sent now."""
    due = (
        select(Delivery.id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(
            Delivery.state == DeliveryState.QUEUED,
            Delivery.not_before <= utcnow(),
            Channel.state == ChannelState.ACTIVE,
        )
        .limit(1)
    )
    return session.execute(due).scalar() is not None


def seconds_until_due(session: Session) -> float | None:
    """Seconds until the next queued delivery is due (0 when one is), or None when none is queued."""
    moment = session.execute(
        select(Delivery.not_before)
        .where(Delivery.state == DeliveryState.QUEUED)
        .order_by(Delivery.not_before)
        .limit(1)
    ).scalar()
    if moment is None:
        return None
    now: datetime = session.execute(select(utcnow())).scalar_one()
    return max(0.0, (moment - now).total_seconds())


def lock(session: Session, delivery_id: int) -> Delivery | None:
    """The delivery, locked until the end of the transaction."""
    return session.execute(
        select(Delivery)
        .where(Delivery.id == delivery_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar()


def _fenced(
    session: Session,
    delivery_id: int,
    held_by: str,
    states: Collection[DeliveryState],
    /,
    **values: Any,
) -> bool:
    """Change a delivery only while `held_by` holds it in one of `states`."""
    changed = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.owner == held_by, Delivery.state.in_(states))
        .values(updated_at=utcnow(), **values)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return changed is not None


def thread_of(session: Session, delivery_id: int) -> int:
    """The thread of a delivery. Raises NotFound."""
    thread_id = session.execute(select(Delivery.thread_id).where(Delivery.id == delivery_id)).scalar()
    if thread_id is None:
        raise NotFound("There is no such delivery.")
    return thread_id


def requeue(session: Session, delivery: Delivery, agent_id: int) -> None:
    """Queue a locked dead delivery again at once. It keeps its key, so that peers that know it can tell."""
    again = [*delivery.request.get("sent_again_by", ()), agent_id]
    delivery.request = {**delivery.request, "sent_again_by": again}
    delivery.state, delivery.owner, delivery.lease_until = DeliveryState.QUEUED, None, None
    delivery.error = delivery.error_code = delivery.first_tried_at = None
    delivery.attempts = delivery.settle_tries = 0
    delivery.settle_at = None
    delivery.recipients = [{**entry, "state": "queued", "error": None} for entry in delivery.recipients]
    session.flush()
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id)
        .values(not_before=utcnow(), updated_at=utcnow())
        .execution_options(synchronize_session=False)
    )


def cancel(session: Session, delivery: Delivery) -> bool:
    """Cancel a locked delivery that is not on its way; False when it is, or was."""
    if delivery.state not in (DeliveryState.QUEUED, *rules.DEAD):
        return False
    delivery.state, delivery.owner, delivery.lease_until = DeliveryState.CANCELLED, None, None
    delivery.recipients = [{**entry, "state": "cancelled"} for entry in delivery.recipients]
    delivery.updated_at = utc_now()
    session.flush()
    return True

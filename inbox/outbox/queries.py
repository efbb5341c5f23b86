"""Reading deliveries."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from inbox.errors import NotFound
from inbox.outbox.models import Delivery
from inbox.outbox.words import DeliveryState
from inbox.threads.models import Message, MessageAlias
from inbox.threads.words import Trouble

IDS_MAX = 1000
"""Further ids of one report are left out."""


def trouble_of(session: Session, thread_id: int) -> Trouble | None:
    """The worst thing that is wrong with a thread's deliveries."""
    states = set(
        session.execute(
            select(Delivery.state)
            .where(
                Delivery.thread_id == thread_id,
                Delivery.state.in_((DeliveryState.FAILED, DeliveryState.UNCERTAIN)),
            )
            .distinct()
        ).scalars()
    )
    if DeliveryState.FAILED in states:
        return Trouble.FAILED
    return Trouble.UNCERTAIN if states else None


def by_external_ids(session: Session, channel_id: int, external_ids: Sequence[str]) -> list[int]:
    """Ids of the deliveries of the messages that the ids name, in their order; unknown ids are left out."""
    wanted = list(dict.fromkeys(external_ids))[:IDS_MAX]
    if not wanted:
        return []
    rows = session.execute(
        select(MessageAlias.external_id, Delivery.id)
        .join(Delivery, Delivery.message_id == MessageAlias.message_id)
        .where(MessageAlias.channel_id == channel_id, MessageAlias.external_id.in_(wanted))
    ).all()
    place = {external_id: number for number, external_id in enumerate(wanted)}
    return list(dict.fromkeys(row.id for row in sorted(rows, key=lambda row: place[row.external_id])))


def by_idem_key(session: Session, idem_key: str) -> int | None:
    """The id of the delivery with that key."""
    return session.execute(select(Delivery.id).where(Delivery.idem_key == idem_key)).scalar()


def on_the_wire(session: Session, thread_id: int, channel_id: int, identity_id: int) -> list[int]:
    """Ids of the deliveries to an identity that a channel may have without having said so, oldest first."""
    return _to(session, thread_id, channel_id, identity_id, (DeliveryState.SENDING, DeliveryState.UNCERTAIN))


def is_awaited(session: Session, thread_id: int, channel_id: int, identity_id: int, moment: datetime) -> bool:
    """Whether a delivery to an identity is being sent since `moment` or before."""
    begun = Delivery.started_at <= moment
    return bool(_to(session, thread_id, channel_id, identity_id, (DeliveryState.SENDING,), begun))


def sent_by(
    session: Session, thread_id: int, channel_id: int, identity_id: int, moment: datetime
) -> list[int]:
    """Ids of the deliveries to an identity that went out no later than `moment` and were not read yet, oldest first.

    A delivery goes out when its last try goes to the wire: the provider's answer takes a while longer.
    """
    went_out = func.coalesce(Delivery.started_at, Delivery.sent_at)
    states = (DeliveryState.SENT, DeliveryState.DELIVERED)
    return _to(session, thread_id, channel_id, identity_id, states, went_out <= moment)


def _to(
    session: Session,
    thread_id: int,
    channel_id: int,
    identity_id: int,
    states: Sequence[DeliveryState],
    *more: ColumnElement[bool],
) -> list[int]:
    # Written out, so that a partial index on these states can be seen to serve.
    named: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in states]
    return list(
        session.scalars(
            select(Delivery.id)
            .join(Message, Message.id == Delivery.message_id)
            .where(
                Delivery.thread_id == thread_id,
                Delivery.channel_id == channel_id,
                Delivery.state.in_(named),
                Message.identity_id == identity_id,
                *more,
            )
            .order_by(Delivery.id)
        )
    )


def of_messages(session: Session, message_ids: Collection[int]) -> dict[int, Delivery]:
    """The deliveries of messages, by the message's id; one that was sent elsewhere has none."""
    rows = session.scalars(select(Delivery).where(Delivery.message_id.in_(message_ids)))
    return {row.message_id: row for row in rows}


def get(session: Session, delivery_id: int) -> Delivery:
    """The delivery as it is in the database now. Raises NotFound."""
    delivery = session.execute(
        select(Delivery).where(Delivery.id == delivery_id).execution_options(populate_existing=True)
    ).scalar()
    if delivery is None:
        raise NotFound("There is no such delivery.")
    return delivery


def is_on(session: Session, delivery_id: int, channel_id: int) -> bool:
    """Whether a delivery went out on that channel; another channel's report cannot change it."""
    found = select(Delivery.id).where(Delivery.id == delivery_id, Delivery.channel_id == channel_id)
    return session.execute(found).scalar() is not None

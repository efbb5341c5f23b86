"""What a delivery's outcome means for its thread, as the stories that bring one share it."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.contract import Party
from inbox.customers import actions as people
from inbox.customers import lookup as customers
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.outbox import queries as deliveries
from inbox.outbox.words import DeliveryState
from inbox.sla import actions as sla
from inbox.threads import actions as threads
from inbox.threads.words import Status

if TYPE_CHECKING:
    from inbox.outbox.models import Delivery
    from inbox.threads.models import Thread


BLOCKED = "blocked"
"""Code of a refusal that is about the recipient and not about the message."""


def tell(
    session: Session, thread_id: int, message_id: int, state: DeliveryState, actor_id: int | None = None
) -> None:
    """Record that a delivery changed."""
    record(
        session,
        EventKind.DELIVERY_CHANGED,
        thread_id=thread_id,
        message_id=message_id,
        actor_id=actor_id,
        data={"state": str(state)},
    )


def show_trouble(session: Session, thread_id: int) -> None:
    """Show the worst outcome of a thread's deliveries in the list."""
    threads.set_trouble(session, thread_id, deliveries.trouble_of(session, thread_id))


def unreachable(
    session: Session, delivery: "Delivery", reason: str, now: datetime, *, everywhere: bool
) -> None:
    """Note that the address a delivery went to cannot be reached, if it is one that the customer wrote from: what
    he only claimed, or asked to answer to, is none.

    `everywhere`: the address itself is dead (mail bounced), not only closed to the account that wrote.
    """
    to = Party.model_validate(delivery.request["to"])
    identity = customers.at(session, to)
    if identity is None or "claim_id" in delivery.request:
        return
    reason = reason or "Messages to this address do not arrive."
    if everywhere:
        people.unreachable(session, identity.id, reason)
    else:
        people.shut(session, identity.id, delivery.channel_id, to.place, reason, now)


def after_failure(
    session: Session, thread: "Thread", message_id: int, delivery_id: int, now: datetime
) -> None:
    """Follow a delivery that did not get through, on its locked thread.

    When it failed for good the customer still waits, so his wait goes on; and a thread that was resolved with
    that reply is open again, or nobody would look at it.
    """
    delivery = deliveries.get(session, delivery_id)
    if delivery.state is DeliveryState.FAILED:
        episode = threads.newest_episode(session, thread.id)
        if episode is not None and episode.status is Status.RESOLVED:
            threads.reopen_episode(thread, episode)
            threads.append_system(
                session, thread, episode, "undelivered", "Reopened: a reply could not be delivered", now
            )
            record(session, EventKind.EPISODE_REOPENED, thread_id=thread.id)
        sla.answer_withdrawn(session, thread, message_id)
    session.flush()
    show_trouble(session, thread.id)
    tell(session, thread.id, message_id, delivery.state)

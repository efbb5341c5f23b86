"""What providers report about our own messages: delivered, read, delayed, failed."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.channels import rights
from inbox.contract import Party, StatusChange
from inbox.customers import lookup as customers
from inbox.flows import outcome
from inbox.flows.changes import NotYet
from inbox.flows.context import Context
from inbox.outbox import actions as outbox
from inbox.outbox import queries as deliveries
from inbox.outbox import reports as outbox_reports
from inbox.outbox import settling
from inbox.outbox.words import DeliveryState
from inbox.threads import actions as threads
from inbox.threads import lookup

if TYPE_CHECKING:
    from inbox.channels.models import Channel

_EARLY = {"sent", "delivered", "read"}
"""Good news can come before we have noted what the provider called the message."""

PATIENCE = timedelta(minutes=1)


def apply(session: Session, ctx: Context, channel: "Channel", item: StatusChange) -> str | None:
    """Apply a provider's report on deliveries of ours; returns why not, when there is none it concerns.

    "read" is true for all of the ids, as networks report up to where somebody has read; any other state is that
    of one delivery, which has several names. Raises NotYet: a report may be here before we have noted the id.
    """
    if item.to is not None and item.up_to is not None:
        return _watermark(session, ctx, channel, item, item.to, item.up_to)
    signed = (ctx.vault.read_token("bounce", token) for token in item.tokens)
    number = next((number for number in signed if number is not None), None)
    found = [] if number is None else [number]
    if number is None:
        found = deliveries.by_external_ids(session, channel.id, item.external_ids)
        found = found if item.state == "read" else found[:1]
    found = [delivery_id for delivery_id in found if deliveries.is_on(session, delivery_id, channel.id)]
    if not found:
        reason = f"report “{item.state}” on a message we do not know: {item.reason}".rstrip(": ")
        if number is None and item.external_ids and item.state in _EARLY:
            raise NotYet(reason, PATIENCE)
        return reason
    proof = number is not None
    reasons = [_report(session, ctx, channel, delivery_id, item, proof=proof) for delivery_id in found]
    return None if None in reasons else reasons[0]


def _watermark(
    session: Session, ctx: Context, channel: "Channel", item: StatusChange, to: Party, up_to: datetime
) -> str | None:
    """Apply a report on all that went to a party by a moment, and on what it names besides.

    A delivery whose answer is still awaited may have gone out before: the report is looked at again then.
    """
    identity = customers.at(session, to)
    thread_id = None if identity is None else lookup.of_customer(session, identity.customer_id)
    if identity is None or thread_id is None or item.state not in ("delivered", "read"):
        return f"report “{item.state}” up to a moment, about nobody we wrote to"
    named = deliveries.by_external_ids(session, channel.id, item.external_ids)
    found = deliveries.sent_by(session, thread_id, channel.id, identity.id, up_to)
    wanted = sorted({*found, *(number for number in named if deliveries.is_on(session, number, channel.id))})
    reasons = [_report(session, ctx, channel, delivery_id, item) for delivery_id in wanted]
    news = None in reasons
    if deliveries.is_awaited(session, thread_id, channel.id, identity.id, up_to):
        raise NotYet("a reply that may have gone out before is still on its way", PATIENCE, partly=news)
    return None if news else f"report “{item.state}” brings nothing new"


def _report(
    session: Session,
    ctx: Context,
    channel: "Channel",
    delivery_id: int,
    item: StatusChange,
    *,
    proof: bool = False,
) -> str | None:
    """Apply a report on one delivery. `proof`: it bears our own mark, and so proves that the provider has it all.

    Of one whose answer did not come, or not yet, ids are known only from a part of it: what is said of that part has
    to wait until the whole is known. Raises NotYet.
    """
    thread = threads.lock(session, outbox.thread_of(session, delivery_id))
    delivery = outbox.lock(session, delivery_id)
    if delivery is None:
        return "report on a delivery that is gone"
    if item.state == "delayed":
        outbox_reports.delayed(session, delivery, item.recipient, item.reason)
        outcome.tell(session, thread.id, delivery.message_id, delivery.state)
        return None
    proved = False
    if item.state in _EARLY and proof:
        proved = settling.accept(session, delivery, "".join(item.external_ids[:1]))
        threads.add_aliases(session, channel.id, delivery.message_id, item.external_ids if proved else ())
    elif item.state in _EARLY and delivery.state in settling.PROVABLE:
        raise NotYet(f"report “{item.state}” on a part of a reply that may not be out yet", PATIENCE)
    changed = outbox_reports.reported(
        session,
        delivery,
        DeliveryState(item.state),
        recipient=item.recipient,
        error=item.reason if item.state == "failed" else None,
        code=item.code,
    )
    if not changed and not proved:
        return f"report “{item.state}” brings nothing new"
    if delivery.state is DeliveryState.FAILED:
        # Where only those who wrote are answered, or only for a while, a failure tells of that message: it would
        # shut everybody out.
        can = rights.can(ctx.registry, channel)
        everywhere = can.can_start and can.reply_window is None
        if everywhere or item.code == outcome.BLOCKED:
            outcome.unreachable(session, delivery, item.reason, ctx.clock(), everywhere=everywhere)
        outcome.after_failure(session, thread, delivery.message_id, delivery.id, ctx.clock())
    else:
        outcome.show_trouble(session, thread.id)
        outcome.tell(session, thread.id, delivery.message_id, delivery.state)
    return None

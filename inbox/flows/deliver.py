"""The way out, second half: a queued delivery is claimed, sent, and its outcome recorded.

A delivery counts as *sending* from the commit right before its first byte goes out: a crash before that
repeats it, a crash after that leaves it *uncertain*, and only a person decides to send again (I4, I5).
"""

import random
import time
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import lookup as channel_lookup
from inbox.channels import queries as channel_queries
from inbox.channels import rights
from inbox.channels.words import Side
from inbox.contract import (
    AdapterError,
    NeedsReauth,
    Receipt,
    Rejected,
    TryLater,
    Uncertain,
)
from inbox.errors import Invalid, OnethreadError
from inbox.flows import outcome, outgoing
from inbox.flows.context import Context
from inbox.flows.wire import ClaimLost, WireIo
from inbox.outbox import actions as outbox
from inbox.outbox import rules, settling, unseen
from inbox.outbox.queries import get as get_delivery
from inbox.outbox.words import DeliveryState
from inbox.threads import actions as threads

if TYPE_CHECKING:
    from inbox.outbox.models import Delivery

log = structlog.get_logger(__name__)


def drain(ctx: Context, limit: int = 50) -> int:
    """Send what is due, up to `limit` deliveries; returns how many were tried."""
    tried = 0
    while tried < limit and not ctx.stop.is_set():
        with ctx.lanes.enter(lambda busy: ctx.db.run(_claim, ctx.owner, busy)) as delivery_id:
            if delivery_id is None:
                break
            ctx.checkpoint("after_claim")
            deliver(ctx, delivery_id)
        tried += 1
    return tried


def deliver(ctx: Context, delivery_id: int) -> None:
    """Send one claimed delivery and record what came of it."""
    try:
        with ctx.db.read() as session:
            delivery, channel, message = outgoing.load(session, ctx, delivery_id)
        adapter = ctx.registry.get(channel.kind)
        config = channels.open_config(ctx.registry, ctx.vault, channel)
        ctx.stop.wait(ctx.lanes.turn(channel.id, rights.can(ctx.registry, channel).rate, time.monotonic()))
        io = WireIo(ctx, channel, lambda: ctx.db.run(outbox.start_sending, delivery_id, ctx.owner))
        receipt = adapter.send(config, message, io)
    except ClaimLost:
        log.warning("delivery.claim_lost", delivery=delivery_id)
    except TryLater as error:
        _put_off(ctx, delivery_id, error)
    except NeedsReauth as error:
        _hold(ctx, delivery_id, error)
    except Rejected as error:
        _fail(ctx, delivery_id, error, uncertain=False)
    except Uncertain as error:
        _fail(ctx, delivery_id, error, uncertain=True)
    except OnethreadError as error:
        _put_off(ctx, delivery_id, TryLater(str(error)))
    else:
        ctx.checkpoint("before_ack")
        _sent(ctx, delivery, receipt, rights.can(ctx.registry, channel).unseen_after)


def sweep(ctx: Context) -> int:
    """Take back the claims of processes that stopped renewing them; returns how many."""
    return ctx.db.run(_expire, ctx)


def recover(ctx: Context) -> int:
    """Take back every claim but our own: this process alone works on the database and has just started."""
    return ctx.db.run(_expire, ctx, of_others=ctx.owner)


def _claim(session: Session, owner: str, busy_channels: list[int]) -> tuple[int, int] | None:
    """The ids of a claimed delivery and its channel."""
    delivery_id = outbox.claim(session, owner, busy_channels)
    if delivery_id is None:
        return None
    return delivery_id, get_delivery(session, delivery_id).channel_id


def _expire(session: Session, ctx: Context, of_others: str | None = None) -> int:
    lost = outbox.expire(session, of_others=of_others)
    for resolved in lost:
        if resolved.state is DeliveryState.UNCERTAIN:
            if _settles(session, ctx, resolved.delivery_id):
                settling.begin(session, resolved.delivery_id)
            outcome.show_trouble(session, resolved.thread_id)
        outcome.tell(session, resolved.thread_id, resolved.message_id, resolved.state)
    return len(lost)


def _settles(session: Session, ctx: Context, delivery_id: int) -> bool:
    """Whether the network can be asked if it has a delivery."""
    channel_id = get_delivery(session, delivery_id).channel_id
    channel = channel_lookup.any_state(session, [channel_id])[channel_id]
    try:
        return rights.can(ctx.registry, channel).settles
    except Invalid:  # its adapter is not installed any more
        return False


def _sent(ctx: Context, delivery: "Delivery", receipt: Receipt, unseen_after: int | None) -> None:
    def story(session: Session) -> None:
        recipients = list(delivery.recipients)
        refused = {refusal.address.casefold(): refusal for refusal in receipt.refused}
        for entry in recipients:
            refusal = refused.get(entry["address"].casefold())
            entry.update(
                state="sent" if refusal is None else "failed",
                error=None if refusal is None else refusal.reason,
            )
        thread = threads.lock(session, delivery.thread_id)
        fresh = outbox.sent(session, delivery.id, ctx.owner, receipt.external_id, recipients)
        threads.add_aliases(
            session, delivery.channel_id, delivery.message_id, (receipt.external_id, *receipt.aliases)
        )
        if not fresh:  # an echo was here before, or a person has decided
            outbox.note_receipt(session, delivery.id, ctx.owner, receipt.external_id, recipients)
            log.warning("delivery.late", delivery=delivery.id)
            return
        if unseen_after is not None:
            unseen.watch(session, delivery.id, ctx.settings.unseen_seconds or unseen_after)
        channels.note_out(session, delivery.channel_id)
        outcome.show_trouble(session, thread.id)
        outcome.tell(session, thread.id, delivery.message_id, DeliveryState.SENT)

    ctx.db.run(story)


def _put_off(ctx: Context, delivery_id: int, error: TryLater) -> None:
    def story(session: Session) -> None:
        delivery = get_delivery(session, delivery_id)
        seconds = rules.backoff(delivery.attempts, random.random(), error.after)  # noqa: S311  jitter, no secret
        thread = threads.lock(session, delivery.thread_id)
        outbox.put_off(session, delivery_id, ctx.owner, seconds, error.reason, error.code)
        channels.note_error(session, delivery.channel_id, error.reason, Side.OUT)
        outcome.after_failure(session, thread, delivery.message_id, delivery_id, ctx.clock())

    log.info("delivery.put_off", delivery=delivery_id, reason=error.reason, code=error.code)
    ctx.db.run(story)


def _hold(ctx: Context, delivery_id: int, error: NeedsReauth) -> None:
    """The account's rights are gone: the delivery stays queued until somebody reconnects the channel."""

    def story(session: Session) -> None:
        delivery = get_delivery(session, delivery_id)
        outbox.put_off(session, delivery_id, ctx.owner, 1.0, error.reason, error.code)
        channels.needs_reauth(session, delivery.channel_id, error.reason)
        outcome.tell(session, delivery.thread_id, delivery.message_id, DeliveryState.QUEUED)

    log.warning("delivery.held", delivery=delivery_id, reason=error.reason)
    ctx.db.run(story)


def _fail(ctx: Context, delivery_id: int, error: AdapterError, *, uncertain: bool) -> None:
    def story(session: Session) -> None:
        delivery = get_delivery(session, delivery_id)
        thread = threads.lock(session, delivery.thread_id)
        settles = uncertain and _settles(session, ctx, delivery_id)
        how = {"uncertain": uncertain, "settles": settles}
        if outbox.failed(session, delivery_id, ctx.owner, error.reason, error.code, **how):
            if isinstance(error, Rejected) and (error.unreachable or error.code == outcome.BLOCKED):
                channel = channel_queries.row(session, delivery.channel_id)
                everywhere = rights.can(ctx.registry, channel).can_start
                outcome.unreachable(session, delivery, error.reason, ctx.clock(), everywhere=everywhere)
            outcome.after_failure(session, thread, delivery.message_id, delivery_id, ctx.clock())

    log.warning(
        "delivery.failed", delivery=delivery_id, uncertain=uncertain, reason=error.reason, code=error.code
    )
    ctx.db.run(story)

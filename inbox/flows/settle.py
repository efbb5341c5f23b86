"""Uncertain deliveries settle themselves where the network can be asked whether it has the message.

The network is asked a few times, less and less often. What it shows is sent; what it does not show stays uncertain,
and only a person decides to send it again (I5). A decision made meanwhile wins over whatever the network says.
"""

from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import rights
from inbox.contract import AdapterError, NeedsReauth, Receipt, TryLater
from inbox.errors import OnethreadError
from inbox.flows import outcome, outgoing
from inbox.flows.context import Context
from inbox.outbox import actions as outbox
from inbox.outbox import rules, settling
from inbox.outbox.queries import get as get_delivery
from inbox.outbox.words import DeliveryState
from inbox.threads import actions as threads

if TYPE_CHECKING:
    from inbox.outbox.settling import Claimed

log = structlog.get_logger(__name__)

NOT_SHOWN = (
    "{network} was asked {times} times and does not show this message. Look there before you send it again."
)
NOT_ASKED = "The network could not be asked whether it has this message: {reason}"


def sweep(ctx: Context, limit: int = 20) -> int:
    """Ask about what is due, up to `limit` deliveries; returns how many were asked about."""
    with ctx.db.read() as session:
        if not settling.is_due(session):
            return 0
    asked = 0
    while asked < limit and not ctx.stop.is_set():
        claimed = ctx.db.run(settling.claim)
        if claimed is None:
            break
        ctx.checkpoint("before_look_up")
        _ask(ctx, claimed)
        asked += 1
    return asked


def _ask(ctx: Context, claimed: "Claimed") -> None:
    try:
        with ctx.db.read() as session:
            _delivery, channel, message = outgoing.load(session, ctx, claimed.delivery_id)
        account = rights.account(ctx.registry, channel)
        if not account.can.settles:
            _give_up(ctx, claimed, "")
            return
        config = channels.open_config(ctx.registry, ctx.vault, channel)
        io = ctx.make_io(
            channel.facts,
            lambda updates: channels.keep_secrets(ctx.db, ctx.registry, ctx.vault, channel.id, updates),
        )
        receipt = ctx.registry.get(channel.kind).lookup(config, message, io)
    except TryLater as error:
        _not_now(ctx, claimed, error, error.after)
    except NeedsReauth as error:
        ctx.db.run(_lost_rights, claimed.delivery_id, error.reason)
        _not_now(ctx, claimed, error)
    except (AdapterError, OnethreadError) as error:
        _give_up(ctx, claimed, NOT_ASKED.format(reason=error))
    else:
        ctx.checkpoint("after_look_up")
        if receipt is not None:
            ctx.db.run(_found, claimed.delivery_id, receipt)
        elif claimed.is_last:
            _give_up(ctx, claimed, NOT_SHOWN.format(network=account.manifest.title, times=claimed.tries))
        else:
            ctx.db.run(settling.ask_again, claimed, rules.LOOK_UPS[claimed.tries])


def _lost_rights(session: Session, delivery_id: int, reason: str) -> None:
    channels.needs_reauth(session, get_delivery(session, delivery_id).channel_id, reason)


def _not_now(ctx: Context, claimed: "Claimed", error: AdapterError, after: float | None = None) -> None:
    """The network cannot be asked just now: later, unless it was the last time."""
    log.info("delivery.not_asked", delivery=claimed.delivery_id, reason=error.reason, code=error.code)
    if claimed.is_last:
        _give_up(ctx, claimed, NOT_ASKED.format(reason=error.reason))
    else:
        seconds = max(rules.LOOK_UPS[claimed.tries], min(after or 0.0, rules.LOOK_UPS[-1]))
        ctx.db.run(settling.ask_again, claimed, seconds)


def _found(session: Session, delivery_id: int, receipt: Receipt) -> None:
    thread = threads.lock(session, outbox.thread_of(session, delivery_id))
    delivery = outbox.lock(session, delivery_id)
    if delivery is None or delivery.state is not DeliveryState.UNCERTAIN:
        return
    settling.accept(session, delivery, receipt.external_id)
    threads.add_aliases(
        session, delivery.channel_id, delivery.message_id, (receipt.external_id, *receipt.aliases)
    )
    outcome.show_trouble(session, thread.id)
    outcome.tell(session, thread.id, delivery.message_id, delivery.state)
    log.info("delivery.settled", delivery=delivery_id)


def _give_up(ctx: Context, claimed: "Claimed", told: str) -> None:
    def story(session: Session) -> None:
        if settling.leave(session, claimed, told):
            delivery = get_delivery(session, claimed.delivery_id)
            outcome.tell(session, delivery.thread_id, delivery.message_id, delivery.state)

    log.warning("delivery.unsettled", delivery=claimed.delivery_id, tries=claimed.tries, reason=told)
    ctx.db.run(story)

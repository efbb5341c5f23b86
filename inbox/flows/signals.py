"""Signs that pass by beside the messages: who is writing now, and agents' reactions.

That somebody writes is an event and nothing else: browsers and panels read it from the feed, it is true for
TYPING and is never looked at again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels import actions as channels
from inbox.channels import lookup as channel_lookup
from inbox.channels import rights
from inbox.clock import utc_now
from inbox.contract import AdapterError, NeedsReauth, Party, Rejected
from inbox.customers import lookup as customers
from inbox.errors import Invalid, NotFound, OnethreadError, Unavailable
from inbox.events.catalog import EventKind
from inbox.events.queries import happened_since
from inbox.events.record import record
from inbox.flows.context import Context
from inbox.flows.wire import network
from inbox.shapes import iso
from inbox.threads import actions as threads
from inbox.threads import answering, lookup, revisions, rules
from inbox.threads.words import Kind

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.threads.models import Message

log = structlog.get_logger(__name__)

TYPING = timedelta(seconds=6)
"""For how long a sign of writing is true."""

EVERY = timedelta(seconds=3)
"""Signs of the same person in the same thread that follow one another faster are dropped."""

NO_REACTIONS = "This channel has no reactions."


@dataclass(frozen=True)
class _Shown:
    """Whom a network shows that an agent is writing."""

    channel: "Channel"
    to: Party
    answering: str


def agent_types(ctx: Context, agent: AgentIdentity, thread_id: int, channel_id: int) -> None:
    """Show colleagues, and the customer where the channel can, that an agent writes a reply.

    Raises NotFound or Invalid. What the network makes of it is neither waited for nor told.
    """
    shown = ctx.db.run(_agent_types, ctx, agent, thread_id, channel_id)
    if shown is not None:
        ctx.aside(lambda: _show(ctx, shown))


def customer_types(session: Session, _ctx: Context, identity_id: int) -> None:
    """Show agents that a customer writes, if he has a thread. `session` is a transaction of the caller's."""
    customer_id = customers.owner(session, identity_id)
    thread_id, since = lookup.of_customer(session, customer_id), utc_now() - EVERY
    if thread_id is None or happened_since(session, EventKind.CUSTOMER_TYPING, thread_id, since):
        return
    data = {"identity_id": identity_id, "until": iso(utc_now() + TYPING)}
    record(session, EventKind.CUSTOMER_TYPING, thread_id=thread_id, data=data)


def react(ctx: Context, agent: AgentIdentity, message_id: int, emoji: Sequence[str]) -> None:
    """Put our reactions on a customer's message in place of those before; none takes them away.

    The network hears of it first: what it refuses is not shown. Raises NotFound, Invalid, or Unavailable when
    the network cannot be reached.
    """
    with ctx.db.read() as session:
        message = _visible(session, agent, message_id)
        channel, to = _reactable(session, ctx, message)
    config = channels.open_config(ctx.registry, ctx.vault, channel)
    external_id = message.external_id or ""
    try:
        ctx.registry.get(channel.kind).react(config, to, external_id, tuple(emoji), network(ctx, channel))
    except Rejected as error:
        raise Invalid(error.reason, "/emoji") from error
    except NeedsReauth as error:
        ctx.db.run(channels.needs_reauth, channel.id, error.reason)
        raise Unavailable(error.reason) from error
    except AdapterError as error:
        raise Unavailable(error.reason) from error
    ctx.db.run(_reacted, ctx, agent, message_id, emoji)


def _agent_types(
    session: Session, ctx: Context, agent: AgentIdentity, thread_id: int, channel_id: int
) -> _Shown | None:
    thread = lookup.thread(session, thread_id)
    if not rules.may_see(agent, thread.team_id, thread.assignee_id):
        raise NotFound("There is no such thread.")
    channel = channel_lookup.usable(session, channel_id)
    since = utc_now() - EVERY
    if happened_since(session, EventKind.AGENT_TYPING, thread.id, since, actor_id=agent.id):
        return None
    record(
        session,
        EventKind.AGENT_TYPING,
        thread_id=thread.id,
        actor_id=agent.id,
        data={"channel_id": channel.id, "name": agent.name, "until": iso(utc_now() + TYPING)},
    )
    account = rights.account(ctx.registry, channel)
    if not account.can.typing or account.can.site:
        return None  # where our own panel is the network, it reads the event
    for way in answering.ways(session, thread.id, [account], ctx.clock()):
        if way.verdict.usable and way.address is not None and way.address.claim_id is None:
            newest = lookup.newest_inbound(session, thread.id, channel.id, thread.last_seq + 1)
            is_his = newest is not None and newest.identity_id == way.address.identity_id
            return _Shown(channel, way.address.party, (newest.external_id or "") if newest and is_his else "")
    return None


def _show(ctx: Context, shown: _Shown) -> None:
    channel = shown.channel
    try:
        config = channels.open_config(ctx.registry, ctx.vault, channel)
        ctx.registry.get(channel.kind).typing(config, shown.to, network(ctx, channel), shown.answering)
    except (AdapterError, OnethreadError) as error:
        log.info("typing.not_shown", channel=channel.id, reason=str(error))


def _visible(session: Session, agent: AgentIdentity, message_id: int) -> "Message":
    message = lookup.get(session, message_id)
    thread = lookup.thread(session, message.thread_id)
    if not rules.may_see(agent, thread.team_id, thread.assignee_id):
        raise NotFound("There is no such message.")
    return message


def _reactable(session: Session, ctx: Context, message: "Message") -> "tuple[Channel, Party]":
    """The channel and the sender of a message that can be reacted to. Raises Invalid."""
    if message.kind is not Kind.INBOUND or message.channel_id is None or message.identity_id is None:
        raise Invalid("Only customers' messages can be reacted to.")
    if message.removed_at is not None:
        raise Invalid("The message was taken back.")
    channel = channel_lookup.usable(session, message.channel_id)
    if not rights.can(ctx.registry, channel).reactions:
        raise Invalid(NO_REACTIONS)
    sender = customers.party(session, message.identity_id)
    return channel, sender.model_copy(update={"place": message.place})


def _reacted(
    session: Session, ctx: Context, agent: AgentIdentity, message_id: int, emoji: Sequence[str]
) -> None:
    message = lookup.get(session, message_id)
    thread = threads.lock(session, message.thread_id)
    if revisions.react(session, message_id, emoji, ctx.clock(), agent_id=agent.id):
        record(
            session,
            EventKind.MESSAGE_CHANGED,
            thread_id=thread.id,
            message_id=message_id,
            actor_id=agent.id,
            data={"change": "reacted"},
        )

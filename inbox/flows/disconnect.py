"""Removing a channel: its history stays, its secrets go, and what it was still to send waits for a person."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels import actions as channels
from inbox.channels import arranging
from inbox.errors import NotAllowed
from inbox.flows import outcome
from inbox.flows.context import Context
from inbox.outbox import channel as outbox
from inbox.threads import actions as threads

REASON = "The channel was removed before this was sent."


@dataclass(frozen=True)
class Disconnected:
    """How many queued replies failed by it, and what the provider could not be told, as a sentence or ""."""

    given_up: int
    problem: str = ""


def disconnect(ctx: Context, agent: AgentIdentity, channel_id: int) -> Disconnected:
    """Remove a channel, and take back at its provider what was arranged. Raises NotAllowed or NotFound."""
    if not agent.is_admin:
        raise NotAllowed("Only admins remove channels.")
    leave = arranging.farewell(ctx, channel_id)
    given_up = ctx.db.run(_disconnect, ctx, agent, channel_id)
    return Disconnected(given_up, leave())


def _disconnect(session: Session, ctx: Context, agent: AgentIdentity, channel_id: int) -> int:
    channels.remove(session, channel_id, actor_id=agent.id)
    given_up = 0
    for delivery in outbox.queued(session, channel_id):
        thread = threads.lock(session, delivery.thread_id)
        if outbox.give_up(session, delivery.delivery_id, REASON):
            outcome.after_failure(session, thread, delivery.message_id, delivery.delivery_id, ctx.clock())
            given_up += 1
    return given_up

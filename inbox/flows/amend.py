"""Changing a reply that has gone out, and taking it back from the customer.

The intention is committed, then the network is asked, then the outcome is committed. What the network certainly
refused changes nothing here. Where it is not known what came of it, after a crash too, the intention stays and is
shown, and the same may be asked again: networks take such a change twice as once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels import actions as channels
from inbox.channels import lookup as channel_lookup
from inbox.channels import rights
from inbox.clock import utc_now
from inbox.contract import (
    GONE,
    AdapterError,
    NeedsReauth,
    Party,
    Posted,
    Rejected,
    Uncertain,
)
from inbox.db.work import after_commit
from inbox.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import amend_rules, reply_plan
from inbox.flows.context import Context
from inbox.flows.wire import WireIo
from inbox.outbox import actions as outbox
from inbox.outbox import amending
from inbox.outbox import queries as deliveries
from inbox.outbox.amending import Change
from inbox.sla import actions as sla
from inbox.threads import actions as threads
from inbox.threads import lookup, marks, revisions, rules, sent
from inbox.threads.words import AttachmentState, Kind, Status

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.outbox.models import Delivery
    from inbox.threads.models import Message, Thread

log = structlog.get_logger(__name__)

BUSY = "Somebody is changing this reply right now. Try again in a moment."


@dataclass(frozen=True)
class _Begun:
    """A change whose intention is committed. `again`: an earlier one of its kind may have been done already."""

    channel: "Channel"
    delivery_id: int
    posted: Posted
    change: Change
    body: str
    token: str
    again: bool


def edit(ctx: Context, agent: AgentIdentity, message_id: int, body: str) -> None:
    """Give a reply another text, with the customer and here; the former one stays among its versions.

    Raises NotFound, NotAllowed, Invalid (which is the network's refusal too), Conflict while somebody else is at it,
    or Unavailable when the network could not be asked, or did not say what it did.
    """
    reply_plan.check_body(body, has_files=False)
    _amend(ctx, agent, message_id, "edit", body)


def take_back(ctx: Context, agent: AgentIdentity, message_id: int) -> None:
    """Take a reply back from the customer; here a line stays, and what it said among its versions. Raises as `edit`."""
    _amend(ctx, agent, message_id, "delete", "")


def _amend(ctx: Context, agent: AgentIdentity, message_id: int, change: Change, body: str) -> None:
    begun = ctx.db.run(_begin, ctx, agent, message_id, change, body)
    if begun is None:
        return
    ctx.checkpoint("amendment_begun")
    try:
        _ask(ctx, begun)
    except Rejected as error:
        if error.code != GONE or not begun.again:
            ctx.db.run(_give_up, begun, message_id)
            raise Invalid(error.reason, "/body" if change == "edit" else "") from error
    except Uncertain as error:
        ctx.db.run(_leave, begun, message_id)
        raise Unavailable(error.reason) from error
    except AdapterError as error:
        ctx.db.run(_give_up, begun, message_id)
        if isinstance(error, NeedsReauth):
            ctx.db.run(channels.needs_reauth, begun.channel.id, error.reason)
        raise Unavailable(error.reason) from error
    ctx.checkpoint("amendment_done")
    ctx.db.run(_done, ctx, agent, begun, message_id)


def _ask(ctx: Context, begun: _Begun) -> None:
    channel = begun.channel
    adapter = ctx.registry.get(channel.kind)
    config = channels.open_config(ctx.registry, ctx.vault, channel)
    io = WireIo(ctx, channel, lambda: True)
    if begun.change == "edit":
        adapter.edit(config, begun.posted, begun.body, io)
    else:
        adapter.delete(config, begun.posted, io)


def _begin(
    session: Session, ctx: Context, agent: AgentIdentity, message_id: int, change: Change, body: str
) -> _Begun | None:
    """Check everything and note the intention; None when there is nothing left to do."""
    thread, message = _visible(session, agent, message_id)
    if thread.erased_at is not None:
        raise Invalid(amend_rules.NOT_THERE)
    delivery = _delivery(session, message)
    if message.kind is not Kind.REPLY or delivery is None:
        raise Invalid(amend_rules.NOT_OURS)
    if not rules.may_amend(agent, message.author_id):
        raise NotAllowed(amend_rules.NOT_YOURS)
    if message.removed_at is not None:
        if change == "delete":
            return None
        raise Invalid(amend_rules.TAKEN_BACK)
    earlier = amending.of(delivery)
    if change == "edit" and earlier is None and rules.clean(body) == message.body_text:
        return None
    channel = channel_lookup.usable(session, delivery.channel_id)
    now = utc_now()
    goes = amend_rules.Sent(delivery.state, delivery.sent_at, is_template="template" in delivery.request)
    amend_rules.check(rights.can(ctx.registry, channel), goes, change, now)
    if change == "edit":
        reply_plan.check_filled(body)
        reply_plan.check_length(rights.can(ctx.registry, channel), body)
    if earlier is not None and amending.is_held(earlier, now):
        raise Conflict(BUSY)
    posted = Posted(
        to=Party.model_validate(delivery.request["to"]),
        external_ids=tuple(_ids(session, message, delivery)),
        text=message.body_text,
        files=sum(file.state is AttachmentState.STORED for file in lookup.attachments(session, message.id)),
    )
    again = earlier is not None and earlier.change == change
    token = amending.begin(session, delivery, change, body, agent.id, now)
    _tell(session, thread, message_id, "amending", agent.id)
    return _Begun(channel, delivery.id, posted, change, body, token, again)


def _ids(session: Session, message: "Message", delivery: "Delivery") -> Sequence[str]:
    """The reply's ids at the network, the receipt's first."""
    found = sent.wire_ids_of(session, message.id, delivery.channel_id)
    first = [] if delivery.external_id is None else [delivery.external_id]
    return list(dict.fromkeys([*first, *sorted(found)]))


def _done(session: Session, ctx: Context, agent: AgentIdentity, begun: _Begun, message_id: int) -> None:
    thread, message = _locked(session, message_id)
    delivery = outbox.lock(session, begun.delivery_id)
    if delivery is None or not amending.end(session, delivery, begun.token):
        log.warning("amendment.overtaken", message=message_id)
        return
    now, seen = ctx.clock(), thread.last_seq
    if begun.change == "edit":
        revisions.edit(session, thread, message, begun.body, None, now)
        change, code, text = "edited", "reply_edited", f"{agent.name} changed a reply"
    else:
        _drop_files(session, ctx, message.id, revisions.take_back(session, thread, message, (), now) or ())
        _still_waits(session, thread, message)
        change, code, text = "removed", "reply_taken_back", f"{agent.name} took a reply back"
    _tell(session, thread, message_id, change, agent.id)
    if thread.erased_at is not None:
        return
    episode = threads.newest_episode(session, thread.id) or threads.start_episode(session, thread, now)
    line = threads.append_system(
        session, thread, episode, code, text, now,
        agent_id=agent.id, name=agent.name, message_id=message_id, written_at=message.created_at.isoformat(),
    )  # fmt: skip
    _tell(session, thread, line, code, agent.id)
    marks.keep_read(session, agent.id, thread.id, seen, thread.last_seq, now)


def _still_waits(session: Session, thread: "Thread", message: "Message") -> None:
    """Who has lost his answer waits as before, unless another one stands, or the request is done with."""
    episode = threads.newest_episode(session, thread.id)
    is_open = episode is not None and episode.status is not Status.RESOLVED
    if is_open and not sent.was_answered_later(session, thread.id, message.seq):
        sla.answer_withdrawn(session, thread, message.id)


def _give_up(session: Session, begun: _Begun, message_id: int) -> None:
    """The network certainly did not do it."""
    thread, _message = _locked(session, message_id)
    delivery = outbox.lock(session, begun.delivery_id)
    if delivery is not None and amending.end(session, delivery, begun.token):
        _tell(session, thread, message_id, "amending", None)


def _leave(session: Session, begun: _Begun, message_id: int) -> None:
    """Nobody knows whether the network did it."""
    thread, _message = _locked(session, message_id)
    delivery = outbox.lock(session, begun.delivery_id)
    if delivery is not None and amending.leave(session, delivery, begun.token, utc_now()):
        _tell(session, thread, message_id, "amending", None)


def _visible(session: Session, agent: AgentIdentity, message_id: int) -> "tuple[Thread, Message]":
    thread, message = _locked(session, message_id)
    if not rules.may_see(agent, thread.team_id, thread.assignee_id):
        raise NotFound("There is no such message.")
    return thread, message


def _locked(session: Session, message_id: int) -> "tuple[Thread, Message]":
    """A message with its thread, which is locked. Raises NotFound, or Conflict when it has just been moved."""
    thread = threads.lock(session, lookup.get(session, message_id).thread_id)
    message = sent.fresh(session, message_id)
    if message.thread_id != thread.id:
        raise Conflict("The message moved to another thread meanwhile.")
    return thread, message


def _delivery(session: Session, message: "Message") -> "Delivery | None":
    found = deliveries.of_messages(session, [message.id]).get(message.id)
    return None if found is None else outbox.lock(session, found.id)


def _drop_files(session: Session, ctx: Context, message_id: int, keys: Sequence[str]) -> None:
    def remove() -> None:
        for key in keys:
            ctx.files.remove(key)

    if keys:
        after_commit(session, f"files:{message_id}", remove)


def _tell(session: Session, thread: "Thread", message_id: int, change: str, agent_id: int | None) -> None:
    where = {"thread_id": thread.id, "message_id": message_id, "actor_id": agent_id}
    record(session, EventKind.MESSAGE_CHANGED, **where, data={"change": change})

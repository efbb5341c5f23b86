"""The way out, first half: an agent's reply or note becomes a message, in one transaction with its delivery.

Repeating a request is safe: `client_msg_id` names it, and its hash tells a repeated request from another one
under the same key (rules R2, R9, R10).
"""

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.channels import lookup as channels
from inbox.contract import Filled
from inbox.customers import actions as customers
from inbox.customers import claims
from inbox.errors import Conflict, NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import rating, reply_plan, resolve, templates
from inbox.flows.context import Context
from inbox.outbox import actions as outbox
from inbox.sla import actions as sla
from inbox.threads import actions as threads
from inbox.threads import lookup, marks, rules
from inbox.threads.words import Kind, Status

if TYPE_CHECKING:
    from inbox.threads.models import Episode, Thread


class NewerMessages(Conflict):
    """Something was written after what the agent had seen: messages after `after_seq`."""

    def __init__(self, after_seq: int) -> None:
        super().__init__("The thread has newer messages.")
        self.after_seq = after_seq


class KeyReused(Conflict):
    """The same `client_msg_id` came with another content."""


@dataclass(frozen=True)
class ReplyRequest:
    """What an agent asks to send.

    `to_identity_id` defaults to the customer's address last seen on the channel; `to_claim_id` is an address that
    he only claimed, and that the agent decides to write to; `reply_to` sends to another address that the customer
    asked for instead. `in_reply_to_message_id` is the customer's message that it answers, where not simply his newest.
    `if_last_seq` is the last message the agent had seen. A `template` goes out in place of `body`.
    """

    channel_id: int
    body: str
    client_msg_id: str
    if_last_seq: int | None = None
    send_after: datetime | None = None
    to_identity_id: int | None = None
    to_claim_id: int | None = None
    reply_to: str | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str | None = None
    attachment_ids: tuple[int, ...] = ()
    resolve: bool = False
    template: Filled | None = None
    in_reply_to_message_id: int | None = None


@dataclass(frozen=True)
class NoteRequest:
    """An internal note; customers never see it."""

    body: str
    client_msg_id: str
    attachment_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Written:
    """The message, and whether an earlier identical request had already written it."""

    message_id: int
    replayed: bool = False


def reply(ctx: Context, agent: AgentIdentity, thread_id: int, asked: ReplyRequest) -> Written:
    """Write a reply and queue its delivery.

    Raises Invalid, NotFound, NewerMessages (409 with what is new) or KeyReused; with a template also Unavailable,
    when the provider cannot be asked what it says.
    """
    text = asked.body if asked.template is None else _filled(ctx, agent, thread_id, asked, asked.template)
    return _once(ctx, functools.partial(_reply, text=text), agent, thread_id, asked)


def note(ctx: Context, agent: AgentIdentity, thread_id: int, asked: NoteRequest) -> Written:
    """Write an internal note. Raises Invalid, NotFound or KeyReused."""
    return _once(ctx, _note, agent, thread_id, asked)


def _filled(ctx: Context, agent: AgentIdentity, thread_id: int, asked: ReplyRequest, template: Filled) -> str:
    """What a template says. A request that is repeated was filled before, and asks no provider."""
    with ctx.db.read() as session:
        thread = lookup.thread(session, thread_id)
        if not rules.may_see(agent, thread.team_id, thread.assignee_id):
            raise NotFound("There is no such thread.")
        if lookup.by_client_id(session, agent.id, asked.client_msg_id) is not None:
            return ""
        channels.usable(session, asked.channel_id)
    return templates.fill(ctx, asked.channel_id, template)


def _once(
    ctx: Context, story: Callable[..., Written], agent: AgentIdentity, thread_id: int, asked: Any
) -> Written:
    """Run a story that may race with its own repetition; the loser finds what the winner wrote."""
    try:
        return ctx.db.run(story, ctx, agent, thread_id, asked)
    except IntegrityError:
        return ctx.db.run(story, ctx, agent, thread_id, asked)


def _reply(
    session: Session, ctx: Context, agent: AgentIdentity, thread_id: int, asked: ReplyRequest, *, text: str
) -> Written:
    thread = threads.lock(session, thread_id)
    if not rules.may_see(agent, thread.team_id, thread.assignee_id):
        raise NotFound("There is no such thread.")
    asked_hash = rules.body_hash({"kind": "reply", **_without_guard(asked)})
    earlier = _earlier(session, thread, agent, asked.client_msg_id, asked_hash)
    if earlier is not None:
        return earlier
    if asked.if_last_seq is not None and lookup.has_news(session, thread.id, asked.if_last_seq, agent.id):
        raise NewerMessages(asked.if_last_seq)
    plan = reply_plan.plan(session, ctx, thread, asked)
    now = ctx.clock()
    episode = _open_episode(session, thread, agent, now)
    if thread.assignee_id is None:
        thread.assignee_id = episode.assignee_id = agent.id
    message_id = threads.append(
        session,
        thread,
        episode,
        threads.NewMessage(
            Kind.REPLY,
            text,
            subject=plan.subject,
            channel_id=asked.channel_id,
            identity_id=plan.identity_id,
            place=plan.to.place,
            author_id=agent.id,
            client_msg_id=asked.client_msg_id,
            body_hash=asked_hash,
            sender_name=agent.name,
            recipients=plan.recipients,
            sent_at=now,
        ),
        now,
    )
    threads.bind_uploads(session, message_id, asked.attachment_ids, agent.id)
    for party in plan.joining:
        joined = customers.identify(session, party, now)
        threads.add_participant(session, thread.id, joined.identity_id, agent.id, now)
    delivery_id = outbox.enqueue(
        session,
        message_id=message_id,
        thread_id=thread.id,
        channel_id=asked.channel_id,
        request=plan.request,
        recipients=[{**entry, "state": "queued", "error": None} for entry in plan.recipients],
        delay=plan.undo,
        not_before=asked.send_after,
    )
    if plan.claim_id is not None:
        claims.mailed(session, plan.claim_id, now)
    sla.answered(session, thread, message_id, agent.id, now)
    if asked.template is None:
        lookup.drop_draft(session, agent.id, thread.id, "reply")
    else:
        marks.drop_template(session, agent.id, thread.id)
    record(
        session,
        EventKind.MESSAGE_REPLIED,
        thread_id=thread.id,
        message_id=message_id,
        actor_id=agent.id,
        data={"delivery_id": delivery_id, "channel_id": asked.channel_id},
    )
    if asked.resolve:
        resolve.resolve(session, thread, episode, agent.id, agent.name, now)
        rating.offer(session, ctx, thread, episode, now)
    marks.read_up_to(session, agent.id, thread.id, thread.last_seq, now)
    session.flush()
    return Written(message_id)


def _open_episode(session: Session, thread: "Thread", agent: AgentIdentity, now: datetime) -> "Episode":
    """The open episode a reply belongs to; writing into a resolved thread opens its newest one again."""
    episode = threads.newest_episode(session, thread.id)
    if episode is None:
        episode = threads.start_episode(session, thread, now)
        record(session, EventKind.EPISODE_OPENED, thread_id=thread.id, actor_id=agent.id)
    elif episode.status is Status.RESOLVED:
        threads.reopen_episode(thread, episode)
        record(session, EventKind.EPISODE_REOPENED, thread_id=thread.id, actor_id=agent.id)
    return episode


def _note(
    session: Session, ctx: Context, agent: AgentIdentity, thread_id: int, asked: NoteRequest
) -> Written:
    thread = threads.lock(session, thread_id)
    if not rules.may_see(agent, thread.team_id, thread.assignee_id):
        raise NotFound("There is no such thread.")
    asked_hash = rules.body_hash({"kind": "note", **asdict(asked)})
    earlier = _earlier(session, thread, agent, asked.client_msg_id, asked_hash)
    if earlier is not None:
        return earlier
    reply_plan.check_body(asked.body, bool(asked.attachment_ids))
    now = ctx.clock()
    episode = threads.newest_episode(session, thread.id) or threads.start_episode(session, thread, now)
    message_id = threads.append(
        session,
        thread,
        episode,
        threads.NewMessage(
            Kind.NOTE,
            asked.body,
            author_id=agent.id,
            client_msg_id=asked.client_msg_id,
            body_hash=asked_hash,
            sender_name=agent.name,
            sent_at=now,
        ),
        now,
    )
    threads.bind_uploads(session, message_id, asked.attachment_ids, agent.id)
    lookup.drop_draft(session, agent.id, thread.id, "note")
    record(session, EventKind.MESSAGE_NOTED, thread_id=thread.id, message_id=message_id, actor_id=agent.id)
    marks.read_up_to(session, agent.id, thread.id, thread.last_seq, now)
    session.flush()
    return Written(message_id)


def _without_guard(asked: ReplyRequest) -> dict[str, Any]:
    """The request as it counts for repetition: "send anyway" is the same request without its guard."""
    # What is absent leaves the hash as it was before there was such a field.
    absent = set() if asked.in_reply_to_message_id is not None else {"in_reply_to_message_id"}
    without = {"if_last_seq", "template"} | absent
    kept = {key: value for key, value in asdict(asked).items() if key not in without}
    return kept if asked.template is None else {**kept, "template": asked.template.model_dump()}


def _earlier(
    session: Session, thread: "Thread", agent: AgentIdentity, client_msg_id: str, asked_hash: str
) -> Written | None:
    """What the same request wrote before. Its thread may bear another number by now."""
    found = lookup.by_client_id(session, agent.id, client_msg_id)
    if found is None:
        return None
    if (found.thread_id, found.body_hash) != (thread.id, asked_hash):
        raise KeyReused("This client_msg_id was used for another message.")
    return Written(found.id, replayed=True)

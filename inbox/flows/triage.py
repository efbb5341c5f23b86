"""What an agent does to a thread besides writing: assign, resolve, reopen, read, draft, mend deliveries."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from inbox.agents import queries as agents
from inbox.agents.identity import AgentIdentity
from inbox.customers import lookup as customers
from inbox.db.work import ring
from inbox.errors import Conflict, Invalid, NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import outcome, rating, resolve
from inbox.flows.context import Context
from inbox.outbox import actions as outbox
from inbox.outbox.queries import get as get_delivery
from inbox.outbox.words import DeliveryState
from inbox.sla import actions as sla
from inbox.threads import actions as threads
from inbox.threads import lookup, marks, rules
from inbox.threads.words import DraftMode, Priority, Status

if TYPE_CHECKING:
    from inbox.outbox.models import Delivery
    from inbox.threads.models import Episode, Message, Thread


class Unset(Enum):
    """The mark of a field that a change leaves alone; None means "nobody"."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True)
class Changes:
    """A change of a thread's current episode; fields left UNSET stay."""

    assignee_id: int | Unset | None = UNSET
    team_id: int | Unset | None = UNSET
    status: Status | Unset = UNSET
    priority: Priority | Unset = UNSET


@dataclass(frozen=True)
class DraftFields:
    """What stands in the composer."""

    body: str = ""
    channel_id: int | None = None
    to_identity_id: int | None = None
    to_claim_id: int | None = None
    reply_to: str | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str | None = None
    template: dict[str, Any] | None = None
    in_reply_to_message_id: int | None = None
    attachment_ids: tuple[int, ...] = ()


def change(ctx: Context, agent: AgentIdentity, thread_id: int, changes: Changes) -> None:
    """Apply changes; those that are already so do nothing. Raises NotFound or Invalid."""
    ctx.db.run(_change, ctx, agent, thread_id, changes)


def mark_read(ctx: Context, agent: AgentIdentity, thread_id: int, seq: int) -> None:
    """Note that the agent has seen a thread up to `seq`; a lower one marks it unread again."""

    def story(session: Session) -> None:
        thread = _visible(session, agent, thread_id, lock=False)
        if marks.read_up_to(session, agent.id, thread.id, min(seq, thread.last_seq), ctx.clock()):
            record(
                session,
                EventKind.THREAD_READ,
                thread_id=thread.id,
                actor_id=agent.id,
                agent_id=agent.id,
                data={"seq": min(seq, thread.last_seq)},
            )

    ctx.db.run(story)


def save_draft(
    ctx: Context, agent: AgentIdentity, thread_id: int, mode: DraftMode, fields: DraftFields
) -> datetime | None:
    """Keep what the agent has typed and return when; an empty draft is forgotten (None)."""

    def story(session: Session) -> datetime | None:
        thread = _visible(session, agent, thread_id, lock=False)
        now = ctx.clock()
        chosen = fields.template is not None or fields.in_reply_to_message_id is not None
        empty = not fields.body.strip() and not fields.attachment_ids and not chosen
        if empty:
            lookup.drop_draft(session, agent.id, thread.id, mode)
        else:
            extra = {key: value for key, value in asdict(fields).items() if key != "body"}
            marks.keep_draft(session, agent.id, thread.id, mode, fields.body, extra, now)
        record(
            session,
            EventKind.DRAFT_CHANGED,
            thread_id=thread.id,
            actor_id=agent.id,
            agent_id=agent.id,
            data={"mode": str(mode), "empty": empty},
        )
        return None if empty else now

    return ctx.db.run(story)


def retry(ctx: Context, agent: AgentIdentity, delivery_id: int) -> int:
    """Send a failed or uncertain delivery again, by a person's decision; returns the message's id.

    Raises NotFound, or Conflict when it is in another state.
    """

    def story(session: Session) -> int:
        thread, delivery = _locked(session, agent, delivery_id)
        if delivery.state not in (DeliveryState.FAILED, DeliveryState.UNCERTAIN):
            raise Conflict(
                f"This message is {delivery.state}; only failed or uncertain ones can be sent again."
            )
        outbox.requeue(session, delivery, agent.id)
        sla.answered(session, thread, delivery.message_id, agent.id, ctx.clock())
        outcome.show_trouble(session, thread.id)
        outcome.tell(session, thread.id, delivery.message_id, DeliveryState.QUEUED, agent.id)
        ring(session, "outbound")
        return delivery.message_id

    return ctx.db.run(story)


def cancel(ctx: Context, agent: AgentIdentity, delivery_id: int) -> int:
    """Take a reply back before it is sent, or give up a failed or uncertain one; returns the message's id.

    Raises NotFound, or Conflict when it is already on its way.
    """
    return ctx.db.run(_cancel, agent, delivery_id)


def edit(ctx: Context, agent: AgentIdentity, delivery_id: int) -> int:
    """Cancel a reply and put its text, copies and attachments back into the agent's draft.

    Of a template the choice and what filled it come back, beside what the agent has typed since.
    """

    def story(session: Session) -> int:
        message_id = _cancel(session, agent, delivery_id)
        message = lookup.get(session, message_id)
        copies = {
            role: [entry["address"] for entry in message.recipients if entry["role"] == role]
            for role in ("cc", "bcc")
        }
        request: dict[str, Any] = get_delivery(session, delivery_id).request
        claim_id, template = request.get("claim_id"), request.get("template")
        typed = (
            None if template is None else marks.draft(session, agent.id, message.thread_id, DraftMode.REPLY)
        )
        extra = {
            "channel_id": message.channel_id,
            "to_identity_id": message.identity_id if claim_id is None else None,
            "to_claim_id": claim_id,
            "reply_to": _elsewhere(session, message) if claim_id is None else None,
            **copies,
            "subject": message.subject or None,
            "template": template,
            "in_reply_to_message_id": request.get("answers"),
            "attachment_ids": threads.release_uploads(session, message_id, agent.id),
        }
        if typed is not None:
            extra["attachment_ids"] = typed.fields.get("attachment_ids") or []
        text = message.body_text if template is None else "" if typed is None else typed.body
        marks.keep_draft(session, agent.id, message.thread_id, DraftMode.REPLY, text, extra, ctx.clock())
        record(
            session,
            EventKind.DRAFT_CHANGED,
            thread_id=message.thread_id,
            actor_id=agent.id,
            agent_id=agent.id,
            data={"mode": "reply", "empty": False},
        )
        return message_id

    return ctx.db.run(story)


def _elsewhere(session: Session, message: "Message") -> str | None:
    """The address that a reply was sent to instead of the customer's own, if there is one."""
    own = None if message.identity_id is None else customers.address_of(session, message.identity_id)
    return next(
        (to["address"] for to in message.recipients if to["role"] == "to" and to["address"] != own), None
    )


def _change(session: Session, ctx: Context, agent: AgentIdentity, thread_id: int, changes: Changes) -> None:
    thread = _visible(session, agent, thread_id, lock=True)
    now = ctx.clock()
    episode = threads.newest_episode(session, thread.id)
    if episode is None:
        raise Invalid("The thread has no messages yet.")
    seen = thread.last_seq
    if changes.status is Status.OPEN and episode.status is Status.RESOLVED:
        resolve.reopen(session, thread, episode, agent.id, agent.name, now)
    if changes.team_id is not UNSET and changes.team_id != thread.team_id:
        _move(session, agent, thread, episode, changes.team_id)
    if changes.assignee_id is not UNSET and changes.assignee_id != thread.assignee_id:
        _assign(session, agent, thread, episode, changes.assignee_id, now)
    if changes.priority is not UNSET and changes.priority is not thread.priority:
        thread.priority = episode.priority = changes.priority
        record(
            session,
            EventKind.THREAD_CHANGED,
            thread_id=thread.id,
            actor_id=agent.id,
            data={"priority": str(changes.priority)},
        )
    if changes.status is Status.RESOLVED and episode.status is not Status.RESOLVED:
        resolve.resolve(session, thread, episode, agent.id, agent.name, now)
        rating.offer(session, ctx, thread, episode, now)
    marks.keep_read(session, agent.id, thread.id, seen, thread.last_seq, now)


def _assign(
    session: Session,
    agent: AgentIdentity,
    thread: "Thread",
    episode: "Episode",
    assignee_id: int | None,
    now: datetime,
) -> None:
    previous = thread.assignee_id
    if assignee_id is None:
        code, text, data = "unassigned", f"Unassigned by {agent.name}", {}
    else:
        assignee = agents.identity(session, assignee_id)
        if assignee is None:
            raise Invalid("There is no such agent.", "/assignee_id")
        code, text = "assigned", f"Assigned to {assignee.name} by {agent.name}"
        data = {"assignee_id": assignee.id, "assignee": assignee.name}
    thread.assignee_id = episode.assignee_id = assignee_id
    line = threads.append_system(
        session, thread, episode, code, text, now, agent_id=agent.id, name=agent.name, **data
    )
    record(
        session,
        EventKind.THREAD_CHANGED,
        thread_id=thread.id,
        message_id=line,
        actor_id=agent.id,
        data={"assignee_id": assignee_id, "was_assignee_id": previous},
    )


def _move(
    session: Session, agent: AgentIdentity, thread: "Thread", episode: "Episode", team_id: int | None
) -> None:
    if team_id is not None and team_id not in {team.id for team in agents.teams(session)}:
        raise Invalid("There is no such team.", "/team_id")
    previous, thread.team_id = thread.team_id, team_id
    episode.team_id = team_id
    record(
        session,
        EventKind.THREAD_CHANGED,
        thread_id=thread.id,
        actor_id=agent.id,
        data={"team_id": team_id, "was_team_id": previous},
    )


def _cancel(session: Session, agent: AgentIdentity, delivery_id: int) -> int:
    thread, delivery = _locked(session, agent, delivery_id)
    if delivery.state is DeliveryState.CANCELLED:
        return delivery.message_id
    if not outbox.cancel(session, delivery):
        raise Conflict(f"This message is {delivery.state}; it cannot be taken back any more.")
    sla.answer_withdrawn(session, thread, delivery.message_id)
    outcome.show_trouble(session, thread.id)
    outcome.tell(session, thread.id, delivery.message_id, DeliveryState.CANCELLED, agent.id)
    return delivery.message_id


def _visible(session: Session, agent: AgentIdentity, thread_id: int, *, lock: bool) -> "Thread":
    thread = threads.lock(session, thread_id) if lock else lookup.thread(session, thread_id)
    if not rules.may_see(agent, thread.team_id, thread.assignee_id):
        raise NotFound("There is no such thread.")
    return thread


def _locked(session: Session, agent: AgentIdentity, delivery_id: int) -> "tuple[Thread, Delivery]":
    """A delivery that the agent may change, with its thread, both locked: the thread first, as everywhere."""
    thread_id = outbox.thread_of(session, delivery_id)
    thread = _visible(session, agent, thread_id, lock=True)
    delivery = outbox.lock(session, delivery_id)
    if delivery is None:
        raise NotFound("There is no such delivery.")
    return thread, delivery

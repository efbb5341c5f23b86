"""What colleagues write below a told line becomes a reply to the customer, or a note, by the agent who wrote it.

The payload's transaction only keeps the answer. It is worked on apart from that, because the network is asked who
wrote it: nobody acts as an agent but a full member of our own workspace whose address is that agent's. The message is
written under an id made of the network's own, so that an answer that comes again, or is worked on again after a
crash, is the same message.
"""

import random
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.agents import queries as agents
from inbox.agents.identity import AgentIdentity
from inbox.channels import actions as channels
from inbox.channels import lookup as channel_lookup
from inbox.contract import Inbound, NeedsReauth, Party, Rejected, TryLater, Uncertain
from inbox.errors import Invalid, NotFound, OnethreadError
from inbox.flows.changes import NotYet
from inbox.flows.context import Context
from inbox.flows.incoming_files import Kept
from inbox.flows.notices import thread_of
from inbox.flows.reply import NewerMessages, NoteRequest, ReplyRequest, Written, note, reply
from inbox.notify import actions, answers, queries, rules, scenes
from inbox.notify.actions import Line
from inbox.notify.words import Refusal, What
from inbox.outbox.rules import backoff
from inbox.threads import attachments, lookup
from inbox.threads.actions import NewFile
from inbox.threads.answering import reply_channels
from inbox.threads.answering_rules import NO_ADDRESS
from inbox.threads.rules import may_see
from inbox.threads.words import AttachmentState, Status

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.notify.models import TeamAnswer

log = structlog.get_logger(__name__)

NO_TEXT = "There is nothing in it to send."
LEFT_OUT = "The file “{name}” could not be taken: {problem}"


class Refused(OnethreadError):
    """An answer is not taken; `sentence` says more where the word does not say it all."""

    def __init__(self, why: Refusal, sentence: str = "", agent: AgentIdentity | None = None) -> None:
        super().__init__(str(why))
        self.why, self.sentence, self.agent = why, sentence, agent


@dataclass(frozen=True)
class _Target:
    """Where an answer goes: the thread, the way, and the last message its author was shown."""

    thread_id: int
    channel_id: int = 0
    identity_id: int | None = None
    seen_seq: int = 0


def take(
    session: Session, ctx: Context, channel: "Channel", envelope_id: int, item: Inbound, files: Kept
) -> str | None:
    """Keep what somebody wrote in the team's place, if it is an answer; returns why not. Raises NotYet."""
    if item.outgoing or not item.references:
        return "written in the team's place, and no answer to a line of ours"
    root_id = queries.root_of(session, channel.id, item.references)
    if root_id is None:
        if queries.is_flying(session, channel.id, ctx.clock() - rules.IN_FLIGHT):
            raise NotYet("an answer to a line whose id is not known yet", rules.IN_FLIGHT)
        return "an answer to no line of ours"
    new = answers.NewAnswer(
        external_id=item.external_id,
        root_id=root_id,
        envelope_id=envelope_id,
        sender=item.sender.model_dump(mode="json"),
        text=item.text,
        files=[asdict(file) for file in files.new],
    )
    return None if answers.keep(session, channel.id, new, ctx.clock()) else "taken already"


def work(ctx: Context, limit: int = 20) -> int:
    """Work on answers that are due, up to `limit`; returns how many."""
    done = 0
    while done < limit and not ctx.stop.is_set():
        with ctx.db.read() as session:
            if not answers.has_due(session):
                break
        answer_id = ctx.db.run(answers.claim, ctx.owner)
        if answer_id is None:
            break
        ctx.checkpoint("answer_claimed")
        _work(ctx, answer_id)
        done += 1
    return done


def _work(ctx: Context, answer_id: int) -> None:
    """Write one claimed answer, or say why not."""
    with ctx.db.read() as session:
        answer = queries.answer(session, answer_id)
        channel = channel_lookup.any_state(session, [answer.channel_id])[answer.channel_id]
    try:
        agent = _author(ctx, answer, channel)
        written = _write(ctx, answer, agent)
    except Refused as error:
        log.info("answer.refused", answer=answer_id, why=str(error.why))
        ctx.db.run(_refuse, ctx, answer, error)
    except NeedsReauth as error:
        log.warning("answer.held", answer=answer_id, reason=error.reason)
        ctx.db.run(_hold, ctx, answer, error)
    except (TryLater, Uncertain) as error:
        log.info("answer.put_off", answer=answer_id, reason=error.reason)
        _put_off(ctx, answer, error.after if isinstance(error, TryLater) else None)
    else:
        ctx.checkpoint("answer_written")
        ctx.db.run(answers.written, answer_id, ctx.owner, agent.id, written.message_id)


def _author(ctx: Context, answer: "TeamAnswer", channel: "Channel") -> AgentIdentity:
    """The agent who wrote an answer, as the network vouches for him. Raises Refused, TryLater, NeedsReauth."""
    io = ctx.make_io(
        channel.facts,
        lambda updates: channels.keep_secrets(ctx.db, ctx.registry, ctx.vault, channel.id, updates),
    )
    try:
        config = channels.open_config(ctx.registry, ctx.vault, channel)
        sender = Party.model_validate(answer.sender)
        email = ctx.registry.get(channel.kind).colleague(config, sender, io)
    except Rejected:
        email = ""
    with ctx.db.read() as session:
        known = agents.agent_by_email(session, email) if email else None
        found = None if known is None else agents.identity(session, known.id)
    if known is None or found is None or known.is_demo != channel.is_demo:
        raise Refused(Refusal.STRANGER)
    return found


def _write(ctx: Context, answer: "TeamAnswer", agent: AgentIdentity) -> Written:
    """The message that an answer is. Raises Refused."""
    meant = rules.meant(answer.text)
    client_id = rules.client_id(answer.channel_id, answer.external_id)
    with ctx.db.read() as session:
        earlier = lookup.by_client_id(session, agent.id, client_id)
        if earlier is not None:  # written before a crash; what has changed since does not concern it
            return Written(earlier.id, replayed=True)
        target = _target(session, ctx, answer, agent, is_note=meant.is_note)
    try:
        uploads = _uploads(ctx, answer, agent)
        if meant.is_note:
            return note(ctx, agent, target.thread_id, NoteRequest(meant.body, client_id, uploads))
        asked = ReplyRequest(
            target.channel_id,
            meant.body,
            client_id,
            if_last_seq=target.seen_seq,
            to_identity_id=target.identity_id,
            attachment_ids=uploads,
        )
        return reply(ctx, agent, target.thread_id, asked)
    except NewerMessages as error:
        raise Refused(Refusal.NEWER, agent=agent) from error
    except NotFound as error:
        raise Refused(Refusal.GONE, agent=agent) from error
    except Invalid as error:
        raise Refused(Refusal.UNFIT, error.detail, agent) from error


def _target(
    session: Session, ctx: Context, answer: "TeamAnswer", agent: AgentIdentity, *, is_note: bool
) -> _Target:
    """Where an answer goes. Raises Refused."""
    root = queries.get(session, answer.root_id)
    try:
        thread = lookup.thread(session, thread_of(session, root))
    except NotFound as error:
        raise Refused(Refusal.GONE, agent=agent) from error
    if not may_see(agent, thread.team_id, thread.assignee_id):
        raise Refused(Refusal.HIDDEN, agent=agent)
    if thread.erased_at is not None:
        raise Refused(Refusal.GONE, agent=agent)
    if not rules.meant(answer.text).body and not answer.files and not answer.upload_ids:
        raise Refused(Refusal.UNFIT, NO_TEXT, agent)
    if is_note:
        return _Target(thread.id)
    if thread.status is Status.RESOLVED:
        raise Refused(Refusal.RESOLVED, agent=agent)
    channel_id, identity_id = _way(session, ctx, thread.id, thread.channel_ids, agent)
    return _Target(thread.id, channel_id, identity_id, scenes.seq_of(session, thread.id, root.seen_id))


def _way(
    session: Session, ctx: Context, thread_id: int, used: list[int], agent: AgentIdentity
) -> tuple[int, int | None]:
    """The channel and the address by which the customer wrote last; who answers from here chooses no other. Raises
    Refused when it cannot be used."""
    ways = reply_channels(
        session,
        thread_id,
        registry=ctx.registry,
        undo_seconds=ctx.settings.undo_seconds,
        now=ctx.clock(),
    )
    last = [way for way in ways if used and way["channel_id"] == used[0]]
    default = next((way for way in last if way["default"]), None)
    if default is None or default["to"] is None:
        reason = next((way["reason"] for way in last if way["reason"]), None)
        raise Refused(Refusal.UNFIT, reason or NO_ADDRESS, agent)
    return default["channel_id"], default["to"]["identity_id"]


def _uploads(ctx: Context, answer: "TeamAnswer", agent: AgentIdentity) -> tuple[int, ...]:
    """The answer's files as uploads of the agent. Raises Refused when one of them is not there."""
    if answer.upload_ids is not None:
        return tuple(answer.upload_ids)
    if not answer.files:
        return ()
    files = [NewFile(**{**file, "state": AttachmentState(file["state"])}) for file in answer.files]
    for file in files:
        if file.state is not AttachmentState.STORED:
            sentence = LEFT_OUT.format(name=file.name, problem=file.problem)
            raise Refused(Refusal.UNFIT, sentence, agent)

    def story(session: Session) -> list[int]:
        ids = attachments.add_stored(session, agent.id, files, ctx.clock())
        answers.note_uploads(session, answer.id, ctx.owner, agent.id, ids)
        return ids

    return tuple(ctx.db.run(story))


def _refuse(session: Session, ctx: Context, answer: "TeamAnswer", error: Refused) -> None:
    """Refuse an answer, and say so below its root."""
    agent = error.agent
    if not answers.refused(session, answer.id, ctx.owner, None if agent is None else agent.id):
        log.warning("answer.claim_lost", answer=answer.id)
        return
    name = agent.name if agent is not None else str(answer.sender.get("name") or "")
    line = Line(
        f"refused:{answer.external_id}",
        What.REFUSED,
        thread_id=queries.get(session, answer.root_id).thread_id,
        root_id=answer.root_id,
        data={"refusal": str(error.why), "name": name, "sentence": error.sentence},
    )
    actions.queue(session, answer.channel_id, [line], ctx.clock())


def _hold(session: Session, ctx: Context, answer: "TeamAnswer", error: NeedsReauth) -> None:
    answers.put_off(session, answer.id, ctx.owner, 1.0)
    channels.needs_reauth(session, answer.channel_id, error.reason)


def _put_off(ctx: Context, answer: "TeamAnswer", wish: float | None) -> None:
    """The network could not be asked: try again later, and not for ever."""
    if answer.attempts >= rules.CHECKS_MAX:
        ctx.db.run(_refuse, ctx, answer, Refused(Refusal.UNCHECKED))
        return
    seconds = backoff(answer.attempts, random.random(), wish)  # noqa: S311  jitter, no secret
    ctx.db.run(answers.put_off, answer.id, ctx.owner, seconds)

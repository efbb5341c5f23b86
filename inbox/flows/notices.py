"""Lines to the team are put into words and sent, each once: as replies are, in two stages.

A line counts as *sending* from the commit right before its first byte goes out: a crash before that repeats it, a
crash after that leaves it *uncertain*, and only the network can tell that it has it.
"""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.agents import queries as agents
from inbox.channels import actions as channels
from inbox.channels import lookup as channel_lookup
from inbox.contract import (
    AdapterError,
    Level,
    NeedsReauth,
    Outgoing,
    Party,
    Rejected,
    TryLater,
    Uncertain,
)
from inbox.errors import NotFound, OnethreadError
from inbox.flows.context import Context
from inbox.flows.telling import team_place
from inbox.flows.wire import ClaimLost, WireIo
from inbox.notify import actions, answers, queries, rules, scenes, texts
from inbox.notify.words import News, Reason, Refusal, Result, What
from inbox.outbox.queries import of_messages
from inbox.outbox.rules import backoff
from inbox.sla import queries as waits
from inbox.threads import lookup

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.notify.models import Notice

log = structlog.get_logger(__name__)

NO_PLACE = "No place of the team is set any more."


class Moot(OnethreadError):
    """What a line would tell is not true any more, or is of no use."""


@dataclass(frozen=True)
class Wording:
    """A line in words, and the newest message that it shows, if it shows any."""

    text: str
    seen_id: int | None = None


def send(ctx: Context, limit: int = 20) -> int:
    """Send lines that are due, up to `limit`; returns how many were tried."""
    tried = 0
    while tried < limit and not ctx.stop.is_set():
        with ctx.db.read() as session:
            if not actions.has_due(session):
                break
        notice_id = ctx.db.run(actions.claim, ctx.owner)
        if notice_id is None:
            break
        ctx.checkpoint("notice_claimed")
        _send(ctx, notice_id)
        tried += 1
    return tried


def sweep(ctx: Context) -> None:
    """Take back the claims of processes that died, and ask networks that can tell for lines of uncertain sending."""
    with ctx.db.read() as session:
        lost = actions.has_lost(session) or answers.has_lost(session)
        doubtful = queries.uncertain(session, ctx.clock() - rules.IN_FLIGHT)
    if lost:
        ctx.db.run(actions.expire)
        ctx.db.run(answers.expire)
    for notice in doubtful:
        _settle(ctx, notice)


def recover(ctx: Context) -> None:
    """Take back every claim but our own: this process alone works on the database and has just started."""
    ctx.db.run(actions.expire, of_others=ctx.owner)
    ctx.db.run(answers.expire, of_others=ctx.owner)


def _send(ctx: Context, notice_id: int) -> None:
    """Send one claimed line and record what came of it."""
    with ctx.db.read() as session:
        notice = queries.get(session, notice_id)
        channel = channel_lookup.any_state(session, [notice.channel_id])[notice.channel_id]
    try:
        with ctx.db.read() as session:
            wording = _word(session, ctx, notice, channel)
        message = _outgoing(ctx, notice, channel, wording.text)

        def start() -> bool:
            return ctx.db.run(actions.start_sending, notice_id, ctx.owner, wording.seen_id)

        adapter = ctx.registry.get(channel.kind)
        config = channels.open_config(ctx.registry, ctx.vault, channel)
        receipt = adapter.send(config, message, WireIo(ctx, channel, start))
    except ClaimLost:
        log.warning("notice.claim_lost", notice=notice_id)
    except Moot as error:
        log.info("notice.dropped", notice=notice_id, reason=str(error))
        ctx.db.run(actions.drop, notice_id, ctx.owner)
    except NeedsReauth as error:
        log.warning("notice.held", notice=notice_id, reason=error.reason)
        ctx.db.run(_hold, ctx, notice, error)
    except (Rejected, Uncertain) as error:
        doubtful = isinstance(error, Uncertain)
        log.warning("notice.failed", notice=notice_id, uncertain=doubtful, reason=error.reason)
        ctx.db.run(actions.failed, notice_id, ctx.owner, error.reason, uncertain=doubtful)
    except TryLater as error:
        _put_off(ctx, notice, error.reason, error.after)
    except OnethreadError as error:
        _put_off(ctx, notice, str(error), None)
    else:
        ctx.checkpoint("notice_sent")
        ids = (receipt.external_id, *receipt.aliases)
        if not ctx.db.run(actions.sent, notice_id, ctx.owner, ids):
            log.warning("notice.late", notice=notice_id)


def _hold(session: Session, ctx: Context, notice: "Notice", error: NeedsReauth) -> None:
    actions.hold(session, notice.id, ctx.owner, error.reason)
    channels.needs_reauth(session, notice.channel_id, error.reason)


def _put_off(ctx: Context, notice: "Notice", reason: str, wish: float | None) -> None:
    seconds = backoff(notice.attempts, random.random(), wish)  # noqa: S311  jitter, no secret
    log.info("notice.put_off", notice=notice.id, reason=reason)
    ctx.db.run(actions.put_off, notice.id, ctx.owner, seconds, reason)


def _settle(ctx: Context, notice: "Notice") -> None:
    """Ask the network whether it has a line, if it can tell; not again too soon."""
    ctx.db.run(actions.ask_again, notice.id)
    with ctx.db.read() as session:
        channel = channel_lookup.any_state(session, [notice.channel_id])[notice.channel_id]
    try:
        adapter = ctx.registry.get(channel.kind)
        config = channels.open_config(ctx.registry, ctx.vault, channel)
        if not adapter.can(config).settles:
            return
        message = _outgoing(ctx, notice, channel, _said(ctx, notice, channel))
        receipt = adapter.lookup(config, message, WireIo(ctx, channel, lambda: True))
    except (AdapterError, OnethreadError) as error:
        log.info("notice.not_settled", notice=notice.id, reason=str(error))
        return
    if receipt is not None:
        ctx.db.run(actions.sent, notice.id, None, (receipt.external_id, *receipt.aliases))


def _said(ctx: Context, notice: "Notice", channel: "Channel") -> str:
    """What a line of uncertain sending may have said. Its words may have changed, but it is one message for sure."""
    try:
        with ctx.db.read() as session:
            return _word(session, ctx, notice, channel).text
    except Moot:
        return str(notice.what)


def _outgoing(ctx: Context, notice: "Notice", channel: "Channel", text: str) -> Outgoing:
    """The line as the adapter takes it. Raises Moot when the team has no place there any more."""
    place = team_place(ctx, channel)
    if not place:
        raise Moot(NO_PLACE)
    root = ""
    if notice.root_id is not None:
        with ctx.db.read() as session:
            root = queries.external_id(session, notice.root_id)
    return Outgoing(
        idem_key=notice.idem_key,
        to=Party(
            namespace=ctx.registry.get(channel.kind).manifest.namespace,
            address=place,
            account=channel.account,
            level=Level.CHANNEL,
        ),
        text=text,
        in_reply_to=root,
        references=(root,) if root else (),
        automatic=True,
        created_at=notice.created_at,
    )


def _word(session: Session, ctx: Context, notice: "Notice", channel: "Channel") -> Wording:
    """A line in words, by what is true now. Raises Moot."""
    now = ctx.clock()
    if notice.what is not What.WAITS and now - notice.created_at > rules.STALE:
        raise Moot("It is too late to tell.")
    data = notice.data
    match notice.what:
        case What.WAITS:
            return _word_wait(session, ctx, notice, channel)
        case What.MANY:
            return Wording(texts.many(int(data["count"]), url(ctx, "waiting")))
        case What.NEWS:
            return Wording(texts.news(News(data["news"]), _name(session, data["agent_id"])))
        case What.RESULT:
            delivery = of_messages(session, [data["message_id"]]).get(data["message_id"])
            why = "" if delivery is None else delivery.error or ""
            link = url(ctx, "open", notice.thread_id)
            name = _name(session, data["agent_id"])
            return Wording(texts.result(Result(data["result"]), name, why, link))
        case What.REFUSED:
            return _word_refusal(session, ctx, notice, channel)


def _word_wait(session: Session, ctx: Context, notice: "Notice", channel: "Channel") -> Wording:
    wait = waits.now(session, [notice.wait_id or 0]).get(notice.wait_id or 0)
    if wait is None or wait.outcome is not None:
        raise Moot("The customer does not wait any more.")
    reason = notice.reason or Reason.UNASSIGNED
    if reason is Reason.UNASSIGNED and wait.assignee_id is not None:
        raise Moot("Somebody has taken the thread.")
    after = scenes.seq_of(session, wait.thread_id, wait.opened_by_id) - 1
    view = scenes.view(session, wait.thread_id, channel, wait.since, after=after, to_customer=True)
    link = url(ctx, "open", wait.thread_id)
    return Wording(texts.waits(reason, view.scene, ctx.clock(), link), view.seen_id)


def _word_refusal(session: Session, ctx: Context, notice: "Notice", channel: "Channel") -> Wording:
    data, root = notice.data, queries.get(session, notice.root_id or 0)
    why, name = Refusal(data["refusal"]), str(data["name"])
    try:
        thread_id = thread_of(session, root)
    except NotFound:
        return Wording(texts.refused(why, name, data["sentence"], None, ""))
    link = url(ctx, "open", thread_id)
    if why is not Refusal.NEWER:
        return Wording(texts.refused(why, name, data["sentence"], None, link))
    after = scenes.seq_of(session, thread_id, root.seen_id)
    view = scenes.view(session, thread_id, channel, notice.created_at, after=after, to_customer=False)
    return Wording(texts.refused(why, name, "", view.scene, link), view.seen_id)


def thread_of(session: Session, root: "Notice") -> int:
    """The thread that answers below a root go to: where the wait is that it told of, be it that customers were
    merged or parted meanwhile. Raises NotFound."""
    wait = waits.now(session, [root.wait_id or 0]).get(root.wait_id or 0)
    return lookup.thread(session, (root.thread_id or 0) if wait is None else wait.thread_id).id


def url(ctx: Context, view: str, thread_id: int | None = None) -> str:
    """The address of a view of the inbox, or of a thread in it; "" when our public address is not known."""
    base = ctx.settings.public_url.rstrip("/")
    if not base:
        return ""
    return f"{base}/inbox/{view}" if thread_id is None else f"{base}/inbox/{view}/{thread_id}"


def _name(session: Session, agent_id: int | None) -> str:
    return "" if agent_id is None else agents.agent(session, agent_id).name

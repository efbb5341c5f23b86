"""The team hears of customers who wait, and of what became of them, where it talks anyway.

What there is to tell is found in the rows by looking at them again and again: a look that is lost is made up for by
the next one, and the unique key of a line keeps two looks from telling it twice. Sending is in `notices`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import lookup as channel_lookup
from inbox.db.locks import hold
from inbox.errors import Invalid
from inbox.flows.context import Context
from inbox.notify import actions, answers, queries, rules
from inbox.notify.actions import Line
from inbox.notify.words import Reason, Result, What
from inbox.outbox.queries import of_messages
from inbox.sla import queries as waits
from inbox.sla.words import WaitOutcome
from inbox.threads.lookup import get as get_message
from inbox.threads.words import Kind

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.notify.models import Notice, TeamAnswer

Row = TypeVar("Row", "Notice", "TeamAnswer")

WAITS_MAX = 500
"""Waits that one look finds; more are found by the next one."""

PAGE = 200


@dataclass(frozen=True)
class Place:
    """Where a channel reaches the team: the address there."""

    channel: "Channel"
    address: str


def look(ctx: Context) -> int:
    """Queue lines for all there is to tell; returns how many."""
    told = 0
    with ctx.db.read() as session:
        found = places(session, ctx)
        due = [place for place in found if _waiting(session, ctx, place.channel)]
    for place in due:
        told += ctx.db.run(_tell_waits, ctx, place.channel)
    return told + _tell_news(ctx) + _tell_results(ctx)


def places(session: Session, ctx: Context) -> list[Place]:
    """The places of all active channels that have one."""
    found = []
    for channel in channel_lookup.active(session):
        address = team_place(ctx, channel)
        if address:
            found.append(Place(channel, address))
    return found


def team_place(ctx: Context, channel: "Channel") -> str:
    """The address where a channel reaches the team, or ""."""
    try:
        adapter = ctx.registry.get(channel.kind)
        if not adapter.manifest.can.team:
            return ""
        config = channels.public_config(ctx.registry, channel)
    except Invalid:  # its adapter is not installed any more
        return ""
    return config.team_place if adapter.can(config).team else ""


def _waiting(session: Session, ctx: Context, channel: "Channel") -> list[tuple[waits.OpenWait, Reason]]:
    """The waits to tell on a channel, each for one reason, the more pressing first."""
    settings = ctx.settings
    found: dict[int, tuple[waits.OpenWait, Reason]] = {}
    for each in rules.looks(
        ctx.clock(),
        timedelta(minutes=settings.team_after_minutes),
        timedelta(minutes=settings.team_overdue_minutes),
    ):
        for wait in waits.open_waits(
            session,
            each.before,
            WAITS_MAX,
            unassigned=each.unassigned,
            team_id=channel.team_id,
            is_demo=channel.is_demo,
            only=queries.untold(channel.id, each.unless),
        ):
            found.setdefault(wait.id, (wait, each.reason))
    return list(found.values())


def _tell_waits(session: Session, ctx: Context, channel: "Channel") -> int:
    """Queue the lines of one place. The lock makes the count of its last minute true."""
    hold(session, f"notify:{channel.id}")
    now = ctx.clock()
    found = _waiting(session, ctx, channel)
    share = rules.share(
        len(found),
        queries.told_since(session, channel.id, What.WAITS, now - rules.MINUTE),
        queries.told_since(session, channel.id, What.MANY, now - rules.MINUTE),
        ctx.settings.team_per_minute,
    )
    lines = [
        Line(
            f"{reason}:{wait.id}",
            What.WAITS,
            thread_id=wait.thread_id,
            wait_id=wait.id,
            reason=reason,
            assignee_id=wait.assignee_id,
            together=place >= share.singly,
        )
        for place, (wait, reason) in enumerate(found[: share.singly + share.together])
    ]
    if share.together:
        first = lines[share.singly]
        lines.append(Line(f"many:{first.key}", What.MANY, data={"count": share.together}))
    return actions.queue(session, channel.id, lines, now)


def _tell_news(ctx: Context) -> int:
    told = 0
    for roots in _pages(ctx, queries.watched):
        with ctx.db.read() as session:
            standing = _standing(session, roots)
        for root in roots:
            turn = rules.news(standing[root.id])
            if turn.news is not None or not turn.watched:
                told += ctx.db.run(_tell_turn, ctx, root.id)
    return told


def _tell_turn(session: Session, ctx: Context, root_id: int) -> int:
    """Tell below one root what there is to tell, by what is true while it is locked."""
    root = actions.lock(session, root_id)
    if not root.watched:
        return 0
    standing = _standing(session, [root])[root.id]
    turn = rules.news(standing)
    root.watched = turn.watched
    session.flush()
    if turn.news is None:
        return 0
    wait = waits.now(session, [root.wait_id or 0])[root.wait_id or 0]
    agent_id = wait.assignee_id if wait.outcome is None else wait.answered_by_id
    if wait.outcome is None:
        root.assignee_id = agent_id
        session.flush()
    line = Line(
        f"news:{root.id}:{turn.news}:{agent_id}:{wait.closed_by_id}",
        What.NEWS,
        thread_id=root.thread_id,
        root_id=root.id,
        data={"news": str(turn.news), "agent_id": agent_id},
    )
    return actions.queue(session, root.channel_id, [line], ctx.clock())


def _standing(session: Session, roots: "Sequence[Notice]") -> dict[int, rules.Standing]:
    """How the waits of roots stand. One whose wait is gone has ended."""
    found = waits.now(session, {root.wait_id for root in roots if root.wait_id is not None})
    closing = {wait.closed_by_id for wait in found.values() if wait.closed_by_id is not None}
    deliveries = of_messages(session, closing)
    given_here = queries.answers_among(session, closing)
    standing = {}
    for root in roots:
        wait = None if root.wait_id is None else found.get(root.wait_id)
        if wait is None:
            standing[root.id] = rules.Standing(ended=True)
            continue
        delivery = deliveries.get(wait.closed_by_id or 0)
        standing[root.id] = rules.Standing(
            answered=wait.outcome is WaitOutcome.ANSWERED,
            resolved=wait.outcome is WaitOutcome.CLOSED_UNANSWERED,
            ended=wait.outcome is WaitOutcome.MERGED,
            assignee_id=wait.assignee_id,
            told_id=root.assignee_id,
            answered_here=given_here.get(wait.closed_by_id or 0) == root.id,
            delivered=rules.result(None if delivery is None else str(delivery.state)),
        )
    return standing


def _tell_results(ctx: Context) -> int:
    told = 0
    for written in _pages(ctx, queries.written):
        with ctx.db.read() as session:
            ended = [answer.id for answer in written if _result(session, answer) is not None]
        for answer_id in ended:
            told += ctx.db.run(_tell_result, ctx, answer_id)
    return told


def _tell_result(session: Session, ctx: Context, answer_id: int) -> int:
    answer = queries.answer(session, answer_id)
    found = _result(session, answer)
    if found is None or not answers.settled(session, answer_id):
        return 0
    root = queries.get(session, answer.root_id)
    line = Line(
        f"result:{answer.external_id}",
        What.RESULT,
        thread_id=root.thread_id,
        root_id=root.id,
        data={"result": str(found), "agent_id": answer.agent_id, "message_id": answer.message_id},
    )
    return actions.queue(session, answer.channel_id, [line], ctx.clock())


def _result(session: Session, answer: "TeamAnswer") -> Result | None:
    """What became of an answer; None while it is on its way."""
    message_id = answer.message_id or 0
    if get_message(session, message_id).kind is Kind.NOTE:
        return Result.NOTED
    delivery = of_messages(session, [message_id]).get(message_id)
    return rules.result(None if delivery is None else str(delivery.state))


def _pages(ctx: Context, read: Callable[[Session, int, int], list[Row]]) -> Iterator[list[Row]]:
    """All rows that `read` finds, a page at a time: it takes the last id of the page before, and how many."""
    last = 0
    while not ctx.stop.is_set():
        with ctx.db.read() as session:
            page = read(session, last, PAGE)
        if not page:
            return
        yield page
        last = page[-1].id

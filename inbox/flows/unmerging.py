"""A merge or a split is undone: what nobody touched since is as it was, what came since goes to whose it is."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.commerce import regroup as shops
from inbox.customers import journal, merging, unmerging
from inbox.errors import Conflict
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import outcome
from inbox.flows.context import Context
from inbox.flows.merging import add_line, require_sight, tell_draft
from inbox.outbox import regroup as deliveries
from inbox.sla import regroup as sla
from inbox.threads import actions as threads
from inbox.threads import belongings, lookup, regroup
from inbox.visits.lookup import browsers_of

if TYPE_CHECKING:
    from inbox.customers.models import Customer, Merge
    from inbox.threads.models import Thread


def undo(ctx: Context, agent: AgentIdentity, merge_id: int) -> None:
    """Undo a merge or a split. Raises NotFound, or Conflict when it cannot be undone (any more, or yet)."""
    ctx.db.run(_undo, ctx, agent, merge_id)


def _undo(session: Session, ctx: Context, agent: AgentIdentity, merge_id: int) -> None:
    sides = journal.get(session, merge_id)
    found = merging.lock(session, [sides.survivor_id, sides.other_id])
    entry = journal.lock(session, merge_id)
    survivor, other = found[entry.survivor_id], found[entry.other_id]
    now = ctx.clock()
    known = _threads(session, entry)
    require_sight(agent, known.get(_of(known, survivor.id) or 0))
    unmerging.check(session, entry, survivor, other, now)
    if entry.is_split:
        _unsplit(session, entry, survivor, other, known, agent, now)
    else:
        _unmerge(session, entry, survivor, other, known, agent, now)
    unmerging.close(session, entry, agent.id, now)


def _threads(session: Session, entry: "Merge") -> "dict[int, Thread]":
    """The threads of both customers, the signpost too, locked."""
    noted = (entry.before.get("threads") or {}).values()
    own = (lookup.of_customer(session, number) for number in (entry.survivor_id, entry.other_id))
    return regroup.lock(session, {number for number in (*noted, *own) if number is not None})


def _of(known: "dict[int, Thread]", customer_id: int) -> int | None:
    """The id of a customer's thread, among these."""
    return next((thread.id for thread in known.values() if thread.customer_id == customer_id), None)


def _unmerge(
    session: Session,
    entry: "Merge",
    survivor: "Customer",
    other: "Customer",
    known: "dict[int, Thread]",
    agent: AgentIdentity,
    now: datetime,
) -> None:
    unmerging.unmerge(session, entry, survivor, other)
    shops.unjoin(session, entry, survivor.id, other.id, browsers_of(session, other.id))
    noted = entry.before["threads"]
    source = known.get(_of(known, survivor.id) or 0)
    if source is None:
        return
    leaver = other
    if source.id == noted["other"]:
        # The survivor had no thread before: this one was the other's, and what came since may be the survivor's.
        source.customer_id, leaver = other.id, survivor
        session.flush()
    since = entry.before["last_message_id"]
    written = regroup.written_since(source.id, since, merging.identities_of(leaver.id))
    journal.note_all(session, entry.id, "later", written)
    leaving = journal.ids(entry.id, "message", "later")
    target = known.get(noted["other"]) if leaver is other and noted["other"] is not None else None
    if target is None and session.execute(leaving.limit(1)).first() is not None:
        target = threads.lock(session, threads.ensure(session, leaver.id, now))
    if target is not None:
        _part(session, entry, source, target, now, leaving=leaving, since=since)
    shops.follow(session, [thread.id for thread in (source, target) if thread is not None])
    _say_undone(session, entry, agent, now, source, survivor if leaver is other else other)
    if target is not None:
        _say_undone(session, entry, agent, now, target, leaver)


def _part(
    session: Session,
    entry: "Merge",
    source: "Thread",
    target: "Thread",
    now: datetime,
    *,
    leaving: Any,
    since: int,
) -> None:
    """Move messages out of a thread into another locked one, with all that hangs on them."""
    marks = belongings.marks_before_parting(session, source.id, leaving)
    was = source.team_id, source.assignee_id
    regroup.take_out(session, source, target, leaving, journal.noted(session, entry.id, "episode"))
    sla.follow(session, [source, target])
    for thread in (source, target):
        withdrawn = deliveries.withdrawn(session, thread.id)
        sla.settle(session, entry, thread, withdrawn, now, since=since)
        regroup.go_on(session, entry, thread)
    deliveries.follow(session, [source.id, target.id])
    for thread in (source, target):
        outcome.show_trouble(session, thread.id)
    belongings.part_participants(session, entry, source.id, target.id)
    for agent_id, mode in belongings.part_drafts(session, entry, source.id, target.id):
        tell_draft(session, source.id, agent_id, str(mode))
        tell_draft(session, target.id, agent_id, str(mode))
    belongings.part_marks(session, entry, marks, source, target, now)
    tell_parted(session, entry, source, target, was)


def _unsplit(
    session: Session,
    entry: "Merge",
    survivor: "Customer",
    other: "Customer",
    known: "dict[int, Thread]",
    agent: AgentIdentity,
    now: datetime,
) -> None:
    """Bring everything of the customer that a split made back to the one it was made from."""
    unmerging.unsplit(session, survivor, other)
    shops.rejoin(session, survivor.id, other.id)
    ours, theirs = known.get(_of(known, survivor.id) or 0), known.get(_of(known, other.id) or 0)
    if theirs is None:
        return
    if ours is None:
        raise Conflict("The customer this was split off from has no thread any more.")
    sla.restore(session, entry, [ours, theirs])
    regroup.restore(session, entry, theirs)
    copies = regroup.unchanged(session, entry.before.get("copies") or {}, ours, theirs)
    marks = belongings.marks_before_joining(session, ours.id, theirs.id)
    sight = {"gone_team_id": theirs.team_id, "gone_assignee_id": theirs.assignee_id}
    regroup.combine(session, None, ours, theirs, now)
    sla.join(session, None, ours, theirs, now)
    regroup.absorb(session, copies)
    shops.absorb(session, copies)
    sla.follow(session, [ours])
    regroup.forget(session, ours, copies)
    deliveries.follow(session, [ours.id])
    shops.follow(session, [ours.id])
    outcome.show_trouble(session, ours.id)
    belongings.join_participants(session, None, ours.id, theirs.id)
    for agent_id, mode in belongings.join_drafts(session, None, ours.id, theirs.id, now):
        tell_draft(session, ours.id, agent_id, str(mode))
    line = _say_undone(session, entry, agent, now, ours, survivor)
    belongings.rejoin_marks(session, entry, marks, ours, theirs, now)
    record(
        session,
        EventKind.THREAD_MERGED,
        thread_id=ours.id,
        message_id=line,
        actor_id=agent.id,
        data={"gone": theirs.id, "survivor": ours.id, "customer_id": survivor.id, "undo_of": entry.id}
        | sight,
    )


def tell_parted(
    session: Session,
    entry: "Merge",
    source: "Thread",
    target: "Thread",
    was: tuple[int | None, int | None],
) -> None:
    """Tell browsers that messages of a thread are in another one now: both are to be loaded again."""
    for thread in (source, target):
        data: dict[str, Any] = {"from": source.id, "to": target.id, "merge_id": entry.id}
        if thread is source:
            data |= {"was_team_id": was[0], "was_assignee_id": was[1]}
        record(session, EventKind.THREAD_SPLIT, thread_id=thread.id, data=data)


def _say_undone(
    session: Session,
    entry: "Merge",
    agent: AgentIdentity,
    now: datetime,
    thread: "Thread",
    customer: "Customer",
) -> int | None:
    what = "Split" if entry.is_split else "Merge"
    line = add_line(
        session,
        thread,
        "unsplit" if entry.is_split else "unmerged",
        f"{what} undone by {agent.name}",
        now,
        agent_id=agent.id,
        name=agent.name,
        customer_id=customer.id,
        merge_id=entry.id,
    )
    record(
        session,
        EventKind.CUSTOMER_CHANGED,
        thread_id=thread.id,
        message_id=line,
        actor_id=agent.id,
        data={"customer_id": customer.id, "change": "unmerged"},
    )
    return line

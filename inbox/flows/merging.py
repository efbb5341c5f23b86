"""Two customers turn out to be one person: their identities and threads become one, and can be parted again.

Both customers are locked in the order of their ids, and then both threads, so that what arrives meanwhile waits
and lands where its customer is then.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.commerce import regroup as shops
from inbox.customers import journal, merging, suggestions
from inbox.errors import Conflict, Invalid, NotAllowed, NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import outcome
from inbox.flows.context import Context
from inbox.outbox import regroup as deliveries
from inbox.sla import regroup as sla
from inbox.threads import actions as threads
from inbox.threads import belongings, lookup, regroup, rules

if TYPE_CHECKING:
    from inbox.customers.models import Customer, Merge
    from inbox.threads.models import Thread

REASONS = {
    "signed_in": "both are one account of the shop",
    "mail_code": "proved by a code from the mailbox",
    "linked": "proved by a one-time code",
    "answered": "proved by answering our mail",
}
"""Why customers are joined without an agent, as the thread tells it."""


@dataclass(frozen=True)
class Merged:
    """A merge or a split in the journal; the customer who lives on, or was made, and his thread if he has one."""

    merge_id: int
    customer_id: int
    thread_id: int | None


@dataclass(frozen=True)
class Pair:
    """Two customers and their threads, all locked."""

    survivor: "Customer"
    other: "Customer"
    ours: "Thread | None"
    theirs: "Thread | None"


def merge(
    ctx: Context,
    agent: AgentIdentity,
    survivor_id: int,
    other_id: int,
    *,
    take: Mapping[str, str] | None = None,
    confirmed: bool = False,
) -> Merged:
    """Merge a customer into another; `take` says per field whose value is kept ("survivor" or "other").

    Raises NotFound, Invalid, NotAllowed (both have proved different ids of one kind, and the agent is no
    supervisor) or Conflict (the same, not `confirmed`; or one of them was merged or erased meanwhile).
    """
    return ctx.db.run(_merge, ctx, agent, survivor_id, other_id, take or {}, confirmed)


def unite(
    session: Session,
    pair: Pair,
    now: datetime,
    *,
    agent: AgentIdentity | None = None,
    reason: str = "",
    take: Mapping[str, str] | None = None,
) -> Merged:
    """Make one of two locked customers. Whether that may be is the caller's decision."""
    survivor, other = pair.survivor, pair.other
    agent_id = None if agent is None else agent.id
    entry = journal.begin(session, survivor.id, other.id, now, agent_id=agent_id, reason=reason)
    both = [thread.id for thread in (pair.ours, pair.theirs) if thread is not None]
    sights = {
        thread.id: (thread.team_id, thread.assignee_id) for thread in (pair.ours, pair.theirs) if thread
    }
    journal.remember(
        entry,
        threads={"survivor": _id(pair.ours), "other": _id(pair.theirs)},
        last_message_id=regroup.newest_message(session, both),
    )
    name = other.name
    merging.merge(session, entry, survivor, other, take or {}, now)
    shops.join(session, entry, survivor.id, other.id)
    own = [] if pair.ours is None else [episode.id for episode in regroup.episodes(session, pair.ours.id)]
    marks = None
    if pair.ours is not None and pair.theirs is not None:
        marks = belongings.marks_before_joining(session, *both)
        _combine(session, entry, pair.ours, pair.theirs, now)
    thread = pair.ours or pair.theirs
    if thread is not None:
        thread.customer_id = survivor.id
    session.flush()
    if thread is None:
        return Merged(entry.id, survivor.id, None)
    shops.follow(session, [thread.id])
    line = add_line(
        session,
        thread,
        "merged",
        _sentence(name, len(both), thread.last_seq, agent, reason),
        now,
        episode_ids=own,
        agent_id=agent_id,
        name=None if agent is None else agent.name,
        customer=name,
        customer_id=other.id,
        threads=len(both),
        messages=thread.last_seq,
        reason=reason or None,
        merge_id=entry.id,
    )
    if marks is not None:
        belongings.join_marks(session, entry, marks, thread, now)
    gone = pair.theirs if thread is pair.ours else None
    _record(session, entry, thread, gone, line, sights)
    return Merged(entry.id, survivor.id, thread.id)


def locked_pair(session: Session, survivor_id: int, other_id: int) -> Pair:
    """Two living customers and their threads, locked. Raises NotFound, Invalid or Conflict."""
    if survivor_id == other_id:
        raise Invalid("Choose two different customers.", "/other_id")
    found = merging.lock(session, [survivor_id, other_id])
    if len(found) < 2:
        raise NotFound("There is no such customer.")
    if any(customer.merged_into_id is not None for customer in found.values()):
        raise Conflict("One of the two was merged meanwhile. Look at them again.")
    if any(customer.erased_at is not None for customer in found.values()):
        raise Conflict("One of the two was erased; nothing can be merged into or out of it.")
    ids = {number: lookup.of_customer(session, number) for number in (survivor_id, other_id)}
    known = regroup.lock(session, [number for number in ids.values() if number is not None])
    return Pair(
        found[survivor_id],
        found[other_id],
        known.get(ids[survivor_id] or 0),
        known.get(ids[other_id] or 0),
    )


def require_sight(agent: AgentIdentity, *seen: "Thread | None") -> None:
    """Raise NotFound unless an agent may see all these threads; a customer without one only who sees all."""
    for thread in seen:
        if thread is None:
            allowed = agent.sees_all
        else:
            allowed = rules.may_see(agent, thread.team_id, thread.assignee_id)
        if not allowed:
            raise NotFound("There is no such customer.")


def _merge(
    session: Session,
    ctx: Context,
    agent: AgentIdentity,
    survivor_id: int,
    other_id: int,
    take: Mapping[str, str],
    confirmed: bool,
) -> Merged:
    done = _done_before(session, agent, survivor_id, other_id)
    if done is not None:
        return done
    pair = locked_pair(session, survivor_id, other_id)
    require_sight(agent, pair.ours, pair.theirs)
    if suggestions.conflicts(session, survivor_id, other_id):
        if not agent.is_supervisor:
            raise NotAllowed(
                "Both have proved different ids of one kind. Only supervisors merge them; suggest it to one."
            )
        if not confirmed:
            raise Conflict("Both have proved different ids of one kind. Confirm that they are one person.")
    return unite(session, pair, ctx.clock(), agent=agent, take=take)


def _done_before(session: Session, agent: AgentIdentity, survivor_id: int, other_id: int) -> Merged | None:
    """The merge that this request has made already, when its answer was lost on the way."""
    entry = journal.newest(session, survivor_id, other_id)
    if entry is None or entry.agent_id != agent.id:
        return None
    return Merged(entry.id, survivor_id, lookup.of_customer(session, survivor_id))


def _combine(session: Session, entry: "Merge", ours: "Thread", theirs: "Thread", now: datetime) -> None:
    """Make one of two locked threads. Read marks follow when it is known which lines there are besides."""
    regroup.combine(session, entry, ours, theirs, now)
    sla.join(session, entry, ours, theirs, now)
    deliveries.follow(session, [ours.id])
    outcome.show_trouble(session, ours.id)
    belongings.join_participants(session, entry, ours.id, theirs.id)
    for agent_id, mode in belongings.join_drafts(session, entry, ours.id, theirs.id, now):
        tell_draft(session, ours.id, agent_id, str(mode))


def add_line(
    session: Session,
    thread: "Thread",
    code: str,
    text: str,
    now: datetime,
    *,
    episode_ids: Collection[int] = (),
    **data: Any,
) -> int | None:
    """Append a line that tells what happened, to the newest of these episodes or else of all; None without any."""
    known = regroup.episodes(session, thread.id)
    suitable = [episode for episode in known if episode.id in episode_ids] or known
    if not suitable:
        return None
    return threads.append_system(session, thread, suitable[-1], code, text, now, **data)


def tell_draft(session: Session, thread_id: int, agent_id: int, mode: str) -> None:
    """Tell an agent's browsers that his draft in a thread is another one now."""
    record(
        session,
        EventKind.DRAFT_CHANGED,
        thread_id=thread_id,
        agent_id=agent_id,
        data={"mode": mode, "empty": False},
    )


def _record(
    session: Session,
    entry: "Merge",
    thread: "Thread",
    gone: "Thread | None",
    line: int | None,
    sights: Mapping[int, tuple[int | None, int | None]],
) -> None:
    """Tell browsers: of the thread that is gone, also those that saw it and may not see the other."""
    data: dict[str, Any] = {
        "customer_id": entry.survivor_id,
        "other_id": entry.other_id,
        "merge_id": entry.id,
    }
    if gone is not None:
        data |= {"gone": gone.id, "survivor": thread.id}
        data["gone_team_id"], data["gone_assignee_id"] = sights[gone.id]
    data["was_team_id"], data["was_assignee_id"] = sights[thread.id]
    record(
        session,
        EventKind.THREAD_MERGED,
        thread_id=thread.id,
        message_id=line,
        actor_id=entry.agent_id,
        data=data,
    )
    record(
        session,
        EventKind.CUSTOMER_CHANGED,
        thread_id=thread.id,
        actor_id=entry.agent_id,
        data={"customer_id": entry.survivor_id, "change": "merged"},
    )


def _sentence(name: str, threads_before: int, messages: int, agent: AgentIdentity | None, reason: str) -> str:
    size = f"{threads_before} {'thread' if threads_before == 1 else 'threads'}, {messages} messages"
    if agent is not None:
        return f"Merged with {name} ({size}) by {agent.name}"
    return f"Merged with {name} ({size}): {REASONS.get(reason, reason)}"


def _id(thread: "Thread | None") -> int | None:
    return None if thread is None else thread.id

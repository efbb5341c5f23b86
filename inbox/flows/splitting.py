"""An address turns out to be somebody else's: it gets a customer of its own, with what was written from and to it."""

from typing import Any

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.commerce import regroup as shops
from inbox.customers import journal, merging, unmerging
from inbox.customers import lookup as identities
from inbox.errors import Conflict, Invalid
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import outcome
from inbox.flows.context import Context
from inbox.flows.merging import Merged, add_line, require_sight
from inbox.flows.unmerging import tell_parted
from inbox.outbox import regroup as deliveries
from inbox.sla import regroup as sla
from inbox.threads import actions as threads
from inbox.threads import belongings, lookup, regroup
from inbox.visits.lookup import browsers_of


def split(ctx: Context, agent: AgentIdentity, identity_id: int) -> Merged:
    """Give an identity a customer of its own. Raises NotFound, Invalid (it is his only one) or Conflict."""
    return ctx.db.run(_split, ctx, agent, identity_id)


def _split(session: Session, ctx: Context, agent: AgentIdentity, identity_id: int) -> Merged:
    now = ctx.clock()
    owner_id = identities.owner(session, identity_id)
    survivor = merging.lock(session, [owner_id])[owner_id]
    if identities.owner(session, identity_id) != owner_id or survivor.merged_into_id is not None:
        raise Conflict("The address went to another customer meanwhile. Look at it again.")
    thread_id = lookup.of_customer(session, owner_id)
    source = None if thread_id is None else regroup.lock(session, [thread_id])[thread_id]
    require_sight(agent, source)
    if len(session.execute(merging.identities_of(owner_id).limit(2)).all()) < 2:
        raise Invalid("This is the customer's only address.", "/identity_id")
    party = identities.party(session, identity_id)
    made = unmerging.make_customer(session, party, survivor, now)
    entry = journal.begin(session, owner_id, made.id, now, agent_id=agent.id, is_split=True)
    unmerging.give_identity(session, entry, identity_id, made.id)
    journal.remember(entry, threads={"survivor": thread_id, "other": None})
    shops.part(session, entry, owner_id, made.id, browsers_of(session, made.id))
    if source is None:
        return Merged(entry.id, made.id, None)
    journal.note_all(session, entry.id, "message", regroup.leaving_with(source.id, identity_id))
    leaving = journal.ids(entry.id, "message")
    data: dict[str, Any] = {
        "agent_id": agent.id,
        "name": agent.name,
        "address": party.display,
        "merge_id": entry.id,
    }
    if session.execute(leaving.limit(1)).first() is None:
        text = f"{party.display} became a customer of its own by {agent.name}"
        add_line(session, source, "split", text, now, customer_id=made.id, **data)
        _changed(session, source.id, agent, owner_id)
        return Merged(entry.id, made.id, None)
    target = threads.lock(session, threads.ensure(session, made.id, now))
    marks = belongings.marks_before_parting(session, source.id, leaving)
    was = source.team_id, source.assignee_id
    copies = regroup.take_out(session, source, target, leaving, {})
    journal.remember(entry, copies=copies_noted(copies), threads={"survivor": source.id, "other": target.id})
    sla.follow(session, [source, target])
    for thread in (source, target):
        sla.settle(session, entry, thread, deliveries.withdrawn(session, thread.id), now)
        regroup.go_on(session, entry, thread)
    deliveries.follow(session, [source.id, target.id])
    shops.follow(session, [source.id, target.id])
    for thread, customer, text in (
        (source, made, f"{party.display} became a customer of its own by {agent.name}"),
        (target, survivor, f"Split off from {survivor.name} by {agent.name}"),
    ):
        outcome.show_trouble(session, thread.id)
        add_line(session, thread, "split", text, now, customer_id=customer.id, customer=customer.name, **data)
        _changed(session, thread.id, agent, thread.customer_id)
    belongings.part_marks(session, entry, marks, source, target, now)
    tell_parted(session, entry, source, target, was)
    return Merged(entry.id, made.id, target.id)


def copies_noted(copies: dict[int, int]) -> dict[str, int]:
    """Episodes that were kept twice, as the journal has them: JSON knows texts only as keys."""
    return {str(copy_id): original_id for copy_id, original_id in copies.items()}


def _changed(session: Session, thread_id: int, agent: AgentIdentity, customer_id: int) -> None:
    record(
        session,
        EventKind.CUSTOMER_CHANGED,
        thread_id=thread_id,
        actor_id=agent.id,
        data={"customer_id": customer_id, "change": "split"},
    )

"""What a merge would do, shown before it is done."""

from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.contract import Level
from inbox.customers import merging, rules, suggestions
from inbox.customers import queries as customers
from inbox.errors import Conflict, Invalid, NotFound
from inbox.flows.context import Context
from inbox.flows.merging import require_sight
from inbox.shapes import MergeConflict, MergeField, MergePreview, MergeSide, iso
from inbox.threads import lookup

if TYPE_CHECKING:
    from inbox.customers.models import Customer
    from inbox.threads.models import Thread


def preview(ctx: Context, agent: AgentIdentity, survivor_id: int, other_id: int) -> MergePreview:
    """What merging `other` into `survivor` would do. Raises NotFound, Invalid or Conflict (merged or erased)."""
    if survivor_id == other_id:
        raise Invalid("Choose two different customers.", "/other_id")
    with ctx.db.read() as session:
        return _preview(session, agent, survivor_id, other_id)


def _preview(session: Session, agent: AgentIdentity, survivor_id: int, other_id: int) -> MergePreview:
    found = merging.get(session, [survivor_id, other_id])
    if len(found) < 2:
        raise NotFound("There is no such customer.")
    survivor, other = found[survivor_id], found[other_id]
    ours, theirs = _thread(session, survivor_id), _thread(session, other_id)
    require_sight(agent, ours, theirs)
    if any(each.merged_into_id is not None or each.erased_at is not None for each in found.values()):
        raise Conflict("One of the two was merged or erased meanwhile. Look at them again.")
    sides = _side(session, survivor, ours), _side(session, other, theirs)
    conflicts = _conflicts(session, survivor_id, other_id, sides)
    return {
        "survivor": sides[0],
        "other": sides[1],
        "suggested_id": rules.survives(_standing(sides[0], survivor), _standing(sides[1], other)),
        "fields": _fields(session, survivor, other),
        "threads": sum(thread is not None for thread in (ours, theirs)),
        "messages": sides[0]["messages"] + sides[1]["messages"],
        "conflicts": conflicts,
        "allowed": agent.is_supervisor or not conflicts,
    }


def _thread(session: Session, customer_id: int) -> "Thread | None":
    thread_id = lookup.of_customer(session, customer_id)
    return None if thread_id is None else lookup.thread(session, thread_id)


def _side(session: Session, customer: "Customer", thread: "Thread | None") -> MergeSide:
    return {
        "id": customer.id,
        "name": customer.name,
        "thread_id": None if thread is None else thread.id,
        "messages": 0 if thread is None else thread.last_seq,
        "identities": customers.identities(session, [customer.id]).get(customer.id, []),
        "created_at": iso(customer.created_at),
    }


def _standing(side: MergeSide, customer: "Customer") -> Any:
    proved = any(identity["level"] == Level.VERIFIED.value for identity in side["identities"])
    return proved, customer.created_at, customer.id


def _fields(session: Session, survivor: "Customer", other: "Customer") -> list[MergeField]:
    ours, theirs = merging.values_of(survivor), merging.values_of(other)
    better = merging.better_name(session, survivor, other)
    return [
        {
            "key": key,
            "survivor": _shown(ours.get(key)),
            "other": _shown(theirs.get(key)),
            "take": rules.side_of(key, ours.get(key), theirs.get(key), better_name=better),
        }
        for key in dict.fromkeys([*ours, *theirs])
    ]


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)


def _conflicts(
    session: Session, survivor_id: int, other_id: int, sides: tuple[MergeSide, MergeSide]
) -> list[MergeConflict]:
    found = suggestions.proved_ids(session, [survivor_id, other_id])
    conflicts: list[MergeConflict] = []
    for namespace, account in suggestions.conflicts(session, survivor_id, other_id):
        addresses = [
            [
                each.address
                for each in found.get(side["id"], [])
                if (each.namespace, each.account, each.level) == (namespace, account, Level.VERIFIED)
            ]
            for side in sides
        ]
        conflicts.append({"namespace": namespace, "survivor": addresses[0], "other": addresses[1]})
    return conflicts

"""Two customers become one: whose addresses, claims, notes, tags, consents and fields these are from then on.

Everything that is moved or changed is noted in the journal; `unmerging` takes it back. The customer who was
merged away keeps his row, which leads on.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, Table, insert, select, update
from sqlalchemy.orm import Session, aliased

from inbox.customers import journal, rules, suggestions
from inbox.customers.lookup import party_of
from inbox.customers.models import (
    Claim,
    Consent,
    Customer,
    CustomerNote,
    CustomerTag,
    Identity,
    Merge,
    Suggestion,
)
from inbox.customers.words import SuggestionState
from inbox.shapes import iso_or_null

OWNED: dict[str, Table] = {
    "identity": cast(Table, Identity.__table__),
    "claim": cast(Table, Claim.__table__),
    "customer_note": cast(Table, CustomerNote.__table__),
    "consent": cast(Table, Consent.__table__),
}
"""Tables whose rows simply belong to a customer."""

PLAIN = ("name", "locale", "time_zone")
"""Fields of which one value is chosen; the custom ones are chosen key by key."""


def lock(session: Session, customer_ids: Sequence[int]) -> dict[int, Customer]:
    """The customers, locked in the order of their ids until the transaction ends; unknown ones are missing."""
    rows = session.scalars(
        select(Customer)
        .where(Customer.id.in_(sorted(set(customer_ids))))
        .order_by(Customer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def get(session: Session, customer_ids: Sequence[int]) -> dict[int, Customer]:
    """The customers by their ids, for reading only; unknown ones are missing."""
    rows = session.scalars(select(Customer).where(Customer.id.in_(sorted(set(customer_ids)))))
    return {row.id: row for row in rows}


def merge(
    session: Session,
    entry: Merge,
    survivor: Customer,
    other: Customer,
    take: Mapping[str, str],
    now: datetime,
) -> None:
    """Give the survivor all that belongs to the other, both locked. Raises Invalid for a `take` that is none."""
    _choose(session, entry, survivor, other, take)
    for place, table in OWNED.items():
        wanted = table.c.customer_id == other.id
        if place == "claim":
            wanted &= table.c.id.not_in(_claimed_twice(survivor.id, other.id))
        journal.note_all(session, entry.id, place, select(table.c.id).where(wanted))
        moved = table.c.id.in_(journal.ids(entry.id, place))
        session.execute(update(table).where(moved).values(customer_id=survivor.id))
    journal.remember(entry, tags=_add_tags(session, survivor.id, other.id))
    _decide(session, entry, survivor.id, other.id, now)
    _carry_suggestions(session, entry, survivor.id, other.id)
    other.merged_into_id = survivor.id
    session.flush()


def identities_of(customer_id: int) -> Select[int]:
    """Selects the ids of a customer's identities."""
    return select(Identity.id).where(Identity.customer_id == customer_id)


def values_of(customer: Customer) -> dict[str, Any]:
    """The fields of a customer that are chosen from, by the keys that `take` uses."""
    plain = {key: getattr(customer, key) for key in PLAIN}
    return plain | {f"fields.{key}": value for key, value in sorted(customer.fields.items())}


def better_name(session: Session, survivor: Customer, other: Customer) -> bool:
    """Whether the other's name was told by somebody, while the survivor's is only made of an address."""
    made_up = {}
    for customer in (survivor, other):
        rows = session.scalars(select(Identity).where(Identity.customer_id == customer.id))
        made_up[customer.id] = rules.is_made_up(customer.name, [party_of(row) for row in rows])
    return made_up[survivor.id] and not made_up[other.id]


def fields_of(customer: Customer) -> dict[str, Any]:
    """What a merge may change in a customer's own row."""
    keys = (*PLAIN, "sort_name", "is_demo")
    return {key: getattr(customer, key) for key in keys} | {"fields": dict(customer.fields)}


def suggestion_of(row: Suggestion) -> dict[str, Any]:
    """What a merge may change in a suggestion."""
    return {
        "evidence": row.evidence,
        "score": row.score,
        "state": str(row.state),
        "decided_at": iso_or_null(row.decided_at),
        "decided_by_id": row.decided_by_id,
    }


def _choose(
    session: Session, entry: Merge, survivor: Customer, other: Customer, take: Mapping[str, str]
) -> None:
    before = fields_of(survivor)
    values = rules.chosen(
        values_of(survivor), values_of(other), take, better_name=better_name(session, survivor, other)
    )
    survivor.name = values["name"] or survivor.name
    survivor.sort_name = rules.sort_name(survivor.name)
    survivor.locale, survivor.time_zone = values["locale"], values["time_zone"]
    survivor.fields = {
        key.removeprefix("fields."): value
        for key, value in values.items()
        if key.startswith("fields.") and value is not None
    }
    survivor.is_demo = survivor.is_demo and other.is_demo
    journal.remember(entry, fields={"before": before, "after": fields_of(survivor)})


def _claimed_twice(survivor_id: int, other_id: int) -> Any:
    """Claims of the other that the survivor has too; they stay behind."""
    theirs = aliased(Claim)
    return (
        select(theirs.id)
        .join(Claim, (Claim.namespace == theirs.namespace) & (Claim.address == theirs.address))
        .where(theirs.customer_id == other_id, Claim.customer_id == survivor_id)
    )


def _add_tags(session: Session, survivor_id: int, other_id: int) -> list[str]:
    """Give the survivor the other's tags; returns those that are new to him."""
    known = set(session.scalars(select(CustomerTag.tag).where(CustomerTag.customer_id == survivor_id)))
    theirs = session.scalars(select(CustomerTag.tag).where(CustomerTag.customer_id == other_id))
    new = sorted(set(theirs) - known)
    if new:
        session.execute(insert(CustomerTag), [{"customer_id": survivor_id, "tag": tag} for tag in new])
    return new


def _decide(session: Session, entry: Merge, survivor_id: int, other_id: int, now: datetime) -> None:
    """What was suggested is done."""
    row = suggestions.between(session, survivor_id, other_id)
    if row is not None:
        before = suggestion_of(row)
        row.state, row.decided_at, row.decided_by_id = SuggestionState.MERGED, now, entry.agent_id
        session.flush()
        note = {"before": before, "after": suggestion_of(row)}
        journal.note(session, entry.id, "suggestion", {row.id: note})


def _carry_suggestions(session: Session, entry: Merge, survivor_id: int, other_id: int) -> None:
    """What was suggested or rejected about the other holds for the survivor."""
    changed: dict[int, dict[str, Any]] = {}
    for row in suggestions.about(session, other_id):
        third = row.low_id if row.high_id == other_id else row.high_id
        if third == survivor_id or row.state is SuggestionState.MERGED:
            continue
        if third not in suggestions.are_there(session, [third]):
            continue
        known = suggestions.between(session, survivor_id, third)
        if known is None:
            low, high = sorted((survivor_id, third))
            known = Suggestion(
                low_id=low,
                high_id=high,
                evidence=row.evidence,
                score=row.score,
                state=row.state,
                created_at=row.created_at,
                decided_at=row.decided_at,
                decided_by_id=row.decided_by_id,
            )
            session.add(known)
            session.flush()
            changed[known.id] = {"before": None, "after": suggestion_of(known)}
        elif known.state is SuggestionState.OPEN and row.state is SuggestionState.REJECTED:
            before = suggestion_of(known)
            known.state, known.decided_at, known.decided_by_id = row.state, row.decided_at, row.decided_by_id
            session.flush()
            changed[known.id] = {"before": before, "after": suggestion_of(known)}
    journal.note(session, entry.id, "suggestion", changed)

"""Taking a merge back, and splitting an identity off: the other side of `merging`.

What nobody has touched since is restored exactly; what somebody has changed stays as he left it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from inbox.contract import Party
from inbox.customers import journal, rules
from inbox.customers.merging import OWNED, fields_of, suggestion_of
from inbox.customers.models import Claim, Customer, CustomerTag, Identity, Merge, Suggestion
from inbox.customers.words import SuggestionState
from inbox.errors import Conflict


def check(session: Session, entry: Merge, survivor: Customer, other: Customer, now: datetime) -> None:
    """Raise Conflict unless a merge or split, both customers locked, can be undone now."""
    if entry.undone_at is not None:
        raise Conflict("This was undone already.")
    if entry.undo_until < now:
        raise Conflict("It is too long ago to be undone. Split an address off instead.")
    if survivor.merged_into_id is not None:
        raise Conflict("The customer was merged with another one since. Undo the later merge first.")
    if survivor.erased_at is not None or other.erased_at is not None:
        raise Conflict("The customer was erased; nothing can be brought back.")
    # Of a merge the moved addresses are the survivor's, of a split the other's.
    holder = other if entry.is_split else survivor
    moved = select(Identity.id).where(
        Identity.id.in_(journal.ids(entry.id, "identity")), Identity.customer_id != holder.id
    )
    if session.execute(moved.limit(1)).first() is not None:
        raise Conflict("An address was split off since. Undo that first.")
    if entry.is_split and (
        other.merged_into_id is not None or journal.later(session, other.id, entry.id) is not None
    ):
        raise Conflict("The customer was merged with another one since. Undo the later merge first.")


def unmerge(session: Session, entry: Merge, survivor: Customer, other: Customer) -> None:
    """Give the other what was his, both locked."""
    other.merged_into_id = None
    _restore_fields(survivor, entry.before["fields"])
    for place, table in OWNED.items():
        moved = table.c.id.in_(journal.ids(entry.id, place)), table.c.customer_id == survivor.id
        session.execute(update(table).where(*moved).values(customer_id=other.id))
    added = entry.before.get("tags") or []
    session.execute(
        delete(CustomerTag).where(CustomerTag.customer_id == survivor.id, CustomerTag.tag.in_(added))
    )
    for row_id, note in journal.noted(session, entry.id, "suggestion").items():
        _restore_suggestion(session, row_id, note)
    session.flush()


def make_customer(session: Session, party: Party, survivor: Customer, now: datetime) -> Customer:
    """A customer of its own for an identity that is split off."""
    name = rules.display_name(party)
    made = Customer(
        name=name,
        sort_name=rules.sort_name(name),
        locale=survivor.locale,
        time_zone=survivor.time_zone,
        is_demo=survivor.is_demo,
        created_at=now,
        fields={},
    )
    session.add(made)
    session.flush()
    return made


def give_identity(session: Session, entry: Merge, identity_id: int, other_id: int) -> None:
    """Move an identity and the claims made from it to the customer that a split made."""
    journal.note(session, entry.id, "identity", {identity_id: {}})
    own = select(Claim.id).where(Claim.identity_id == identity_id, Claim.customer_id == entry.survivor_id)
    journal.note_all(session, entry.id, "claim", own)
    for place in ("identity", "claim"):
        table = OWNED[place]
        moved = table.c.id.in_(journal.ids(entry.id, place))
        session.execute(update(table).where(moved).values(customer_id=other_id))


def unsplit(session: Session, survivor: Customer, other: Customer) -> None:
    """Give everything of the customer that a split made back to whom it was taken from, both locked."""
    for table in OWNED.values():
        wanted = table.c.customer_id == other.id
        if table is OWNED["claim"]:
            both = select(Claim.namespace, Claim.address).where(Claim.customer_id == survivor.id).subquery()
            twice = (both.c.namespace == table.c.namespace) & (both.c.address == table.c.address)
            wanted &= ~select(both.c.address).where(twice).exists()
        session.execute(update(table).where(wanted).values(customer_id=survivor.id))
    known = set(session.scalars(select(CustomerTag.tag).where(CustomerTag.customer_id == survivor.id)))
    theirs = set(session.scalars(select(CustomerTag.tag).where(CustomerTag.customer_id == other.id)))
    if theirs - known:
        new = [{"customer_id": survivor.id, "tag": tag} for tag in sorted(theirs - known)]
        session.execute(insert(CustomerTag), new)
    other.merged_into_id = survivor.id
    session.flush()


def close(session: Session, entry: Merge, agent_id: int | None, now: datetime) -> None:
    """Note that an entry was undone."""
    entry.undone_at, entry.undone_by_id = now, agent_id
    session.flush()


def _restore_fields(customer: Customer, noted: dict[str, Any]) -> None:
    """Give each field its former value, unless somebody has changed it since."""
    before, after, current = noted["before"], noted["after"], fields_of(customer)
    for key in ("name", "locale", "time_zone", "is_demo"):
        if current[key] == after[key]:
            setattr(customer, key, before[key])
    customer.sort_name = rules.sort_name(customer.name)
    fields = dict(customer.fields)
    for key in before["fields"].keys() | after["fields"].keys():
        if fields.get(key) == after["fields"].get(key):
            if key in before["fields"]:
                fields[key] = before["fields"][key]
            else:
                fields.pop(key, None)
    customer.fields = fields


def _restore_suggestion(session: Session, row_id: int, note: dict[str, Any]) -> None:
    row = session.get(Suggestion, row_id, populate_existing=True)
    if row is None or suggestion_of(row) != note["after"]:
        return
    before = note["before"]
    if before is None:
        session.delete(row)
        return
    row.state, row.score, row.evidence = SuggestionState(before["state"]), before["score"], before["evidence"]
    row.decided_by_id = before["decided_by_id"]
    row.decided_at = None if before["decided_at"] is None else datetime.fromisoformat(before["decided_at"])

"""Finding customers who may be the same person as one of them: by what they claim, by telephone, by name.

Every search is one range of one index and stops early: an address that many people claim says nothing.
"""

from collections.abc import Collection

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from inbox.contract import addresses
from inbox.customers import likeness
from inbox.customers.models import Claim, Customer, Identity
from inbox.customers.suggestions import are_there

MANY = 10
"""Customers with the same sign beyond which it says nothing."""

USER = "user"
"""The namespace of the shop's own ids of people."""

Found = dict[int, list[likeness.Evidence]]


def find(session: Session, customer_id: int) -> Found:
    """Other customers who may be the same person, by their ids, each with the evidence."""
    own = session.execute(
        select(Identity.namespace, Identity.address, Identity.display).where(
            Identity.customer_id == customer_id
        )
    ).all()
    claimed = session.execute(
        select(Claim.namespace, Claim.address, Claim.display).where(Claim.customer_id == customer_id)
    ).all()
    found: Found = {}
    own_keys = [(row.namespace, row.address) for row in own]
    claimed_keys = [(row.namespace, row.address) for row in claimed]
    phones = {row.address for row in (*own, *claimed) if addresses.is_phone(row.address)}
    _same_address(session, customer_id, claimed_keys, Identity, found)
    _same_address(session, customer_id, own_keys, Claim, found)
    _same_claim(session, customer_id, claimed_keys, found)
    _same_phone(session, customer_id, phones, found)
    _same_name(session, customer_id, found)
    there = are_there(session, found) if found else set()
    return {other_id: evidence for other_id, evidence in found.items() if other_id in there}


def _same_address(
    session: Session,
    customer_id: int,
    keys: Collection[tuple[str, str]],
    table: type[Identity] | type[Claim],
    found: Found,
) -> None:
    """An address that one of both has and the other claims."""
    for namespace, address, others in _others(session, customer_id, keys, table):
        for other_id in others:
            if namespace == USER:
                evidence = likeness.sign(
                    "same_user", f"One claims the shop's user id of the other, {address}.", address=address
                )
            else:
                evidence = likeness.sign(
                    "claimed_address",
                    f"One claims the address of the other, {address}.",
                    namespace=namespace,
                    address=address,
                )
            found.setdefault(other_id, []).append(evidence)


def _same_claim(session: Session, customer_id: int, keys: Collection[tuple[str, str]], found: Found) -> None:
    for namespace, address, others in _others(session, customer_id, keys, Claim):
        for other_id in others:
            evidence = likeness.sign(
                "same_claim", f"Both claim {address}.", namespace=namespace, address=address
            )
            found.setdefault(other_id, []).append(evidence)


def _same_phone(session: Session, customer_id: int, phones: Collection[str], found: Found) -> None:
    """The same telephone number, whichever networks it is used on."""
    seen: dict[str, set[int]] = {}
    for table in (Identity, Claim) if phones else ():
        rows = session.execute(
            select(table.customer_id, table.address)
            .where(table.address.in_(sorted(phones)), table.customer_id != customer_id)
            .limit(MANY * MANY)
        )
        for row in rows:
            seen.setdefault(row.address, set()).add(row.customer_id)
    for phone, others in seen.items():
        for other_id in others if len(others) <= MANY else ():
            # It says the same as a claim of that number, and more.
            others_signs = [each for each in found.get(other_id, ()) if each["data"].get("address") != phone]
            evidence = likeness.sign("same_phone", f"Both have the number {phone}.", address=phone)
            found[other_id] = [*others_signs, evidence]


def _same_name(session: Session, customer_id: int, found: Found) -> None:
    me = session.get_one(Customer, customer_id)
    if not likeness.is_full_name(me.name):
        return
    namesakes = session.scalars(
        select(Customer).where(Customer.sort_name == me.sort_name, Customer.id != customer_id).limit(MANY + 1)
    ).all()
    if not namesakes or len(namesakes) > MANY:
        return
    people = _people(session, [me, *namesakes])
    for other in namesakes:
        for evidence in likeness.resemblance(people[me.id], people[other.id]):
            found.setdefault(other.id, []).append(evidence)


def _others(
    session: Session,
    customer_id: int,
    keys: Collection[tuple[str, str]],
    table: type[Identity] | type[Claim],
) -> list[tuple[str, str, set[int]]]:
    """Who else has each address in a table; addresses that too many have are left out."""
    if not keys:
        return []
    rows = session.execute(
        select(table.namespace, table.address, table.customer_id)
        .where(
            table.address.in_(sorted({address for _, address in keys})),
            tuple_(table.namespace, table.address).in_(sorted(set(keys))),
            table.customer_id != customer_id,
        )
        .limit(MANY * MANY)
    )
    seen: dict[tuple[str, str], set[int]] = {}
    for row in rows:
        seen.setdefault((row.namespace, row.address), set()).add(row.customer_id)
    return [(*key, others) for key, others in sorted(seen.items()) if len(others) <= MANY]


def _people(session: Session, customers: Collection[Customer]) -> dict[int, likeness.Person]:
    rows = session.execute(
        select(Identity.customer_id, Identity.address, Identity.display)
        .where(Identity.customer_id.in_([customer.id for customer in customers]))
        .order_by(Identity.id)
    ).all()
    return {
        customer.id: likeness.Person(
            customer.name,
            customer.locale or "",
            customer.time_zone or "",
            tuple(r.address for r in rows if r.customer_id == customer.id and "@" in r.address),
            tuple(r.display for r in rows if r.customer_id == customer.id and "@" not in r.address),
        )
        for customer in customers
    }

"""Forgetting a person: what this room knows of him goes at once, and a record keeps that and when it was asked."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, delete, func, or_, select, update
from sqlalchemy.orm import Session

from inbox.contract import Level
from inbox.customers.models import (
    Block,
    Claim,
    Consent,
    Customer,
    CustomerNote,
    CustomerTag,
    Erasure,
    Identity,
    Merge,
    MergeRow,
    OneTimeCode,
    Shut,
    Suggestion,
)
from inbox.customers.rules import sort_name
from inbox.customers.words import ErasureStep

NAME = "Erased customer"
NAMESPACE = "erased"
"""The kind of address of a forgotten identity: no channel has it, so nothing can be sent there."""

SOUGHT_MIN = 6
"""Shorter addresses are found in too many payloads that have nothing to do with the person."""


def family(session: Session, customer_id: int) -> list[int]:
    """A customer and all who were merged into him, however far back."""
    found = {customer_id}
    ahead = [customer_id]
    while ahead:
        rows = session.scalars(select(Customer.id).where(Customer.merged_into_id.in_(ahead)))
        ahead = [number for number in rows if number not in found]
        found.update(ahead)
    return sorted(found)


def identity_ids(session: Session, customer_ids: Collection[int]) -> list[int]:
    """The identities of these customers."""
    return list(session.scalars(select(Identity.id).where(Identity.customer_id.in_(customer_ids))))


def parted_from(session: Session, customer_ids: Collection[int]) -> list[int]:
    """Others with whom these customers were one, or were taken for one, at some time."""
    found: set[int] = set()
    for one, other in ((Merge.survivor_id, Merge.other_id), (Merge.other_id, Merge.survivor_id)):
        found.update(session.scalars(select(other).where(one.in_(customer_ids))))
    return sorted(found - set(customer_ids))


def addresses(session: Session, customer_ids: Collection[int]) -> list[str]:
    """Addresses by which payloads of these customers are known, where they are long enough to tell."""
    rows = session.scalars(
        select(Identity.address).where(
            Identity.customer_id.in_(customer_ids), func.length(Identity.address) >= SOUGHT_MIN
        )
    )
    return sorted(set(rows))


def forget(
    session: Session, customer_ids: Collection[int], identities: Collection[int], now: datetime
) -> None:
    """Remove what is known of these customers; their identities become tombstones.

    A message from one of the addresses makes a new customer from now on. Rows that figures count stay, with
    nothing in them that tells who it was.
    """
    merges = select(Merge.id).where(
        or_(Merge.survivor_id.in_(customer_ids), Merge.other_id.in_(customer_ids))
    )
    changes: Sequence[Any] = (
        delete(Block).where(Block.identity_id.in_(identities)),
        delete(Shut).where(Shut.identity_id.in_(identities)),
        delete(OneTimeCode).where(OneTimeCode.identity_id.in_(identities)),
        delete(Claim).where(or_(Claim.customer_id.in_(customer_ids), Claim.identity_id.in_(identities))),
        delete(CustomerNote).where(CustomerNote.customer_id.in_(customer_ids)),
        delete(CustomerTag).where(CustomerTag.customer_id.in_(customer_ids)),
        delete(Consent).where(Consent.customer_id.in_(customer_ids)),
        delete(Suggestion).where(
            or_(Suggestion.low_id.in_(customer_ids), Suggestion.high_id.in_(customer_ids))
        ),
        delete(MergeRow).where(MergeRow.merge_id.in_(merges)),
        update(Merge).where(Merge.id.in_(merges)).values(before={}, reason="", undo_until=now),
        update(Identity)
        .where(Identity.id.in_(identities))
        .values(
            namespace=NAMESPACE,
            account="",
            address=cast(Identity.id, String),
            display="",
            name="",
            level=Level.CLAIMED,
            level_reason="",
            proved_at=None,
            unreachable=None,
            proved_as=None,
        ),
        update(Customer)
        .where(Customer.id.in_(customer_ids))
        .values(name=NAME, sort_name=sort_name(NAME), locale=None, time_zone=None, fields={}, erased_at=now),
    )
    for change in changes:
        session.execute(change.execution_options(synchronize_session=False))


def start(session: Session, customer_id: int, agent_id: int, sought: list[str], now: datetime) -> int:
    """Note that a customer is being erased; the id of the record."""
    row = Erasure(
        customer_id=customer_id,
        asked_by_id=agent_id,
        asked_at=now,
        sought=sought,
        step=ErasureStep.MESSAGES,
    )
    session.add(row)
    session.flush()
    return row.id


def of_customer(session: Session, customer_id: int) -> Erasure | None:
    """The record of a customer's erasing."""
    return session.execute(select(Erasure).where(Erasure.customer_id == customer_id)).scalar()


def get(session: Session, erasure_id: int) -> Erasure:
    """A record."""
    return session.get_one(Erasure, erasure_id)


def lock(session: Session, erasure_id: int) -> Erasure:
    """A record, locked until the transaction ends."""
    return session.execute(
        select(Erasure)
        .where(Erasure.id == erasure_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def unfinished(session: Session, limit: int) -> list[int]:
    """Records of erasings that are not done, the oldest first."""
    rows = select(Erasure.id).where(Erasure.done_at.is_(None)).order_by(Erasure.id).limit(limit)
    return list(session.scalars(rows))

"""Claims: addresses that somebody says are his. They are shown and can be written to; they open nothing."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.contract import Party
from inbox.customers.lookup import living
from inbox.customers.models import Claim, Identity
from inbox.errors import NotFound
from inbox.shapes import ClaimView, iso, iso_or_null

CLAIMS_MAX = 20
"""Claims kept of one customer: whoever says more than that says the oldest no more."""


def claim(
    session: Session, customer_id: int, identity_id: int | None, party: Party, source: str, now: datetime
) -> int:
    """Note that a customer says an address is his; returns the claim's id, that of the earlier one if he said so
    before.

    `party` is in look-up form (see `inbox.contract.addresses`); `identity_id` is who says it, `source` where
    ("widget", "contact card").
    """
    customer_id = living(session, customer_id, keep=True)
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    made = session.execute(
        insert(Claim)
        .values(
            customer_id=customer_id,
            identity_id=identity_id,
            namespace=party.namespace,
            address=party.address,
            display=(party.display or party.address)[:500],
            source=source[:100],
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["customer_id", "namespace", "address"])
        .returning(Claim.id)
    ).scalar()
    if made is not None:
        _forget_oldest(session, customer_id)
        return made
    return session.execute(
        select(Claim.id).where(
            Claim.customer_id == customer_id,
            Claim.namespace == party.namespace,
            Claim.address == party.address,
        )
    ).scalar_one()


def claims_of(session: Session, customer_ids: Collection[int]) -> dict[int, list[ClaimView]]:
    """Claims per customer, the newest first, without those that he has proved meanwhile."""
    proved = (
        select(Identity.id)
        .where(
            Identity.customer_id == Claim.customer_id,
            Identity.namespace == Claim.namespace,
            Identity.address == Claim.address,
        )
        .exists()
    )
    rows = session.scalars(
        select(Claim)
        .where(Claim.customer_id.in_(sorted(set(customer_ids))), ~proved)
        .order_by(Claim.created_at.desc(), Claim.id.desc())
    )
    found: dict[int, list[ClaimView]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(_view(row))
    return found


def owner(session: Session, claim_id: int) -> int | None:
    """The customer who claims something, under whose id he lives; None when the claim is forgotten."""
    found = session.execute(select(Claim.customer_id).where(Claim.id == claim_id)).scalar()
    return None if found is None else living(session, found)


def claimant(session: Session, claim_id: int, party: Party) -> int | None:
    """Who made a claim, if it is about this address and we wrote there."""
    return session.execute(
        select(Claim.customer_id).where(
            Claim.id == claim_id,
            Claim.namespace == party.namespace,
            Claim.address == party.address,
            Claim.mailed_at.is_not(None),
        )
    ).scalar()


def mailed(session: Session, claim_id: int, now: datetime) -> None:
    """Note that an agent decided to write to a claimed address. Raises NotFound."""
    changed = session.execute(
        update(Claim)
        .where(Claim.id == claim_id)
        .values(mailed_at=now)
        .returning(Claim.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if changed is None:
        raise NotFound("There is no such claim.")


def proves(session: Session, customer_id: int, party: Party) -> bool:
    """Whether an answer with our token, from an address the customer claimed and we wrote to, is his proof."""
    return (
        session.execute(
            select(Claim.id).where(
                Claim.customer_id == customer_id,
                Claim.namespace == party.namespace,
                Claim.address == party.address,
                Claim.mailed_at.is_not(None),
            )
        ).first()
        is not None
    )


def _forget_oldest(session: Session, customer_id: int) -> None:
    kept = (
        select(Claim.id)
        .where(Claim.customer_id == customer_id, Claim.mailed_at.is_(None))
        .order_by(Claim.id.desc())
        .offset(CLAIMS_MAX)
    )
    old = session.scalars(kept).all()
    if old:
        session.execute(delete(Claim).where(Claim.id.in_(old)).execution_options(synchronize_session=False))


def _view(row: Claim) -> ClaimView:
    return {
        "id": row.id,
        "namespace": row.namespace,
        "address": row.address,
        "display": row.display,
        "source": row.source,
        "created_at": iso(row.created_at),
        "mailed_at": iso_or_null(row.mailed_at),
    }

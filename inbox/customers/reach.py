"""Where a customer can be reached who is not here, by what he cannot, and in which language."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contract import Level
from inbox.customers.lookup import Reachable, party_of
from inbox.customers.models import Customer, Identity, Shut

PROVED = tuple(level for level in Level if level.rank >= Level.CHANNEL.rank)


def proved(
    session: Session, customer_id: int, namespace: str, account: str, channel_id: int
) -> Reachable | None:
    """The customer's most recently seen address of a kind that is proved and not known to be dead.

    Ids that are scoped to an account count only for that `account`, which is the channel's.
    """
    is_shut = select(Shut.identity_id).where(
        Shut.identity_id == Identity.id, Shut.channel_id == channel_id, Shut.place == ""
    )
    identity = session.execute(
        select(Identity)
        .where(
            Identity.customer_id == customer_id,
            Identity.namespace == namespace,
            Identity.account.in_(("", account)),
            Identity.level.in_(PROVED),
            Identity.unreachable.is_(None),
            ~is_shut.exists(),
        )
        .order_by(Identity.last_seen_at.desc(), Identity.id.desc())
        .limit(1)
    ).scalar()
    return None if identity is None else Reachable(identity.id, party_of(identity))


def shut(session: Session, identity_ids: Collection[int]) -> dict[tuple[int, int, str], str]:
    """Why a channel cannot write to an address, by (identity, channel, place), as far as it is only that channel."""
    rows = session.execute(
        select(Shut.identity_id, Shut.channel_id, Shut.place, Shut.reason)
        .where(Shut.identity_id.in_(sorted(set(identity_ids))))
        .order_by(Shut.identity_id, Shut.channel_id, Shut.place)
    )
    return {(row.identity_id, row.channel_id, row.place): row.reason for row in rows}


def why_not(session: Session, identity_id: int, channel_id: int, place: str) -> str | None:
    """Why a channel cannot write to an address at a place, or None."""
    dead = session.execute(select(Identity.unreachable).where(Identity.id == identity_id)).scalar()
    found: str | None = dead or shut(session, [identity_id]).get((identity_id, channel_id, place))
    return found


def locale_of(session: Session, customer_id: int) -> str:
    """The customer's language as a BCP 47 tag, or ""."""
    return session.execute(select(Customer.locale).where(Customer.id == customer_id)).scalar() or ""

"""Small reads about people that the stories need. Lists are in `queries`."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contract import Level, Party
from inbox.customers.models import Customer, Identity
from inbox.errors import Invalid, NotFound


@dataclass(frozen=True)
class Reachable:
    """An identity that can be written to, as a party."""

    identity_id: int
    party: Party


def recipient(
    session: Session,
    customer_id: int,
    namespace: str,
    account: str,
    identity_id: int | None,
) -> Reachable:
    """Whom a reply goes to: the asked identity, else the customer's most recently seen one of that kind.

    Ids that are scoped to an account count only for that `account`. Raises Invalid when the customer has no
    such address.
    """
    wanted = select(Identity).where(
        Identity.customer_id == customer_id,
        Identity.namespace == namespace,
        Identity.account.in_(("", account)),
    )
    if identity_id is not None:
        wanted = wanted.where(Identity.id == identity_id)
    identity = session.execute(
        wanted.order_by(Identity.last_seen_at.desc(), Identity.id.desc()).limit(1)
    ).scalar()
    if identity is None:
        raise Invalid("The customer has no address on this channel.", "/channel_id")
    return Reachable(identity.id, party_of(identity))


def address_of(session: Session, identity_id: int) -> str:
    """The address of an identity."""
    return session.get_one(Identity, identity_id).address


def party(session: Session, identity_id: int) -> Party:
    """An identity by its id, as the contract's party."""
    return party_of(session.get_one(Identity, identity_id))


def name_of(session: Session, identity_id: int) -> str:
    """The name of the customer whom an identity belongs to."""
    return session.execute(
        select(Customer.name)
        .join(Identity, Identity.customer_id == Customer.id)
        .where(Identity.id == identity_id)
    ).scalar_one()


def living(session: Session, customer_id: int, *, keep: bool = False) -> int:
    """The id under which a customer lives: his own, or that of whom he was merged into. Raises NotFound.

    With `keep` he is not merged away before the transaction ends, so that what is given to him stays his.
    """
    while True:
        found = select(Customer.id, Customer.merged_into_id).where(Customer.id == customer_id)
        row = session.execute(found.with_for_update(read=True) if keep else found).first()
        if row is None:
            raise NotFound("There is no such customer.")
        if row.merged_into_id is None:
            return customer_id
        customer_id = row.merged_into_id


def owner(session: Session, identity_id: int) -> int:
    """Whose an identity is now. Raises NotFound."""
    found = session.execute(select(Identity.customer_id).where(Identity.id == identity_id)).scalar()
    if found is None:
        raise NotFound("There is no such address.")
    return found


def at(session: Session, party: Party) -> Identity | None:
    """The identity of an address, if somebody ever wrote from it."""
    return session.execute(
        select(Identity).where(
            Identity.namespace == party.namespace,
            Identity.account == party.account,
            Identity.address == party.address,
        )
    ).scalar()


def party_of(identity: Identity) -> Party:
    """An identity as the contract's party."""
    return Party(
        namespace=identity.namespace,
        address=identity.address,
        account=identity.account,
        display=identity.display,
        name=identity.name,
        level=Level(identity.level),
        level_reason=identity.level_reason,
    )

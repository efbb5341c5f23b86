"""Small reads about visitors that the stories need."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.customers.models import Identity
from inbox.visits.models import VisitorSession


def sessions_of(session: Session, identity_id: int) -> set[int]:
    """Ids of the sessions that are an identity's, ended ones too."""
    found = select(VisitorSession.id).where(VisitorSession.identity_id == identity_id)
    return set(session.execute(found).scalars())


def browsers_of(session: Session, customer_id: int) -> list[int]:
    """Ids of the sessions that are a customer's, ended ones too."""
    found = (
        select(VisitorSession.id)
        .join(Identity, Identity.id == VisitorSession.identity_id)
        .where(Identity.customer_id == customer_id)
        .order_by(VisitorSession.id)
    )
    return list(session.scalars(found))

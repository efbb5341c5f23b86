"""Small reads about visitors that the stories need."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.visits.models import VisitorSession


def sessions_of(session: Session, identity_id: int) -> set[int]:
    """Ids of the sessions that are an identity's, ended ones too."""
    found = select(VisitorSession.id).where(VisitorSession.identity_id == identity_id)
    return set(session.execute(found).scalars())

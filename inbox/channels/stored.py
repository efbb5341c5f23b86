"""Which files of the store belong to payloads."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels.models import Envelope


def keys(session: Session) -> set[str]:
    """The keys of all payloads that are in the file store: the large ones, so they are few."""
    found = session.execute(select(Envelope.body_key).where(Envelope.body_key.is_not(None))).scalars()
    return {key for key in found if key is not None}

"""Writing visitors' sessions, and where visitors are."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from inbox.threads.models import Attachment
from inbox.visits import rules
from inbox.visits.models import Visit, VisitorSession
from inbox.visits.words import Proof


def token_hash(token: str) -> bytes:
    """What is kept of a token. It is random enough that no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def begin(session: Session, channel_id: int, now: datetime) -> tuple[str, int]:
    """A session for a browser that has none, with its visit: its token, which is known to nobody else, and its id."""
    token = _new_token()
    row = VisitorSession(
        hash=token_hash(token), channel_id=channel_id, created_at=now, last_seen_at=now, verified_until=None
    )
    session.add(row)
    session.flush()
    session.add(Visit(session_id=row.id, came_at=now, attributes={}, said={}))
    session.flush()
    return token, row.id


def renew(session: Session, session_id: int) -> str:
    """A new token for a session; the one before is worth nothing. For when it comes to show more than before."""
    token = _new_token()
    session.execute(
        update(VisitorSession).where(VisitorSession.id == session_id).values(hash=token_hash(token))
    )
    return token


def bind(session: Session, session_id: int, identity_id: int) -> None:
    """Whose a session is from now on."""
    session.execute(
        update(VisitorSession).where(VisitorSession.id == session_id).values(identity_id=identity_id)
    )


def lock(session: Session, session_id: int) -> VisitorSession | None:
    """A session that has not ended, locked until the end of the transaction."""
    return session.execute(
        select(VisitorSession)
        .where(VisitorSession.id == session_id, VisitorSession.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar()


def prove(session: Session, session_id: int, proof: Proof | None, until: datetime | None) -> None:
    """Note that a session proved to be its customer, by what and until when; None takes that back."""
    session.execute(
        update(VisitorSession)
        .where(VisitorSession.id == session_id)
        .values(proof=proof, verified_until=until)
    )


def touch(session: Session, session_id: int, now: datetime) -> None:
    """Note that a session is in use."""
    session.execute(update(VisitorSession).where(VisitorSession.id == session_id).values(last_seen_at=now))


def end(session: Session, session_id: int, now: datetime) -> None:
    """End a session: its token is worth nothing any more."""
    session.execute(
        update(VisitorSession)
        .where(VisitorSession.id == session_id, VisitorSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    session.execute(update(Visit).where(Visit.session_id == session_id).values(online_at=None))


def note(session: Session, session_id: int, **values: Any) -> None:
    """Set columns of a session's visit."""
    session.execute(update(Visit).where(Visit.session_id == session_id).values(**values))


def empty(session: Session, session_id: int) -> None:
    """Forget what a session's visit tells of its visitor, and files that he has not sent: it becomes another's."""
    note(session, session_id, cart=None, cart_at=None, attributes={}, said={}, pages=[])
    session.execute(
        delete(Attachment)
        .where(Attachment.visitor_id == session_id, Attachment.message_id.is_(None))
        .execution_options(synchronize_session=False)
    )


def attend(session: Session, session_ids: Collection[int], now: datetime) -> None:
    """Note that the panels of these sessions are open."""
    session.execute(
        update(Visit)
        .where(Visit.session_id.in_(sorted(session_ids)))
        .values(online_at=now)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, identity_ids: Collection[int]) -> None:
    """Remove all that is known of the visits of these identities, and end their sessions for good."""
    own = select(VisitorSession.id).where(VisitorSession.identity_id.in_(sorted(identity_ids)))
    _remove(session, list(session.scalars(own)))


def sweep(session: Session, now: datetime, limit: int = 500) -> int:
    """Forget sessions that nobody ever wrote in, and those unused or ended for long; returns how many."""
    unused = (
        select(VisitorSession.id)
        .where(VisitorSession.identity_id.is_(None), VisitorSession.last_seen_at < now - rules.UNUSED_AFTER)
        .limit(limit)
    )
    old = select(VisitorSession.id).where(VisitorSession.last_seen_at < now - rules.ENDS_AFTER).limit(limit)
    gone = sorted({*session.scalars(unused), *session.scalars(old)})
    _remove(session, gone)
    return len(gone)


def _remove(session: Session, session_ids: list[int]) -> None:
    """Remove sessions with their visits and with files that were uploaded and never sent."""
    if not session_ids:
        return
    uploads = Attachment.visitor_id.in_(session_ids)
    for change in (
        delete(Attachment).where(uploads, Attachment.message_id.is_(None)),
        update(Attachment).where(uploads).values(visitor_id=None),
        delete(Visit).where(Visit.session_id.in_(session_ids)),
        delete(VisitorSession).where(VisitorSession.id.in_(session_ids)),
    ):
        session.execute(change.execution_options(synchronize_session=False))


def _new_token() -> str:
    return secrets.token_urlsafe(32)

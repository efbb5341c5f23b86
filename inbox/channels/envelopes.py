"""Keeping raw payloads, and working them off. Nothing is parsed before it is kept (rules R1, I1, I2)."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.channels.models import Channel, Envelope
from inbox.channels.words import EnvelopeState
from inbox.contract import Raw, RawItem
from inbox.db.time import utc_in, utcnow
from inbox.db.work import ring
from inbox.files import FileStore

_envelope = cast(Table, Envelope.__table__)

INLINE_MAX = 256 * 1024
"""Larger bodies go to the file store, in bytes."""

LEASE = 30.0
"""Seconds that a claimed envelope is left to its worker; who takes longer finds his work fenced off."""


def keep(session: Session, files: FileStore, channel_id: int, items: Iterable[RawItem], now: datetime) -> int:
    """Store payloads and return how many are new; a known `dedupe_key` is left as it is.

    The bytes of large ones are on disk before the row is committed. Raises StoreFull.
    """
    insert_envelope = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    kept = 0
    for item in items:
        large = len(item.raw.body) > INLINE_MAX
        if large and _is_known(session, channel_id, item.dedupe_key):
            continue
        row = session.execute(
            insert_envelope(Envelope)
            .values(
                channel_id=channel_id,
                dedupe_key=item.dedupe_key,
                headers=item.raw.headers,
                meta=item.raw.meta,
                body=None if large else item.raw.body,
                body_key=files.put_bytes(item.raw.body).key if large else None,
                size=len(item.raw.body),
                received_at=now,
                state=EnvelopeState.NEW,
                attempts=0,
                not_before=utcnow(),
            )
            .on_conflict_do_nothing(index_elements=["channel_id", "dedupe_key"])
            .returning(Envelope.id)
        ).scalar()
        kept += row is not None
    if kept:
        ring(session, "inbound")
    return kept


def body_key(body: bytes) -> str:
    """A dedupe key for payloads whose provider gives none: the same bytes are the same delivery."""
    return "sha256:" + hashlib.sha256(body).hexdigest()


def load(envelope: Envelope, files: FileStore) -> Raw:
    """The payload as it came. Raises NotFound when its file is gone."""
    body = envelope.body if envelope.body is not None else files.read(envelope.body_key or "")
    return Raw(body=body, headers=envelope.headers, meta=envelope.meta)


def claim(session: Session, owner: str, limit: int) -> list[Envelope]:
    """Take up to `limit` due envelopes of channels that are not removed, oldest first, for LEASE seconds."""
    due = (
        select(Envelope.id)
        .where(Envelope.state == EnvelopeState.NEW, Envelope.not_before <= utcnow())
        .order_by(Envelope.not_before, Envelope.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")  # inlined, the LIMIT could be taken more than once
    )
    ids = session.execute(
        update(Envelope)
        .where(Envelope.id.in_(select(due.c.id)))
        .values(owner=owner, not_before=utc_in(LEASE), attempts=Envelope.attempts + 1)
        .returning(Envelope.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    return list(
        session.execute(
            select(Envelope)
            .where(Envelope.id.in_(list(ids)))
            .order_by(Envelope.id)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def finish(
    session: Session, envelope_id: int, owner: str, state: EnvelopeState, error: str | None = None
) -> bool:
    """End the work on an envelope; False when the claim was lost, and then the caller must not commit."""
    done = session.execute(
        update(_envelope)
        .where(
            _envelope.c.id == envelope_id,
            _envelope.c.owner == owner,
            _envelope.c.state == EnvelopeState.NEW,
        )
        .values(state=state, error=error, done_at=utcnow(), owner=None)
        .returning(_envelope.c.id)
    ).scalar()
    return done is not None


def put_back(
    session: Session, envelope_id: int, owner: str, seconds: float, error: str | None, *, counts: bool = True
) -> bool:
    """Try an envelope again after `seconds`: not it, but something around it failed. False when the claim was lost.

    `counts` says whether this was one of its tries.
    """
    back = session.execute(
        update(Envelope)
        .where(Envelope.id == envelope_id, Envelope.owner == owner, Envelope.state == EnvelopeState.NEW)
        .values(
            not_before=utc_in(seconds),
            owner=None,
            error=error,
            attempts=Envelope.attempts - (0 if counts else 1),
        )
        .returning(Envelope.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return back is not None


def reopen(session: Session, envelope_id: int) -> bool:
    """Have a failed or ignored envelope worked on again; False when it is neither."""
    ended = (EnvelopeState.FAILED, EnvelopeState.IGNORED)
    return _reopen(session, Envelope.id == envelope_id, Envelope.state.in_(ended)) == 1


def reopen_failed(session: Session, channel_id: int) -> int:
    """Have all failed envelopes of a channel worked on again; how many they are."""
    return _reopen(session, Envelope.channel_id == channel_id, Envelope.state == EnvelopeState.FAILED)


def release(session: Session, owner_prefix: str) -> None:
    """Give back the claims of processes that certainly run no more (the embedded server's predecessor)."""
    session.execute(
        update(Envelope)
        .where(
            Envelope.state == EnvelopeState.NEW,
            Envelope.owner.is_not(None),
            ~Envelope.owner.startswith(owner_prefix),
        )
        .values(owner=None, not_before=utcnow())
        .execution_options(synchronize_session=False)
    )


def has_due(session: Session) -> bool:
    """Whether an envelope waits to be worked on now."""
    due = (
        select(Envelope.id)
        .where(Envelope.state == EnvelopeState.NEW, Envelope.not_before <= utcnow())
        .limit(1)
    )
    return session.execute(due).scalar() is not None


def failed_count(session: Session) -> int:
    """How many payloads wait for a person, over all channels that are not removed."""
    return session.execute(
        select(func.count())
        .select_from(Envelope)
        .join(Channel, Channel.id == Envelope.channel_id)
        .where(Envelope.state == EnvelopeState.FAILED, Channel.state != "removed")
    ).scalar_one()


def _is_known(session: Session, channel_id: int, dedupe_key: str) -> bool:
    found = select(Envelope.id).where(Envelope.channel_id == channel_id, Envelope.dedupe_key == dedupe_key)
    return session.execute(found).scalar() is not None


def _reopen(session: Session, *which: ColumnElement[bool]) -> int:
    reopened = session.execute(
        update(Envelope)
        .where(*which)
        .values(state=EnvelopeState.NEW, not_before=utcnow(), attempts=0, error=None, done_at=None)
        .returning(Envelope.id)
        .execution_options(synchronize_session=False)
    ).all()
    if reopened:
        ring(session, "inbound")
    return len(reopened)

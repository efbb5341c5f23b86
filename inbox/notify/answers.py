"""Writing what colleagues answer: kept once, claimed, and what became of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.db.time import utc_in, utcnow
from inbox.notify import leases
from inbox.notify.models import Notice, TeamAnswer
from inbox.notify.words import AnswerState

_MOVING = (AnswerState.QUEUED, AnswerState.CLAIMED)
_SETTLED: dict[str, Any] = {"text": "", "files": [], "lease_until": None}


@dataclass(frozen=True)
class NewAnswer:
    """What somebody wrote below a root: the sender as a party, the text, and files that are in the store."""

    external_id: str
    root_id: int
    envelope_id: int
    sender: dict[str, Any]
    text: str
    files: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Forgotten:
    """What belonged to answers that were emptied: the payloads that brought them, and keys of files."""

    envelope_ids: list[int]
    keys: list[str]


def keep(session: Session, channel_id: int, new: NewAnswer, now: datetime) -> bool:
    """Keep an answer to be worked on; False when it has been kept before."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    added = session.execute(
        insert(TeamAnswer)
        .values(
            channel_id=channel_id,
            external_id=new.external_id,
            root_id=new.root_id,
            envelope_id=new.envelope_id,
            sender=new.sender,
            text=new.text,
            files=new.files,
            state=AnswerState.QUEUED,
            attempts=0,
            not_before=utcnow(),
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["channel_id", "external_id"])
        .returning(TeamAnswer.id)
    ).scalar()
    return added is not None


def claim(session: Session, owner: str) -> int | None:
    """Take the next answer that is due, for LEASE seconds; None when there is none.

    Those below one root are worked on one after another, in the order in which they came.
    """
    return leases.claim(session, TeamAnswer, TeamAnswer.root_id, _MOVING, owner)


def has_due(session: Session) -> bool:
    """Whether there is an answer of an active channel to work on now."""
    return leases.has_due(session, TeamAnswer)


def note_uploads(session: Session, answer_id: int, owner: str, agent_id: int, ids: Sequence[int]) -> bool:
    """The answer's files are uploads of the agent now, so that it is the same request when it is tried again."""
    return _fenced(session, answer_id, owner, agent_id=agent_id, upload_ids=list(ids), files=[])


def written(session: Session, answer_id: int, owner: str, agent_id: int, message_id: int) -> bool:
    """It is a message of its thread."""
    return _fenced(
        session,
        answer_id,
        owner,
        state=AnswerState.WRITTEN,
        agent_id=agent_id,
        message_id=message_id,
        **_SETTLED,
    )


def refused(session: Session, answer_id: int, owner: str, agent_id: int | None) -> bool:
    """It was not taken."""
    return _fenced(
        session, answer_id, owner, state=AnswerState.REFUSED, agent_id=agent_id, sender={}, **_SETTLED
    )


def put_off(session: Session, answer_id: int, owner: str, seconds: float) -> bool:
    """Work on it again after so many seconds."""
    return _fenced(
        session,
        answer_id,
        owner,
        state=AnswerState.QUEUED,
        not_before=utc_in(seconds),
        owner=None,
        lease_until=None,
    )


def settled(session: Session, answer_id: int) -> bool:
    """What became of it is told; False when it was before."""
    changed = session.execute(
        update(TeamAnswer)
        .where(TeamAnswer.id == answer_id, TeamAnswer.state == AnswerState.WRITTEN)
        .values(state=AnswerState.SETTLED, sender={})
        .returning(TeamAnswer.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return changed is not None


def has_lost(session: Session) -> bool:
    """Whether the lease of a claim ran out."""
    lost = TeamAnswer.lease_until < utcnow()
    held = select(TeamAnswer.id).where(TeamAnswer.state == AnswerState.CLAIMED, lost).limit(1)
    return session.execute(held).scalar() is not None


def expire(session: Session, *, of_others: str | None = None) -> int:
    """Queue answers again whose claim ran out, or with `of_others` all but that owner's; returns how many."""
    lost = TeamAnswer.lease_until < utcnow() if of_others is None else TeamAnswer.owner != of_others
    rows = session.execute(
        update(TeamAnswer)
        .where(TeamAnswer.state == AnswerState.CLAIMED, lost)
        .values(state=AnswerState.QUEUED, owner=None, lease_until=None)
        .returning(TeamAnswer.id)
        .execution_options(synchronize_session=False)
    )
    return len(rows.all())


def forget(session: Session, thread_ids: Collection[int]) -> Forgotten:
    """Empty the answers to threads that are erased; those that wait are not written any more."""
    roots = select(Notice.id).where(Notice.thread_id.in_(thread_ids))
    rows = session.scalars(
        select(TeamAnswer)
        .where(TeamAnswer.root_id.in_(roots))
        .order_by(TeamAnswer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    keys = [file["storage_key"] for row in rows for file in row.files if file["storage_key"]]
    for row in rows:
        if row.state in _MOVING:
            row.state, row.owner, row.lease_until = AnswerState.REFUSED, None, None
        row.text, row.files, row.sender = "", [], {}
    session.flush()
    return Forgotten([row.envelope_id for row in rows if row.envelope_id is not None], keys)


def _fenced(session: Session, answer_id: int, held_by: str, /, **values: Any) -> bool:
    """Change an answer only while `held_by` has claimed it."""
    return leases.fenced(session, TeamAnswer, answer_id, held_by, (AnswerState.CLAIMED,), **values)

"""Writing lines to the team: queueing each once, the two-stage claim, and the outcomes."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.db.time import utc_in, utcnow
from inbox.notify import leases, rules
from inbox.notify.models import Notice, NoticeAlias
from inbox.notify.queries import MOVING
from inbox.notify.words import NoticeState, Reason, What

_HELD = (NoticeState.CLAIMED, NoticeState.SENDING)


@dataclass(frozen=True)
class Line:
    """A line to queue. `key` names what it says; `together`: another line says it, so it is not sent."""

    key: str
    what: What
    thread_id: int | None = None
    root_id: int | None = None
    wait_id: int | None = None
    reason: Reason | None = None
    assignee_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    together: bool = False


def queue(session: Session, channel_id: int, lines: Iterable[Line], now: datetime) -> int:
    """Queue lines, but for those that were queued before; returns how many are new."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    new = 0
    for line in lines:
        values = {
            "channel_id": channel_id,
            "key": line.key,
            "what": line.what,
            "root_id": line.root_id,
            "thread_id": line.thread_id,
            "wait_id": line.wait_id,
            "reason": line.reason,
            "data": line.data,
            "watched": False,
            "assignee_id": line.assignee_id,
            "idem_key": uuid.uuid4().hex,
            "state": NoticeState.TOGETHER if line.together else NoticeState.QUEUED,
            "attempts": 0,
            "not_before": utcnow(),
            "created_at": now,
        }
        added = session.execute(
            insert(Notice)
            .values(**values)
            .on_conflict_do_nothing(index_elements=["channel_id", "key"])
            .returning(Notice.id)
        ).scalar()
        new += added is not None
    return new


def claim(session: Session, owner: str) -> int | None:
    """Take the next line that is due, for LEASE seconds; None when there is none.

    The lines of one channel go out one after another, in their order. Those of channels that are not active wait.
    """
    return leases.claim(session, Notice, Notice.channel_id, MOVING, owner)


def has_due(session: Session) -> bool:
    """Whether a line of an active channel is to be sent now."""
    return leases.has_due(session, Notice)


def start_sending(session: Session, notice_id: int, owner: str, seen_id: int | None) -> bool:
    """The second stage, committed right before the wire; False when the claim was lost meanwhile.

    `seen_id` is the newest message that the line shows.
    """
    return _fenced(
        session,
        notice_id,
        owner,
        (NoticeState.CLAIMED,),
        state=NoticeState.SENDING,
        seen_id=seen_id,
        lease_until=utc_in(rules.LEASE),
    )


def sent(session: Session, notice_id: int, owner: str | None, external_ids: Sequence[str]) -> bool:
    """The network has it, under these ids, its own first. Without `owner`: so it told of a line that was uncertain."""
    states = (NoticeState.UNCERTAIN,) if owner is None else (*_HELD, NoticeState.UNCERTAIN)
    if not _fenced(
        session,
        notice_id,
        owner,
        states,
        state=NoticeState.SENT,
        external_id=external_ids[0],
        sent_at=utcnow(),
        error=None,
        lease_until=None,
    ):
        return False
    notice = session.get_one(Notice, notice_id, populate_existing=True)
    notice.watched = notice.what is What.WAITS
    if notice.root_id is not None and notice.seen_id is not None:
        session.get_one(Notice, notice.root_id).seen_id = notice.seen_id
    session.flush()
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    for external_id in dict.fromkeys(external_ids):
        session.execute(
            insert(NoticeAlias)
            .values(channel_id=notice.channel_id, external_id=external_id, notice_id=notice_id)
            .on_conflict_do_nothing()
        )
    return True


def put_off(session: Session, notice_id: int, owner: str, seconds: float, error: str) -> bool:
    """Certainly not sent: queue it again after `seconds`, or fail it after too many tries."""
    notice = session.get_one(Notice, notice_id, populate_existing=True)
    if notice.attempts >= rules.GIVE_UP_AFTER:
        return failed(session, notice_id, owner, f"Given up after {notice.attempts} tries. {error}")
    return _fenced(
        session,
        notice_id,
        owner,
        _HELD,
        state=NoticeState.QUEUED,
        not_before=utc_in(seconds),
        error=error[:2000],
        owner=None,
        lease_until=None,
    )


def hold(session: Session, notice_id: int, owner: str, error: str) -> bool:
    """Certainly not sent, for the account's rights are gone: it waits with its channel, and that try is not counted."""
    return _fenced(
        session,
        notice_id,
        owner,
        _HELD,
        state=NoticeState.QUEUED,
        attempts=Notice.attempts - 1,
        error=error[:2000],
        owner=None,
        lease_until=None,
    )


def failed(session: Session, notice_id: int, owner: str, error: str, *, uncertain: bool = False) -> bool:
    """The network refused it for good, or nobody knows whether it has it."""
    return _fenced(
        session,
        notice_id,
        owner,
        (*_HELD, NoticeState.UNCERTAIN),
        state=NoticeState.UNCERTAIN if uncertain else NoticeState.FAILED,
        error=error[:2000],
        lease_until=None,
    )


def again(session: Session, channel_id: int) -> int:
    """Queue a channel's lines again that were refused; returns how many. What is not true any more will be dropped."""
    rows = session.execute(
        update(Notice)
        .where(Notice.channel_id == channel_id, Notice.state == NoticeState.FAILED)
        .values(state=NoticeState.QUEUED, owner=None, attempts=0, not_before=utcnow())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return len(rows.all())


def ask_again(session: Session, notice_id: int) -> None:
    """Ask for a line of uncertain sending again after some seconds."""
    _fenced(session, notice_id, None, (NoticeState.UNCERTAIN,), not_before=utc_in(rules.ASK_EVERY))


def drop(session: Session, notice_id: int, owner: str) -> bool:
    """There is nothing to tell any more."""
    return _fenced(
        session,
        notice_id,
        owner,
        (NoticeState.CLAIMED,),
        state=NoticeState.CANCELLED,
        error=None,
        lease_until=None,
    )


def has_lost(session: Session) -> bool:
    """Whether the lease of a claim ran out."""
    lost = select(Notice.id).where(Notice.state.in_(_HELD), Notice.lease_until < utcnow()).limit(1)
    return session.execute(lost).scalar() is not None


def expire(session: Session, *, of_others: str | None = None) -> int:
    """Take back claims whose lease ran out, or with `of_others` all but that owner's: claimed lines are queued
    again, lines that were being sent are uncertain. Returns how many."""
    lost = Notice.lease_until < utcnow() if of_others is None else Notice.owner != of_others
    taken = 0
    for old, values in (
        (NoticeState.CLAIMED, {"state": NoticeState.QUEUED, "owner": None}),
        (
            NoticeState.SENDING,
            {"state": NoticeState.UNCERTAIN, "error": "The connection was cut while sending."},
        ),
    ):
        rows = session.execute(
            update(Notice)
            .where(Notice.state == old, lost)
            .values(lease_until=None, **values)
            .returning(Notice.id)
            .execution_options(synchronize_session=False)
        )
        taken += len(rows.all())
    return taken


def lock(session: Session, notice_id: int) -> Notice:
    """A line, locked until the end of the transaction."""
    return session.execute(
        select(Notice)
        .where(Notice.id == notice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def _fenced(
    session: Session, notice_id: int, held_by: str | None, states: Collection[NoticeState], /, **values: Any
) -> bool:
    """Change a line only while `held_by` (None: whoever) holds it in one of `states`."""
    return leases.fenced(session, Notice, notice_id, held_by, states, **values)

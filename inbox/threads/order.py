"""Putting a thread in order after messages came or went: numbers 1..n, and the columns that the list shows.

All of it is done by the database in a few statements, however long the thread is. A new number is set in two
steps, through negative numbers, because two messages of a thread never have the same.
"""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, func, or_, select, update
from sqlalchemy.orm import Session

from inbox.threads import rules
from inbox.threads.models import Episode, Message, Thread
from inbox.threads.words import Kind, Priority, Status

_message = cast(Table, Message.__table__)
_episode = cast(Table, Episode.__table__)


def interleave(session: Session, into_id: int, other_id: int) -> None:
    """Move all messages of one thread into another, and number them all by their time.

    Messages of one thread keep their order among themselves, whatever the clocks of the processes said that
    stored them; at the same moment the one stored first comes first.
    """
    both = _message.c.thread_id.in_([into_id, other_id])
    so_far = func.max(_message.c.created_at).over(partition_by=_message.c.thread_id, order_by=_message.c.seq)
    timed = select(_message.c.id, _message.c.seq, _message.c.thread_id, so_far.label("at")).where(both)
    _number(session, into_id, both, timed.subquery())


def close_gaps(session: Session, thread_id: int) -> None:
    """Number the messages of a thread from 1 on in the order they have."""
    own = _message.c.thread_id == thread_id
    ordered = select(_message.c.id, _message.c.seq, _message.c.thread_id, _message.c.seq.label("at")).where(
        own
    )
    _number(session, thread_id, own, ordered.subquery())


def number_episodes(session: Session, episodes: Sequence[Episode]) -> None:
    """Number the episodes of a thread from 1 on in the given order, and say where each begins."""
    lowest = min((episode.number for episode in episodes), default=0)
    for place, episode in enumerate(episodes, start=1):
        if episode.number != place:
            episode.number = min(lowest, 0) - place
    session.flush()
    for place, episode in enumerate(episodes, start=1):
        episode.number = place
    session.flush()
    if not episodes:
        return
    first = select(func.min(_message.c.seq)).where(_message.c.episode_id == _episode.c.id).scalar_subquery()
    session.execute(
        update(_episode)
        .where(_episode.c.id.in_([episode.id for episode in episodes]))
        .values(first_seq=func.coalesce(first, _episode.c.first_seq))
    )


def refresh(session: Session, thread: Thread) -> None:
    """Set a locked thread's list columns to what its messages and episodes say.

    Whether its customer waits is the business of `sla`, and what is wrong with its deliveries of `outbox`.
    """
    own = Message.thread_id == thread.id
    thread.last_seq = session.execute(select(func.coalesce(func.max(Message.seq), 0)).where(own)).scalar_one()
    shown = _newest(session, own, Message.kind != Kind.SYSTEM)
    if shown is not None:
        thread.last_message_at = shown.created_at
    thread.preview = "" if shown is None else rules.preview(shown.body_text or shown.subject, shown.kind)
    thread.preview_kind = None if shown is None else shown.kind
    thread.preview_author_id = None if shown is None else shown.author_id
    inbound = _newest(session, own, Message.kind == Kind.INBOUND)
    thread.last_inbound_at = None if inbound is None else inbound.created_at
    thread.last_channel_id = None if inbound is None else inbound.channel_id
    thread.last_identity_id = None if inbound is None else inbound.identity_id
    titled = _newest(session, own, Message.kind != Kind.NOTE, Message.subject != "")
    thread.subject = None if titled is None else titled.subject[:500]
    thread.channel_ids = _channels(session, own)
    _mirror(session, thread)
    session.flush()


def empty(thread: Thread, into_id: int) -> None:
    """Make a locked thread without messages the signpost to another one."""
    thread.merged_into_id = into_id
    thread.status, thread.assignee_id, thread.team_id = Status.RESOLVED, None, None
    thread.priority, thread.trouble = Priority.NORMAL, None
    thread.waiting_since, thread.due_at = None, rules.NOBODY_WAITS
    thread.last_seq, thread.preview, thread.preview_kind, thread.preview_author_id = 0, "", None, None
    thread.last_inbound_at = thread.last_channel_id = thread.last_identity_id = thread.subject = None
    thread.channel_ids = []


def _number(session: Session, into_id: int, among: ColumnElement[bool], timed: Any) -> None:
    place = func.row_number().over(order_by=(timed.c.at, timed.c.id))
    placed = select(timed.c.id, timed.c.seq, timed.c.thread_id, place.label("place")).subquery()
    session.execute(
        update(_message)
        .where(
            _message.c.id == placed.c.id,
            among,
            or_(placed.c.place != placed.c.seq, placed.c.thread_id != into_id),
        )
        .values(thread_id=into_id, seq=-placed.c.place)
    )
    session.execute(
        update(_message)
        .where(_message.c.thread_id == into_id, _message.c.seq < 0)
        .values(seq=-_message.c.seq)
    )


def _newest(session: Session, *where: ColumnElement[bool]) -> Any:
    return session.execute(
        select(
            Message.kind,
            Message.author_id,
            Message.body_text,
            Message.subject,
            Message.channel_id,
            Message.identity_id,
            Message.created_at,
        )
        .where(*where)
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()


def _channels(session: Session, own: ColumnElement[bool]) -> list[int]:
    rows = session.execute(
        select(Message.channel_id)
        .where(own, Message.kind == Kind.INBOUND, Message.channel_id.is_not(None))
        .group_by(Message.channel_id)
        .order_by(func.max(Message.seq).desc())
    )
    return [row.channel_id for row in rows]


def _mirror(session: Session, thread: Thread) -> None:
    """A thread is in the state of its newest episode."""
    newest = session.execute(
        select(Episode).where(Episode.thread_id == thread.id).order_by(Episode.number.desc()).limit(1)
    ).scalar()
    if newest is None:
        thread.status, thread.assignee_id, thread.priority = Status.RESOLVED, None, Priority.NORMAL
    else:
        thread.status, thread.assignee_id = newest.status, newest.assignee_id
        thread.team_id, thread.priority = newest.team_id, newest.priority

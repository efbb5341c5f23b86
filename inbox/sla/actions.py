"""Writing waits. Every function takes the locked thread, whose list columns it keeps in step."""

from datetime import datetime
from typing import cast

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from inbox.sla.models import Wait
from inbox.sla.words import WaitOutcome
from inbox.threads import actions as threads
from inbox.threads.models import Episode, Thread

_wait = cast(Table, Wait.__table__)


def customer_wrote(
    session: Session, thread: Thread, episode: Episode, message_id: int, at: datetime, *, is_new: bool
) -> None:
    """Open a wait, unless the customer already waits. `is_new`: the episode has just been started."""
    if thread.waiting_since is not None:
        return
    is_first = is_new or not _has_waits(session, episode.id)
    session.execute(
        insert(_wait).values(
            thread_id=thread.id,
            episode_id=episode.id,
            is_first=is_first,
            opened_at=at,
            opened_by_id=message_id,
        )
    )
    threads.set_waiting(thread, at)


def answered(session: Session, thread: Thread, message_id: int, agent_id: int | None, at: datetime) -> None:
    """Close the open wait: a person answered in public. The answer is credited to its author."""
    wait = open_wait(session, thread.id)
    if wait is not None:
        wait.closed_at, wait.closed_by_id, wait.answered_by_id = at, message_id, agent_id
        wait.outcome = WaitOutcome.ANSWERED
        session.flush()
    threads.set_waiting(thread, None)


def answer_withdrawn(session: Session, thread: Thread, message_id: int) -> None:
    """An answer was taken back or certainly never arrived: its wait goes on, as if it had not been written."""
    wait = session.execute(select(Wait).where(Wait.closed_by_id == message_id)).scalar()
    if wait is None or wait.outcome is not WaitOutcome.ANSWERED:
        return
    later = open_wait(session, thread.id)
    if later is not None:
        session.delete(later)
        session.flush()
    wait.closed_at = wait.closed_by_id = wait.answered_by_id = wait.outcome = None
    session.flush()
    threads.set_waiting(thread, wait.opened_at)


def resolved(session: Session, thread: Thread, at: datetime) -> None:
    """Close the open wait unanswered: the episode ended without a reply to it."""
    wait = open_wait(session, thread.id)
    if wait is not None:
        wait.closed_at, wait.outcome = at, WaitOutcome.CLOSED_UNANSWERED
        session.flush()
    threads.set_waiting(thread, None)


def open_wait(session: Session, thread_id: int) -> Wait | None:
    """The thread's open wait, if its customer is owed an answer."""
    return session.execute(select(Wait).where(Wait.thread_id == thread_id, Wait.closed_at.is_(None))).scalar()


def _has_waits(session: Session, episode_id: int) -> bool:
    return session.execute(select(Wait.id).where(Wait.episode_id == episode_id).limit(1)).scalar() is not None

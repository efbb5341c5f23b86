"""Waits of threads that become one or two. A joined customer waits since the first of both did.

After messages were parted, each customer waits for what in his own thread was not answered there.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from inbox.customers import journal
from inbox.customers.models import Merge
from inbox.shapes import iso_or_null
from inbox.sla.actions import open_wait
from inbox.sla.models import Wait
from inbox.sla.words import WaitOutcome
from inbox.threads import actions as threads
from inbox.threads.models import Episode, Message, Thread
from inbox.threads.words import Kind, Status


def join(session: Session, entry: Merge | None, into: Thread, other: Thread, now: datetime) -> None:
    """Bring the waits of one locked thread, whose episodes were moved, into the other."""
    both = [wait for thread in (into, other) if (wait := open_wait(session, thread.id)) is not None]
    if len(both) == 2:
        _, shorter = sorted(both, key=lambda wait: (wait.opened_at, wait.id))
        before = _state(shorter)
        shorter.closed_at, shorter.outcome = now, WaitOutcome.MERGED
        session.flush()
        if entry is not None:
            journal.note(
                session, entry.id, "wait", {shorter.id: {"before": before, "after": _state(shorter)}}
            )
    session.execute(
        update(Wait)
        .where(Wait.thread_id == other.id, Wait.episode_id.in_(_episodes_of([into])))
        .values(thread_id=into.id)
        .execution_options(synchronize_session=False)
    )
    _show(session, into)


def follow(session: Session, parted: Sequence[Thread]) -> None:
    """Each wait is where the message is that it began with."""
    session.execute(
        update(Wait)
        .where(
            Wait.opened_by_id == Message.id,
            Wait.episode_id.in_(_episodes_of(parted)),
            or_(Wait.thread_id != Message.thread_id, Wait.episode_id != Message.episode_id),
        )
        .values(thread_id=Message.thread_id, episode_id=Message.episode_id)
        .execution_options(synchronize_session=False)
    )
    for thread in parted:
        _show(session, thread)


def settle(
    session: Session,
    entry: Merge,
    thread: Thread,
    withdrawn: Collection[int],
    now: datetime,
    *,
    since: int = 0,
) -> None:
    """Put the waits of a locked thread's open episode right, after messages of others were taken from it.

    An answer counts only in the thread where it stands, unless it is one of the `withdrawn` messages. With
    `since`, only what was written after that message may have changed anything. `entry` notes what changes.
    """
    newest = threads.newest_episode(session, thread.id)
    if newest is None or newest.status is Status.RESOLVED:
        return
    before: dict[int, dict[str, Any] | None] = {}
    for wait in _doubtful(session, entry, newest, since):
        if wait.id in before:
            continue  # ended just now, because one that began earlier goes on
        before[wait.id] = _state(wait)
        answer = _answer_to(session, wait, withdrawn, since)
        if answer is not None:
            _close(wait, answer.created_at, WaitOutcome.ANSWERED)
            wait.closed_by_id, wait.answered_by_id = answer.id, answer.author_id
        elif wait.closed_at is not None:
            later = open_wait(session, thread.id)
            if later is not None:
                before.setdefault(later.id, _state(later))
                _close(later, now, WaitOutcome.MERGED)
                session.flush()
            wait.closed_at = wait.closed_by_id = wait.answered_by_id = wait.outcome = None
        session.flush()
    if open_wait(session, thread.id) is None:
        made = _owed(session, newest, withdrawn, since)
        if made is not None:
            before[made.id] = None
    if entry.is_split:
        _note(session, entry, before)
    _show(session, thread)


def restore(session: Session, entry: Merge, parted: Sequence[Thread]) -> None:
    """Give the waits of these threads that a split changed back what they were, unless they changed since."""
    noted = journal.noted(session, entry.id, "wait")
    rows = session.scalars(
        select(Wait)
        .where(Wait.id.in_(sorted(noted)), Wait.thread_id.in_([thread.id for thread in parted]))
        .execution_options(populate_existing=True)
    ).all()
    same = [wait for wait in rows if _state(wait) == noted[wait.id]["after"]]
    for wait in same:
        before = noted[wait.id]["before"]
        if before is None:
            session.delete(wait)
        elif before["closed_at"] is not None:
            _put_back(wait, before)
    session.flush()
    for wait in same:
        before = noted[wait.id]["before"]
        if before is not None and before["closed_at"] is None and open_wait(session, wait.thread_id) is None:
            _put_back(wait, before)
            session.flush()


def _doubtful(session: Session, entry: Merge, episode: Episode, since: int) -> list[Wait]:
    """Waits of an open episode that may stand differently now, oldest first: those that a merge ended, those
    whose answer stands in another thread, and the open one."""
    ended = Wait.id.in_(journal.ids(entry.id, "wait")) & (Wait.outcome == WaitOutcome.MERGED)
    elsewhere = (Message.thread_id != episode.thread_id) & (Message.id > since)
    return list(
        session.scalars(
            select(Wait)
            .outerjoin(Message, Message.id == Wait.closed_by_id)
            .where(Wait.episode_id == episode.id, or_(ended, elsewhere, Wait.closed_at.is_(None)))
            .order_by(Wait.opened_at, Wait.id)
            .execution_options(populate_existing=True)
        )
    )


def _answer_to(session: Session, wait: Wait, withdrawn: Collection[int], since: int) -> Any:
    """The first reply of a person in the thread of a wait, after the message that it began with."""
    began = select(Message.seq).where(Message.id == wait.opened_by_id).scalar_subquery()
    return session.execute(
        select(Message.id, Message.author_id, Message.created_at)
        .where(
            Message.thread_id == wait.thread_id, Message.seq > began, Message.id > since, *_answers(withdrawn)
        )
        .order_by(Message.seq)
        .limit(1)
    ).first()


def _owed(session: Session, episode: Episode, withdrawn: Collection[int], since: int) -> Wait | None:
    """A wait for the first message of an open episode that nobody answered, if there is one."""
    own = Message.thread_id == episode.thread_id
    answered = select(func.coalesce(func.max(Message.seq), 0)).where(own, *_answers(withdrawn))
    given_up = select(func.max(Wait.closed_at)).where(
        Wait.episode_id == episode.id, Wait.outcome == WaitOutcome.CLOSED_UNANSWERED
    )
    ended = session.execute(given_up).scalar()
    waiting = select(Message.id, Message.created_at).where(
        own,
        Message.episode_id == episode.id,
        Message.kind == Kind.INBOUND,
        Message.automatic.is_(None),
        Message.id > since,
        Message.seq > answered.scalar_subquery(),
    )
    if ended is not None:
        waiting = waiting.where(Message.created_at > ended)
    first = session.execute(waiting.order_by(Message.seq).limit(1)).first()
    if first is None:
        return None
    earlier = session.execute(select(Wait.id).where(Wait.episode_id == episode.id).limit(1)).first()
    made = Wait(
        thread_id=episode.thread_id,
        episode_id=episode.id,
        is_first=earlier is None,
        opened_at=first.created_at,
        opened_by_id=first.id,
    )
    session.add(made)
    session.flush()
    return made


def _answers(withdrawn: Collection[int]) -> list[ColumnElement[bool]]:
    counts = [Message.kind == Kind.REPLY, Message.automatic.is_(None)]
    return [*counts, Message.id.not_in(sorted(withdrawn))] if withdrawn else counts


def _close(wait: Wait, at: datetime, outcome: WaitOutcome) -> None:
    wait.closed_at, wait.outcome = at, outcome


def _state(wait: Wait) -> dict[str, Any]:
    return {
        "closed_at": iso_or_null(wait.closed_at),
        "closed_by_id": wait.closed_by_id,
        "answered_by_id": wait.answered_by_id,
        "outcome": None if wait.outcome is None else str(wait.outcome),
    }


def _put_back(wait: Wait, state: Mapping[str, Any]) -> None:
    closed_at, outcome = state["closed_at"], state["outcome"]
    wait.closed_at = None if closed_at is None else datetime.fromisoformat(closed_at)
    wait.outcome = None if outcome is None else WaitOutcome(outcome)
    wait.closed_by_id, wait.answered_by_id = state["closed_by_id"], state["answered_by_id"]


def _note(session: Session, entry: Merge, before: Mapping[int, dict[str, Any] | None]) -> None:
    rows = session.scalars(select(Wait).where(Wait.id.in_(sorted(before)))).all()
    notes = {wait.id: {"before": before[wait.id], "after": _state(wait)} for wait in rows}
    changed = {number: note for number, note in notes.items() if note["before"] != note["after"]}
    journal.note(session, entry.id, "wait", changed)


def _episodes_of(parted: Sequence[Thread]) -> Select[int]:
    return select(Episode.id).where(Episode.thread_id.in_([thread.id for thread in parted]))


def _show(session: Session, thread: Thread) -> None:
    wait = open_wait(session, thread.id)
    threads.set_waiting(thread, None if wait is None else wait.opened_at)
    session.flush()

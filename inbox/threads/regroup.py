"""Threads that become one, and messages that leave a thread for another: whose episodes they are then.

Only one episode of a thread is open, and it is the newest. Messages, episodes and what the list shows are put
right here; waits follow in `sla`, deliveries in `outbox`, drafts and read marks in `belongings`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, Table, case, delete, func, select, union, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.customers import journal
from inbox.customers.models import Merge
from inbox.errors import NotFound
from inbox.shapes import iso_or_null
from inbox.threads import order
from inbox.threads.models import Episode, Message, Thread
from inbox.threads.words import Kind, Priority, Status

_message = cast(Table, Message.__table__)

PUBLIC = (Kind.INBOUND, Kind.REPLY)
"""What the customer wrote or was sent, as against what is said about him."""

_URGENCY = list(Priority)


def lock(session: Session, thread_ids: Collection[int]) -> dict[int, Thread]:
    """Exactly these threads, merged away or not, locked in the order of their ids. Raises NotFound."""
    rows = session.scalars(
        select(Thread)
        .where(Thread.id.in_(sorted(set(thread_ids))))
        .order_by(Thread.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {row.id: row for row in rows}
    if set(thread_ids) - found.keys():
        raise NotFound("There is no such thread.")
    return found


def combine(session: Session, entry: Merge | None, into: Thread, other: Thread, now: datetime) -> None:
    """Move everything of one locked thread into another, and leave a signpost. `entry` notes what was where."""
    if entry is not None:
        journal.note_all(
            session, entry.id, "message", select(Message.id).where(Message.thread_id == other.id)
        )
    sides = [episodes(session, into.id), episodes(session, other.id)]
    both = [episode for side in sides for episode in side]
    before = {episode.id: (episode.thread_id, _state(episode)) for episode in both}
    _leave_one_open(both, now)
    ordered = _by_time(sides)
    session.flush()
    for episode in sides[1]:
        episode.thread_id, episode.number = into.id, -episode.id
    session.flush()
    if entry is not None:
        _note_episodes(session, entry.id, both, before, other.id)
    order.interleave(session, into.id, other.id)
    order.number_episodes(session, ordered)
    order.empty(other, into.id)
    order.refresh(session, into)


def leaving_with(thread_id: int, identity_id: int) -> Select[int]:
    """Selects the messages of a thread that belong to an identity: what was written from and to it, and in
    episodes where nothing else was, also the notes and lines about it."""
    here = Message.thread_id == thread_id
    own = here & Message.kind.in_(PUBLIC) & (Message.identity_id == identity_id)
    foreign = here & Message.kind.in_(PUBLIC) & (Message.identity_id.is_distinct_from(identity_id))
    whole = (
        select(Message.episode_id).where(own).except_(select(Message.episode_id).where(foreign)).subquery()
    )
    about = here & Message.episode_id.in_(select(whole.c.episode_id))
    chosen = union(select(Message.id).where(own), select(Message.id).where(about)).subquery()
    return select(chosen.c.id)


def written_since(thread_id: int, message_id: int, identity_ids: Select[int]) -> Select[int]:
    """Selects what was written from and to identities in a thread after a message that was the newest then; and
    of episodes that began since, with nobody else in them, all notes and lines too."""
    here = Message.thread_id == thread_id
    public = here & Message.kind.in_(PUBLIC)
    own = public & (Message.id > message_id) & Message.identity_id.in_(identity_ids)
    others = public & (Message.identity_id.is_(None) | Message.identity_id.not_in(identity_ids))
    older = here & (Message.id <= message_id)
    whole = (
        select(Message.episode_id)
        .where(own)
        .except_(select(Message.episode_id).where(others), select(Message.episode_id).where(older))
        .subquery()
    )
    about = here & Message.episode_id.in_(select(whole.c.episode_id))
    chosen = union(select(Message.id).where(own), select(Message.id).where(about)).subquery()
    return select(chosen.c.id)


def take_out(
    session: Session,
    source: Thread,
    target: Thread,
    leaving: Select[int],
    noted: Mapping[int, Mapping[str, Any]],
) -> dict[int, int]:
    """Move messages from one locked thread to another, which has none.

    `noted` are the episodes that a merge changed, as its entry has them: they get back what they were, and the
    target those that were its own. An episode from which messages of both go on is kept twice; returned are
    the new episodes' ids with those that they were made from.
    """
    target.merged_into_id = None
    session.execute(
        update(_message)
        .where(_message.c.id.in_(leaving), _message.c.thread_id == source.id)
        .values(thread_id=target.id)
    )
    known = episodes(session, source.id)
    place = {episode.id: float(episode.number) for episode in known}
    concerned = [(episode, noted[episode.id]) for episode in known if episode.id in noted]
    _send(session, [e for e, note in concerned if note["thread_id"] == target.id], target.id)
    _send(session, _without_messages(session, source.id, target.id), target.id)
    _restore_all(session, concerned)
    made: dict[int, int] = {}
    for thread in (source, target):
        made |= _mend(session, thread, place)
    for thread in (source, target):
        own = sorted(
            episodes(session, thread.id), key=lambda e: (e.status is not Status.RESOLVED, place[e.id], e.id)
        )
        order.close_gaps(session, thread.id)
        order.number_episodes(session, own)
        order.refresh(session, thread)
    return made


def unchanged(session: Session, noted: Mapping[str, int], ours: Thread, theirs: Thread) -> dict[int, int]:
    """Those of the episodes kept twice of which we still have the original, and they the copy, in the same state;
    by the copy's id."""
    originals = {episode.id: episode.status for episode in episodes(session, ours.id)}
    copies = {episode.id: episode.status for episode in episodes(session, theirs.id)}
    pairs = {int(copy_id): original_id for copy_id, original_id in noted.items()}
    return {
        copy_id: original_id
        for copy_id, original_id in pairs.items()
        if copy_id in copies and copies[copy_id] == originals.get(original_id)
    }


def go_on(session: Session, entry: Merge, thread: Thread) -> None:
    """Open the newest episode of a locked thread whose customer waits: nobody resolved it, it only had become
    part of another one. A split's `entry` notes it."""
    newest = max(episodes(session, thread.id), key=lambda episode: episode.number, default=None)
    if thread.waiting_since is None or newest is None or newest.status is not Status.RESOLVED:
        return
    before = _state(newest)
    newest.status, newest.resolved_at, newest.resolved_by_id = Status.OPEN, None, None
    session.flush()
    if entry.is_split:
        note = {"thread_id": thread.id, "before": before, "after": _state(newest), "kept": None}
        journal.note(session, entry.id, "episode", {newest.id: note})
    order.refresh(session, thread)


def restore(session: Session, entry: Merge, thread: Thread) -> None:
    """Give the episodes of a thread that a split changed back what they were, unless they changed since."""
    noted = journal.noted(session, entry.id, "episode")
    own = [(episode, noted[episode.id]) for episode in episodes(session, thread.id) if episode.id in noted]
    _restore_all(session, own)


def absorb(session: Session, copies: Mapping[int, int]) -> None:
    """Undo that episodes were kept twice: what belongs to a copy belongs to its original again."""
    for copy_id, original_id in copies.items():
        session.execute(
            update(_message).where(_message.c.episode_id == copy_id).values(episode_id=original_id)
        )


def forget(session: Session, thread: Thread, copies: Collection[int]) -> None:
    """Remove episodes of a locked thread that nothing belongs to any more; one that was rated stays."""
    for copy_id in copies:
        try:
            with session.begin_nested():
                session.execute(delete(Episode).where(Episode.id == copy_id))
        except IntegrityError:
            continue
    order.number_episodes(session, episodes(session, thread.id))
    order.refresh(session, thread)


def episodes(session: Session, thread_id: int) -> list[Episode]:
    """The episodes of a thread, oldest first."""
    return list(
        session.scalars(
            select(Episode)
            .where(Episode.thread_id == thread_id)
            .order_by(Episode.number)
            .execution_options(populate_existing=True)
        )
    )


def newest_message(session: Session, thread_ids: Collection[int]) -> int:
    """The highest id of the messages of threads, or 0."""
    newest = select(func.coalesce(func.max(Message.id), 0)).where(Message.thread_id.in_(thread_ids))
    return session.execute(newest).scalar_one()


def _state(episode: Episode) -> dict[str, Any]:
    return {
        "status": str(episode.status),
        "assignee_id": episode.assignee_id,
        "team_id": episode.team_id,
        "priority": str(episode.priority),
        "resolved_at": iso_or_null(episode.resolved_at),
        "resolved_by_id": episode.resolved_by_id,
    }


def _restore(episode: Episode, state: Mapping[str, Any]) -> None:
    episode.status, episode.priority = Status(state["status"]), Priority(state["priority"])
    episode.assignee_id, episode.team_id = state["assignee_id"], state["team_id"]
    episode.resolved_by_id = state["resolved_by_id"]
    resolved_at = state["resolved_at"]
    episode.resolved_at = None if resolved_at is None else datetime.fromisoformat(resolved_at)


def _leave_one_open(both: Sequence[Episode], now: datetime) -> None:
    """Of two open episodes the older goes on, with what the other had that it lacks; the other is closed."""
    unresolved = [episode for episode in both if episode.status is not Status.RESOLVED]
    if len(unresolved) < 2:
        return
    kept, closed = sorted(unresolved, key=lambda episode: (episode.opened_at, episode.id))
    if closed.status is Status.OPEN:
        kept.status = Status.OPEN
    kept.assignee_id = kept.assignee_id or closed.assignee_id
    kept.team_id = kept.team_id or closed.team_id
    kept.priority = max(kept.priority, closed.priority, key=_URGENCY.index)
    closed.status, closed.resolved_at, closed.resolved_by_id = Status.RESOLVED, now, None


def _by_time(sides: Sequence[Sequence[Episode]]) -> list[Episode]:
    """All episodes in the order in which they began, each side in its own order, the open one last."""
    keyed = []
    for side in sides:
        so_far: datetime | None = None
        for episode in side:
            so_far = episode.opened_at if so_far is None else max(so_far, episode.opened_at)
            keyed.append(((episode.status is not Status.RESOLVED, so_far, episode.id), episode))
    return [episode for _, episode in sorted(keyed, key=lambda pair: pair[0])]


def _note_episodes(
    session: Session,
    merge_id: int,
    both: Sequence[Episode],
    before: Mapping[int, tuple[int, dict[str, Any]]],
    other_id: int,
) -> None:
    kept = next((episode.id for episode in both if episode.status is not Status.RESOLVED), None)
    notes = {}
    for episode in both:
        thread_id, state = before[episode.id]
        after = _state(episode)
        if thread_id == other_id or state != after:
            joined = kept if state["status"] != after["status"] == Status.RESOLVED else None
            notes[episode.id] = {"thread_id": thread_id, "before": state, "after": after, "kept": joined}
    journal.note(session, merge_id, "episode", notes)


def _send(session: Session, going: Sequence[Episode], target_id: int) -> None:
    for episode in going:
        episode.thread_id, episode.number = target_id, -episode.id
    session.flush()


def _without_messages(session: Session, source_id: int, target_id: int) -> Sequence[Episode]:
    """The episodes of which every message went."""
    left = select(Message.episode_id).where(Message.thread_id == source_id)
    gone = select(Message.episode_id).where(Message.thread_id == target_id)
    return session.scalars(
        select(Episode).where(Episode.thread_id == source_id, Episode.id.in_(gone), Episode.id.not_in(left))
    ).all()


def _restore_all(session: Session, concerned: Sequence[tuple[Episode, Mapping[str, Any]]]) -> None:
    """Give episodes back what they were, unless somebody has changed them, or what goes on in their place, since."""
    here = {episode.id: episode for episode, _ in concerned}
    for episode, note in concerned:
        if _state(episode) != note["after"]:
            continue
        kept = here.get(note["kept"] or 0) or session.get(Episode, note["kept"] or 0)
        if kept is not None and kept.status is Status.RESOLVED:
            # Both were one request, which was resolved since.
            episode.resolved_at, episode.resolved_by_id = kept.resolved_at, kept.resolved_by_id
        elif note["kept"] is None or not _has_open(session, episode.thread_id):
            _restore(episode, note["before"])
        session.flush()


def _has_open(session: Session, thread_id: int) -> bool:
    return any(episode.status is not Status.RESOLVED for episode in episodes(session, thread_id))


def _mend(session: Session, thread: Thread, place: dict[int, float]) -> dict[int, int]:
    """Give the messages of a thread that belong to an episode of the other one an episode of their own thread.

    What customers wrote goes on in the open episode, or in a copy of the one it was in; notes and lines of
    agents stand wherever there is room. Returns the copies with their originals.
    """
    rows = session.execute(
        select(
            Message.episode_id,
            func.max(case((Message.kind.in_(PUBLIC), 1), else_=0)).label("public"),
        )
        .join(Episode, Episode.id == Message.episode_id)
        .where(Message.thread_id == thread.id, Episode.thread_id != thread.id)
        .group_by(Message.episode_id)
        .order_by(Message.episode_id)
    ).all()
    made: dict[int, int] = {}
    for row in rows:
        foreign, own = session.get_one(Episode, row.episode_id), episodes(session, thread.id)
        suitable = next(
            (e for e in reversed(own) if not row.public or (e.status is not Status.RESOLVED)), None
        )
        if row.public and foreign.status is Status.RESOLVED:
            suitable = None
        if suitable is None:
            suitable = _copy(session, foreign, thread.id)
            place[suitable.id] = place[foreign.id] + 0.5
            made[suitable.id] = foreign.id
        session.execute(
            update(_message)
            .where(_message.c.thread_id == thread.id, _message.c.episode_id == foreign.id)
            .values(episode_id=suitable.id)
        )
    return made


def _copy(session: Session, episode: Episode, thread_id: int) -> Episode:
    lowest = min((each.number for each in episodes(session, thread_id)), default=0)
    copy = Episode(
        thread_id=thread_id,
        number=min(lowest, 0) - 1,
        first_seq=1,
        reopened_count=0,
        opened_at=episode.opened_at,
        status=episode.status,
    )
    _restore(copy, _state(episode))
    session.add(copy)
    session.flush()
    return copy

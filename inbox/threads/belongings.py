"""What agents keep in threads, when these become one or two: read marks, drafts, and whom they copied in.

Nothing unread becomes read by it. Of two drafts neither is lost: their texts stand below one another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select, tuple_, update
from sqlalchemy.orm import Session

from inbox.customers import journal
from inbox.customers.models import Merge
from inbox.shapes import iso
from inbox.threads.marks import read_up_to
from inbox.threads.models import Draft, Message, Participant, ReadMark, Thread
from inbox.threads.words import DraftMode


@dataclass(frozen=True)
class _Mark:
    seq: int
    updated_at: datetime


@dataclass(frozen=True)
class Marks:
    """How far agents had read before messages were moved: the marks, by agent and thread, and for each agent the
    messages that were the next to read."""

    rows: Mapping[tuple[int, int], _Mark]
    next_up: Mapping[int, frozenset[int]]


def marks_before_joining(session: Session, into_id: int, other_id: int) -> Marks:
    """To be taken before the messages of two threads become those of one."""
    rows = _marks(session, [into_id, other_id])
    reached = {
        (agent_id, thread_id): rows[agent_id, thread_id].seq if (agent_id, thread_id) in rows else 0
        for agent_id, _ in rows
        for thread_id in (into_id, other_id)
    }
    places = {(thread_id, seq + 1) for (_, thread_id), seq in reached.items()}
    found = session.execute(
        select(Message.id, Message.thread_id, Message.seq).where(
            tuple_(Message.thread_id, Message.seq).in_(sorted(places))
        )
    )
    at = {(row.thread_id, row.seq): row.id for row in found}
    next_up: dict[int, set[int]] = {agent_id: set() for agent_id, _ in rows}
    for (agent_id, thread_id), seq in reached.items():
        if (thread_id, seq + 1) in at:
            next_up[agent_id].add(at[thread_id, seq + 1])
    return Marks(rows, {agent_id: frozenset(ids) for agent_id, ids in next_up.items()})


def join_marks(session: Session, entry: Merge, marks: Marks, into: Thread, now: datetime) -> None:
    """Each agent has read the joined thread up to the first message that he had not read."""
    notes = []
    for agent_id, seqs in _reached(session, marks, [into]).items():
        notes.append(_note(marks, agent_id, into.id, after=seqs[into.id]))
        _set(session, marks, agent_id, into.id, seqs[into.id], now)
    journal.remember(entry, marks=notes)


def rejoin_marks(
    session: Session, entry: Merge, marks: Marks, into: Thread, other: Thread, now: datetime
) -> None:
    """The same when a split is undone: marks that nobody has moved since are what they were before it."""
    noted = {note["agent_id"]: note for note in entry.before.get("marks") or []}
    for agent_id, seqs in _reached(session, marks, [into]).items():
        note = noted.get(agent_id)
        current = [marks.rows.get((agent_id, thread.id)) for thread in (into, other)]
        reached = [None if mark is None else mark.seq for mark in current]
        if note is not None and reached == [note["after"], note["theirs"]]:
            _put_back(session, agent_id, into.id, note)
        else:
            _set(session, marks, agent_id, into.id, seqs[into.id], now)
    session.execute(
        delete(ReadMark).where(ReadMark.thread_id == other.id).execution_options(synchronize_session=False)
    )


def marks_before_parting(session: Session, source_id: int, leaving: Select[int]) -> Marks:
    """To be taken before the messages `leaving` leave their thread."""
    rows = _marks(session, [source_id])
    next_of: dict[int, frozenset[int]] = {}
    for seq in {row.seq for row in rows.values()}:
        after = select(Message.id).where(Message.thread_id == source_id, Message.seq > seq)
        firsts = [
            session.execute(after.where(side).order_by(Message.seq).limit(1)).scalar()
            for side in (Message.id.in_(leaving), Message.id.not_in(leaving))
        ]
        next_of[seq] = frozenset(number for number in firsts if number is not None)
    return Marks(rows, {agent_id: next_of[row.seq] for (agent_id, _), row in rows.items()})


def part_marks(
    session: Session, entry: Merge, marks: Marks, source: Thread, target: Thread, now: datetime
) -> None:
    """Each agent has read both threads as far as he had read the one.

    When `entry`, a merge, is undone by this, marks that nobody has moved since are what they were before it.
    """
    noted = {} if entry.is_split else {note["agent_id"]: note for note in entry.before.get("marks") or []}
    old, notes = _marks(session, [target.id]), []
    for agent_id, seqs in _reached(session, marks, [source, target]).items():
        current, note = marks.rows[agent_id, source.id].seq, noted.get(agent_id)
        if note is not None and note["after"] == current:
            _put_back(session, agent_id, source.id, note)
            continue
        ours = theirs = 0
        if note is not None and current > note["after"]:
            ours = note["before"] or 0
            theirs = old[agent_id, target.id].seq if (agent_id, target.id) in old else 0
        ours = max(seqs[source.id], min(ours, source.last_seq))
        theirs = max(seqs[target.id], min(theirs, target.last_seq))
        notes.append(_note(marks, agent_id, source.id, after=ours) | {"theirs": theirs})
        _set(session, marks, agent_id, source.id, ours, now)
        read_up_to(session, agent_id, target.id, theirs, now)
    if entry.is_split:
        journal.remember(entry, marks=notes)


def join_drafts(
    session: Session, entry: Merge | None, into_id: int, other_id: int, now: datetime
) -> list[tuple[int, DraftMode]]:
    """Bring the drafts of one thread into another; returns whose drafts (agent, mode) there changed."""
    notes, changed = [], []
    for theirs in session.scalars(select(Draft).where(Draft.thread_id == other_id)).all():
        key = {"agent_id": theirs.agent_id, "thread_id": into_id, "mode": theirs.mode}
        ours = session.get(Draft, key, populate_existing=True)
        note = {"agent_id": theirs.agent_id, "mode": str(theirs.mode), "theirs": _draft(theirs)}
        if ours is None:
            after = Draft(**key, body=theirs.body, fields=theirs.fields, updated_at=theirs.updated_at)
            session.add(after)
        else:
            note["ours"], after = _draft(ours), ours
            ours.body = "\n\n".join(text for text in (ours.body, theirs.body) if text.strip())
            ours.fields, ours.updated_at = _fields(ours.fields, theirs.fields), now
        session.delete(theirs)
        session.flush()
        notes.append({**note, "after": _draft(after)})
        changed.append((after.agent_id, after.mode))
    if entry is not None:
        journal.remember(entry, drafts=notes)
    return changed


def part_drafts(session: Session, entry: Merge, into_id: int, other_id: int) -> list[tuple[int, DraftMode]]:
    """Give drafts back that a merge brought in; one that was changed since stays whole where it is."""
    changed = []
    for note in entry.before.get("drafts") or []:
        agent_id, mode = note["agent_id"], DraftMode(note["mode"])
        current = session.get(Draft, (agent_id, into_id, mode), populate_existing=True)
        if current is None or _draft(current) != note["after"]:
            continue
        if "ours" in note:
            _set_draft(current, note["ours"])
        else:
            session.delete(current)
        given = Draft(agent_id=agent_id, thread_id=other_id, mode=mode)
        _set_draft(given, note["theirs"])
        session.add(given)
        session.flush()
        changed.append((agent_id, mode))
    return changed


def join_participants(session: Session, entry: Merge | None, into_id: int, other_id: int) -> None:
    """Whoever may answer into one thread may answer into the joined one."""
    known = select(Participant.identity_id).where(Participant.thread_id == into_id)
    moved = session.scalars(
        select(Participant.identity_id).where(
            Participant.thread_id == other_id, Participant.identity_id.not_in(known)
        )
    ).all()
    _move_participants(session, other_id, into_id, Participant.identity_id.in_(moved))
    if entry is not None:
        journal.note(session, entry.id, "participant", {identity_id: {} for identity_id in moved})


def part_participants(session: Session, entry: Merge, into_id: int, other_id: int) -> None:
    """Whom a merge let into the joined thread may answer into his former one only."""
    moved = Participant.identity_id.in_(journal.ids(entry.id, "participant"))
    _move_participants(session, into_id, other_id, moved)


def _move_participants(session: Session, source_id: int, target_id: int, which: Any) -> None:
    session.execute(
        update(Participant)
        .where(Participant.thread_id == source_id, which)
        .values(thread_id=target_id)
        .execution_options(synchronize_session=False)
    )


def _marks(session: Session, thread_ids: list[int]) -> dict[tuple[int, int], _Mark]:
    rows = session.execute(
        select(ReadMark.agent_id, ReadMark.thread_id, ReadMark.seq, ReadMark.updated_at)
        .where(ReadMark.thread_id.in_(thread_ids))
        .order_by(ReadMark.agent_id)
    )
    return {(row.agent_id, row.thread_id): _Mark(row.seq, row.updated_at) for row in rows}


def _reached(session: Session, marks: Marks, threads: list[Thread]) -> dict[int, dict[int, int]]:
    """How far each agent has read each of the threads, now that their messages have their new numbers."""
    firsts = {number for ids in marks.next_up.values() for number in ids}
    found = session.execute(
        select(Message.id, Message.thread_id, Message.seq).where(Message.id.in_(sorted(firsts)))
    )
    at = {row.id: row for row in found}
    reached: dict[int, dict[int, int]] = {}
    for agent_id, ids in marks.next_up.items():
        reached[agent_id] = {
            thread.id: min(
                (at[number].seq - 1 for number in ids if at[number].thread_id == thread.id),
                default=thread.last_seq,
            )
            for thread in threads
        }
    return reached


def _note(marks: Marks, agent_id: int, thread_id: int, *, after: int) -> dict[str, Any]:
    mark = marks.rows.get((agent_id, thread_id))
    return {
        "agent_id": agent_id,
        "before": None if mark is None else mark.seq,
        "updated_at": None if mark is None else iso(mark.updated_at),
        "after": after,
    }


def _set(session: Session, marks: Marks, agent_id: int, thread_id: int, seq: int, now: datetime) -> None:
    mark = marks.rows.get((agent_id, thread_id))
    if mark is None or mark.seq != seq:
        read_up_to(session, agent_id, thread_id, seq, now)


def _put_back(session: Session, agent_id: int, thread_id: int, note: Mapping[str, Any]) -> None:
    own = ReadMark.agent_id == agent_id, ReadMark.thread_id == thread_id
    if note["before"] is None:
        statement: Any = delete(ReadMark).where(*own)
    else:
        moment = datetime.fromisoformat(note["updated_at"])
        statement = update(ReadMark).where(*own).values(seq=note["before"], updated_at=moment)
    session.execute(statement.execution_options(synchronize_session=False))


def _draft(draft: Draft) -> dict[str, Any]:
    return {"body": draft.body, "fields": draft.fields, "updated_at": iso(draft.updated_at)}


def _set_draft(draft: Draft, noted: Mapping[str, Any]) -> None:
    draft.body, draft.fields = noted["body"], noted["fields"]
    draft.updated_at = datetime.fromisoformat(noted["updated_at"])


def _fields(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Where a joined draft goes is where the first of both goes; its files are those of both."""
    files = dict.fromkeys([*(ours.get("attachment_ids") or ()), *(theirs.get("attachment_ids") or ())])
    return {**theirs, **{key: value for key, value in ours.items() if value}, "attachment_ids": list(files)}

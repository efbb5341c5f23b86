"""Notes about a person, whatever the request. Reads and writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.agents.models import Agent
from inbox.customers import profile_rules as rules
from inbox.customers.models import CustomerNote
from inbox.customers.shapes import NotePage, NoteView
from inbox.errors import Invalid, NotAllowed, NotFound
from inbox.shapes import iso, iso_or_null


@dataclass(frozen=True)
class NoteOf:
    """Whose note it is: the customer it is about."""

    id: int
    customer_id: int


def page(
    session: Session, agent: AgentIdentity, customer_id: int, *, before: int | None, limit: int
) -> NotePage:
    """Notes about a customer, newest first, below the id `before`. Visibility is the caller's business."""
    query = (
        _NOTES.where(CustomerNote.customer_id == customer_id)
        .order_by(CustomerNote.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(CustomerNote.id < before)
    rows = session.execute(query).all()
    items = [_view(agent, note, author) for note, author in rows[:limit]]
    return {"items": items, "next": str(items[-1]["id"]) if len(rows) > limit else None}


def view(session: Session, agent: AgentIdentity, note_id: int) -> NoteView:
    """One note. Visibility is the caller's business. Raises NotFound."""
    row = session.execute(_NOTES.where(CustomerNote.id == note_id)).first()
    if row is None:
        raise NotFound("There is no such note.")
    return _view(agent, row[0], row[1])


def counts(session: Session, customer_ids: Iterable[int]) -> dict[int, int]:
    """How many notes there are about each customer; one without any is absent."""
    rows = session.execute(
        select(CustomerNote.customer_id, func.count())
        .where(CustomerNote.customer_id.in_(sorted(set(customer_ids))))
        .group_by(CustomerNote.customer_id)
    )
    return dict(rows.all())


def owner(session: Session, note_id: int) -> NoteOf:
    """Whom a note is about. Raises NotFound."""
    row = session.get(CustomerNote, note_id)
    if row is None:
        raise NotFound("There is no such note.")
    return NoteOf(row.id, row.customer_id)


def add(session: Session, customer_id: int, agent_id: int, body: str, now: datetime) -> int:
    """Write a note; its id. Raises Invalid."""
    row = CustomerNote(customer_id=customer_id, author_id=agent_id, body=rules.note(body), created_at=now)
    session.add(row)
    session.flush()
    return row.id


def edit(session: Session, agent: AgentIdentity, note_id: int, body: str, now: datetime) -> None:
    """Change a note. Raises NotFound, NotAllowed or Invalid."""
    row = _editable(session, agent, note_id)
    text = rules.note(body)
    if text != row.body:
        row.body, row.updated_at = text, now


def remove(session: Session, agent: AgentIdentity, note_id: int) -> None:
    """Remove a note for good. Raises NotFound or NotAllowed."""
    session.delete(_editable(session, agent, note_id))


def number(cursor: str | None) -> int | None:
    """The id in a cursor of a list by falling ids. Raises Invalid."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and 0 < int(cursor) < 1 << 63):
        raise Invalid("That is no cursor of this list.", "/cursor")
    return int(cursor)


_NOTES = select(CustomerNote, Agent.name).outerjoin(Agent, Agent.id == CustomerNote.author_id)


def _view(agent: AgentIdentity, note: CustomerNote, author: str | None) -> NoteView:
    return {
        "id": note.id,
        "body": note.body,
        "author": author,
        "author_id": note.author_id,
        "created_at": iso(note.created_at),
        "updated_at": iso_or_null(note.updated_at),
        "may_edit": rules.may_edit_note(note.author_id, agent.id, is_supervisor=agent.is_supervisor),
    }


def _editable(session: Session, agent: AgentIdentity, note_id: int) -> CustomerNote:
    row = session.get(CustomerNote, note_id)
    if row is None:
        raise NotFound("There is no such note.")
    if not rules.may_edit_note(row.author_id, agent.id, is_supervisor=agent.is_supervisor):
        raise NotAllowed("This note is a colleague's; a supervisor may change it.")
    return row

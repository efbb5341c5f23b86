"""Writing what belongs to one agent in a thread: how far he has read, and his drafts."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.threads.models import Draft, ReadMark
from inbox.threads.words import DraftMode


def read_up_to(session: Session, agent_id: int, thread_id: int, seq: int, now: datetime) -> bool:
    """Set an agent's read mark; False when it stood there already."""
    key = {"agent_id": agent_id, "thread_id": thread_id}
    current = session.execute(select(ReadMark.seq).filter_by(**key)).scalar()
    if current == seq:
        return False
    upsert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {"seq": seq, "updated_at": now}
    session.execute(
        upsert(ReadMark)
        .values(**key, **values)
        .on_conflict_do_update(index_elements=["agent_id", "thread_id"], set_=values)
    )
    return True


def keep_read(
    session: Session, agent_id: int, thread_id: int, before: int, after: int, now: datetime
) -> None:
    """What an agent does himself is nothing new to him: who had read up to `before` has read up to `after`."""
    session.execute(
        update(ReadMark)
        .filter_by(agent_id=agent_id, thread_id=thread_id, seq=before)
        .values(seq=after, updated_at=now)
        .execution_options(synchronize_session=False)
    )


def draft(session: Session, agent_id: int, thread_id: int, mode: DraftMode) -> Draft | None:
    """An agent's draft as it is now, if there is one."""
    return session.get(Draft, (agent_id, thread_id, mode), populate_existing=True)


def drop_template(session: Session, agent_id: int, thread_id: int) -> None:
    """A chosen template was sent: it leaves the draft, and what the agent has typed himself stays."""
    found = draft(session, agent_id, thread_id, DraftMode.REPLY)
    if found is None:
        return
    if found.body.strip() or found.fields.get("attachment_ids"):
        found.fields = {**found.fields, "template": None}
    else:
        session.delete(found)
    session.flush()


def keep_draft(
    session: Session,
    agent_id: int,
    thread_id: int,
    mode: DraftMode,
    body: str,
    fields: dict[str, Any],
    now: datetime,
) -> None:
    """Store an agent's draft in place of the one before."""
    upsert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    values = {"body": body.replace("\0", ""), "fields": fields, "updated_at": now}
    session.execute(
        upsert(Draft)
        .values(agent_id=agent_id, thread_id=thread_id, mode=mode, **values)
        .on_conflict_do_update(index_elements=["agent_id", "thread_id", "mode"], set_=values)
    )

"""Quiet lines in a thread: what happened elsewhere. Nobody has to read them, so they make nothing unread."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.threads import actions
from inbox.threads.models import Episode, Message, ReadMark, Thread
from inbox.threads.words import Kind, Status


def append_quiet(
    session: Session, thread: Thread, episode: Episode, code: str, text: str, now: datetime, **data: Any
) -> int:
    """Append a line to a locked thread; whoever had read all before it has read it too. Its id."""
    before = thread.last_seq
    line = actions.append_system(session, thread, episode, code, text, now, **data)
    session.execute(
        update(ReadMark)
        .where(ReadMark.thread_id == thread.id, ReadMark.seq == before)
        .values(seq=thread.last_seq, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    return line


def last_line(session: Session, thread: Thread, code: str) -> Message | None:
    """The line of that code that ends a locked thread, if that is how it ends."""
    found = select(Message).where(
        Message.thread_id == thread.id, Message.seq == thread.last_seq, Message.kind == Kind.SYSTEM
    )
    line = session.scalars(found).one_or_none()
    return line if line is not None and (line.system or {}).get("code") == code else None


def retell(line: Message, text: str, data: dict[str, Any]) -> None:
    """Have a line say how things are by now."""
    line.body_text, line.system = text, {"code": (line.system or {})["code"], "data": data}


def unresolved_episode(session: Session, thread: Thread) -> Episode | None:
    """The request that is open or snoozed in a thread, if there is one and its customer was not erased."""
    episode = actions.newest_episode(session, thread.id)
    if episode is None or episode.status is Status.RESOLVED or thread.erased_at is not None:
        return None
    return episode

"""What customers wrote lately in a thread: what it said, and whether it proved who wrote it."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.contract import Level
from inbox.threads.models import Episode, Message, Thread
from inbox.threads.words import Kind, Status

MESSAGES = 30


@dataclass(frozen=True)
class Open:
    """A customer's thread and its open episode; None where there is none."""

    thread_id: int | None = None
    episode_id: int | None = None


def open_of(session: Session, customer_id: int) -> Open:
    """The thread of a customer, with the episode that goes on in it."""
    row = session.execute(
        select(Thread.id, Episode.id.label("episode_id"))
        .outerjoin(Episode, (Episode.thread_id == Thread.id) & (Episode.status != Status.RESOLVED))
        .where(Thread.customer_id == customer_id, Thread.merged_into_id.is_(None))
        .order_by(Episode.number.desc())
        .limit(1)
    ).first()
    return Open() if row is None else Open(row.id, row.episode_id)


def doubted(session: Session, thread_id: int) -> set[int]:
    """Identities whose newest message, among the thread's last ones, did not prove its sender."""
    rows = session.execute(
        select(Message.identity_id, Message.sender_level)
        .where(
            Message.thread_id == thread_id,
            Message.kind == Kind.INBOUND,
            Message.identity_id.is_not(None),
        )
        .order_by(Message.seq.desc())
        .limit(MESSAGES)
    )
    newest: dict[int, Level | None] = {}
    for row in rows:
        newest.setdefault(row.identity_id, row.sender_level)
    return {identity_id for identity_id, level in newest.items() if level is Level.CLAIMED}


def texts(session: Session, episode_id: int, *, most: int) -> list[str]:
    """Subject and beginning of what the customer wrote in an episode, the newest first; `most` characters each."""
    rows = session.execute(
        select(Message.subject, func.substr(Message.body_text, 1, most).label("text"))
        .where(Message.episode_id == episode_id, Message.kind == Kind.INBOUND)
        .order_by(Message.seq.desc())
        .limit(MESSAGES)
    )
    return [f"{row.subject}\n{row.text}" for row in rows]

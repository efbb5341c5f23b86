"""Reads of what a customer has not seen, for sending it on by another channel."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.threads.models import Attachment, Message
from inbox.threads.words import AttachmentState, Kind


def messages(session: Session, message_ids: Sequence[int]) -> list[Message]:
    """Messages by ascending `seq`, as they are in the database now."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.id.in_(message_ids))
            .order_by(Message.seq)
            .execution_options(populate_existing=True)
        )
    )


def files(session: Session, message_ids: Sequence[int]) -> dict[int, tuple[tuple[str, int], ...]]:
    """Name and size in bytes of every stored file, by message."""
    found: dict[int, tuple[tuple[str, int], ...]] = {}
    rows = session.execute(
        select(Attachment.message_id, Attachment.name, Attachment.size)
        .where(Attachment.message_id.in_(message_ids), Attachment.state == AttachmentState.STORED)
        .order_by(Attachment.position, Attachment.id)
    )
    for message_id, name, size in rows:
        if message_id is not None:
            found[message_id] = (*found.get(message_id, ()), (name, size))
    return found


def last_word(session: Session, thread_id: int) -> int:
    """The `seq` of the newest message that the customer himself wrote, on whatever channel, or 0."""
    return (
        session.execute(
            select(Message.seq)
            .where(Message.thread_id == thread_id, Message.kind == Kind.INBOUND, Message.automatic.is_(None))
            .order_by(Message.seq.desc())
            .limit(1)
        ).scalar()
        or 0
    )

"""Small reads about one message that was sent, and is changed afterwards."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import NotFound
from inbox.threads.models import Message, MessageAlias
from inbox.threads.rules import GROUP
from inbox.threads.words import Kind


def fresh(session: Session, message_id: int) -> Message:
    """A message as it is in the database now. Raises NotFound."""
    found = session.execute(
        select(Message).where(Message.id == message_id).execution_options(populate_existing=True)
    ).scalar()
    if found is None:
        raise NotFound("There is no such message.")
    return found


def wire_ids_of(session: Session, message_id: int, channel_id: int) -> list[str]:
    """All ids under which a channel's network knows a message, in no order."""
    return list(
        session.scalars(
            select(MessageAlias.external_id).where(
                MessageAlias.message_id == message_id,
                MessageAlias.channel_id == channel_id,
                ~MessageAlias.external_id.startswith(GROUP, autoescape=True),
            )
        )
    )


def was_answered_later(session: Session, thread_id: int, seq: int) -> bool:
    """Whether a reply that still stands was written after that place in the thread."""
    later = select(Message.id).where(
        Message.thread_id == thread_id,
        Message.seq > seq,
        Message.kind == Kind.REPLY,
        Message.removed_at.is_(None),
    )
    return session.execute(later.limit(1)).scalar() is not None

"""Small reads about messages that are answered, or changed after they were sent."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.customers.models import Customer, Identity
from inbox.errors import NotFound
from inbox.shapes import AnsweredView
from inbox.threads.models import Message, MessageAlias
from inbox.threads.rules import GROUP
from inbox.threads.words import Kind

HEAD = 300
"""Characters of an answered message that are shown with the answer."""


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


def inbound_of(session: Session, thread_id: int, message_id: int) -> Message | None:
    """A customer's message, if it is in that thread."""
    return session.execute(
        select(Message).where(
            Message.id == message_id, Message.thread_id == thread_id, Message.kind == Kind.INBOUND
        )
    ).scalar()


def answered(session: Session, message_ids: Collection[int]) -> dict[int, AnsweredView]:
    """Messages as those that answer them show them, by id; one that was taken back has no text."""
    rows = session.execute(
        select(
            Message.id,
            Message.thread_id,
            Message.seq,
            Message.channel_id,
            func.substr(Message.body_text, 1, HEAD).label("text"),
            Message.sender_name,
            Identity.display,
            Customer.name.label("customer"),
        )
        .outerjoin(Identity, Identity.id == Message.identity_id)
        .outerjoin(Customer, Customer.id == Identity.customer_id)
        .where(Message.id.in_(sorted(set(message_ids))))
    )
    return {
        row.id: {
            "id": row.id,
            "thread_id": row.thread_id,
            "seq": row.seq,
            "channel_id": row.channel_id,
            "author": row.sender_name or row.customer or row.display or "",
            "address": row.display,
            "text": row.text,
        }
        for row in rows
    }

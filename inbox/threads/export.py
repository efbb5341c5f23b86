"""What is needed besides messages as they are shown, to hand everything that was written out."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inbox.shapes import iso, iso_or_null
from inbox.threads.models import Attachment, Episode, Message, MessageVersion
from inbox.threads.words import Kind


def message_ids(
    session: Session, thread_id: int | None, identity_ids: Collection[int], *, after: int, limit: int
) -> list[int]:
    """Messages of a thread, and those that the identities wrote into the threads of others, by rising ids."""
    elsewhere = Message.identity_id.in_(identity_ids) & (Message.kind == Kind.INBOUND)
    mine = elsewhere if thread_id is None else or_(Message.thread_id == thread_id, elsewhere)
    found = select(Message.id).where(mine, Message.id > after).order_by(Message.id).limit(limit)
    return list(session.scalars(found))


def versions(session: Session, ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """What messages said before, by message, the oldest first."""
    rows = session.scalars(
        select(MessageVersion).where(MessageVersion.message_id.in_(ids)).order_by(MessageVersion.id)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        view = {"body_text": row.body_text, "body_html": row.body_html, "replaced_at": iso(row.replaced_at)}
        found.setdefault(row.message_id, []).append(view)
    return found


def stored_files(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Name and key of each file of messages whose bytes are here, by the attachment's id."""
    rows = session.execute(
        select(Attachment.id, Attachment.name, Attachment.storage_key)
        .where(Attachment.message_id.in_(ids), Attachment.storage_key.is_not(None))
        .order_by(Attachment.id)
    )
    return {row.id: (row.name, row.storage_key) for row in rows}


def episodes(session: Session, thread_id: int) -> list[dict[str, Any]]:
    """All requests of a thread, the oldest first."""
    rows = session.scalars(
        select(Episode).where(Episode.thread_id == thread_id).order_by(Episode.opened_at, Episode.id)
    )
    return [
        {
            "id": row.id,
            "number": row.number,
            "status": row.status.value,
            "opened_at": iso(row.opened_at),
            "resolved_at": iso_or_null(row.resolved_at),
            "reopened_count": row.reopened_count,
        }
        for row in rows
    ]

"""Files: taking uploads, and the rules under which a stored file may leave the house."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import update
from sqlalchemy.orm import Session

from inbox.files import Stored
from inbox.shapes import AttachmentView
from inbox.threads.actions import NewFile, add_files
from inbox.threads.messages import attachment_view
from inbox.threads.models import Attachment
from inbox.threads.rules import file_name
from inbox.threads.sniff import INLINE, PLAYED, media_type
from inbox.threads.words import AttachmentState

HEAD = 8192
"""First bytes that tell what a file is."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Content-Security-Policy of every file: even opened by itself it runs nothing and is of no origin."""

GONE = "The upload is gone."

_UNSAFE = re.compile(r"[^ !#-\[\]-~]|[%;]")


def add_upload(
    session: Session, agent_id: int, *, name: str, claimed: str, head: bytes, stored: Stored, now: datetime
) -> AttachmentView:
    """Enter a stored upload; it belongs to the agent alone until he sends it with a message."""
    row = _upload(name, claimed, head, stored, now)
    row.uploaded_by_id = agent_id
    session.add(row)
    session.flush()
    return attachment_view(row)


def add_stored(session: Session, agent_id: int, files: Sequence[NewFile], now: datetime) -> list[int]:
    """Enter files that came by a network and are in the store as uploads of an agent; their ids, in order."""
    rows = [
        Attachment(
            uploaded_by_id=agent_id,
            name=file_name(file.name),
            media_type=file.media_type,
            size=file.size,
            storage_key=file.storage_key,
            state=AttachmentState.STORED,
            created_at=now,
        )
        for file in files
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def add_visitors(
    session: Session, session_id: int, *, name: str, claimed: str, head: bytes, stored: Stored, now: datetime
) -> Attachment:
    """Enter a file that a visitor of the site uploaded; it belongs to his session alone until he sends it."""
    row = _upload(name, claimed, head, stored, now)
    row.visitor_id = session_id
    session.add(row)
    session.flush()
    return row


def _upload(name: str, claimed: str, head: bytes, stored: Stored, now: datetime) -> Attachment:
    name = file_name(name)
    return Attachment(
        name=name,
        media_type=media_type(head, claimed, name),
        size=stored.size,
        storage_key=stored.key,
        state=AttachmentState.STORED,
        created_at=now,
    )


def bind_visitors(
    session: Session,
    message_id: int,
    upload_ids: Sequence[int],
    visitor_ids: Collection[int],
    now: datetime,
    *,
    first: int = 0,
) -> None:
    """Turn uploads of a visitor's sessions into attachments of his message.

    One that is gone, or that another visitor made, is shown as a file that is missing.
    """
    for position, upload_id in enumerate(upload_ids, first):
        bound = session.execute(
            update(Attachment)
            .where(
                Attachment.id == upload_id,
                Attachment.visitor_id.in_(visitor_ids),
                Attachment.message_id.is_(None),
            )
            .values(message_id=message_id, position=position)
            .returning(Attachment.id)
            .execution_options(synchronize_session=False)
        ).scalar()
        if bound is None:
            lost = NewFile("file", "application/octet-stream", state=AttachmentState.MISSING, problem=GONE)
            add_files(session, message_id, [lost], now, first=position)


def served_as(head: bytes, *, inline: bool) -> tuple[str, str]:
    """The media type and the disposition ("inline" or "attachment") with which a file is served.

    What was stored with it is not asked: only bytes that begin as a raster image, a sound or a film are ever
    shown in place.
    """
    found = media_type(head, "")
    return (
        (found, "inline")
        if inline and found in INLINE | PLAYED
        else ("application/octet-stream", "attachment")
    )


def disposition(kind: str, name: str) -> str:
    """A Content-Disposition header (RFC 6266): a plain name for old clients, the true one in UTF-8."""
    plain = _UNSAFE.sub("_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

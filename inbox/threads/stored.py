"""Which files of the store belong to messages, and which uploads to nothing any more."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.threads.models import Attachment, Draft


def keys_among(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys` that an attachment, or an upload not sent yet, names."""
    found = select(Attachment.storage_key).where(Attachment.storage_key.in_(keys))
    return {key for key in session.execute(found).scalars() if key is not None}


def forget_uploads(session: Session, before: datetime) -> int:
    """Remove the rows of uploads older than `before` that no draft names; their files are then orphans."""
    kept = {
        attachment_id
        for fields in session.execute(select(Draft.fields)).scalars()
        for attachment_id in fields.get("attachment_ids") or ()
    }
    old = session.execute(
        select(Attachment.id).where(Attachment.message_id.is_(None), Attachment.created_at < before)
    ).scalars()
    forgotten = [attachment_id for attachment_id in old if attachment_id not in kept]
    session.execute(delete(Attachment).where(Attachment.id.in_(forgotten)))
    return len(forgotten)

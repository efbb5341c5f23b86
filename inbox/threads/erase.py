"""Forgetting what a person wrote and was written: the rows stay for the statistics, emptied.

The caller holds the locks of the threads.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from inbox.channels.models import Envelope
from inbox.channels.words import EnvelopeState
from inbox.events.rules import anonymous
from inbox.threads import rules
from inbox.threads.models import (
    Attachment,
    Draft,
    Message,
    MessageAlias,
    MessageVersion,
    Participant,
    Reaction,
    Thread,
)
from inbox.threads.words import Kind


@dataclass(frozen=True)
class Emptied:
    """What a batch emptied: messages, the payloads that brought them, and keys of files nobody names any more."""

    message_ids: list[int]
    envelope_ids: list[int]
    keys: list[str]


def close(
    session: Session, thread_ids: Collection[int], identity_ids: Collection[int], now: datetime
) -> list[str]:
    """Empty what the list shows of threads, and drop their drafts and participants; nothing can be added any more.

    Returns keys of files that nobody names any more.
    """
    drafts = session.scalars(select(Draft).where(Draft.thread_id.in_(thread_ids))).all()
    uploads = {number for draft in drafts for number in draft.fields.get("attachment_ids") or ()}
    unsent = Attachment.id.in_(uploads) & Attachment.message_id.is_(None)
    keys = _keys(session, select(Attachment.storage_key).where(unsent))
    _run(
        session,
        delete(Attachment).where(unsent),
        delete(Draft).where(Draft.thread_id.in_(thread_ids)),
        delete(Participant).where(
            or_(Participant.thread_id.in_(thread_ids), Participant.identity_id.in_(identity_ids))
        ),
        delete(Reaction).where(Reaction.identity_id.in_(identity_ids)),
        update(Thread)
        .where(Thread.id.in_(thread_ids))
        .values(preview="", subject=None, trouble=None, erased_at=now),
    )
    return _unused(session, keys)


def uploads_of(session: Session, visitor_session_ids: Collection[int]) -> list[str]:
    """Keys of files that visitors uploaded and never sent."""
    unsent = Attachment.visitor_id.in_(visitor_session_ids) & Attachment.message_id.is_(None)
    return _keys(session, select(Attachment.storage_key).where(unsent))


def message_ids(
    session: Session, thread_ids: Collection[int], identity_ids: Collection[int], *, after: int, limit: int
) -> list[int]:
    """Messages of the threads, and what the identities wrote elsewhere or were written, by rising ids."""
    mine = or_(Message.thread_id.in_(thread_ids), Message.identity_id.in_(identity_ids))
    return list(
        session.scalars(select(Message.id).where(mine, Message.id > after).order_by(Message.id).limit(limit))
    )


def thread_ids_of(session: Session, ids: Collection[int]) -> list[int]:
    """The threads that messages are in, in the order in which they are to be locked."""
    return sorted(session.scalars(select(Message.thread_id).where(Message.id.in_(ids)).distinct()))


def empty(session: Session, ids: Sequence[int], now: datetime) -> Emptied:
    """Take everything out of messages that somebody wrote; system lines keep their codes and numbers."""
    rows = session.scalars(
        select(Message).where(Message.id.in_(ids)).execution_options(populate_existing=True)
    ).all()
    envelopes = sorted({row.envelope_id for row in rows if row.envelope_id is not None})
    for row in rows:
        _empty(row, now)
    session.flush()
    keys = _keys(session, select(Attachment.storage_key).where(Attachment.message_id.in_(ids)))
    _run(
        session,
        delete(MessageVersion).where(MessageVersion.message_id.in_(ids)),
        delete(MessageAlias).where(MessageAlias.message_id.in_(ids)),
        delete(Reaction).where(Reaction.message_id.in_(ids)),
        delete(Attachment).where(Attachment.message_id.in_(ids)),
    )
    return Emptied(list(ids), envelopes, _unused(session, keys))


def unname(session: Session, thread_ids: Collection[int], customer_ids: Collection[int]) -> None:
    """Take names and addresses of customers out of the lines of other threads that tell of merging and splitting."""
    lines = select(Message).where(Message.thread_id.in_(thread_ids), Message.kind == Kind.SYSTEM)
    for row in session.scalars(lines):
        if row.system is not None and (row.system.get("data") or {}).get("customer_id") in customer_ids:
            _empty(row, row.created_at)


def refresh(session: Session, thread: Thread) -> None:
    """Have the list show the newest message of a thread that lost some of its texts, and a subject that is left."""
    kept = Message.thread_id == thread.id, Message.kind != Kind.SYSTEM
    newest = session.execute(
        select(Message.body_text, Message.subject, Message.kind)
        .where(*kept)
        .order_by(Message.seq.desc())
        .limit(1)
    ).first()
    thread.preview = rules.preview(newest.body_text or newest.subject, newest.kind) if newest else ""
    subject = select(Message.subject).where(*kept, Message.kind != Kind.NOTE, Message.subject != "")
    thread.subject = (session.scalar(subject.order_by(Message.seq.desc()).limit(1)) or "")[:500] or None


def loose_payloads(
    session: Session, channel_ids: Collection[int], *, after: int, limit: int
) -> list[Envelope]:
    """Payloads of channels that made no message of their own, by rising ids: edits, later parts of albums, reactions,
    what was ignored or could not be read, and what was tried and waits, but nothing that is being worked on.
    """
    made_one = exists(select(Message.id).where(Message.envelope_id == Envelope.id))
    return list(
        session.scalars(
            select(Envelope)
            .where(
                Envelope.channel_id.in_(channel_ids),
                or_(
                    Envelope.state != EnvelopeState.NEW,
                    and_(Envelope.attempts > 0, Envelope.owner.is_(None)),
                ),
                Envelope.id > after,
                ~made_one,
            )
            .order_by(Envelope.id)
            .limit(limit)
        )
    )


def channel_ids(session: Session, thread_ids: Collection[int], identity_ids: Collection[int]) -> list[int]:
    """The channels on which messages of the threads, or of the identities, came and went."""
    mine = or_(Message.thread_id.in_(thread_ids), Message.identity_id.in_(identity_ids))
    found = select(Message.channel_id).where(mine, Message.channel_id.is_not(None)).distinct()
    return sorted(number for number in session.scalars(found) if number is not None)


def threads_of_all(session: Session, customer_ids: Collection[int]) -> list[int]:
    """The threads of customers, those of merged ones too, which lead on."""
    return sorted(session.scalars(select(Thread.id).where(Thread.customer_id.in_(customer_ids))))


def _empty(row: Message, now: datetime) -> None:
    row.subject = row.body_text = row.quoted_text = row.sender_name = row.sender_level_reason = ""
    row.body_html = row.quoted_html = row.external_id = row.body_hash = None
    row.place = ""
    row.recipients, row.notices = [], []
    row.automatic = None if row.automatic is None else "erased"
    row.edited_at = None
    if row.system is not None:
        row.system = {"code": row.system["code"], "data": anonymous(row.system.get("data") or {})}
    if row.kind is not Kind.SYSTEM:
        row.removed_at = now


def _keys(session: Session, named: Select[Any]) -> list[str]:
    return sorted({key for key in session.scalars(named) if key is not None})


def _unused(session: Session, keys: Collection[str]) -> list[str]:
    """Those of the keys that no row names any more: a reply that was taken back shares its files with a draft."""
    if not keys:
        return []
    used = set(session.scalars(select(Attachment.storage_key).where(Attachment.storage_key.in_(keys))))
    return sorted(set(keys) - used)


def _run(session: Session, *changes: Any) -> None:
    for change in changes:
        session.execute(change.execution_options(synchronize_session=False))

"""The messages of a thread as far as a visitor may know of them. `rules.may_read` decides; queries only narrow."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from inbox.agents.models import Agent
from inbox.channels.models import Envelope
from inbox.channels.words import EnvelopeState
from inbox.customers.models import Identity
from inbox.db.hints import only_check
from inbox.events.catalog import EventKind
from inbox.events.models import Event
from inbox.threads.models import Attachment, Message, ReadMark, Thread
from inbox.threads.words import AttachmentState, Kind
from inbox.visits import rules
from inbox.visits.queries import Visitor

PENDING_MAX = 50


@dataclass(frozen=True)
class StoredFile:
    """A file whose bytes are here."""

    id: int
    name: str
    size: int
    media_type: str


@dataclass(frozen=True)
class Mark:
    """The newest of a visitor's own messages that an agent has seen, and its place; zeros for none."""

    message_id: int = 0
    seq: int = 0


@dataclass(frozen=True)
class Entry:
    """A message that may concern a visitor.

    `agent` is who wrote a reply, `photo` the key of his picture, and `is_ours` says that it was written here.
    """

    id: int
    seq: int
    kind: Kind
    channel_id: int | None
    identity_id: int | None
    customer_id: int
    proved_as: int | None
    thread_customer_id: int
    external_id: str
    text: str
    agent: str
    photo: str | None
    is_ours: bool
    at: datetime
    edited: bool
    removed: bool

    def line(self, *, went_out: bool) -> rules.Line:
        """What decides about who may read it."""
        return rules.Line(
            self.kind,
            self.identity_id,
            self.customer_id,
            self.thread_customer_id,
            went_out=went_out,
            proved_as=self.proved_as,
        )


@dataclass(frozen=True)
class Waiting:
    """A payload that is kept and not in the thread yet."""

    dedupe_key: str
    body: bytes
    received_at: datetime


def newest(session: Session, visitor: Visitor, now: datetime, limit: int) -> list[Entry]:
    """The newest entries, by ascending place in the thread."""
    rows = session.execute(_entries(visitor, now).order_by(Message.seq.desc()).limit(limit)).all()
    return [_entry(row) for row in reversed(rows)]


def before(session: Session, visitor: Visitor, now: datetime, message_id: int, limit: int) -> list[Entry]:
    """The last entries before a message, by ascending place; nothing when it is not in this thread."""
    found = _entries(visitor, now).where(Message.seq < _seq(visitor, message_id))
    rows = session.execute(found.order_by(Message.seq.desc()).limit(limit)).all()
    return [_entry(row) for row in reversed(rows)]


def after(session: Session, visitor: Visitor, now: datetime, message_id: int, limit: int) -> list[Entry]:
    """The first entries after a message, by ascending place; nothing when it is not in this thread."""
    found = _entries(visitor, now).where(Message.seq > _seq(visitor, message_id))
    return [_entry(row) for row in session.execute(found.order_by(Message.seq).limit(limit))]


def these(session: Session, visitor: Visitor, now: datetime, ids: Collection[int]) -> list[Entry]:
    """Entries by their ids, by ascending place."""
    found = _entries(visitor, now).where(Message.id.in_(sorted(set(ids)))).order_by(Message.seq)
    return [_entry(row) for row in session.execute(found)]


def of_file(
    session: Session, visitor: Visitor, now: datetime, file_id: int
) -> tuple[Attachment, Entry] | None:
    """A file of a message, with the entry that decides about it."""
    file = session.get(Attachment, file_id)
    if file is None or file.message_id is None or file.state is not AttachmentState.STORED:
        return None
    entries = these(session, visitor, now, [file.message_id])
    return (file, entries[0]) if entries and not entries[0].removed else None


def upload(session: Session, visitor: Visitor, file_id: int) -> Attachment | None:
    """A file that the visitor uploaded and has not sent."""
    return session.execute(
        select(Attachment).where(
            Attachment.id == file_id,
            Attachment.visitor_id == visitor.session_id,
            Attachment.message_id.is_(None),
        )
    ).scalar()


def uploads(session: Session, session_id: int) -> tuple[int, int]:
    """How many files a session has uploaded and not sent, and their bytes."""
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(Attachment.size), 0)).where(
            Attachment.visitor_id == session_id, Attachment.message_id.is_(None)
        )
    ).one()
    return int(row[0]), int(row[1])


def files(session: Session, message_ids: Collection[int]) -> Mapping[int, Sequence[StoredFile]]:
    """The files of messages, as far as their bytes are here."""
    rows = session.execute(
        select(Attachment.id, Attachment.message_id, Attachment.name, Attachment.size, Attachment.media_type)
        .where(
            Attachment.message_id.in_(sorted(set(message_ids))), Attachment.state == AttachmentState.STORED
        )
        .order_by(Attachment.position, Attachment.id)
    )
    found: dict[int, list[StoredFile]] = {}
    for row in rows:
        found.setdefault(row.message_id, []).append(StoredFile(row.id, row.name, row.size, row.media_type))
    return found


def seen(session: Session, visitor: Visitor, now: datetime) -> Mark:
    """How far agents have read what the visitor wrote."""
    if visitor.thread_id is None:
        return Mark()
    read = select(func.max(ReadMark.seq)).where(ReadMark.thread_id == visitor.thread_id).scalar_subquery()
    own = _narrow(visitor, now, Message.kind == Kind.INBOUND, Message.seq <= read)
    newest_read = (
        select(Message.id, Message.seq).join(Identity, Identity.id == Message.identity_id).where(*own)
    )
    row = session.execute(newest_read.order_by(Message.seq.desc()).limit(1)).first()
    return Mark() if row is None else Mark(row.id, row.seq)


def typed(session: Session, visitor: Visitor, since: datetime) -> dict[str, Any] | None:
    """The newest sign after `since` that an agent is writing to the visitor's channel, and has not sent it yet."""
    if visitor.thread_id is None:
        return None
    signs = session.execute(
        select(Event.kind, Event.actor_id, Event.data)
        .where(
            Event.at > since,
            only_check(Event.thread_id == visitor.thread_id),
            Event.kind.in_((EventKind.AGENT_TYPING, EventKind.MESSAGE_REPLIED)),
        )
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(10)
    )
    return rules.typed(((row.kind, row.actor_id, row.data) for row in signs), visitor.channel_id)


def has_written(session: Session, visitor: Visitor) -> bool:
    """Whether anything was written in this browser."""
    if visitor.identity_id is None:
        return False
    own = select(Message.id).where(Message.identity_id == visitor.identity_id, Message.kind == Kind.INBOUND)
    return session.execute(own.limit(1)).scalar() is not None


def waiting(session: Session, visitor: Visitor) -> list[Waiting]:
    """The visitor's own messages that are kept and not in the thread yet, oldest first."""
    if visitor.identity_id is None:
        return []
    # Compared byte by byte: all keys that start with the identity and a colon.
    low, high = f"{visitor.identity_id}:", f"{visitor.identity_id};"
    rows = session.execute(
        select(Envelope.dedupe_key, Envelope.body, Envelope.received_at)
        .where(
            Envelope.channel_id == visitor.channel_id,
            Envelope.dedupe_key >= low,
            Envelope.dedupe_key < high,
            Envelope.state.in_((EnvelopeState.NEW, EnvelopeState.FAILED)),
        )
        .order_by(Envelope.id)
        .limit(PENDING_MAX)
    )
    return [Waiting(row.dedupe_key, row.body, row.received_at) for row in rows if row.body is not None]


def kept(session: Session, channel_id: int, dedupe_key: str) -> bytes | None:
    """The payload that was kept under a key; None when there is none (or one so large that it is none of ours)."""
    found = select(Envelope.body).where(Envelope.channel_id == channel_id, Envelope.dedupe_key == dedupe_key)
    return session.execute(found).scalar()


def _entries(visitor: Visitor, now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Message.id,
            Message.seq,
            Message.kind,
            Message.channel_id,
            Message.identity_id,
            Message.external_id,
            Message.body_text,
            Message.sender_name,
            Message.author_id,
            Message.created_at,
            Message.edited_at,
            Message.removed_at,
            Identity.customer_id,
            Identity.proved_as,
            Thread.customer_id.label("thread_customer_id"),
            Agent.name.label("agent"),
            Agent.photo,
        )
        .join(Thread, Thread.id == Message.thread_id)
        .join(Identity, Identity.id == Message.identity_id)
        .outerjoin(Agent, Agent.id == Message.author_id)
        .where(*_narrow(visitor, now, Message.kind.in_((Kind.INBOUND, Kind.REPLY))))
    )


def _narrow(visitor: Visitor, now: datetime, *more: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """Where to look for what a visitor may read: no more than `rules.may_read` allows."""
    viewer = visitor.viewer(now)
    own: ColumnElement[bool] = Message.identity_id == viewer.identity_id
    if viewer.verified and viewer.proved_as is not None:
        own |= Identity.proved_as == viewer.proved_as
    return [Message.thread_id == visitor.thread_id, own, *more]


def _seq(visitor: Visitor, message_id: int) -> Any:
    return (
        select(Message.seq)
        .where(Message.id == message_id, Message.thread_id == visitor.thread_id)
        .scalar_subquery()
    )


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        seq=row.seq,
        kind=Kind(row.kind),
        channel_id=row.channel_id,
        identity_id=row.identity_id,
        customer_id=row.customer_id,
        proved_as=row.proved_as,
        thread_customer_id=row.thread_customer_id,
        external_id=row.external_id or "",
        text=row.body_text,
        agent=(row.agent or row.sender_name) if row.kind == Kind.REPLY else "",
        photo=row.photo if row.kind == Kind.REPLY else None,
        is_ours=row.author_id is not None,
        at=row.created_at,
        edited=row.edited_at is not None,
        removed=row.removed_at is not None,
    )

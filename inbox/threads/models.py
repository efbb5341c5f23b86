"""Tables of threads, episodes, messages, attachments, drafts and read marks."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.contract import Level
from inbox.db.base import Base, Id, Key, Word
from inbox.threads.words import AttachmentState, DraftMode, Kind, Priority, Status, Trouble


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Thread(Base):
    """All messages of one customer, for life.

    Everything the list shows is kept here, so that a page is one index scan; `threads.actions` is the only
    writer. `due_at` is when the customer should hear from us: now the start of the open wait, or the far
    future when nobody waits.
    """

    __tablename__ = "thread"
    __table_args__ = (
        Index("ix_thread_status_last", "status", "last_message_at", "id"),
        Index("ix_thread_assignee_last", "assignee_id", "status", "last_message_at", "id"),
        # One's own among other teams' threads are few, and all lists ask for them.
        Index(
            "ix_thread_assignee_teams",
            "assignee_id",
            "status",
            "last_message_at",
            "id",
            **_where("team_id IS NOT NULL"),
        ),
        Index("ix_thread_unassigned", "due_at", "id", **_where("status = 'open' AND assignee_id IS NULL")),
        Index("ix_thread_waiting", "due_at", "id", **_where("waiting_since IS NOT NULL")),
        Index("ix_thread_trouble", "last_message_at", "id", **_where("trouble IS NOT NULL")),
        Index("ix_thread_team", "team_id", "status", "last_message_at", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), unique=True)
    status: Mapped[Status] = mapped_column(Word(Status))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="SET NULL"))
    priority: Mapped[Priority] = mapped_column(Word(Priority), default=Priority.NORMAL)
    waiting_since: Mapped[datetime | None]
    due_at: Mapped[datetime]
    last_seq: Mapped[int] = mapped_column(default=0)
    last_message_at: Mapped[datetime]
    last_inbound_at: Mapped[datetime | None]
    last_channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"))
    last_identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"))
    preview: Mapped[str] = mapped_column(String, default="")
    preview_kind: Mapped[Kind | None] = mapped_column(Word(Kind))
    preview_author_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    subject: Mapped[str | None] = mapped_column(String)
    trouble: Mapped[Trouble | None] = mapped_column(Word(Trouble))
    created_at: Mapped[datetime]
    channel_ids: Mapped[list[Any]] = mapped_column(default=list)
    """The channels the customer wrote on, the last used first."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"), index=True)
    """Where the messages are now, when the customer was merged away; old links and tokens lead on."""
    erased_at: Mapped[datetime | None]
    """When the customer was erased: nothing more may be written into it."""


class Episode(Base):
    """One request for help inside a thread."""

    __tablename__ = "episode"
    __table_args__ = (
        UniqueConstraint("thread_id", "number"),
        Index("uq_episode_open", "thread_id", unique=True, **_where("status <> 'resolved'")),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    number: Mapped[int]
    status: Mapped[Status] = mapped_column(Word(Status))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="SET NULL"))
    priority: Mapped[Priority] = mapped_column(Word(Priority), default=Priority.NORMAL)
    opened_at: Mapped[datetime] = mapped_column(index=True)
    first_seq: Mapped[int]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    reopened_count: Mapped[int] = mapped_column(default=0)


class Message(Base):
    """Inbound, reply, note or system line. `seq` counts 1..n without gaps per thread.

    `body_html` is sanitised when it is stored. `body_hash` binds `client_msg_id` to what was asked for.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("thread_id", "seq"),
        Index(
            "uq_message_channel_external",
            "channel_id",
            "external_id",
            unique=True,
            **_where("external_id IS NOT NULL"),
        ),
        Index(
            "uq_message_client",
            "author_id",
            "client_msg_id",
            unique=True,
            **_where("client_msg_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    seq: Mapped[int]
    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id"), index=True)
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"), index=True)
    """Of an inbound the sender, of a reply the recipient."""
    place: Mapped[str] = mapped_column(Key, default="", server_default="")
    """Where the channel meets that identity (see `Party.place`), or ""."""
    author_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    envelope_id: Mapped[int | None] = mapped_column(ForeignKey("envelope.id"), index=True)
    external_id: Mapped[str | None] = mapped_column(Key)
    client_msg_id: Mapped[str | None] = mapped_column(Key)
    body_hash: Mapped[str | None] = mapped_column(String)
    subject: Mapped[str] = mapped_column(Text, default="")
    body_text: Mapped[str] = mapped_column(Text, default="")
    quoted_text: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str | None] = mapped_column(Text)
    quoted_html: Mapped[str | None] = mapped_column(Text)
    sender_name: Mapped[str] = mapped_column(String, default="")
    sender_level: Mapped[Level | None] = mapped_column(Word(Level))
    sender_level_reason: Mapped[str] = mapped_column(String, default="")
    recipients: Mapped[list[Any]] = mapped_column(default=list)
    automatic: Mapped[str | None] = mapped_column(String)
    notices: Mapped[list[Any]] = mapped_column(default=list)
    system: Mapped[dict[str, Any] | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    """When its author took it back: the text is gone then, the line stays."""


class MessageVersion(Base):
    """What a message said before its author changed it."""

    __tablename__ = "message_version"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    body_text: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str | None] = mapped_column(Text)
    replaced_at: Mapped[datetime]


class Reaction(Base):
    """An emoji that somebody put on a message: the customer's identity, or an agent."""

    __tablename__ = "reaction"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"), index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    emoji: Mapped[str] = mapped_column(Key)
    at: Mapped[datetime]


class MessageAlias(Base):
    """An external id under which later payloads may refer to a message."""

    __tablename__ = "message_alias"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(Key, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)


class Participant(Base):
    """Somebody besides the customer who was written to in a thread and may therefore answer into it."""

    __tablename__ = "participant"

    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), primary_key=True, index=True)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    added_at: Mapped[datetime]


class Attachment(Base):
    """A file of a message, or an upload of an agent while `message_id` is empty."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    visitor_id: Mapped[int | None] = mapped_column(ForeignKey("visitor_session.id"), index=True)
    """The visitor's session that uploaded it, until it is sent."""
    part: Mapped[str | None] = mapped_column(Key)
    """Of an album: the external id of the one among its messages that brought the file."""
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String)
    media_type: Mapped[str] = mapped_column(String)
    size: Mapped[int] = mapped_column(default=0)
    storage_key: Mapped[str | None] = mapped_column(Key, index=True)
    content_id: Mapped[str] = mapped_column(String, default="")
    inline: Mapped[bool] = mapped_column(default=False)
    state: Mapped[AttachmentState] = mapped_column(Word(AttachmentState))
    problem: Mapped[str] = mapped_column(String, default="")
    created_at: Mapped[datetime]


class Draft(Base):
    """What an agent has typed and not yet sent."""

    __tablename__ = "draft"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), primary_key=True, index=True)
    mode: Mapped[DraftMode] = mapped_column(Word(DraftMode), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    updated_at: Mapped[datetime]


class ReadMark(Base):
    """How far an agent has read a thread."""

    __tablename__ = "read_mark"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), primary_key=True, index=True)
    seq: Mapped[int]
    updated_at: Mapped[datetime]

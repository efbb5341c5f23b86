"""Tables of what colleagues are told, and of what they answer to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db.base import Base, Id, Key, Word
from inbox.notify.words import AnswerState, NoticeState, Reason, What


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Notice(Base):
    """A line to the place where a channel reaches the team.

    `key` names within its channel what the line says, so that nothing is told twice. What customers wrote is not
    kept here: a line is put into words when it is sent. `owner` and `lease_until` fence the claim.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("channel_id", "key"),
        Index("ix_notice_due", "not_before", "id", **_where("state = 'queued'")),
        Index("ix_notice_moving", "channel_id", "id", **_where("state IN ('queued', 'claimed', 'sending')")),
        Index("ix_notice_leased", "lease_until", **_where("state IN ('claimed', 'sending')")),
        Index("ix_notice_uncertain", "not_before", "id", **_where("state = 'uncertain'")),
        Index("ix_notice_watched", "id", **_where("watched")),
        Index("ix_notice_told", "channel_id", "what", "created_at"),
        Index("ix_notice_wait", "wait_id", "channel_id", "reason"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    key: Mapped[str] = mapped_column(Key)
    what: Mapped[What] = mapped_column(Word(What))
    root_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True)
    """The line below which this one goes."""
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"), index=True)
    wait_id: Mapped[int | None] = mapped_column(ForeignKey("wait.id", ondelete="SET NULL"))
    reason: Mapped[Reason | None] = mapped_column(Word(Reason))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the line says, as words of ours and numbers of rows."""
    watched: Mapped[bool] = mapped_column(default=False)
    """Of a root: whether the place has still to hear what becomes of the thread."""
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    """Of a root: whose the thread was when the place last heard."""
    seen_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    """The newest message that it shows; of a root, that it or a later line below it shows."""
    idem_key: Mapped[str] = mapped_column(Key, unique=True)
    state: Mapped[NoticeState] = mapped_column(Word(NoticeState))
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String)
    lease_until: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String)
    external_id: Mapped[str | None] = mapped_column(Key)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class NoticeAlias(Base):
    """An external id under which answers may refer to a line."""

    __tablename__ = "notice_alias"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(Key, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)


class TeamAnswer(Base):
    """What somebody wrote below a line of ours. Text and files are kept until they are in the thread, or refused."""

    __tablename__ = "team_answer"
    __table_args__ = (
        UniqueConstraint("channel_id", "external_id"),
        Index("ix_team_answer_due", "not_before", "id", **_where("state = 'queued'")),
        Index("ix_team_answer_moving", "root_id", "id", **_where("state IN ('queued', 'claimed')")),
        Index("ix_team_answer_leased", "lease_until", **_where("state = 'claimed'")),
        Index("ix_team_answer_written", "id", **_where("state = 'written'")),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    external_id: Mapped[str] = mapped_column(Key)
    root_id: Mapped[int] = mapped_column(ForeignKey("notice.id"))
    envelope_id: Mapped[int | None] = mapped_column(ForeignKey("envelope.id"), index=True)
    sender: Mapped[dict[str, Any]] = mapped_column(default=dict)
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[list[Any]] = mapped_column(default=list)
    """Files in the store, as they are until they become uploads of the agent."""
    upload_ids: Mapped[list[Any] | None]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    state: Mapped[AnswerState] = mapped_column(Word(AnswerState))
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String)
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]

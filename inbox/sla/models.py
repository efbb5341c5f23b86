"""Table of waits."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db.base import Base, Id, Word
from inbox.sla.words import WaitOutcome


class Wait(Base):
    """From the first unanswered inbound to the first human public reply on any channel."""

    __tablename__ = "wait"
    __table_args__ = (
        Index(
            "uq_wait_open",
            "thread_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_wait_first",
            "opened_at",
            sqlite_where=text("is_first"),
            postgresql_where=text("is_first"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id"), index=True)
    is_first: Mapped[bool]
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    outcome: Mapped[WaitOutcome | None] = mapped_column(Word(WaitOutcome))

"""Table of events, and the installation's own facts."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db.base import Base, Id, Key


class Event(Base):
    """One thing that happened.

    `xid` is the writing transaction's id on PostgreSQL and 0 on SQLite: ids are given before the commit, so
    only (xid, id) below the oldest running transaction is an order that never skips. `agent_id` is set when
    the event concerns one agent only.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_xid_id", "xid", "id"),
        Index("ix_event_thread", "thread_id", "xid", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    xid: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(Key)
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Fact(Base):
    """A fact about the installation itself (its id, the feed's floor)."""

    __tablename__ = "fact"

    key: Mapped[str] = mapped_column(Key, primary_key=True)
    value: Mapped[str] = mapped_column(String)

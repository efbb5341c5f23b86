"""Tables of visitors' sessions and of where they are."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db.base import Base, Id, Key, Word
from inbox.visits.words import Proof


class VisitorSession(Base):
    """A browser that may read and write as a visitor. Only the hash of its token is kept.

    It is nobody's (`identity_id` is empty) until its visitor writes or proves who he is. `verified_until` is how
    long it has proved to be the customer himself, not only somebody with this browser, and `proof` by what.
    """

    __tablename__ = "visitor_session"
    __table_args__ = (
        Index(
            "ix_visitor_session_unused",
            "last_seen_at",
            sqlite_where=text("identity_id IS NULL"),
            postgresql_where=text("identity_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"), index=True)
    verified_until: Mapped[datetime | None]
    proof: Mapped[Proof | None] = mapped_column(Word(Proof))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class Visit(Base):
    """Where a visitor is now, as the shop's page tells it; nothing in it is proved.

    `said` is who the page says he is: kept until he writes, and then claimed with his message.
    """

    __tablename__ = "visit"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("visitor_session.id", ondelete="CASCADE"), primary_key=True
    )
    page_url: Mapped[str] = mapped_column(String, default="")
    page_title: Mapped[str] = mapped_column(String, default="")
    referrer: Mapped[str] = mapped_column(String, default="")
    page_at: Mapped[datetime | None]
    pages: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    """The last pages that he was on, the newest first: url, title, at. At most `rules.PAGES_KEPT`."""
    cart: Mapped[dict[str, Any] | None]
    cart_at: Mapped[datetime | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    said: Mapped[dict[str, Any]] = mapped_column(default=dict)
    locale: Mapped[str] = mapped_column(Key, default="")
    came_at: Mapped[datetime]
    online_at: Mapped[datetime | None]
    """When he was last known to have the panel open."""

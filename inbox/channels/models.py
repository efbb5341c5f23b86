"""Tables of channels, their polling cursors, and the raw payloads they brought."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.channels.words import ChannelState, EnvelopeState, Side
from inbox.db.base import Base, Id, Key, Word


class Channel(Base):
    """A connected account of an adapter. `config` is what may be shown, `secrets` is sealed."""

    __tablename__ = "channel"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Key)
    name: Mapped[str] = mapped_column(String)
    account: Mapped[str] = mapped_column(String)
    state: Mapped[ChannelState] = mapped_column(Word(ChannelState), index=True)
    config: Mapped[dict[str, Any]]
    secrets: Mapped[bytes] = mapped_column(LargeBinary)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="SET NULL"), index=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    last_in_at: Mapped[datetime | None]
    last_out_at: Mapped[datetime | None]
    last_poll_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String)
    last_error_at: Mapped[datetime | None]
    last_error_side: Mapped[Side | None] = mapped_column(Word(Side))

    @property
    def known_as(self) -> str:
        """The account as people know it: its address, or the name that the provider told for a bare number."""
        return str(self.facts.get("account_name") or self.account)


class PollState(Base):
    """Where polling of a channel stands and who does it. The cursor is committed with what it brought."""

    __tablename__ = "poll_state"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True)
    cursor: Mapped[dict[str, Any] | None]
    owner: Mapped[str | None] = mapped_column(String)
    lease_until: Mapped[datetime | None]


class Envelope(Base):
    """A raw payload, stored before anything else is done with it.

    The bytes are in `body`, or in the file store under `body_key` when they are large.
    """

    __tablename__ = "envelope"
    __table_args__ = (
        UniqueConstraint("channel_id", "dedupe_key"),
        Index(
            "ix_envelope_due",
            "not_before",
            "id",
            sqlite_where=text("state = 'new'"),
            postgresql_where=text("state = 'new'"),
        ),
        Index(
            "ix_envelope_failed",
            "id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    dedupe_key: Mapped[str] = mapped_column(Key)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    meta: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_key: Mapped[str | None] = mapped_column(String)
    size: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[EnvelopeState] = mapped_column(Word(EnvelopeState))
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String)
    error: Mapped[str | None] = mapped_column(String)
    done_at: Mapped[datetime | None]

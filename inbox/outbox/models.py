"""Table of deliveries."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db.base import Base, Id, Key, Word
from inbox.outbox.words import DeliveryState


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Delivery(Base):
    """The outbox row of one reply on one channel.

    `idem_key` is made with the row and names the message at the provider in every try. `owner` and
    `lease_until` fence the claim. `request` is what the channel needs besides the message (cc, references).
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_due", "not_before", "id", **_where("state = 'queued'")),
        Index("ix_delivery_leased", "lease_until", **_where("state IN ('claimed', 'sending')")),
        Index(
            "ix_delivery_unresolved",
            "thread_id",
            "id",
            **_where("state IN ('queued', 'claimed', 'sending', 'uncertain', 'failed')"),
        ),
        Index("ix_delivery_dead", "id", **_where("state IN ('uncertain', 'failed')")),
        Index("ix_delivery_channel_state", "channel_id", "state"),
        Index(
            "ix_delivery_settle", "settle_at", "id", **_where("state = 'uncertain' AND settle_at IS NOT NULL")
        ),
        Index("ix_delivery_unread", "thread_id", "channel_id", **_where("state IN ('sent', 'delivered')")),
        Index("ix_delivery_unseen", "unseen_at", "id", **_where("unseen_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), unique=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    idem_key: Mapped[str] = mapped_column(Key, unique=True)
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState))
    request: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String)
    lease_until: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(Key)
    recipients: Mapped[list[Any]] = mapped_column(default=list)
    error: Mapped[str | None] = mapped_column(String)
    error_code: Mapped[str | None] = mapped_column(String)
    created_at: Mapped[datetime]
    first_tried_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    """When its last try went to the wire; the provider counts it from then on, and not from its answer."""
    sent_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    settle_at: Mapped[datetime | None]
    """When the network is asked about it while it is uncertain; empty when it is not asked, or no more."""
    settle_tries: Mapped[int] = mapped_column(default=0)
    unseen_at: Mapped[datetime | None]
    """When it goes on by another channel unless the customer has seen it by then; empty once that is settled."""
    continued_by_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    """The line in the thread under which it was sent on by another channel."""

"""Table of ratings."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.db.base import Base, Id


class Rating(Base):
    """How satisfied a customer was with an episode, 1 to 5; empty until he answers. Asked once per episode."""

    __tablename__ = "rating"
    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id"), unique=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime]
    rated_at: Mapped[datetime | None] = mapped_column(index=True)

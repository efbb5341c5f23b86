"""Tables of agents, teams, browser sessions and API tokens."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.agents.words import Role
from inbox.db.base import Base, Id, Key, Word


class Agent(Base):
    """A person who answers. `email` is case-folded; an agent who left is inactive, never deleted."""

    __tablename__ = "agent"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(Key, unique=True)
    name: Mapped[str] = mapped_column(String)
    role: Mapped[Role] = mapped_column(Word(Role))
    password_hash: Mapped[str | None] = mapped_column(String)
    locale: Mapped[str] = mapped_column(String, default="en")
    time_zone: Mapped[str] = mapped_column(String, default="UTC")
    theme: Mapped[str] = mapped_column(String, default="system")
    signature: Mapped[str] = mapped_column(String, default="")
    photo: Mapped[str | None] = mapped_column(Key, unique=True, index=True)
    """His picture in the file store. The key is random and new with each picture, so it is also its address."""
    is_active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Team(Base):
    """A group of agents that shares a queue."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Key, unique=True)
    created_at: Mapped[datetime]


class TeamMember(Base):
    """An agent's membership of a team."""

    __tablename__ = "team_member"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AgentSession(Base):
    """A signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "agent_session"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String, default="")
    browser: Mapped[str] = mapped_column(String, default="")


class ApiToken(Base):
    """A bearer token that acts as its agent. Only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String, default="")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LoginAttempt(Base):
    """A failed login, counted per account and per address; `key` is a keyed hash of either."""

    __tablename__ = "login_attempt"
    __table_args__ = (Index("ix_login_attempt_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(Key)
    at: Mapped[datetime]

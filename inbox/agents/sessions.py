"""Signing in and out: browser sessions, API tokens, and the story of a login."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from inbox.agents import limits, passwords
from inbox.agents.limits import Digest
from inbox.agents.models import Agent, AgentSession, ApiToken
from inbox.agents.queries import token_hash
from inbox.agents.rules import browser_name, check_name, fold_email
from inbox.db.work import Database
from inbox.errors import NotFound

TOUCH_EVERY = timedelta(minutes=5)
"""How stale `seen_at` may become: a write per request would cost more than the knowledge is worth."""
TOKEN_MARK = "ot_"  # noqa: S105  lets secret scanners find leaked tokens
_REMEMBERED = timedelta(days=90)


@dataclass(frozen=True)
class Visitor:
    """Where a request comes from: client address ("" if unknown) and User-Agent."""

    address: str = ""
    user_agent: str = ""


def log_in(
    db: Database,
    digest: Digest,
    *,
    email: str,
    password: str,
    visitor: Visitor,
    now: datetime,
    lifetime: timedelta,
) -> str | None:
    """A new session's token, or None when address and password do not fit. Raises limits.TooMany.

    The hash is computed outside of any transaction: it takes long, and others want to write meanwhile.
    """
    email = fold_email(email)
    with db.write() as session:
        known = _is_known(session, email, visitor.address, now)
        keys = limits.reserve(session, digest, account=email, address=visitor.address, known=known, now=now)
    with db.read() as session:
        found = session.execute(
            select(Agent.id, Agent.password_hash).where(Agent.email == email, Agent.is_active)
        ).one_or_none()
    agent_id, kept = found or (None, None)
    if not passwords.verify(kept, password) or agent_id is None or kept is None:
        return None
    renewed = passwords.hash_password(password) if passwords.is_outdated(kept) else kept
    with db.write() as session:
        agent = session.get_one(Agent, agent_id)
        if agent.password_hash != kept or not agent.is_active:
            return None  # changed while we were computing
        agent.password_hash = renewed
        limits.forgive(session, keys, now)
        sweep(session, now)
        return start(session, agent_id, visitor, now, lifetime)


def start(session: Session, agent_id: int, visitor: Visitor, now: datetime, lifetime: timedelta) -> str:
    """Open a session for an agent; returns the cookie's token, of which only the hash is kept."""
    token = secrets.token_urlsafe(32)
    session.add(
        AgentSession(
            agent_id=agent_id,
            token_hash=token_hash(token),
            created_at=now,
            seen_at=now,
            expires_at=now + lifetime,
            address=visitor.address[:64],
            browser=browser_name(visitor.user_agent),
        )
    )
    return token


def touch(session: Session, session_id: int, visitor: Visitor, now: datetime, lifetime: timedelta) -> None:
    """A sign of life: the session's end moves on."""
    session.execute(
        update(AgentSession)
        .where(AgentSession.id == session_id, AgentSession.revoked_at.is_(None))
        .values(seen_at=now, expires_at=now + lifetime, address=visitor.address[:64])
    )


def end(session: Session, token: str, now: datetime) -> None:
    """Sign a browser out."""
    session.execute(
        update(AgentSession)
        .where(AgentSession.token_hash == token_hash(token), AgentSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke(session: Session, agent_id: int, session_id: int, now: datetime) -> None:
    """End one of an agent's own sessions. Raises NotFound for one of somebody else."""
    row = session.get(AgentSession, session_id)
    if row is None or row.agent_id != agent_id:
        raise NotFound("There is no such session.")
    row.revoked_at = row.revoked_at or now


def revoke_all(session: Session, agent_id: int, now: datetime, *, but: int | None = None) -> None:
    """End all sessions of an agent, except the one with the id `but`."""
    session.execute(
        update(AgentSession)
        .where(
            AgentSession.agent_id == agent_id,
            AgentSession.revoked_at.is_(None),
            AgentSession.id != (but or 0),
        )
        .values(revoked_at=now)
    )


def create_token(session: Session, agent_id: int, name: str, now: datetime) -> str:
    """A new API token, told here once and never again. Raises Invalid (name) or NotFound (agent)."""
    agent = session.get(Agent, agent_id)
    if agent is None or not agent.is_active:
        raise NotFound("There is no such agent.")
    token = TOKEN_MARK + secrets.token_urlsafe(32)
    session.add(
        ApiToken(agent_id=agent_id, name=check_name(name), token_hash=token_hash(token), created_at=now)
    )
    return token


def token_used(session: Session, token: str, now: datetime) -> None:
    """Note that a token was used, at most every few minutes."""
    session.execute(update(ApiToken).where(ApiToken.token_hash == token_hash(token)).values(used_at=now))


def token_is_stale(session: Session, token: str, now: datetime) -> bool:
    """Whether the token's last use is noted so long ago that it is worth a write."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    ApiToken.token_hash == token_hash(token),
                    (ApiToken.used_at.is_(None)) | (ApiToken.used_at < now - TOUCH_EVERY),
                )
            )
        )
    )


def revoke_token(session: Session, agent_id: int, token_id: int, now: datetime) -> None:
    """Make one of an agent's tokens worthless. Raises NotFound for one of somebody else."""
    row = session.get(ApiToken, token_id)
    if row is None or row.agent_id != agent_id:
        raise NotFound("There is no such token.")
    row.revoked_at = row.revoked_at or now


def revoke_tokens(session: Session, agent_id: int, now: datetime) -> None:
    """Make all tokens of an agent worthless."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.agent_id == agent_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def sweep(session: Session, now: datetime) -> None:
    """Remove what nobody needs any more: sessions long over, and old login attempts."""
    session.execute(delete(AgentSession).where(AgentSession.expires_at < now - _REMEMBERED))
    limits.sweep(session, now)


def _is_known(session: Session, email: str, address: str, now: datetime) -> bool:
    """Whether the account has a valid session at this address."""
    found = (
        select(AgentSession.id)
        .join(Agent, Agent.id == AgentSession.agent_id)
        .where(
            Agent.email == email,
            AgentSession.address == address,
            AgentSession.revoked_at.is_(None),
            AgentSession.expires_at > now,
        )
    )
    return bool(address) and session.scalar(select(found.exists())) is True

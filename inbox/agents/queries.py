"""Reads of agents, teams, sessions and tokens."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.agents.models import Agent, AgentSession, ApiToken, Team, TeamMember
from inbox.agents.rules import fold_email
from inbox.agents.words import Role
from inbox.clock import utc_now
from inbox.errors import NotFound


@dataclass(frozen=True)
class AgentDetail:
    """An agent as settings pages show him. `seen_at` is the newest sign of life of any of his sessions."""

    id: int
    name: str
    email: str
    role: Role
    is_active: bool
    is_demo: bool
    locale: str
    time_zone: str
    theme: str
    signature: str
    photo: str | None
    team_ids: frozenset[int]
    seen_at: datetime | None


@dataclass(frozen=True)
class TeamDetail:
    """A team and who is in it."""

    id: int
    name: str
    member_ids: frozenset[int]


@dataclass(frozen=True)
class SignedIn:
    """A valid session: who it is, and when the session was last seen."""

    session_id: int
    agent: AgentIdentity
    seen_at: datetime


@dataclass(frozen=True)
class SessionDetail:
    """A signed-in browser in the list of an agent's sessions."""

    id: int
    browser: str
    address: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class TokenDetail:
    """An API token in the list of an agent's tokens; the token itself is not known any more."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None


def token_hash(token: str) -> bytes:
    """What is kept of a random token. Its 256 bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def any_agent(session: Session) -> bool:
    """Whether anybody can have signed in yet; if not, the first-run page is open."""
    return bool(session.scalar(select(exists().select_from(Agent))))


def agents(session: Session, *, active_only: bool = False) -> list[AgentDetail]:
    """All agents by name."""
    found = select(Agent).order_by(func.lower(Agent.name), Agent.id)
    if active_only:
        found = found.where(Agent.is_active)
    return _details(session, session.scalars(found))


def agent(session: Session, agent_id: int) -> AgentDetail:
    """One agent. Raises NotFound."""
    row = session.get(Agent, agent_id)
    if row is None:
        raise NotFound("There is no such agent.")
    return _details(session, [row])[0]


def agent_by_email(session: Session, email: str) -> AgentDetail | None:
    """The agent with that address, in any spelling of case."""
    row = session.scalar(select(Agent).where(Agent.email == fold_email(email)))
    return _details(session, [row])[0] if row else None


def photos_among(session: Session, keys: Collection[str]) -> set[str]:
    """Those of the keys of stored files that are an agent's picture."""
    found = session.scalars(select(Agent.photo).where(Agent.photo.in_(keys)))
    return {key for key in found if key is not None}


def identity(session: Session, agent_id: int) -> AgentIdentity | None:
    """The identity of an active agent."""
    row = session.get(Agent, agent_id)
    return _identity(session, row) if row and row.is_active else None


def teams(session: Session) -> list[TeamDetail]:
    """All teams by name, with their members."""
    members: dict[int, set[int]] = defaultdict(set)
    for team_id, agent_id in session.execute(select(TeamMember.team_id, TeamMember.agent_id)):
        members[team_id].add(agent_id)
    rows = session.execute(select(Team.id, Team.name).order_by(func.lower(Team.name), Team.id))
    return [TeamDetail(team_id, name, frozenset(members[team_id])) for team_id, name in rows]


def identify_session(session: Session, token: str, now: datetime | None = None) -> AgentIdentity | None:
    """Who a browser's cookie belongs to, if the session is valid and the agent active."""
    found = signed_in(session, token, now)
    return found.agent if found else None


def signed_in(session: Session, token: str, now: datetime | None = None) -> SignedIn | None:
    """The valid session of a browser's cookie."""
    if not token:
        return None
    row = session.execute(
        select(AgentSession, Agent)
        .join(Agent, Agent.id == AgentSession.agent_id)
        .where(
            AgentSession.token_hash == token_hash(token),
            AgentSession.revoked_at.is_(None),
            AgentSession.expires_at > (now or utc_now()),
            Agent.is_active,
        )
    ).one_or_none()
    if row is None:
        return None
    return SignedIn(row[0].id, _identity(session, row[1]), row[0].seen_at)


def identify_bearer(session: Session, token: str) -> AgentIdentity | None:
    """Who an API token acts as, if it is valid and the agent active."""
    if not token:
        return None
    row = session.scalar(
        select(Agent)
        .join(ApiToken, ApiToken.agent_id == Agent.id)
        .where(ApiToken.token_hash == token_hash(token), ApiToken.revoked_at.is_(None), Agent.is_active)
    )
    return _identity(session, row) if row else None


def sessions_of(session: Session, agent_id: int, now: datetime) -> list[SessionDetail]:
    """An agent's valid sessions, newest sign of life first."""
    rows = session.scalars(
        select(AgentSession)
        .where(
            AgentSession.agent_id == agent_id,
            AgentSession.revoked_at.is_(None),
            AgentSession.expires_at > now,
        )
        .order_by(AgentSession.seen_at.desc(), AgentSession.id)
    )
    return [SessionDetail(row.id, row.browser, row.address, row.created_at, row.seen_at) for row in rows]


def tokens_of(session: Session, agent_id: int) -> list[TokenDetail]:
    """An agent's valid API tokens, newest first."""
    rows = session.scalars(
        select(ApiToken)
        .where(ApiToken.agent_id == agent_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.id.desc())
    )
    return [TokenDetail(row.id, row.name, row.created_at, row.used_at) for row in rows]


def _identity(session: Session, row: Agent) -> AgentIdentity:
    team_ids = session.scalars(select(TeamMember.team_id).where(TeamMember.agent_id == row.id))
    return AgentIdentity(
        row.id, row.name, row.email, row.role, frozenset(team_ids), row.locale, row.time_zone
    )


def _details(session: Session, rows: Iterable[Agent]) -> list[AgentDetail]:
    rows = list(rows)
    ids = [row.id for row in rows]
    memberships: dict[int, set[int]] = defaultdict(set)
    for agent_id, team_id in session.execute(
        select(TeamMember.agent_id, TeamMember.team_id).where(TeamMember.agent_id.in_(ids))
    ):
        memberships[agent_id].add(team_id)
    newest = (
        select(AgentSession.agent_id, func.max(AgentSession.seen_at))
        .where(AgentSession.agent_id.in_(ids))
        .group_by(AgentSession.agent_id)
    )
    seen: dict[int, datetime] = dict(session.execute(newest).all())
    return [
        AgentDetail(
            id=row.id,
            name=row.name,
            email=row.email,
            role=row.role,
            is_active=row.is_active,
            is_demo=row.is_demo,
            locale=row.locale,
            time_zone=row.time_zone,
            theme=row.theme,
            signature=row.signature,
            photo=row.photo,
            team_ids=frozenset(memberships[row.id]),
            seen_at=seen.get(row.id),
        )
        for row in rows
    ]

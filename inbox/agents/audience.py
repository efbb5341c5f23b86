"""Who is listening: what agents may see now, and whether what they signed in with still holds."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.agents.models import Agent, AgentSession, ApiToken, TeamMember


def identities(session: Session, agent_ids: Iterable[int]) -> dict[int, AgentIdentity]:
    """Those of the agents who are active, as they are now, in two queries."""
    wanted = sorted(set(agent_ids))
    teams: dict[int, set[int]] = {}
    memberships = select(TeamMember.agent_id, TeamMember.team_id).where(TeamMember.agent_id.in_(wanted))
    for agent_id, team_id in session.execute(memberships):
        teams.setdefault(agent_id, set()).add(team_id)
    rows = session.execute(
        select(Agent.id, Agent.name, Agent.email, Agent.role, Agent.locale, Agent.time_zone).where(
            Agent.id.in_(wanted), Agent.is_active
        )
    )
    return {
        row.id: AgentIdentity(
            row.id, row.name, row.email, row.role, frozenset(teams.get(row.id, ())), row.locale, row.time_zone
        )
        for row in rows
    }


def still_valid(
    session: Session, *, cookies: Iterable[bytes], tokens: Iterable[bytes], now: datetime
) -> set[bytes]:
    """Which hashes of session cookies and of API tokens still let somebody in, in two queries."""
    of_sessions = (
        select(AgentSession.token_hash)
        .join(Agent, Agent.id == AgentSession.agent_id)
        .where(
            AgentSession.token_hash.in_(sorted(set(cookies))),
            AgentSession.revoked_at.is_(None),
            AgentSession.expires_at > now,
            Agent.is_active,
        )
    )
    of_tokens = (
        select(ApiToken.token_hash)
        .join(Agent, Agent.id == ApiToken.agent_id)
        .where(ApiToken.token_hash.in_(sorted(set(tokens))), ApiToken.revoked_at.is_(None), Agent.is_active)
    )
    return {*session.scalars(of_sessions), *session.scalars(of_tokens)}

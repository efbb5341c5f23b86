"""Writes of agents and teams. Each runs inside the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from inbox.agents import passwords, queries, rules, sessions
from inbox.agents.models import Agent, Team, TeamMember
from inbox.agents.words import Role
from inbox.clock import utc_now
from inbox.db.locks import hold
from inbox.errors import Conflict, Invalid, NotFound
from inbox.events.catalog import EventKind
from inbox.events.record import record


def add_agent(
    session: Session,
    *,
    email: str,
    name: str,
    role: Role | str,
    password: str | None,
    now: datetime | None = None,
    team_ids: Iterable[int] = (),
    locale: str = "en",
    time_zone: str = "UTC",
    is_demo: bool = False,
    actor_id: int | None = None,
) -> int:
    """A new agent's id. Without a password nobody can sign in as him. Raises Invalid."""
    email, name = rules.check_email(email), rules.check_name(name)
    if session.scalar(select(exists().where(Agent.email == email))):
        raise Invalid("An agent with this e-mail address exists already.", "/email")
    kept = None
    if password is not None:
        kept = passwords.hash_password(rules.check_password(password, email, name))
    agent = Agent(
        email=email,
        name=name,
        role=_role(role),
        password_hash=kept,
        locale=locale,
        time_zone=rules.check_time_zone(time_zone),
        is_demo=is_demo,
        created_at=now or utc_now(),
    )
    session.add(agent)
    session.flush()
    _set_teams(session, agent.id, team_ids)
    _changed(session, agent.id, "added", actor_id)
    return agent.id


def add_first_admin(session: Session, *, email: str, name: str, password: str, now: datetime) -> int:
    """The first agent of an installation, an admin. Raises Conflict when there is an agent already."""
    hold(session, "first-agent")
    if queries.any_agent(session):
        raise Conflict("The first account exists already. Sign in with it.")
    return add_agent(session, email=email, name=name, role=Role.ADMIN, password=password, now=now)


def change_agent(
    session: Session,
    agent_id: int,
    *,
    email: str,
    name: str,
    role: Role | str,
    is_active: bool,
    team_ids: Iterable[int],
    now: datetime,
    actor_id: int | None = None,
) -> None:
    """What an admin may change. Ends the agent's sessions and tokens when he becomes inactive.

    Raises NotFound, or Invalid, also when no admin would be left.
    """
    hold(session, "admins")
    agent = _get(session, agent_id)
    email, role = rules.check_email(email), _role(role)
    taken = select(exists().where(Agent.email == email, Agent.id != agent_id))
    if session.scalar(taken):
        raise Invalid("An agent with this e-mail address exists already.", "/email")
    if agent.role is Role.ADMIN and agent.is_active and not (is_active and role is Role.ADMIN):
        _check_other_admin(session, agent_id)
    agent.email, agent.name, agent.role = email, rules.check_name(name), role
    if agent.is_active and not is_active:
        sessions.revoke_all(session, agent_id, now)
        sessions.revoke_tokens(session, agent_id, now)
    agent.is_active = is_active
    _set_teams(session, agent_id, team_ids)
    _changed(session, agent_id, "changed", actor_id)


def set_password(
    session: Session,
    agent_id: int,
    password: str,
    now: datetime,
    *,
    keep_session: int | None = None,
    actor_id: int | None = None,
) -> None:
    """A new password; ends all sessions except `keep_session`. Raises NotFound or Invalid."""
    agent = _get(session, agent_id)
    rules.check_password(password, agent.email, agent.name)
    agent.password_hash = passwords.hash_password(password)
    sessions.revoke_all(session, agent_id, now, but=keep_session)
    _changed(session, agent_id, "password", actor_id)


def password_fits(session: Session, agent_id: int, password: str) -> bool:
    """Whether it is the agent's current password."""
    return passwords.verify(_get(session, agent_id).password_hash, password)


def save_profile(
    session: Session, agent_id: int, *, name: str, locale: str, time_zone: str, theme: str, signature: str
) -> None:
    """What an agent may change about himself. Raises Invalid."""
    agent = _get(session, agent_id)
    before, agent.name = agent.name, rules.check_name(name)
    agent.time_zone = rules.check_time_zone(time_zone)
    agent.theme = rules.check_theme(theme)
    agent.signature = rules.check_signature(signature)
    agent.locale = locale
    if agent.name != before:
        _changed(session, agent_id, "name", agent_id)


def set_photo(session: Session, agent_id: int, key: str | None) -> str | None:
    """Give an agent the picture that is stored under `key`, or none; returns the key of the one before, which
    nothing names any more. Raises NotFound."""
    agent = _get(session, agent_id)
    before, agent.photo = agent.photo, key
    if key != before:
        _changed(session, agent_id, "photo", agent_id)
    return before


def add_team(session: Session, name: str, now: datetime) -> int:
    """A new team's id. Raises Invalid."""
    team = Team(name=_team_name(session, name), created_at=now)
    session.add(team)
    session.flush()
    return team.id


def change_team(
    session: Session, team_id: int, name: str, member_ids: Iterable[int], *, actor_id: int | None = None
) -> None:
    """A team's name and its members. Raises NotFound or Invalid."""
    team = session.get(Team, team_id)
    if team is None:
        raise NotFound("There is no such team.")
    team.name = _team_name(session, name, but=team_id)
    wanted = set(member_ids)
    known = set(session.scalars(select(Agent.id).where(Agent.id.in_(wanted))))
    if known != wanted:
        raise Invalid("Choose agents from the list.", "/member_ids")
    before = set(session.scalars(select(TeamMember.agent_id).where(TeamMember.team_id == team_id)))
    session.execute(delete(TeamMember).where(TeamMember.team_id == team_id))
    session.add_all(TeamMember(team_id=team_id, agent_id=agent_id) for agent_id in sorted(wanted))
    for agent_id in sorted(before ^ wanted):
        _changed(session, agent_id, "teams", actor_id)


def _changed(session: Session, agent_id: int, change: str, actor_id: int | None) -> None:
    """Tell all browsers; those of the agent load anew, for his rights may have changed."""
    record(session, EventKind.AGENT_CHANGED, actor_id=actor_id, data={"agent_id": agent_id, "change": change})


def _get(session: Session, agent_id: int) -> Agent:
    agent = session.get(Agent, agent_id)
    if agent is None:
        raise NotFound("There is no such agent.")
    return agent


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError as error:
        raise Invalid("Choose a role: agent, supervisor or admin.", "/role") from error


def _check_other_admin(session: Session, agent_id: int) -> None:
    others = exists().where(
        Agent.id != agent_id, Agent.role == Role.ADMIN, Agent.is_active, Agent.password_hash.is_not(None)
    )
    if not session.scalar(select(others)):
        raise Invalid("One active admin must remain. Make somebody else an admin first.", "/role")


def _set_teams(session: Session, agent_id: int, team_ids: Iterable[int]) -> None:
    wanted = set(team_ids)
    known = set(session.scalars(select(Team.id).where(Team.id.in_(wanted))))
    if known != wanted:
        raise Invalid("Choose teams from the list.", "/team_ids")
    session.execute(delete(TeamMember).where(TeamMember.agent_id == agent_id))
    session.add_all(TeamMember(team_id=team_id, agent_id=agent_id) for team_id in sorted(wanted))


def _team_name(session: Session, text: str, *, but: int = 0) -> str:
    name = rules.check_name(text)
    same = [
        row for row in session.execute(select(Team.id, Team.name)) if row.name.casefold() == name.casefold()
    ]
    if any(row.id != but for row in same):
        raise Invalid("There is a team of that name already.", "/name")
    return name

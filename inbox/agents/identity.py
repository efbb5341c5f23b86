"""Who is asking: the part of an agent that permissions depend on."""

from dataclasses import dataclass

from inbox.agents.words import Role

__all__ = ["AgentIdentity", "Role"]  # the web needs the word Role, never the tables


@dataclass(frozen=True)
class AgentIdentity:
    """A signed-in agent, as every story and query sees him."""

    id: int
    name: str
    email: str
    role: Role
    team_ids: frozenset[int] = frozenset()
    locale: str = "en"
    time_zone: str = "UTC"

    @property
    def is_admin(self) -> bool:
        """May change channels and agents."""
        return self.role is Role.ADMIN

    @property
    def is_supervisor(self) -> bool:
        """May see queues, failed payloads and figures; admins may too."""
        return self.role in (Role.SUPERVISOR, Role.ADMIN)

    @property
    def sees_all(self) -> bool:
        """Whether no thread is hidden from him: admins, and supervisors who belong to no team."""
        return self.is_admin or (self.role is Role.SUPERVISOR and not self.team_ids)

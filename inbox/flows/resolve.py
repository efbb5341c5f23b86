"""Ending and reopening an episode, as the stories that do so share it."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.sla import actions as sla
from inbox.threads import actions as threads

if TYPE_CHECKING:
    from inbox.threads.models import Episode, Thread


def resolve(
    session: Session, thread: "Thread", episode: "Episode", agent_id: int, agent_name: str, now: datetime
) -> None:
    """Resolve a locked thread's open episode: its wait ends, a line says who did it."""
    threads.resolve_episode(thread, episode, agent_id, now)
    sla.resolved(session, thread, now)
    line = threads.append_system(
        session,
        thread,
        episode,
        "resolved",
        f"Resolved by {agent_name}",
        now,
        agent_id=agent_id,
        name=agent_name,
    )
    record(session, EventKind.EPISODE_RESOLVED, thread_id=thread.id, message_id=line, actor_id=agent_id)


def reopen(
    session: Session, thread: "Thread", episode: "Episode", agent_id: int, agent_name: str, now: datetime
) -> None:
    """Open a locked thread's resolved episode again by hand."""
    threads.reopen_episode(thread, episode)
    line = threads.append_system(
        session,
        thread,
        episode,
        "reopened",
        f"Reopened by {agent_name}",
        now,
        agent_id=agent_id,
        name=agent_name,
    )
    record(session, EventKind.EPISODE_REOPENED, thread_id=thread.id, message_id=line, actor_id=agent_id)

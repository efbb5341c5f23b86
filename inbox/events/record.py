"""Writing events, always inside the transaction of what they tell."""

from typing import Any, cast

from sqlalchemy import Table, insert, literal_column
from sqlalchemy.orm import Session

from inbox.clock import utc_now
from inbox.db.work import ring
from inbox.events.catalog import EventKind
from inbox.events.models import Event

_event = cast(Table, Event.__table__)


def record(
    session: Session,
    kind: EventKind | str,
    *,
    thread_id: int | None = None,
    message_id: int | None = None,
    actor_id: int | None = None,
    agent_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Record that something happened, and ring the "feed" bell after the commit.

    `actor_id` is the agent who did it; `agent_id` limits the event to one agent's own browsers.
    """
    postgresql = session.get_bind().dialect.name == "postgresql"
    session.execute(
        insert(_event).values(
            xid=literal_column("pg_current_xact_id()::text::bigint") if postgresql else 0,
            at=utc_now(),
            kind=EventKind(kind),
            thread_id=thread_id,
            message_id=message_id,
            actor_id=actor_id,
            agent_id=agent_id,
            data=data or {},
        )
    )
    ring(session, "feed")

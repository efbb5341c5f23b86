"""The pump: reads the feed and hands each agent his deltas. Each web process has one for its own sockets.

What happened is read once per batch, however many agents listen. Agents who see the same are grouped, so that
a delta is built and encoded once per group and not once per socket.
"""

import threading
from collections.abc import Callable, Collection, Iterable
from typing import Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from inbox.agents.audience import identities
from inbox.agents.identity import AgentIdentity
from inbox.db.work import Database
from inbox.events.queries import feed, head
from inbox.live.delta import Changes, delta_for, gather
from inbox.shapes import Delta

log = structlog.get_logger(__name__)

PENDING_WAIT = 0.02
"""Seconds until the next look when committed events wait behind a transaction that is still running."""

PATIENCE = 1.0
"""Seconds after which the pump looks by itself: a ring may have been missed."""

BATCH = 200


class Listeners(Protocol):
    """The sockets of this process, as far as the pump needs them."""

    def agent_ids(self) -> Collection[int]:
        """Agents with at least one open socket here."""
        ...

    def send(self, agent_ids: Iterable[int], delta: Delta) -> None:
        """Push a delta to all sockets of these agents."""
        ...


class Pump:
    """Pushes what the feed brings until `stop` is set. `wait(seconds)` returns early when the bell rings."""

    def __init__(
        self, db: Database, listeners: Listeners, wait: Callable[[float], object], stop: threading.Event
    ) -> None:
        self._db = db
        self._listeners = listeners
        self._wait = wait
        self._stop = stop
        self._cursor: str | None = None

    @property
    def is_at(self) -> str | None:
        """The cursor up to which everything was pushed, or None before the start."""
        return self._cursor

    def run(self) -> None:
        """Pump until stopped."""
        keep_stepping(self.step, self._stop.is_set, self._wait, self._stop)

    def step(self) -> float:
        """Push what is new and return the seconds to wait before the next step: 0 when there is more."""
        with self._db.read() as session:
            if self._cursor is None:
                # Who connects has a picture of this moment or later; of an earlier one he will see a gap.
                self._cursor = head(session)
                return 0
            news = feed(session, self._cursor, BATCH)
            if news.cursor == news.prev and not news.reset:
                return PENDING_WAIT if news.pending else PATIENCE
            listening = self._listeners.agent_ids()
            changes, agents = gather(session, news), identities(session, listening)
        for members, delta in deltas(list(agents.values()), changes):
            self._listeners.send(members, delta)
        self._cursor = news.cursor
        return 0 if news.more else PENDING_WAIT if news.pending else PATIENCE


def keep_stepping(
    step: Callable[[], float],
    is_over: Callable[[], bool],
    wait: Callable[[float], object],
    stop: threading.Event,
) -> None:
    """Step until it is over, each time after the seconds that the step before asked for.

    An unreachable database is waited for; nothing is skipped meanwhile.
    """
    while not is_over():
        try:
            seconds = step()
        except DBAPIError as error:
            log.warning("feed.unreadable", cause=type(error.orig).__name__)
            stop.wait(PATIENCE)
            continue
        if seconds == PENDING_WAIT:
            stop.wait(seconds)
        elif seconds:
            wait(seconds)


def deltas(agents: Collection[AgentIdentity], changes: Changes) -> Iterable[tuple[list[int], Delta]]:
    """Deltas with the agents who get them. Agents of equal rights share one, except whom something concerns
    personally: as an assignee, before or now, or by an event of his own."""
    personal = {thread["assignee_id"] for thread in changes.threads.values()}
    for event in changes.feed.events:
        own = (event.data.get(key) for key in ("was_assignee_id", "gone_assignee_id", "agent_id"))
        personal |= {event.agent_id, *own}
    groups: dict[object, list[AgentIdentity]] = {}
    for agent in agents:
        rights = agent.id if agent.id in personal else (agent.sees_all, agent.is_supervisor, agent.team_ids)
        groups.setdefault(rights, []).append(agent)
    for members in groups.values():
        yield [agent.id for agent in members], delta_for(members[0], changes)

"""Deltas: what happened since a cursor, with the threads and messages concerned as they are now.

Gathering reads the database once per batch of events, whoever is watching; what of it an agent may see is
decided in memory. Push and `/api/v1/sync` use the same two functions, so that they cannot differ.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.events.catalog import EventKind
from inbox.events.queries import Feed
from inbox.live.picture import messages_by_id
from inbox.shapes import Delta, EventView, MessageView, ThreadSummary, iso
from inbox.threads.lookup import living_threads
from inbox.threads.queries import summaries
from inbox.threads.rules import may_see

if TYPE_CHECKING:
    from inbox.events.models import Event

FOR_EVERYONE = {EventKind.CHANNEL_CHANGED, EventKind.SHOP_CHANGED, EventKind.AGENT_CHANGED}
"""Events without a thread that every agent receives."""

FOR_SUPERVISORS = {EventKind.ENVELOPE_FAILED}
"""Events without a thread that only those receive who may look at failed payloads."""


@dataclass(frozen=True)
class Changes:
    """Events of a feed with the current state of the threads and messages they concern."""

    feed: Feed
    threads: Mapping[int, ThreadSummary]
    messages: Mapping[int, MessageView]
    lead: Mapping[int, int] = field(default_factory=dict)
    """Of threads that were merged away: where their messages are now."""

    def thread_id(self, event: "Event") -> int | None:
        """The thread that an event concerns by now."""
        return None if event.thread_id is None else self.lead.get(event.thread_id, event.thread_id)

    def thread(self, event: "Event") -> ThreadSummary | None:
        """That thread as it is now."""
        number = self.thread_id(event)
        return None if number is None else self.threads.get(number)


def gather(session: Session, feed: Feed) -> Changes:
    """Read what the events of a feed concern, in a few queries for all of them."""
    threads = {event.thread_id for event in feed.events if event.thread_id is not None}
    messages = {event.message_id for event in feed.events if event.message_id is not None}
    threads |= {event.data["gone"] for event in feed.events if _gone_by_merge(event)}
    living = living_threads(session, threads) if threads else {}
    return Changes(
        feed,
        summaries(session, living.values()) if living else {},
        messages_by_id(session, messages) if messages else {},
        {old: new for old, new in living.items() if old != new},
    )


def delta_for(agent: AgentIdentity, changes: Changes) -> Delta:
    """What of the changes `agent` may see. Pure.

    Threads and messages come in the state of now, not of the event: whoever applies an old delta after a
    newer one is told the same again, never something older.
    """
    feed = changes.feed
    if feed.reset or any(_changes_rights(agent, event) for event in feed.events):
        return _delta(feed, reset=True)
    events = [event for event in feed.events if _reaches(agent, event, changes)]
    threads = dict.fromkeys(number for event in events if (number := changes.thread_id(event)) is not None)
    messages = dict.fromkeys(event.message_id for event in events if event.message_id is not None)
    delta = _delta(feed)
    delta["events"] = [_view(event, changes.thread_id(event)) for event in events]
    delta["threads"] = [changes.threads[number] for number in threads if number in changes.threads]
    delta["messages"] = [changes.messages[number] for number in messages if number in changes.messages]
    delta["gone"] = sorted({number for event in feed.events for number in _gone(agent, event, changes)})
    return delta


def hydrate(session: Session, feed: Feed, agent: AgentIdentity) -> Delta:
    """The delta of a feed for one agent."""
    return delta_for(agent, gather(session, feed))


def _delta(feed: Feed, *, reset: bool = False) -> Delta:
    return {
        "prev": feed.prev,
        "cursor": feed.cursor,
        "reset": reset,
        "more": feed.more and not reset,
        "events": [],
        "threads": [],
        "messages": [],
        "gone": [],
    }


def _changes_rights(agent: AgentIdentity, event: "Event") -> bool:
    """Whether the event may have changed which threads the agent sees: no delta can tell that."""
    return event.kind == EventKind.AGENT_CHANGED and event.data.get("agent_id") == agent.id


def _reaches(agent: AgentIdentity, event: "Event", changes: Changes) -> bool:
    if event.agent_id is not None and event.agent_id != agent.id:
        return False
    if event.thread_id is None:
        return event.kind in FOR_EVERYONE or (event.kind in FOR_SUPERVISORS and agent.is_supervisor)
    return _sees(agent, changes.thread(event))


def _sees(agent: AgentIdentity, thread: ThreadSummary | None) -> bool:
    return thread is not None and may_see(agent, thread["team_id"], thread["assignee_id"])


def _gone(agent: AgentIdentity, event: "Event", changes: Changes) -> Iterator[int]:
    """Threads that the agent saw before the event and does not see, or not as such, now.

    Only of them is he told the ids: that of a thread he never saw is none of his business.
    """
    data, thread = event.data, changes.thread(event)
    if thread is not None and thread["id"] == event.thread_id and not _sees(agent, thread):
        team_before = data.get("was_team_id", thread["team_id"])
        assignee_before = data.get("was_assignee_id", thread["assignee_id"])
        if may_see(agent, team_before, assignee_before):
            yield thread["id"]
    if not _gone_by_merge(event) or data["gone"] not in changes.lead:
        return  # or it is there again, because the merge was undone meanwhile
    if may_see(agent, data["gone_team_id"], data["gone_assignee_id"]):
        yield data["gone"]


def _gone_by_merge(event: "Event") -> bool:
    return event.kind == EventKind.THREAD_MERGED and event.data.get("gone") is not None


def _view(event: "Event", thread_id: int | None) -> EventView:
    return {
        "id": event.id,
        "kind": event.kind,
        "at": iso(event.at),
        "thread_id": thread_id,
        "message_id": event.message_id,
        "actor_id": event.actor_id,
        "data": event.data,
    }

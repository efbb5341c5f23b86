"""What happened, as the feed tells it."""

from typing import Any

from typing_extensions import TypedDict

from inbox.shapes.messages import MessageView
from inbox.shapes.threads import ThreadSummary
from inbox.shapes.words import Moment


class EventView(TypedDict):
    """Something that happened."""

    id: int
    kind: str
    at: Moment
    thread_id: int | None
    message_id: int | None
    actor_id: int | None
    data: dict[str, Any]


class Delta(TypedDict):
    """What happened between two cursors of the feed, with the threads and messages concerned as they are now.

    `reset`: load everything again and go on from `cursor`. `more`: ask again from `cursor` at once. `gone`:
    threads that the reader may no longer see.
    """

    prev: str
    cursor: str
    reset: bool
    more: bool
    events: list[EventView]
    threads: list[ThreadSummary]
    messages: list[MessageView]
    gone: list[int]

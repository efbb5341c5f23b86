"""The visitors' pump: reads the same feed as the agents', and tells panels to look again. It runs while one is open.

Nothing is put together for a visitor here: whoever is told to look asks, and is answered by what he may see then.
Per batch of events one query says whose the open panels are now, after whatever was merged meanwhile.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from inbox.clock import utc_now
from inbox.db.work import Database
from inbox.events.catalog import EventKind
from inbox.events.queries import feed, head
from inbox.live.pump import BATCH, PATIENCE, PENDING_WAIT, keep_stepping
from inbox.shapes import iso
from inbox.visits import queries, rules
from inbox.visits.queries import Visitor
from inbox.web.widget.shapes import News, PanelTyping
from inbox.web.widget.stream import RESETS

if TYPE_CHECKING:
    from inbox.events.models import Event

NEWS = frozenset(
    {
        EventKind.MESSAGE_RECEIVED,
        EventKind.MESSAGE_REPLIED,
        EventKind.MESSAGE_CHANGED,
        EventKind.DELIVERY_CHANGED,
        EventKind.EPISODE_RESOLVED,
        EventKind.EPISODE_REOPENED,
        EventKind.EPISODE_RATED,
        EventKind.THREAD_READ,
        EventKind.CUSTOMER_CHANGED,
    }
)
"""Events after which a panel may have something new to show."""


@dataclass(frozen=True)
class Told:
    """What one panel is told about a batch of events."""

    look: bool = False
    reload: bool = False
    typing: PanelTyping | None = None


class Panels(Protocol):
    """The open panels of this process, as far as the pump needs them."""

    def session_ids(self) -> Collection[int]:
        """Sessions with at least one open panel here."""
        ...

    def moved(self, living: Mapping[int, Visitor]) -> set[int]:
        """Take note whose the sessions are now; those that became somebody else's, or ended."""
        ...

    def news(self, session_id: int, news: News) -> None:
        """Tell a session's panels to look again."""
        ...

    def typing(self, session_id: int, typing: PanelTyping) -> None:
        """Tell a session's panels that an agent is writing."""
        ...


class VisitorPump:
    """Tells panels what the feed brings. `wait(seconds)` returns early when the bell rings."""

    def __init__(
        self, db: Database, panels: Panels, wait: Callable[[float], object], stop: threading.Event
    ) -> None:
        self._db = db
        self._panels = panels
        self._wait = wait
        self._stop = stop
        self._lock = threading.Lock()
        self._cursor = ""
        self._running = False

    def begin(self) -> bool:
        """Whether the caller has to run the pump, because nobody does. The feed is followed from now on."""
        with self._lock:
            if self._running:
                return False
            with self._db.read() as session:
                self._cursor = head(session)
            self._running = True
            return True

    def run(self) -> None:
        """Pump until no panel is open any more."""
        keep_stepping(self.step, self._is_over, self._wait, self._stop)

    def step(self) -> float:
        """Tell what is new and return the seconds to wait before the next step: 0 when there is more."""
        with self._db.read() as session:
            news = feed(session, self._cursor, BATCH)
            if news.cursor == news.prev and not news.reset:
                return PENDING_WAIT if news.pending else PATIENCE
            concerned = news.reset or any(_concerns(event) for event in news.events)
            listening = self._panels.session_ids() if concerned else ()
            living = queries.living(session, listening) if listening else {}
        moved = self._panels.moved(living) if living else set()
        told = dict.fromkeys(living, Told(look=True)) if news.reset else tell(news.events, living.values())
        for session_id in living:
            self._send(session_id, told.get(session_id, Told()), news.cursor, reload=session_id in moved)
        self._cursor = news.cursor
        return 0 if news.more else PENDING_WAIT if news.pending else PATIENCE

    def _send(self, session_id: int, told: Told, cursor: str, *, reload: bool) -> None:
        if told.look or told.reload or reload:
            self._panels.news(session_id, {"cursor": cursor, "reload": told.reload or reload})
        if told.typing is not None:
            self._panels.typing(session_id, told.typing)

    def _is_over(self) -> bool:
        with self._lock:
            if self._stop.is_set() or not self._panels.session_ids():
                self._running = False
            return not self._running


def tell(
    events: Iterable["Event"], visitors: Iterable[Visitor], now: datetime | None = None
) -> dict[int, Told]:
    """What the panels of these visitors are told about a batch of events, by session. Pure."""
    now = now or utc_now()
    by_thread: dict[int, list[Event]] = {}
    for event in events:
        if event.thread_id is not None and _concerns(event):
            by_thread.setdefault(event.thread_id, []).append(event)
    found: dict[int, Told] = {}
    for visitor in visitors:
        about = by_thread.get(visitor.thread_id or 0)
        if about:
            found[visitor.session_id] = Told(
                look=any(event.kind in NEWS for event in about),
                reload=any(event.kind in RESETS for event in about),
                typing=_typing(about, visitor, now),
            )
    return found


def _typing(about: Sequence["Event"], visitor: Visitor, now: datetime) -> PanelTyping | None:
    """The newest sign that an agent writes to the visitor's channel, while it is true."""
    signs = [
        (event.kind, event.actor_id, event.data)
        for event in reversed(about)
        if event.kind in (EventKind.AGENT_TYPING, EventKind.MESSAGE_REPLIED)
    ]
    data = rules.typed(signs, visitor.channel_id)
    if data is None or str(data.get("until") or "") <= iso(now):
        return None
    return {"name": str(data.get("name") or ""), "until": str(data["until"])}


def _concerns(event: "Event") -> bool:
    """Whether an event is anything to visitors. That a panel was given a message is none: it looked just now."""
    if event.kind == EventKind.DELIVERY_CHANGED and event.data.get("state") == "delivered":
        return False
    return event.kind in NEWS or event.kind in RESETS or event.kind == EventKind.AGENT_TYPING

"""Visitors' live connections: a namespace of its own beside the agents', over the same WebSockets.

A panel proves itself by the visitor's token, and hears two things: look again, and who is writing. It can say
nothing. Visitors get at most half of the connections that a process has room for, so that agents always find some.
"""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from flask import request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO
from sqlalchemy.exc import DBAPIError

from inbox.errors import SetupError
from inbox.flows import visits
from inbox.flows.context import Context
from inbox.flows.sites import by_key
from inbox.visits import queries, rules
from inbox.visits.queries import Visitor
from inbox.web.widget.pump import VisitorPump
from inbox.web.widget.shapes import News, PanelTyping

log = structlog.get_logger(__name__)

NAMESPACE = "/widget"
MARK = "widget=1"
"""In the query of a panel's handshake, so that it can be turned away before it costs anything."""
MOST = 10_000
"""Panels of one process, whatever it is made of."""
PER_SESSION = 10
"""Open panels of one browser."""
ENDED, BUSY = "session_ended", "busy"
_TEXT_MAX = 200


@dataclass(frozen=True)
class _Panel:
    """An open panel: its session, and who that was when it was last looked at."""

    session_id: int
    viewer: rules.Viewer


class VisitorSockets:
    """The open panels of this process."""

    def __init__(
        self,
        io: SocketIO,
        ctx: Context,
        wait: Callable[[float], object],
        most: int | None,
        watch: Callable[[], None],
    ) -> None:
        """`most` is the room that all connections have, or None; `watch` begins the looks at who may stay."""
        self._io = io
        self._ctx = ctx
        self._lock = threading.Lock()
        self._panels: dict[str, _Panel] = {}
        self._watch = watch
        self._most = min(MOST, most // 2) if most is not None else MOST
        self.pump = VisitorPump(ctx.db, self, wait, ctx.stop)
        io.on("connect", namespace=NAMESPACE)(self._connected)
        io.on("disconnect", namespace=NAMESPACE)(self._disconnected)
        io.on("hello", namespace=NAMESPACE)(self._hello)

    @property
    def is_full(self) -> bool:
        """Whether no more panels can be taken."""
        with self._lock:
            return len(self._panels) >= self._most

    def turns_away(self, query: str) -> bool:
        """Whether a handshake with that query is a panel's, and there is no room."""
        return MARK in query.split("&") and self.is_full

    def engine_ids(self) -> set[str]:
        """The connections below the panels."""
        with self._lock:
            sids = list(self._panels)
        manager = self._io.server.manager
        return {manager.eio_sid_from_sid(sid, NAMESPACE) for sid in sids}

    def session_ids(self) -> Collection[int]:
        """Sessions with at least one open panel here."""
        with self._lock:
            return {panel.session_id for panel in self._panels.values()}

    def news(self, session_id: int, news: News) -> None:
        """Tell a session's panels to look again."""
        self._io.emit("news", news, to=_room(session_id), namespace=NAMESPACE)

    def typing(self, session_id: int, typing: PanelTyping) -> None:
        """Tell a session's panels that an agent is writing."""
        self._io.emit("typing", typing, to=_room(session_id), namespace=NAMESPACE)

    def moved(self, living: Mapping[int, Visitor]) -> set[int]:
        """Take note whose the sessions are now; those that became somebody else's, or are proved no more."""
        now, moved = self._ctx.clock(), set()
        with self._lock:
            for sid, panel in self._panels.items():
                visitor = living.get(panel.session_id)
                if visitor is None:
                    continue
                viewer = visitor.viewer(now)
                if viewer != panel.viewer:
                    # Whoever writes his first message is still himself.
                    if panel.viewer.identity_id is not None or viewer.verified:
                        moved.add(panel.session_id)
                    self._panels[sid] = replace(panel, viewer=viewer)
        return moved

    def recheck(self) -> None:
        """Hang up on ended sessions, tell those whose proof ran out, and note that the others are open."""
        ids = self.session_ids()
        if not ids:
            return
        with self._ctx.db.read() as session:
            living = queries.living(session, ids)
        for session_id in self.moved(living):
            self.news(session_id, {"cursor": "", "reload": True})
        with self._lock:
            gone = [sid for sid, panel in self._panels.items() if panel.session_id not in living]
        for sid in gone:
            self._io.server.disconnect(sid, namespace=NAMESPACE)
        visits.attend(self._ctx, living.keys())

    def _connected(self, credentials: Any = None) -> bool | None:
        sid: str = request.sid  # type: ignore[attr-defined]  # Flask-SocketIO puts it there
        with self._lock:
            if sid in self._panels:
                return None  # an event that a client called "connect"
        now = self._ctx.clock()
        try:
            visitor = self._identify(credentials, now)
            if visitor is None:
                raise Refused(ENDED)
            if not self._take_in(sid, _Panel(visitor.session_id, visitor.viewer(now))):
                raise Refused(BUSY)
            self._io.server.enter_room(sid, _room(visitor.session_id), namespace=NAMESPACE)
            if self.pump.begin():
                self._io.start_background_task(self.pump.run)
            self._watch()
            visits.came(self._ctx, visitor.session_id)
        except (DBAPIError, SetupError) as error:
            self._let_go(sid)
            log.warning("widget.socket_refused", cause=type(error).__name__)
            raise Refused(BUSY) from error
        return None

    def _identify(self, credentials: Any, now: datetime) -> Visitor | None:
        """Whose token it is, on the site that the key names."""
        given = credentials if isinstance(credentials, dict) else {}
        key, token = _text(given.get("key")), _text(given.get("token"))
        if not key or not token:
            return None
        with self._ctx.db.read() as session:
            place = by_key(session, self._ctx, key)
            return None if place is None else queries.by_token(session, place.id, token, now)

    def _take_in(self, sid: str, panel: _Panel) -> bool:
        with self._lock:
            own = sum(other.session_id == panel.session_id for other in self._panels.values())
            if len(self._panels) >= self._most or own >= PER_SESSION:
                return False
            self._panels[sid] = panel
            return True

    def _let_go(self, sid: str) -> int | None:
        """Forget a panel; its session's id if it was the last one that is open here."""
        with self._lock:
            panel = self._panels.pop(sid, None)
            if panel is None or any(other.session_id == panel.session_id for other in self._panels.values()):
                return None
            return panel.session_id

    def _disconnected(self, _reason: Any = None, *_more: Any) -> None:
        sid: str = request.sid  # type: ignore[attr-defined]
        if self._io.server.manager.is_connected(sid, NAMESPACE):
            return  # an event that a client called "disconnect"
        left = self._let_go(sid)
        if left is None or self._ctx.stop.is_set():
            return
        try:
            visits.went(self._ctx, left)
        except DBAPIError as error:
            log.warning("widget.leaving_unnoted", cause=type(error.orig).__name__)

    def _hello(self, *_anything: Any) -> dict[str, bool]:
        """The one event that panels may send, to hear whether the line works."""
        return {"ok": True}


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _TEXT_MAX else ""


def _room(session_id: int) -> str:
    return f"visitor:{session_id}"

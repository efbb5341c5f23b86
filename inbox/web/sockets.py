"""Live connections: Socket.IO over WebSocket, one way. Browsers listen; what they do goes through the API.

The server alone decides who hears what: a socket is in the room of the agent who signed in, and the pump of this
process fills the rooms. Visitors of shops' sites have a namespace of their own, see `widget.sockets`. Only
WebSocket is offered: long polling would need every request of a browser to reach the same process. See
docs/decisions/0002-each-process-pumps-its-own-sockets.md.
"""

import logging
import sys
import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

from inbox.agents import queries
from inbox.agents.audience import still_valid
from inbox.flows.context import Context
from inbox.live.pump import PATIENCE, Pump
from inbox.shapes import Delta
from inbox.web import auth, security
from inbox.web.widget.sockets import VisitorSockets

log = structlog.get_logger(__name__)

PATH = "/socket.io/"
RECHECK = 15.0
"""Seconds between looks at whether sign-ins still hold, and the time a connection has to sign in."""

MESSAGE_MAX = 4096
"""Bytes of a message from a browser; it has nothing to say but its token."""

REFUSED = "Sign in first."

_quiet = logging.getLogger("onethread.socketio")
_quiet.setLevel(logging.CRITICAL)  # what strangers send is no news; our own failures are logged here below
_quiet.propagate = False


@dataclass(frozen=True)
class _Listener:
    """A signed-in socket: its agent, and the hash of what he signed in with."""

    agent_id: int
    secret: bytes
    by_token: bool


class Sockets:
    """The live connections of this process."""

    def __init__(self, app: Flask, ctx: Context) -> None:
        self._app = app
        self._ctx = ctx
        self._lock = threading.Lock()
        self._listeners: dict[str, _Listener] = {}
        self._strangers: dict[str, float] = {}
        self._started = self._watching = False
        mode = "gevent" if _is_green() else "threading"
        self._most = ctx.settings.max_sockets if mode == "threading" else None
        self.io = SocketIO(
            app,
            async_mode=mode,
            transports=["websocket"],
            cors_allowed_origins=self._origin_allowed,
            manage_session=False,
            async_handlers=False,
            max_http_buffer_size=MESSAGE_MAX,
            http_compression=False,
            logger=_quiet,
            engineio_logger=_quiet,
        )
        self.io.on("connect")(self._connected)
        self.io.on("disconnect")(self._disconnected)
        self.io.on("hello")(self._hello)
        self.pump = Pump(ctx.db, self, self._wait, ctx.stop)
        self.visitors = VisitorSockets(self.io, ctx, self._wait, self._most, self.watch)
        self._inner = app.wsgi_app
        app.wsgi_app = self._door  # type: ignore[method-assign]

    def agent_ids(self) -> Collection[int]:
        """Agents with at least one open socket here."""
        with self._lock:
            return {listener.agent_id for listener in self._listeners.values()}

    def send(self, agent_ids: Iterable[int], delta: Delta) -> None:
        """Push a delta to all sockets of these agents; it is encoded once."""
        self.io.emit("feed", delta, to=[_room(agent_id) for agent_id in agent_ids])

    def recheck(self) -> None:
        """Hang up on those whose session or token is no longer valid, and on those who never signed in."""
        with self._lock:
            listeners = dict(self._listeners)
        with self._ctx.db.read() as session:
            valid = still_valid(
                session,
                cookies=[one.secret for one in listeners.values() if not one.by_token],
                tokens=[one.secret for one in listeners.values() if one.by_token],
                now=self._ctx.clock(),
            )
        for sid, listener in listeners.items():
            if listener.secret not in valid:
                log.info("socket.signed_out", agent_id=listener.agent_id)
                self.io.server.disconnect(sid)
        self.visitors.recheck()
        self._hang_up_on_strangers()

    def watch(self) -> None:
        """Look now and then whether those who listen still may, from the first of them on."""
        with self._lock:
            if self._watching:
                return
            self._watching = True
        self.io.start_background_task(self._watch)

    def _door(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Before Socket.IO: no more connections than this process can serve beside its pages."""
        if environ.get("PATH_INFO", "").startswith(PATH) and (
            self._is_full() or self.visitors.turns_away(environ.get("QUERY_STRING", ""))
        ):
            refusal = Response("Too many live connections.\n", 503, headers={"Retry-After": "10"})
            return refusal(environ, start_response)
        try:
            return self._inner(environ, start_response)
        except (ValueError, IndexError) as error:
            if not environ.get("PATH_INFO", "").startswith(PATH):
                raise
            # Engine.IO lets errors of decoding escape. The line is closed as it closes lines itself: by the
            # exception that tells the server at hand that there is no answer to write.
            log.info("socket.malformed", cause=type(error).__name__)
            raise (StopIteration if "gunicorn.socket" in environ else ConnectionError) from None

    def _is_full(self) -> bool:
        return self._most is not None and len(self.io.server.eio.sockets) >= self._most

    def _origin_allowed(self, origin: str | None, environ: dict[str, Any]) -> bool:
        if origin is None:
            return False
        with self._app.request_context(environ):
            return security.origin_allowed(origin)

    def _connected(self, credentials: Any = None) -> bool | None:
        sid: str = request.sid  # type: ignore[attr-defined]  # Flask-SocketIO puts it there
        with self._lock:
            if sid in self._listeners:
                return None  # an event that a client called "connect"
        try:
            listener = self._identify(credentials)
        except DBAPIError as error:
            log.warning("socket.refused", cause=type(error.orig).__name__)
            raise Refused("Not available just now.") from error
        if listener is None:
            raise Refused(REFUSED)
        with self._lock:
            self._listeners[sid] = listener
        self.io.server.enter_room(sid, _room(listener.agent_id))
        self._start()
        return None

    def _identify(self, credentials: Any) -> _Listener | None:
        """Who signed in: by `auth: {token}`, else by the cookie of the handshake."""
        token = credentials.get("token") if isinstance(credentials, dict) else None
        with self._ctx.db.read() as session:
            if token is not None:
                agent = queries.identify_bearer(session, token) if isinstance(token, str) else None
            else:
                token = auth.session_token()
                agent = queries.identify_session(session, token, self._ctx.clock())
                if agent is not None:
                    return _Listener(agent.id, queries.token_hash(token), by_token=False)
        return None if agent is None else _Listener(agent.id, queries.token_hash(token), by_token=True)

    def _disconnected(self, _reason: Any = None, *_more: Any) -> None:
        sid: str = request.sid  # type: ignore[attr-defined]
        if self.io.server.manager.is_connected(sid, "/"):
            return  # an event that a client called "disconnect"
        with self._lock:
            self._listeners.pop(sid, None)

    def _hello(self, *_anything: Any) -> dict[str, bool]:
        """The one event that browsers may send, to hear whether the line works."""
        return {"ok": True}

    def _start(self) -> None:
        """Start pumping with the first listener: not at import, and in the process that was forked last."""
        with self._lock:
            if self._started:
                return
            self._started = True
        self.io.start_background_task(self.pump.run)
        self.watch()

    def _watch(self) -> None:
        while not self._ctx.stop.wait(RECHECK):
            try:
                self.recheck()
            except DBAPIError as error:
                log.warning("socket.unchecked", cause=type(error.orig).__name__)

    def _hang_up_on_strangers(self) -> None:
        server = self.io.server
        with self._lock:
            known = {server.manager.eio_sid_from_sid(sid, "/") for sid in self._listeners}
        known |= self.visitors.engine_ids()
        now = time.monotonic()
        strangers = [sid for sid in tuple(server.eio.sockets) if sid not in known]
        self._strangers = {sid: self._strangers.get(sid, now) for sid in strangers}
        for sid, since in self._strangers.items():
            if now - since >= RECHECK:
                server.eio.disconnect(sid)

    def _wait(self, seconds: float) -> None:
        bell = self._ctx.bell
        bell.wait("feed", min(seconds, PATIENCE, bell.patience))


def register(app: Flask, ctx: Context) -> None:
    """Attach live connections to `app`; they are found again as `app.extensions["onethread.sockets"]`."""
    app.extensions["onethread.sockets"] = Sockets(app, ctx)


def _room(agent_id: int) -> str:
    return f"agent:{agent_id}"


def _is_green() -> bool:
    """Whether gevent runs this process: gunicorn's worker has patched the standard library by now."""
    if "gevent" not in sys.modules:
        return False
    from gevent import monkey

    return bool(monkey.is_module_patched("threading"))

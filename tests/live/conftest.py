"""Fixtures: the application served over real sockets, and browsers that listen to it."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import socketio
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from inbox.agents import sessions
from inbox.agents.identity import AgentIdentity
from inbox.events.queries import feed, head
from inbox.flows.context import Context


class QuietHandler(WSGIRequestHandler):
    """Says nothing about requests."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  werkzeug's name
        """Nothing."""


class Ear:
    """A browser's live connection: keeps every delta it hears."""

    def __init__(self, url: str, token: str, headers: dict[str, str] | None = None) -> None:
        self.deltas: list[dict[str, Any]] = []
        self.ended = threading.Event()
        self._news = threading.Condition()
        self.client = socketio.Client(reconnection=False)
        self.client.on("feed", self._hear)
        self.client.on("disconnect", lambda _reason=None: self.ended.set())
        self.client.connect(
            url, transports=["websocket"], auth={"token": token} if token else None, headers=headers or {}
        )

    def _hear(self, delta: dict[str, Any]) -> None:
        with self._news:
            self.deltas.append(delta)
            self._news.notify_all()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything heard so far, in order."""
        return [event for delta in list(self.deltas) for event in delta["events"]]

    def wait_until(self, true: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until what was heard makes `true` true."""
        with self._news:
            assert self._news.wait_for(true, seconds), self.deltas[-2:]

    def close(self) -> None:
        """Cut the line, as a network does; a polite good-bye of this client takes three seconds."""
        if self.client.connected:
            cut(self.client)


def cut(client: socketio.Client) -> None:
    """Break a client's connection under it; nothing where it has ended by itself already.

    The thread that reads takes the socket away when the other end hangs up, at any moment.
    """
    line = client.eio.ws
    sock = line.sock if line is not None else None
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def token_of(ctx: Context, agent: AgentIdentity) -> str:
    """A new API token of an agent."""
    return ctx.db.run(sessions.create_token, agent.id, "test", ctx.clock())


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The address of the application, served by threads."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    app.extensions["onethread"].stop.set()
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def listen(served: str, ctx: Context, app: Flask) -> Iterator[Callable[[AgentIdentity], Ear]]:
    """Opens a live connection as an agent; returns once the server counts it in."""
    ears: list[Ear] = []

    def open_ear(agent: AgentIdentity) -> Ear:
        token = token_of(ctx, agent)
        settle(ctx)  # so that it hears what comes now and nothing of before
        ear = Ear(served, token)
        ears.append(ear)
        until(lambda: app.extensions["onethread.sockets"].pump.is_at is not None)
        return ear

    yield open_ear
    for ear in ears:
        ear.close()


def settle(ctx: Context) -> None:
    """Wait until everything written can be read from the feed.

    PostgreSQL keeps events back while an older transaction runs anywhere in the cluster, in other tests too.
    """

    def settled() -> bool:
        with ctx.db.read() as session:
            return not feed(session, head(session)).pending

    until(settled)


def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)

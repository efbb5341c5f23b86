"""What networks of our own have in common: served over HTTP on loopback, and calling our webhook meanwhile."""

import contextlib
import functools
import socket
import struct
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.peers.process import free_port


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  the library's name
        """Nothing is written."""


class Served(ABC):
    """A network between `start` and `stop`; as a context, too. `news` tells whoever waits, `ended` that it is over."""

    def __init__(self) -> None:
        self.port = free_port()
        self.news = threading.Condition()
        self.ended = threading.Event()
        self._server: BaseWSGIServer | None = None
        self._threads: list[threading.Thread] = []

    @abstractmethod
    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request."""

    @abstractmethod
    def _call_hook(self) -> None:
        """Call the webhook while there is one, until `ended`."""

    @property
    def url(self) -> str:
        """What `api_base` is set to."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Serve, and call the webhook while there is one."""
        self._server = make_server(
            "127.0.0.1", self.port, self._answer, threaded=True, request_handler=_Quiet
        )
        serve = functools.partial(self._server.serve_forever, poll_interval=0.02)
        for work in (serve, self._call_hook):
            self._threads.append(threading.Thread(target=work, daemon=True))
            self._threads[-1].start()
        return self

    def stop(self) -> None:
        """End."""
        self.ended.set()
        with self.news:
            self.news.notify_all()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def cut(environ: dict[str, Any]) -> None:
    """End a request's connection without an answer; nothing where the client has gone already."""
    connection = environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)

"""The web server of the embedded mode: gunicorn's threaded worker, run in this process (decision 0003).

Gunicorn's arbiter would add a second process that must be found, signalled and killed together with the
first. A single process dies whole, and its successor knows that (see `serve`).
"""

import errno
import signal
import socket
import struct
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import structlog
from gunicorn.config import Config
from gunicorn.workers.gthread import ThreadWorker

from inbox.errors import SetupError

log = structlog.get_logger(__name__)

PAGE_THREADS = 32
"""Threads for requests, besides one for each open live connection."""
BACKLOG = 256
RECEIVE_SECONDS = 60
"""A client that sends nothing for so long loses its connection; live connections ping every 25 seconds."""
SEND_SECONDS = 20
GRACE_SECONDS = 5


def listen(host: str, port: int, flag: str = "--port") -> socket.socket:
    """A socket that accepts connections at once, before anything else is loaded. Raises SetupError.

    `flag` is how another port can be chosen, for the error's sentence.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SetupError(f"There is no address {host}: {error.strerror}. Choose another --host.") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # The kernel's own time-outs, inherited by every connection: the server reads with blocking sockets, and a
    # client that stalls in the middle of a request must not keep a thread for ever.
    for option, seconds in ((socket.SO_RCVTIMEO, RECEIVE_SECONDS), (socket.SO_SNDTIMEO, SEND_SECONDS)):
        listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", seconds, 0))
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SetupError(_refusal(host, port, flag, error)) from error
    return listener


def _refusal(host: str, port: int, flag: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use. Stop what uses it, or choose another one with {flag} {port + 1}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights. Choose one above 1023 with {flag}."
    return f"Cannot listen on {host} port {port}: {error.strerror}."


class Server(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Serves one WSGI application on one listening socket until SIGTERM or SIGINT.

    It then calls `stopping`, and finishes the requests that are under way.
    """

    def __init__(
        self, app: Any, listener: socket.socket, max_sockets: int, stopping: Callable[[], None]
    ) -> None:
        threads = PAGE_THREADS + max_sockets
        config = Config()
        config.set("threads", threads)
        config.set("worker_connections", threads * 4)
        config.set("keepalive", 20)
        config.set("graceful_timeout", GRACE_SECONDS)
        # Which proxies to believe is ours to decide: ONETHREAD_TRUSTED_PROXIES, the same for all servers.
        config.set("forwarded_allow_ips", "")
        super().__init__(0, 0, [_Listener(listener)], None, 0, config, ServerLog())
        self._app = app
        self._stopping = stopping
        self._live: set[Any] = set()

    def serve(self) -> None:
        """Serve until told to stop, then finish what is under way, for at most GRACE_SECONDS."""
        self.init_process()

    def load_wsgi(self) -> None:
        self.wsgi = self._app

    def notify(self) -> None:
        """There is no arbiter to tell that we live."""

    def is_parent_alive(self) -> bool:
        """Whoever started us may leave."""
        return True

    def init_signals(self) -> None:
        signal.signal(signal.SIGTERM, self.handle_exit)
        signal.signal(signal.SIGINT, self.handle_exit)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping()
        super().handle_exit(sig, frame)
        self.method_queue.defer(self._hang_up)

    def handle_request(self, request: Any, connection: Any) -> Any:
        live = any(name == "UPGRADE" for name, _ in request.headers)
        if live:
            self._live.add(connection)
        try:
            return super().handle_request(request, connection)
        finally:
            self._live.discard(connection)

    def _hang_up(self) -> None:
        """End live connections, which would outlast any grace.

        A browser that is cut off comes back by itself; one that is told good-bye by Socket.IO does not.
        """
        for connection in tuple(self._live):
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # gone already


class _Listener:
    """What gunicorn expects of a listening socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


class ServerLog:
    """Gunicorn's log, on ours. Requests are logged by the application."""

    def debug(self, text: str, *args: Any) -> None:
        """Connections that come and go."""

    def info(self, text: str, *args: Any) -> None:
        log.debug("server.info", text=text % args if args else text)

    def warning(self, text: str, *args: Any) -> None:
        log.info("server.warning", text=text % args if args else text)

    def error(self, text: str, *args: Any) -> None:
        log.error("server.error", text=text % args if args else text)

    def exception(self, text: str, *args: Any) -> None:
        """An error with its traceback, except the time-outs of stalled clients that `listen` arranged."""
        error = sys.exc_info()[1]
        if isinstance(error, BlockingIOError | TimeoutError):
            log.debug("server.stalled_client")
            return
        log.error("server.error", text=text % args if args else text, exc_info=error)

    def access(self, *_args: Any) -> None:
        """Not here."""

    def close_on_exec(self) -> None:
        """No files of its own."""

    def reopen_files(self) -> None:
        """No files of its own."""

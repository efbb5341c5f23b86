"""A WebSocket over the guarded socket. The protocol is wsproto's; Slack's own client would open sockets itself."""

import contextlib
import functools
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import certifi
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Message,
    Ping,
    Pong,
    RejectConnection,
    Request,
)
from wsproto.utilities import ProtocolError

from inbox.contract import Io, Rejected, TryLater

MESSAGE_MAX = 8 << 20
"""Characters of one message; Slack's are a few thousand."""
OPEN_SECONDS = 10.0

_CHUNK = 1 << 16


class WebSocket:
    """One open connection. Used by one thread only. All methods raise TryLater when it breaks."""

    def __init__(self, io: Io, url: str, *, plain: bool) -> None:
        """Open `url`. Only a server that is reached without encryption (`plain`) may send us to a plain one."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in (("wss", "ws") if plain else ("wss",)) or not host:
            raise Rejected("Slack gave no address of a connection.", code="url")
        port = parts.port or (443 if parts.scheme == "wss" else 80)
        self._host = host
        self._sock = io.connect(host, port, timeout=OPEN_SECONDS)
        self._text: list[str] = []
        self._messages: list[str] = []
        self._pongs = 0
        self.heard_at = time.monotonic()
        try:
            if parts.scheme == "wss":
                self._sock = _tls().wrap_socket(self._sock, server_hostname=host)
            self._ws = WSConnection(ConnectionType.CLIENT)
            target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            self._accepted = False
            netloc = host if parts.port is None else f"{host}:{parts.port}"
            self._send(Request(host=netloc, target=target))
            self._until(lambda: self._accepted, OPEN_SECONDS)
        except (ssl.SSLError, OSError) as error:
            self.close()
            raise TryLater(f"No encrypted connection to {host} could be made.", code="tls") from error
        except (TryLater, Rejected):
            self.close()
            raise

    def send(self, text: str) -> None:
        """Send a message."""
        self._send(Message(data=text))

    def receive(self, seconds: float) -> str | None:
        """The next message, or None when none comes within `seconds`."""
        until = time.monotonic() + seconds
        while not self._messages:
            left = until - time.monotonic()
            if left <= 0 and seconds > 0:
                return None
            if not self._read(max(left, 0.0)) and seconds <= 0:
                return None
        return self._messages.pop(0)

    def settle(self, seconds: float) -> bool:
        """Wait until everything that the other side sent before now is here; False when it does not say so in time."""
        before = self._pongs
        self.ping()
        with contextlib.suppress(_Late):
            self._until(lambda: self._pongs > before, seconds)
        return self._pongs > before

    def ping(self) -> None:
        """Ask for a sign of life, which `heard_at` tells of."""
        self._send(Ping())

    def close(self) -> None:
        """Give the connection up; never raises."""
        with contextlib.suppress(OSError, ProtocolError, AttributeError):
            self._sock.settimeout(1.0)
            self._sock.sendall(self._ws.send(CloseConnection(code=1000)))
        with contextlib.suppress(OSError):
            self._sock.close()

    def _send(self, event: Any) -> None:
        try:
            self._sock.settimeout(OPEN_SECONDS)
            self._sock.sendall(self._ws.send(event))
        except (OSError, ProtocolError) as error:
            raise TryLater(f"The connection to {self._host} broke.", code="network") from error

    def _until(self, done: Any, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not done():
            left = until - time.monotonic()
            if left <= 0:
                raise _Late(f"{self._host} did not answer in time.", code="timeout")
            self._read(left)

    def _read(self, seconds: float) -> bool:
        """Take in what has come, waiting for it up to `seconds`; False when nothing came."""
        try:
            # 0 would make the socket non-blocking, which means something else for TLS.
            self._sock.settimeout(max(seconds, 0.001))
            data = self._sock.recv(_CHUNK)
        except TimeoutError:
            return False
        except OSError as error:
            raise TryLater(f"The connection to {self._host} broke.", code="network") from error
        self.heard_at = time.monotonic()
        try:
            self._ws.receive_data(data or None)
            for event in self._ws.events():
                self._handle(event)
        except ProtocolError as error:
            raise TryLater(f"{self._host} does not speak the WebSocket protocol.", code="protocol") from error
        return True

    def _handle(self, event: Any) -> None:
        match event:
            case AcceptConnection():
                self._accepted = True
            case RejectConnection():
                raise TryLater(
                    f"{self._host} refused the connection: HTTP {event.status_code}.", code="refused"
                )
            case Ping():
                self._send(event.response())
            case Pong():
                self._pongs += 1
            case Message():
                if isinstance(event.data, str):
                    self._text.append(event.data)
                if sum(map(len, self._text)) > MESSAGE_MAX:
                    raise TryLater(f"{self._host} sent more than can be taken.", code="too_large")
                if event.message_finished and self._text:
                    self._messages.append("".join(self._text))
                    self._text.clear()
            case CloseConnection():
                raise TryLater(f"{self._host} ended the connection.", after=0.5, code="closed")


class _Late(TryLater):
    """No answer in time."""


@functools.cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context

"""imaplib's transport, on a socket of ours, with bounds on time and size."""

import contextlib
import imaplib
import re
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

SILENCE_SECONDS = 30.0
"""A server that says nothing for so long while it owes an answer is taken for gone."""
_LINE_MAX = 16 << 20
_BYTES_PER_SECOND = 4096
"""A literal that comes slower than this is given up, after a minute's grace."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connection. `literal` in bytes; `deadline` ends everything (monotonic), if set."""

    literal: int
    deadline: float | None = None
    stopping: Callable[[], bool] = lambda: False


class Wire(imaplib.IMAP4):
    """imaplib's transport with a buffer of our own.

    The stock one waits for ever for a server that sends a byte a minute, allocates whatever size a literal
    claims to have, and cannot tell "nothing yet" from "gone" while it idles.
    """

    def __init__(self, host: str, port: int, dial: Callable[[], socket.socket], limits: Limits) -> None:
        self._dial = dial
        self._limits = limits
        self._buffer = bytearray()
        super().__init__(host, port)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Called by imaplib; the socket comes from `dial`."""
        self.host, self.port = host, port
        self.sock = self._dial()

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> tuple[Literal["OK"], list[None]]:
        """Change to TLS; whatever was known of the server before is asked again."""
        if ssl_context is None or "STARTTLS" not in self.capabilities:
            raise self.abort("TLS not supported by server")
        typ, _ = self._simple_command("STARTTLS")
        if typ != "OK":
            raise self.error("Couldn't establish TLS session")
        if self._buffer:
            # Somebody on the way put words into the server's mouth (CVE-2011-0411).
            raise self.abort("plain text after STARTTLS")
        self.sock = ssl_context.wrap_socket(self.sock, server_hostname=self.host)
        self.untagged_responses.clear()
        self._get_capabilities()
        return "OK", [None]

    def read(self, size: int) -> bytes:
        """A literal of `size` bytes."""
        if size > self._limits.literal:
            raise self.abort(f"literal of {size} bytes is beyond the limit")
        deadline = time.monotonic() + 60 + size / _BYTES_PER_SECOND
        while len(self._buffer) < size:
            self._receive(deadline, min(1 << 18, max(1 << 14, size - len(self._buffer))))
        return self._take(size)

    def readline(self) -> bytes:
        """A line with its end."""
        deadline = time.monotonic() + 60
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > _LINE_MAX:
                raise self.abort("line is beyond the limit")
            self._receive(deadline, 1 << 16)
        return self._take(end + 1)

    def line_within(self, seconds: float) -> bytes | None:
        """The next line without its end, or None when none comes. Raises abort when the peer is gone."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not self._ready(left):
                return None
            self._append(1 << 16)
        return self.readline().rstrip(b"\r\n")

    def idle_start(self) -> None:
        """Begin to idle, bearing announcements that come before the server's consent."""
        self._idle_tag = self._command("IDLE")
        while self._get_response() is not None:
            if self.tagged_commands.get(self._idle_tag) is not None:
                raise self.error("the server refused to idle")

    def idle_news(self, seconds: float) -> bool:
        """Wait up to `seconds` while idling; True if mail is announced. Raises abort if the peer is gone."""
        line = self.line_within(seconds)
        if line is None:
            return False
        if line.upper().startswith(b"* BYE"):
            raise self.abort(line.decode("utf-8", "replace"))
        return re.match(rb"\* \d+ (EXISTS|RECENT)", line, re.I) is not None

    def idle_stop(self) -> None:
        """End idling. A peer that is gone without a word is found out here."""
        self.send(b"DONE\r\n")
        typ, data = self._command_complete("IDLE", self._idle_tag)
        if typ != "OK":
            raise self.error(data[-1])

    def hurry(self, seconds: float) -> None:
        """From now on give up everything that lasts longer."""
        self._limits = replace(self._limits, deadline=time.monotonic() + seconds)

    def shutdown(self) -> None:
        """Called by imaplib to close."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken

    def _receive(self, deadline: float, amount: int) -> None:
        """Wait for more, looking each second whether to go on."""
        if self._limits.deadline is not None:
            deadline = min(deadline, self._limits.deadline)
        silent_until = time.monotonic() + SILENCE_SECONDS
        while not self._ready(min(1.0, SILENCE_SECONDS)):
            now = time.monotonic()
            if now >= deadline or now >= silent_until:
                raise self.abort("timed out")
            if self._limits.stopping():
                raise self.abort("stopped")
        if time.monotonic() >= deadline:
            raise self.abort("timed out")
        self._append(amount)

    def _append(self, amount: int) -> None:
        chunk = self.sock.recv(amount)
        if not chunk:
            raise self.abort("socket error: EOF")
        self._buffer += chunk

    def _ready(self, seconds: float) -> bool:
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return True
        poller = select.poll()
        poller.register(self.sock, select.POLLIN)
        return bool(poller.poll(seconds * 1000))

"""An SMTP server that answers by a table, for replies and breaks that a good one cannot be made to give."""

import contextlib
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

GREETING = "220 fake ready"
EHLO = "250-fake\r\n250-SIZE 1000000\r\n250 8BITMIME"


@dataclass
class FakeSmtp:
    """`replies` by the beginning of a command; "" hangs up, None says nothing. "CONNECT" and "." are stages, too."""

    replies: dict[str, str | None] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    to_empty_line: str = "500 what?"
    on_data: Callable[[bytes], str | None] | None = None
    """Asked with every line of a message; a reply ends the reading."""
    host = "127.0.0.1"

    def __enter__(self) -> Self:
        fake = self
        self._stopped = threading.Event()

        class Request(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):
                    fake._serve(self)

        self._server = socketserver.ThreadingTCPServer((self.host, 0), Request)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self, request: socketserver.StreamRequestHandler) -> None:
        self._say(request, "CONNECT", GREETING)
        while line := request.rfile.readline():
            command = line.decode().rstrip("\r\n")
            self.commands.append(command)
            if command.upper() == "DATA":
                reply = self._say(request, "DATA", "354 go ahead")
                if reply.startswith("354"):
                    self._message(request)
            else:
                usual = {"EHLO": EHLO, "QUIT": "221 bye", "AUTH": "235 welcome", "": self.to_empty_line}.get(
                    command[:4].upper()
                )
                self._say(request, command, usual or "250 fine")

    def _message(self, request: socketserver.StreamRequestHandler) -> None:
        content = bytearray()
        while (line := request.rfile.readline()) != b".\r\n":
            if not line:
                raise ConnectionError
            content += line
            if self.on_data and (early := self.on_data(line)) is not None:
                request.wfile.write(early.encode() + b"\r\n")
                raise ConnectionError
        self.messages.append(bytes(content))
        self._say(request, ".", "250 taken")

    def _say(self, request: socketserver.StreamRequestHandler, command: str, usual: str) -> str:
        known = [key for key in self.replies if command.upper().startswith(key)]
        reply = self.replies[max(known, key=len)] if known else usual
        if reply is None:
            self._stopped.wait()
        if not reply:
            raise ConnectionError
        request.wfile.write(reply.encode() + b"\r\n")
        return reply

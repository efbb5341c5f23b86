"""The mail server of the made-up shop: a few lines of SMTP inside this process.

Replies of the demo end here and nowhere else. There is not even a port: the connection of the adapter is one end
of a pair of sockets, and any process without this server finds that its name does not exist.
"""

import email
import email.policy
import socket
import threading
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from inbox.clock import utc_now
from inbox.demo.arrivals import Arrival, Arrivals

HOST = "mail.alpe.example"
PORT = 25
REFUSED = "552 5.2.2 The mailbox of this recipient is full"
SECONDS = 30.0


class PostOffice:
    """Takes every mail, except what `trouble` says: {address: "refused" | "silent"}."""

    def __init__(self, arrivals: Arrivals, trouble: Mapping[str, str]) -> None:
        self._arrivals = arrivals
        self._trouble = trouble

    def connect(self, timeout: float) -> socket.socket:
        """The client's end of a new connection."""
        ours, theirs = socket.socketpair()
        theirs.settimeout(timeout)
        ours.settimeout(SECONDS)
        threading.Thread(target=self._converse, args=(ours,), name="demo-mail", daemon=True).start()
        return theirs

    def _converse(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                self._session(connection, lines)
            except OSError:
                return  # the client has gone

    def _session(self, connection: socket.socket, lines: Any) -> None:
        def say(text: str) -> None:
            connection.sendall(text.encode() + b"\r\n")

        silent = False
        say(f"220 {HOST} takes everything")
        for line in lines:
            command = line.strip().upper()
            if command.startswith(b"EHLO"):
                say(f"250-{HOST}\r\n250-8BITMIME\r\n250 SMTPUTF8")
            elif command.startswith(b"RCPT"):
                kind = self._kind(line)
                silent = silent or kind == "silent"
                say(REFUSED if kind == "refused" else "250 2.1.5 Ok")
            elif command == b"DATA":
                say("354 Go on")
                content = bytearray()
                while (part := lines.readline()) not in (b".\r\n", b""):
                    content += part.removeprefix(b".")
                if silent:
                    return  # accepted or not? nobody will ever know
                self._arrivals.add(arrival(bytes(content)))
                say("250 2.0.0 Kept on this machine, sent to nobody")
            elif command == b"QUIT":
                say("221 2.0.0 Bye")
                return
            else:
                say("250 2.0.0 Ok")

    def _kind(self, line: bytes) -> str:
        address = line.decode("utf-8", "replace").partition("<")[2].partition(">")[0].lower()
        return self._trouble.get(address, "")


def arrival(content: bytes) -> Arrival:
    """A mail of ours as its reader sees it."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101  what the policy makes, for the type checker
    body = mail.get_body(("plain",))
    return Arrival(
        where="Mail",
        to=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        text="" if body is None else str(body.get_content()).strip(),
        files=tuple(part.get_filename() or "file" for part in mail.iter_attachments()),
        at=utc_now(),
        answers=str(mail["Message-ID"] or ""),
    )

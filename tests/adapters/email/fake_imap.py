"""An IMAP server that misbehaves on request, for what a good one cannot be made to do."""

import contextlib
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

Handler = Callable[["Session", str, str], bool]
"""Gets a session, the tag and the command; True when it has answered itself."""


@dataclass
class FakeImap:
    """Serves `mails` by UID in one folder. `hook` sees every command first; `commands` keeps them all."""

    mails: dict[int, bytes] = field(default_factory=dict)
    hook: Handler = lambda _session, _tag, _command: False
    capabilities: str = "IMAP4rev1 IDLE"
    greeting: bytes = b"* OK ready\r\n"
    uidvalidity: int = 7
    commands: list[str] = field(default_factory=list)
    host = "127.0.0.1"

    def __enter__(self) -> Self:
        fake = self

        class Request(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError, BrokenPipeError):
                    Session(fake, self).run()

        self._server = socketserver.ThreadingTCPServer((self.host, 0), Request)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def uids(self, sequence: str) -> list[int]:
        """UIDs of a sequence set, with IMAP's reading of n:* (at least the last one)."""
        top = max(self.mails, default=0)
        found: set[int] = set()
        for part in sequence.split(","):
            low, _, high = part.partition(":")
            ends = sorted(
                (top if low == "*" else int(low), top if (high or low) == "*" else int(high or low))
            )
            found.update(uid for uid in self.mails if ends[0] <= uid <= ends[1])
        return sorted(found)


class Session:
    """One connection."""

    def __init__(self, fake: FakeImap, request: socketserver.StreamRequestHandler) -> None:
        self.fake = fake
        self.request = request

    def say(self, data: bytes | str) -> None:
        """Send a line, or bytes as they are."""
        self.request.wfile.write(data.encode() + b"\r\n" if isinstance(data, str) else data)

    def drip(self, data: bytes, seconds: float) -> None:
        """Send byte by byte."""
        for byte in data:
            self.say(bytes([byte]))
            time.sleep(seconds)

    def hang_up(self) -> None:
        """Break off."""
        raise ConnectionError

    def run(self) -> None:
        """Answer until the client leaves."""
        self.say(self.fake.greeting)
        for line in self._lines():
            tag, _, command = line.partition(" ")
            self.fake.commands.append(command)
            if not self.fake.hook(self, tag, command):
                self.answer(tag, command)
            if command.upper() == "LOGOUT":
                return

    def _lines(self) -> Iterator[str]:
        while line := self.request.rfile.readline():
            yield line.decode().rstrip("\r\n")

    def answer(self, tag: str, command: str) -> None:
        """What a good server says."""
        verb = command.upper()
        if verb == "CAPABILITY":
            self.say(f"* CAPABILITY {self.fake.capabilities}")
        elif verb.startswith("LIST"):
            self.say('* LIST (\\HasNoChildren) "/" INBOX')
        elif verb.startswith("EXAMINE"):
            self.say(f"* {len(self.fake.mails)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {self.fake.uidvalidity}] fine")
            self.say(f"* OK [UIDNEXT {max(self.fake.mails, default=0) + 1}] fine")
        elif match := re.match(r"UID SEARCH (?:UID )?(\S+)", verb):
            sequence = "1:*" if match[1] == "ALL" else match[1]
            self.say(" ".join(["* SEARCH", *map(str, self.fake.uids(sequence))]))
        elif match := re.match(r"UID FETCH (\S+) \((.*)\)", verb):
            for uid in self.fake.uids(match[1]):
                self.fetch(uid, match[2])
        elif verb == "IDLE":
            self.say("+ idling")
            self.request.rfile.readline()
        elif verb == "LOGOUT":
            self.say("* BYE")
        self.say(f"{tag} OK done")

    def fetch(self, uid: int, items: str) -> None:
        """The answer to UID FETCH for one mail."""
        body = self.fake.mails[uid]
        if "RFC822.SIZE" in items:
            self.say(
                f'* {uid} FETCH (UID {uid} RFC822.SIZE {len(body)} INTERNALDATE "22-Nov-2026 10:00:00 +0000")'
            )
        elif "HEADER]" in items:
            head = body.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            self.say(f"* {uid} FETCH (UID {uid} BODY[HEADER] {{{len(head)}}}\r\n".encode() + head + b")\r\n")
        else:
            self.say(f"* {uid} FETCH (UID {uid} BODY[] {{{len(body)}}}\r\n".encode() + body + b")\r\n")

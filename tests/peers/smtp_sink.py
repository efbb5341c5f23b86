"""An SMTP server that takes mail or fails in a scripted way at any stage, and keeps what it took."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.peers.loop import LoopThread
from tests.peers.process import free_port, wait_until

_MESSAGE_ID = re.compile(rb"(?im)^message-id:[^\r\n]*(\r\n[ \t][^\r\n]*)*")

Stage = Literal["connect", "mail", "data", "dot"]


@dataclass(frozen=True)
class Receipt:
    """One mail whose final dot arrived, whatever the client was then told."""

    sender: str
    recipients: list[str]
    raw: bytes
    at: float
    """Seconds of the monotonic clock."""


@dataclass
class Script:
    """What the server answers; the defaults take everything."""

    replies: dict[Stage, str] = field(default_factory=dict)
    """Full reply lines ("451 4.3.0 try later") by stage; "dot" is the answer to the message itself."""
    recipients: dict[str, str] = field(default_factory=dict)
    """Reply lines to RCPT by address; addresses that are not here are accepted."""
    after_dot: Literal["answer", "silence", "close"] = "answer"
    """Having taken the message: answer, never say a word, or drop the connection without a word."""
    rewrite_message_id: bool = False
    """Keep the mail under a Message-ID of the server's own, as some relays do, and name it in the reply."""
    login: tuple[str, str] | None = None
    """User and password without which nothing is taken; any other pair gets 535."""
    size: int | None = None
    """Largest message in bytes, announced and enforced with 552."""


class SmtpSink:
    """The server, in a thread of its own. `script` may be replaced at any time, also between two mails."""

    host = "127.0.0.1"

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.port = free_port()
        self.receipts: list[Receipt] = []
        self.connections = 0
        """How many clients came, ever."""
        self._thread: LoopThread | None = None
        self._server: asyncio.Server | None = None
        self._open: set[_Server] = set()

    def start(self) -> Self:
        """Start, and return when the server answers."""
        self._thread = LoopThread("smtp-sink")
        self._thread.do(self._listen())
        return self

    def stop(self) -> None:
        """Stop, and cut off whoever still waits."""
        if self._thread is not None:
            self._thread.do(self._close())
            self._thread.close()
            self._thread = None

    def wait(self, count: int = 1, seconds: float = 10) -> list[Receipt]:
        """The receipts, once there are `count` of them."""
        wait_until(lambda: len(self.receipts) >= count, seconds, f"{count} mails at the sink")
        return self.receipts

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Server(self, loop), self.host, self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            if connection.transport is not None:
                connection.transport.abort()


class _Server(SMTP):
    """aiosmtpd with the stages that its handlers cannot reach; one per connection."""

    def __init__(self, sink: SmtpSink, loop: asyncio.AbstractEventLoop) -> None:
        self._sink = sink
        script = sink.script
        options: dict[str, Any] = {}
        if script.login is not None:
            options = {
                "authenticator": self._check_login,
                "auth_required": True,
                "auth_require_tls": False,
            }
        super().__init__(
            _Handler(sink), hostname="sink.example.test", data_size_limit=script.size, loop=loop, **options
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sink.connections += 1
        self._sink._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sink._open.discard(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        refusal = self._sink.script.replies.get("connect")
        if refusal:
            await self.push(refusal)
            self.transport.close()
        else:
            await super()._handle_client()

    def _check_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        user, password = self._sink.script.login or ("", "")
        good = (
            isinstance(data, LoginPassword)
            and data.login == user.encode()
            and data.password == password.encode()
        )
        return AuthResult(success=good, handled=False)

    async def smtp_DATA(self, arg: str) -> None:
        refusal = self._sink.script.replies.get("data")
        if refusal:
            await self.push(refusal)
        else:
            await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._sink.script.replies.get("mail")
        if refusal:
            return refusal
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._sink.script.recipients.get(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        script = self._sink.script
        if "dot" in script.replies:
            return script.replies["dot"]
        raw = bytes(envelope.original_content or b"")
        reply = "250 2.0.0 OK"
        if script.rewrite_message_id:
            own = f"<{len(self._sink.receipts) + 1:04d}@relay.example.test>"
            raw = _MESSAGE_ID.sub(b"Message-ID: " + own.encode(), raw, count=1)
            reply = f"250 2.0.0 OK {own}"
        self._sink.receipts.append(
            Receipt(envelope.mail_from or "", list(envelope.rcpt_tos), raw, time.monotonic())
        )
        if script.after_dot == "close":
            server.transport.abort()
        if script.after_dot != "answer":
            await asyncio.Event().wait()  # until the connection goes, which cancels this
        return reply

"""The contract's `Io` over the real network."""

import socket
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import JsonValue

from inbox.clock import Clock, utc_now
from inbox.contract.adapter import HttpResponse
from inbox.contract.errors import Rejected
from inbox.net.exchange import Call, Link
from inbox.net.guard import Guard

REDIRECTS_MAX = 3
_PORTS = {80, 443}


class NetIo:
    """The contract's `Io` over the real network.

    `on_secrets` stores changed secret fields; `checkpoint` and `stopping` come from the process that runs
    the adapter. Safe to use from several threads at once as far as these callbacks are.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        facts: Mapping[str, JsonValue] | None = None,
        on_secrets: Callable[[Mapping[str, str]], None] = lambda _updates: None,
        checkpoint: Callable[[str], None] = lambda _name: None,
        stopping: Callable[[], bool] = lambda: False,
        clock: Clock = utc_now,
    ) -> None:
        self._guard = guard
        self._facts = dict(facts or {})
        self._on_secrets = on_secrets
        self._checkpoint = checkpoint
        self._stopping = stopping
        self._clock = clock

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        """Findings of the last health check."""
        return self._facts

    def now(self) -> datetime:
        """Current time, UTC."""
        return self._clock()

    def connect(self, host: str, port: int, *, timeout: float) -> socket.socket:
        """A connected TCP socket to an address the guard allows. Raises TryLater or Rejected."""
        return self._guard.connect(host, port, timeout)

    def keep_secrets(self, updates: Mapping[str, str]) -> None:
        """Store changed secret fields of the configuration at once."""
        self._on_secrets(updates)

    def checkpoint(self, name: str) -> None:
        """A named point at which tests may kill the process."""
        self._checkpoint(name)

    def stopping(self) -> bool:
        """True when the process wants to end."""
        return self._stopping()

    def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = 10.0,
        max_bytes: int = 1 << 20,
    ) -> HttpResponse:
        """One HTTP exchange, following up to three redirects of GET and HEAD. `timeout` bounds all of it.

        Raises TryLater when certainly not sent, Uncertain when it may have been and no whole answer came,
        Rejected for a forbidden address or an answer to GET or HEAD beyond `max_bytes`.
        """
        deadline = time.monotonic() + timeout
        call = Call(method.upper(), url, dict(headers or {}), body)
        for _hop in range(REDIRECTS_MAX + 1):
            self._check(call)
            answer = self._exchange(call, deadline, max_bytes)
            location = answer.headers.get("location")
            if not (call.safe and location and answer.status in (301, 302, 303, 307, 308)):
                return answer
            call = call.redirected(location)
        raise Rejected(f"{call.host} was reached by too many redirects.", code="redirect")

    def _check(self, call: Call) -> None:
        """Refuse what no adapter needs: other schemes, credentials in the address, unusual ports outside."""
        if call.parts.scheme not in ("http", "https") or not call.host or call.parts.username is not None:
            raise Rejected("This is no web address that may be asked.", code="bad_url")
        if not self._guard.allow_private and call.port not in _PORTS:
            raise Rejected(f"Port {call.port} of {call.host} may not be asked.", code="port")

    def _exchange(self, call: Call, deadline: float, max_bytes: int) -> HttpResponse:
        link = Link(self._guard, call, deadline)
        try:
            link.open()
            return link.ask(max_bytes)
        finally:
            link.close()

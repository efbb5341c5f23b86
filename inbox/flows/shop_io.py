"""What a shop's adapter gets of the network and of this process: within a deadline, and with a memory."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from socket import socket
from typing import TYPE_CHECKING

from pydantic import JsonValue

from inbox.contract import HttpResponse, Io, TryLater, Uncertain

if TYPE_CHECKING:
    from inbox.commerce.models import ShopRow

LATE = "The shop takes too long to answer."
ANSWER_MAX = 8 << 20
"""Bytes of one answer that a shop may ask for at most."""


@dataclass
class ShopMemory:
    """What this process remembers of one connection, as long as its configuration is `version`."""

    version: str
    notes: dict[str, JsonValue] = field(default_factory=dict)
    locks: dict[str, threading.Lock] = field(default_factory=dict)

    def goes_on(self, row: "ShopRow") -> None:
        """Keep what is remembered although the shop itself has just changed a secret of the configuration."""
        self.version = _version(row)


class ShopMemories:
    """The memory of every connection in this process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._found: dict[int, ShopMemory] = {}
        self._lock = threading.Lock()

    def of(self, row: "ShopRow") -> ShopMemory:
        """The memory of a shop; a new one once its configuration is another."""
        version = _version(row)
        with self._lock:
            memory = self._found.get(row.id)
            if memory is None or memory.version != version:
                memory = self._found[row.id] = ShopMemory(version)
        return memory

    def lock(self, memory: ShopMemory, name: str) -> threading.Lock:
        """The lock of that name, of that connection."""
        with self._lock:
            return memory.locks.setdefault(name, threading.Lock())


class CallIo:
    """The contract's `ShopIo`: the network until `deadline` (`time.monotonic()`), and the connection's memory.

    While reading (not `acting`) nothing is changed at the shop, so that a call without a certain end is one to be
    tried later.
    """

    def __init__(
        self, io: Io, memories: ShopMemories, memory: ShopMemory, *, deadline: float, acting: bool
    ) -> None:
        self._io = io
        self._memories = memories
        self._memory = memory
        self._deadline = deadline
        self._acting = acting
        self.keep_secrets: Callable[[Mapping[str, str]], None] = io.keep_secrets
        self.checkpoint: Callable[[str], None] = io.checkpoint

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        """Findings of the last health check."""
        return self._io.facts

    @property
    def memory(self) -> dict[str, JsonValue]:
        """What is remembered of this connection in this process."""
        return self._memory.notes

    def now(self) -> datetime:
        """Current time, UTC."""
        return self._io.now()

    def stopping(self) -> bool:
        """True when the process wants to end, or the call is over time."""
        return self._io.stopping() or time.monotonic() >= self._deadline

    @contextmanager
    def single(self, name: str) -> Iterator[None]:
        """Held by one thread of this process at a time. Raises TryLater at the deadline."""
        lock = self._memories.lock(self._memory, name)
        if not lock.acquire(timeout=max(0.0, self._deadline - time.monotonic())):
            raise TryLater(LATE, code="deadline")
        try:
            yield
        finally:
            lock.release()

    def connect(self, host: str, port: int, *, timeout: float) -> socket:
        """A connected TCP socket; never later than the deadline. Raises TryLater or Rejected."""
        return self._io.connect(host, port, timeout=self._left(timeout))

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
        """One HTTP exchange, never later than the deadline. Raises TryLater, Rejected, or Uncertain when acting."""
        timeout, max_bytes = self._left(timeout), min(max_bytes, ANSWER_MAX)
        try:
            return self._io.http(
                method, url, headers=headers, body=body, timeout=timeout, max_bytes=max_bytes
            )
        except Uncertain as error:
            if self._acting and method.upper() not in ("GET", "HEAD"):
                raise
            raise TryLater(error.reason, code=error.code) from error

    def _left(self, timeout: float) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TryLater(LATE, code="deadline")
        return min(timeout, left)


def _version(row: "ShopRow") -> str:
    return hashlib.sha256(json.dumps(row.config, sort_keys=True).encode() + row.secrets).hexdigest()

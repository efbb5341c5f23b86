"""The parent's side of parsing: payloads from outside are read by child processes with limits (rule R12).

A payload that crashes its reader, or takes too much time or memory, costs one child and nothing else: the caller
gets Unreadable with a sentence, and the next payload a fresh child.
"""

import contextlib
import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import Any, get_args

from inbox.contract import Item, Raw, Unreadable
from inbox.errors import OnethreadError

REQUEST = struct.Struct(">IQ")
"""Lengths of the JSON header and of the payload that follow."""
ANSWER = struct.Struct(">Q")
"""Length of the JSON that follows."""
ANSWER_MAX = 64 * 1024 * 1024
USES_MAX = 500
"""Payloads after which a child is replaced, so that memory it lost cannot add up."""
IDLE_SECONDS = 20
"""A child without work for so long ends itself: it takes 20 MB, and is back within half a second."""
_START_SECONDS = 20.0
_KINDS: dict[str, type[Item]] = {kind.__name__: kind for kind in get_args(Item)}

logger = logging.getLogger(__name__)


class ParserUnavailable(OnethreadError):
    """Nothing is wrong with the payload: no child could be started, the spool is full, or the channel's
    configuration is not valid. Try again later."""


class _Gone(Exception):
    """The child ended before it answered. `idle` means that it had ended itself and never saw the payload."""

    def __init__(self, *, idle: bool, reason: str = "", code: str = "") -> None:
        super().__init__(reason)
        self.idle = idle
        self.reason = reason
        self.code = code


class ParserPool:
    """Up to `size` children, started when needed. Safe to use from threads and from greenlets.

    `seconds` is the CPU time a payload may take and twice that the time by the clock; `memory_mb` bounds a
    child's memory. Files found in a payload are written to `spool_dir`, and `File.spool` names them: whoever
    takes the items moves or removes them.
    """

    def __init__(self, seconds: float, memory_mb: int, size: int, spool_dir: Path) -> None:
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._spool_dir = spool_dir
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._owner = os.getpid()

    def parse(self, kind: str, config: dict[str, Any], raw: Raw) -> tuple[Item, ...]:
        """Let the adapter of `kind` read `raw`; `config` is the channel's configuration without its secrets.

        Raises Unreadable, or ParserUnavailable when the payload is not to blame.
        """
        ticket = uuid.uuid4().hex
        header = {
            "kind": kind,
            "config": config,
            "headers": raw.headers,
            "meta": raw.meta,
            "spool": str(self._spool_dir / f"parse-{ticket}"),
            "seconds": self._seconds,
        }
        with self._slots:
            try:
                self._spool_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
                answer = self._ask(json.dumps(header).encode(), raw.body)
            except OSError as error:
                raise ParserUnavailable(f"The parser cannot run: {error.strerror or error}.") from error
            except _Gone as gone:
                self._sweep(ticket)
                logger.warning("parse child ended", extra={"kind": kind, "code": gone.code})
                raise Unreadable(gone.reason, code=gone.code) from gone
        return self._items(kind, ticket, answer)

    def close(self) -> None:
        """End all idle children. Those at work end when their answer is in, or with this process."""
        with self._lock:
            children, self._idle = self._idle, []
        for child in children:
            child.close()

    def pids(self) -> list[int]:
        """Process ids of the idle children."""
        with self._lock:
            return [child.pid for child in self._idle]

    def _ask(self, header: bytes, body: bytes) -> dict[str, Any]:
        child = self._take()
        if child is not None:
            try:
                return self._ask_child(child, header, body)
            except _Gone as gone:
                if not gone.idle:
                    raise
        return self._ask_child(_Child(self._memory_mb), header, body)

    def _ask_child(self, child: "_Child", header: bytes, body: bytes) -> dict[str, Any]:
        try:
            answer = child.ask(header, body, wall=2 * self._seconds + (0 if child.uses else _START_SECONDS))
        except BaseException:
            # Also when a greenlet is killed while it waits: a child with half an answer is of no use.
            child.kill()
            raise
        if child.uses >= USES_MAX or answer.get("last"):
            child.close()
        else:
            with self._lock:
                self._idle.append(child)
        return answer

    def _take(self) -> "_Child | None":
        with self._lock:
            if self._owner != os.getpid():
                # A fork: those children belong to the parent, whose sockets we only let go.
                self._idle, self._owner = [], os.getpid()
            while self._idle:
                child = self._idle.pop()
                if child.alive():
                    return child
            return None

    def _items(self, kind: str, ticket: str, answer: dict[str, Any]) -> tuple[Item, ...]:
        if "items" in answer:
            try:
                return tuple(_KINDS[name].model_validate(data) for name, data in answer["items"])
            except ValueError:
                answer = {"failed": "ValidationError", "where": "the items do not follow the contract"}
        self._sweep(ticket)
        if "unreadable" in answer:
            raise Unreadable(answer["unreadable"], code=answer.get("code", ""))
        if "unavailable" in answer:
            raise ParserUnavailable(answer["unavailable"])
        logger.error("adapter failed on a payload", extra={"kind": kind, "where": answer.get("where", "")})
        raise Unreadable(
            f"The message could not be read: the parser failed ({answer.get('failed', '')}).", code="parser"
        )

    def _sweep(self, ticket: str) -> None:
        for left in self._spool_dir.glob(f"parse-{ticket}-*"):
            left.unlink(missing_ok=True)


class _Child:
    """One child process and the socket to it."""

    def __init__(self, memory_mb: int) -> None:
        self.uses = 0
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "inbox.channels.parse_worker",
                    str(memory_mb),
                    str(IDLE_SECONDS),
                ],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._socket = ours

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether the child still runs; one that does not is tidied away."""
        if self._process.poll() is None:
            return True
        self._socket.close()
        return False

    def ask(self, header: bytes, body: bytes, *, wall: float) -> dict[str, Any]:
        """Send a payload, return the answer. Raises _Gone when the child dies or `wall` seconds pass."""
        self._socket.settimeout(wall)
        try:
            self._socket.sendall(REQUEST.pack(len(header), len(body)) + header)
            self._socket.sendall(body)
            (length,) = ANSWER.unpack(self._receive(ANSWER.size))
            if length > ANSWER_MAX:
                raise _Gone(idle=False, reason="The message is too large to be read.", code="size")
            answer = json.loads(self._receive(length))
        except TimeoutError as error:
            raise _Gone(idle=False, reason="The message took too long to read.", code="time") from error
        except (ConnectionError, EOFError) as error:
            raise self._gone() from error
        self.uses += 1
        return dict(answer)

    def _receive(self, length: int) -> bytes:
        pieces: list[bytes] = []
        while length:
            piece = self._socket.recv(min(length, 1 << 20))
            if not piece:
                raise EOFError
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _gone(self) -> _Gone:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        if code == 0:
            return _Gone(idle=True, reason="The parser ended before it was done.", code="crash")
        if code == -signal.SIGXCPU:
            return _Gone(idle=False, reason="The message took too long to read.", code="time")
        return _Gone(idle=False, reason="The message made its parser crash.", code="crash")

    def close(self) -> None:
        """Let the child end by itself."""
        self._socket.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
            return
        self.kill()

    def kill(self) -> None:
        """End the child now."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def _environment() -> dict[str, str]:
    """What a child sees of the environment: where modules are, and no secret."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry),
        "PYTHONDONTWRITEBYTECODE": "1" if sys.dont_write_bytecode else "",
        "PYTHONUTF8": "1",
        "LANG": "C.UTF-8",
    }

"""A TCP proxy with faults: what networks do to a connection, on demand and the same every time.

Client → proxy → server. "Up" is what the client sends, "down" what the server sends.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from tests.peers.loop import LoopThread
from tests.peers.process import free_port

T = TypeVar("T")

Direction = Literal["up", "down"]
_RESET = struct.pack("ii", 1, 0)  # linger for no time: closing sends RST instead of FIN


class FaultProxy:
    """Forwards a loopback port to `upstream`, through the faults that its attributes describe.

    Faults may change at any time and hold for open connections too; `heal` removes them all.
    """

    host = "127.0.0.1"

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self.port = free_port()
        self.latency = 0.0
        """Seconds by which every chunk is late, in either direction."""
        self.bandwidth: float | None = None
        """Bytes per second and direction, or None for no limit."""
        self.blackhole = False
        """Swallow everything and say nothing; connections stay open."""
        self.connections = 0
        """How many clients came, ever."""
        self.passed: dict[Direction, int] = {"up": 0, "down": 0}
        """Bytes forwarded, ever."""
        self._reset_after: dict[Direction, int | None] = {"up": None, "down": None}
        self._thread: LoopThread | None = None
        self._server: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()

    def start(self) -> Self:
        """Listen."""
        self._thread = LoopThread("fault-proxy")
        self.up()
        return self

    def stop(self) -> None:
        """Reset all connections and stop listening, for good."""
        if self._thread is not None:
            self.down()
            self._thread.close()
            self._thread = None

    def up(self) -> None:
        """Listen again after `down`."""
        self._do(self._listen())

    def down(self) -> None:
        """As if the server's machine had lost the process: connections reset, new ones refused."""
        self._do(self._close())

    def drop(self) -> int:
        """Reset all open connections; returns how many there were."""
        return self._do(self._drop())

    def half_close(self) -> None:
        """End the down direction of all open connections; what clients send still goes up."""
        self._do(self._half_close())

    def reset_after(self, count: int, direction: Direction = "up") -> None:
        """Reset each connection made from now on as soon as `count` bytes went through in `direction`."""
        self._reset_after[direction] = count

    def heal(self) -> None:
        """No more faults."""
        self.latency, self.bandwidth, self.blackhole = 0.0, None, False
        self._reset_after = {"up": None, "down": None}

    @property
    def open(self) -> int:
        """How many connections are open."""
        return len(self._pairs)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        if self._thread is None:
            work.close()
            raise RuntimeError("the proxy is not started")
        return self._thread.do(work)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._drop()

    async def _drop(self) -> int:
        pairs = list(self._pairs)
        for pair in pairs:
            pair.reset()
        await asyncio.gather(*(pair.ended.wait() for pair in pairs))
        return len(pairs)

    async def _half_close(self) -> None:
        for pair in self._pairs:
            pair.half_close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            from_server, to_server = await asyncio.open_connection(*self.upstream)
        except OSError:
            _reset(writer)
            return
        pair = _Pair(self, writer, to_server, dict(self._reset_after))
        self._pairs.add(pair)
        try:
            await pair.run(reader, from_server)
        finally:
            self._pairs.discard(pair)
            pair.ended.set()


class _Pair:
    """One client's connection and ours to the server."""

    def __init__(
        self,
        proxy: FaultProxy,
        to_client: asyncio.StreamWriter,
        to_server: asyncio.StreamWriter,
        reset_after: dict[Direction, int | None],
    ) -> None:
        self.proxy = proxy
        self.to_client = to_client
        self.to_server = to_server
        self.left = reset_after
        self.ended = asyncio.Event()
        self.half_closed = False
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, from_client: asyncio.StreamReader, from_server: asyncio.StreamReader) -> None:
        self._tasks = [
            asyncio.create_task(self._pump("up", from_client, self.to_server)),
            asyncio.create_task(self._pump("down", from_server, self.to_client)),
        ]
        try:
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await asyncio.gather(*self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for writer in (self.to_client, self.to_server):
                writer.close()

    def half_close(self) -> None:
        self.half_closed = True
        self.to_client.write_eof()

    def reset(self) -> None:
        for writer in (self.to_client, self.to_server):
            _reset(writer)
        for task in self._tasks:
            task.cancel()

    async def _pump(
        self, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while chunk := await reader.read(self._chunk_size()):
            await asyncio.sleep(self.proxy.latency + self._seconds(len(chunk)))
            if self.proxy.blackhole or (self.half_closed and direction == "down"):
                continue
            left = self.left[direction]
            if left is not None:
                chunk = chunk[:left]
                self.left[direction] = left - len(chunk)
            writer.write(chunk)
            await writer.drain()
            self.proxy.passed[direction] += len(chunk)
            if self.left[direction] == 0:
                self.reset()
        if not self.proxy.blackhole:
            with contextlib.suppress(OSError):
                writer.write_eof()

    def _chunk_size(self) -> int:
        # A twentieth of a second's worth, so that a slow line trickles instead of jumping.
        return max(1, int(self.proxy.bandwidth / 20)) if self.proxy.bandwidth else 65536

    def _seconds(self, count: int) -> float:
        return count / self.proxy.bandwidth if self.proxy.bandwidth else 0.0


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()

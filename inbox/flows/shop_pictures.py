"""Fetching a product's picture for an agent's browser, and keeping it for a while.

A host that is slow or down must not hold up anybody: two fetches at a time, two seconds each, and after a failure a
host is left alone for a while.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from inbox.contract import Rejected, TryLater, Uncertain
from inbox.errors import NotFound
from inbox.threads.sniff import INLINE, media_type

if TYPE_CHECKING:
    from inbox.flows.context import Context

BYTES_MAX = 1 << 20
"""Bytes of one picture."""
KEPT_BYTES = 16 << 20
"""Bytes that a process keeps of all pictures."""
KEPT = 3600.0
"""Seconds that it keeps one."""
SECONDS = 2.0
"""The longest that a fetch may take."""
PAUSE = 30.0
"""Seconds for which a host is left alone after it did not answer."""
AT_ONCE = 2


@dataclass(frozen=True)
class Picture:
    """A raster picture, and what it is by its bytes."""

    media_type: str
    data: bytes


@dataclass
class Pictures:
    """What this process has fetched. Safe to use from several threads."""

    now: Callable[[], float] = time.monotonic
    lines: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))
    _kept: "OrderedDict[str, tuple[float, Picture]]" = field(default_factory=OrderedDict)
    _paused: dict[str, float] = field(default_factory=dict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, url: str) -> Picture | None:
        """A picture that is kept, or None."""
        with self._lock:
            found = self._kept.get(url)
            if found is None or self.now() >= found[0]:
                return None
            self._kept.move_to_end(url)
            return found[1]

    def put(self, url: str, picture: Picture) -> None:
        """Keep a picture; the ones not asked for the longest make room."""
        with self._lock:
            self._drop(url)
            self._kept[url] = (self.now() + KEPT, picture)
            self._bytes += len(picture.data)
            while self._bytes > KEPT_BYTES:
                self._drop(next(iter(self._kept)))

    def paused(self, host: str) -> bool:
        """Whether a host is left alone."""
        with self._lock:
            return self.now() < self._paused.get(host, 0.0)

    def pause(self, host: str) -> None:
        """Leave a host alone for a while."""
        with self._lock:
            now = self.now()
            self._paused = {name: until for name, until in self._paused.items() if until > now}
            self._paused[host] = now + PAUSE

    def _drop(self, url: str) -> None:
        gone = self._kept.pop(url, None)
        if gone is not None:
            self._bytes -= len(gone[1].data)


def fetch(ctx: "Context", url: str) -> Picture:
    """The picture at `url`, through the guard. Raises NotFound when it cannot be had now, or is no raster picture."""
    kept = ctx.pictures.get(url)
    if kept is not None:
        return kept
    host = urlsplit(url).hostname or ""
    if ctx.pictures.paused(host) or not ctx.pictures.lines.acquire(timeout=SECONDS / 2):
        raise NotFound("The picture cannot be fetched now.")
    try:
        picture = _fetched(ctx, url, host)
    finally:
        ctx.pictures.lines.release()
    ctx.pictures.put(url, picture)
    return picture


def _fetched(ctx: "Context", url: str, host: str) -> Picture:
    io = ctx.make_io({}, lambda _updates: None)
    try:
        answer = io.http(
            "GET", url, headers={"Accept": ", ".join(sorted(INLINE))}, timeout=SECONDS, max_bytes=BYTES_MAX
        )
    except (TryLater, Uncertain) as error:
        ctx.pictures.pause(host)
        raise NotFound("The picture cannot be fetched now.") from error
    except Rejected as error:
        raise NotFound("The picture may not be fetched.") from error
    found = media_type(answer.body[:4096], "")
    if answer.status != 200 or found not in INLINE:
        raise NotFound("There is no picture.")
    return Picture(found, answer.body)

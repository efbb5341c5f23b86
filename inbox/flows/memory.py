"""What this process remembers of what networks told about people and places, so as not to ask at every message."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import JsonValue

KEPT = 3600.0
"""Seconds until a channel's memory begins anew: names change seldom, and rights may."""
SIZE_MAX = 5000
"""Notes after which a channel's memory begins anew."""
PAUSE = 30.0
"""Seconds in which a network is not asked again after it did not answer."""


@dataclass
class Memory:
    """What is remembered for one channel, and until when its network is left alone."""

    until: float
    notes: dict[str, JsonValue] = field(default_factory=dict)
    paused_until: float = 0.0


class Memories:
    """The memory of every channel. Safe to use from several threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._found: dict[int, Memory] = {}
        self._lock = threading.Lock()

    def of(self, channel_id: int) -> dict[str, JsonValue] | None:
        """The notes of a channel, or None while its network is left alone."""
        now = self._now()
        with self._lock:
            memory = self._found.get(channel_id)
            if memory is None or now >= memory.until or len(memory.notes) > SIZE_MAX:
                paused = 0.0 if memory is None else memory.paused_until
                memory = self._found[channel_id] = Memory(now + KEPT, paused_until=paused)
        return None if now < memory.paused_until else memory.notes

    def pause(self, channel_id: int, seconds: float = PAUSE) -> None:
        """Leave the network of a channel alone for a while."""
        with self._lock:
            if channel_id in self._found:
                self._found[channel_id].paused_until = self._now() + seconds

"""Fairness between channels within one process, and no more sends on one than its network takes."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Lanes:
    """How many sends run per channel in this process, so that one slow server does not hold up all others."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._running: Counter[int] = Counter()
        self._choosing = threading.Lock()
        self._in_hand: set[int] = set()
        self._paid_until: dict[int, float] = {}

    @property
    def in_hand(self) -> list[int]:
        """The deliveries that this process works on at this moment."""
        return list(self._in_hand)

    @contextmanager
    def enter(self, claim: Callable[[list[int]], tuple[int, int] | None]) -> Iterator[int | None]:
        """Claim a delivery and count it while the block runs; gives its id, or None when nothing is to do.

        `claim` gets the channels that have all the sends they may have, and returns the ids of delivery and
        channel. One thread chooses at a time: two must not both see the last lane of a channel free.
        """
        with self._choosing:
            claimed = claim([channel_id for channel_id, n in self._running.items() if n >= self._width])
            if claimed is not None:
                self._running[claimed[1]] += 1
                self._in_hand.add(claimed[0])
        if claimed is None:
            yield None
            return
        try:
            yield claimed[0]
        finally:
            with self._choosing:
                self._running[claimed[1]] -= 1
                self._in_hand.discard(claimed[0])

    def turn(self, channel_id: int, rate: float | None, now: float) -> float:
        """Take a turn to send on a channel whose network takes `rate` sends a second: seconds to wait for it.

        What one second allows may go at once. `now` is a monotonic time in seconds. Other processes are not
        counted: a network that gets too much of all of them says so, and is obeyed.
        """
        if not rate:
            return 0.0
        with self._choosing:
            due = max(self._paid_until.get(channel_id, 0.0), now)
            self._paid_until[channel_id] = due + 1 / rate
        return max(0.0, due - now - (max(1.0, rate) - 1) / rate)

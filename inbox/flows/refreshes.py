"""Asking shops beside the answer: each question in a thread of its own, once however many ask for it."""

import threading
import time
from collections.abc import Callable, Iterable

WIDTH = 16
"""Questions at once in one process; further ones wait for the next look."""

Name = tuple[int, int]
"""What a question is about: a customer, and a shop."""


class Refreshes:
    """What this process asks just now. Safe to use from several threads."""

    def __init__(self, width: int = WIDTH) -> None:
        self._free = threading.BoundedSemaphore(width)
        self._running: dict[Name, threading.Event] = {}
        self._lock = threading.Lock()

    def begin(self, name: Name, call: Callable[[], None]) -> bool:
        """Start a call, which catches what may go wrong by itself, unless that question is being asked already.

        False when it is not asked now, because too many others are.
        """
        with self._lock:
            if name in self._running:
                return True
            if not self._free.acquire(blocking=False):
                return False
            done = self._running[name] = threading.Event()
        threading.Thread(target=self._run, args=(name, call, done), name="shop", daemon=True).start()
        return True

    def wait(self, names: Iterable[Name], seconds: float) -> None:
        """Wait until none of these is asked any more, at most that long altogether."""
        deadline = time.monotonic() + seconds
        for name in names:
            with self._lock:
                done = self._running.get(name)
            if done is not None:
                done.wait(max(0.0, deadline - time.monotonic()))

    def is_asking(self, customer_id: int) -> bool:
        """Whether something about a customer is being asked."""
        with self._lock:
            return any(name[0] == customer_id for name in self._running)

    def settle(self, seconds: float) -> None:
        """Wait until nothing is asked at all, at most that long."""
        with self._lock:
            names = list(self._running)
        self.wait(names, seconds)

    def _run(self, name: Name, call: Callable[[], None], done: threading.Event) -> None:
        try:
            call()
        finally:
            with self._lock:
                self._running.pop(name, None)
            self._free.release()
            done.set()

"""Bells: how one part of the product tells another that there is something new.

A ring is the one thing here that may get lost. Every ring follows a commit, and the rows are the truth: who
waits looks at them anyway after the bell's `patience`. A ring that goes missing costs seconds, never work.
"""

import threading

from inbox.settings import Settings

WORK = frozenset({"inbound", "outbound", "shops"})
"""Bells that somebody shall answer; the others ("feed", "channels") are heard by every process."""

NAMES = (*sorted(WORK), "feed", "channels")


class InProcessBell:
    """Wakes threads of this process. No ring is missed between two waits of the same thread."""

    patience = 5.0
    """Seconds after which whoever waits should look for itself."""

    def __init__(self) -> None:
        self._rung: dict[str, int] = {}
        self._changed = threading.Condition()
        self._heard = threading.local()

    def ring(self, name: str) -> None:
        """Wake whoever waits for `name`."""
        self.ring_here(name)

    def ring_here(self, name: str) -> None:
        """Wake the threads of this process that wait for `name`."""
        with self._changed:
            self._rung[name] = self._rung.get(name, 0) + 1
            self._changed.notify_all()

    def wait(self, name: str, seconds: float) -> bool:
        """Wait until `name` is rung, at most `seconds`; True if it was since this thread's last wait."""
        heard: dict[str, int] = self._heard.__dict__
        with self._changed:
            rung = self._changed.wait_for(lambda: self._rung.get(name, 0) > heard.get(name, 0), seconds)
            heard[name] = self._rung.get(name, 0)
        return rung

    def ring_all(self) -> None:
        """Wake everybody: a ring may have been missed, or the process ends."""
        for name in NAMES:
            self.ring_here(name)

    def close(self) -> None:
        """Wake everybody for the last time."""
        self.ring_all()


class DatabaseOnlyBell(InProcessBell):
    """Many processes and no Redis: other processes are not reached, so everyone looks for himself, often."""

    patience = 0.5


def make_bell(settings: Settings) -> InProcessBell:
    """The bell these settings call for. Opens no connection yet."""
    if settings.redis_url:
        from inbox.jobs.redis_bell import RedisBell

        return RedisBell(settings.redis_url)
    return InProcessBell() if settings.embedded else DatabaseOnlyBell()

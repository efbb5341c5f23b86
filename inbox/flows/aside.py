"""Short calls to networks that nobody waits for and nobody misses: "is writing"."""

import threading
from collections.abc import Callable


class Aside:
    """Runs calls in threads of their own, at most `width` at once; further ones are dropped, not queued."""

    def __init__(self, width: int = 8) -> None:
        self._free = threading.BoundedSemaphore(width)

    def __call__(self, call: Callable[[], None]) -> bool:
        """Start a call, which catches what may go wrong by itself; False when it was dropped."""
        if not self._free.acquire(blocking=False):
            return False
        threading.Thread(target=self._run, args=(call,), name="aside", daemon=True).start()
        return True

    def _run(self, call: Callable[[], None]) -> None:
        try:
            call()
        finally:
            self._free.release()

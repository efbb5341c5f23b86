"""How fast strangers may be: buckets of tokens, in the memory of each process.

Everybody may come here without signing in, several times a second, so that counting in the database would cost more
than what is counted. Several processes let through as many times as much; what must not be guessed or sent more
often than a few times (codes, mails) is counted in the database, where it happens.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

KEYS_MAX = 50_000
"""Buckets kept; beyond that the ones longest not used are forgotten, which lets their owners begin anew."""


@dataclass(frozen=True)
class Rate:
    """`burst` at once, and `per_second` after that."""

    burst: float
    per_second: float


ADDRESS = Rate(300, 30)
"""All requests of one network address: an office, or a mobile provider's whole town."""
BEGIN = Rate(60, 1)
"""New sessions of one address."""
FIRST = Rate(40, 0.5)
"""New customers of one address."""
LOOK = Rate(60, 3)
"""Looks at messages and files of one session."""
WRITE = Rate(10, 0.5)
UPLOAD = Rate(10, 0.3)
SIGNAL = Rate(20, 2)
"""What is told beside messages: pages, carts, reading."""
GOODS = Rate(60, 1)
"""Goods of which a shop is asked because the pages of one address tell of them."""
TYPING = Rate(1, 0.4)
PROVE = Rate(5, 0.05)
"""Codes asked for and typed in, by one session."""


class Buckets:
    """Who has how much left. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = KEYS_MAX) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, rate: Rate) -> float:
        """Take one token; 0 when there was one, else the seconds until there is."""
        now = self._clock()
        with self._lock:
            left, then = self._left.pop(key, (rate.burst, now))
            left = min(rate.burst, left + (now - then) * rate.per_second)
            wait = 0.0 if left >= 1 else (1 - left) / rate.per_second
            self._left[key] = (left if wait else left - 1, now)
            while len(self._left) > self._most:
                self._left.popitem(last=False)
        return wait

"""What the demo's customers got outside of the shop's site: nothing leaves this machine, so it is kept to be shown."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime

KEPT = 50


@dataclass(frozen=True)
class Arrival:
    """A mail, or a message in Telegram (`where`), as the customer sees it.

    `answers` is what an answer to a mail refers to, `chat` the chat in Telegram. `number` counts all arrivals.
    """

    where: str
    to: str
    subject: str
    text: str
    files: tuple[str, ...]
    at: datetime
    answers: str = ""
    chat: int = 0
    number: int = 0


class Arrivals:
    """The newest arrivals of this process, from any of its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Arrival] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, arrival: Arrival) -> None:
        """Something arrived."""
        with self._lock:
            self._count += 1
            self._kept.appendleft(replace(arrival, number=self._count))

    def newest(self) -> list[Arrival]:
        """All that is kept, the newest first."""
        with self._lock:
            return list(self._kept)

    def get(self, number: int) -> Arrival | None:
        """One that is still kept."""
        return next((arrival for arrival in self.newest() if arrival.number == number), None)

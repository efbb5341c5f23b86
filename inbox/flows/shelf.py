"""Templates that were fetched a moment ago, so that a composer that opens them asks the provider only now and then."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inbox.contract import Template

FRESH = timedelta(minutes=5)
"""For how long templates are shown without asking again."""
USEFUL = timedelta(hours=1)
"""For how long they are shown when the provider cannot be asked."""
CHANNELS = 200
"""Channels whose templates are kept at most; those used longest ago go first."""


@dataclass
class Shelf:
    """The last known templates of channels, in this process."""

    _kept: OrderedDict[int, tuple[datetime, tuple[Template, ...]]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, channel_id: int, now: datetime, age: timedelta = FRESH) -> tuple[Template, ...] | None:
        """A channel's templates, if they were fetched no longer than `age` ago."""
        with self._lock:
            kept = self._kept.get(channel_id)
            if kept is None or now - kept[0] > age:
                return None
            self._kept.move_to_end(channel_id)
            return kept[1]

    def put(self, channel_id: int, templates: tuple[Template, ...], now: datetime) -> None:
        """Keep what was fetched."""
        with self._lock:
            self._kept[channel_id] = now, templates
            self._kept.move_to_end(channel_id)
            while len(self._kept) > CHANNELS:
                self._kept.popitem(last=False)

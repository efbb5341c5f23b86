"""The one source of wall-clock time for domain time stamps.

Leases and due times are compared by the database's clock instead (see `inbox.db.time`): a worker with
a skewed clock must not steal or lose work.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current time, timezone-aware, in UTC."""
    return datetime.now(UTC)

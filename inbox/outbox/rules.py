"""Decisions about deliveries. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from inbox.outbox.words import DeliveryState

LEASE = 10.0
"""Seconds a claim lasts unless its owner's heartbeat renews it (every HEARTBEAT seconds)."""

HEARTBEAT = 3.0

GIVE_UP_AFTER = 24 * 3600.0
"""Seconds after the first try when a delivery that was always put off becomes failed."""

LOOK_UPS = (3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 192.0)
"""Seconds before each look-up of an uncertain delivery at its network; after the last a person decides."""

ECHO_WITHIN = timedelta(minutes=5)
"""How far a message and its echo may lie apart, when only the text tells that they are the same."""

UNRESOLVED = (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.SENDING)
DEAD = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)

_RANK = {
    DeliveryState.QUEUED: 0,
    DeliveryState.CLAIMED: 0,
    DeliveryState.SENDING: 0,
    DeliveryState.UNCERTAIN: 1,
    DeliveryState.SENT: 2,
    DeliveryState.DELIVERED: 3,
    DeliveryState.READ: 4,
}


def backoff(attempts: int, jitter: float, wish: float | None = None) -> float:
    """Seconds until the next try after `attempts` tries: 2, 4, 8 … up to 10 minutes, ± a quarter.

    `jitter` is a random number in [0, 1). The provider's own `wish` (Retry-After) is never undercut; it is
    believed up to six hours.
    """
    seconds = min(2.0 ** min(attempts, 10), 600.0) * (0.75 + jitter / 2)
    return seconds if wish is None else max(min(wish, 6 * 3600.0) * (1 + jitter / 10), seconds)


def words(text: str) -> str:
    """The words of a text, for telling whether two say the same: how they are spaced does not count."""
    return " ".join(text.split())


def advance(current: DeliveryState, news: DeliveryState) -> DeliveryState:
    """The state after a provider's report. States only move forward, whatever order reports arrive in.

    A failure reported after acceptance (a bounce) wins over sent; over delivered and read it does not: some
    server has the message, and another copy of it failed. Cancelled and failed change only by a person.
    """
    if current in (DeliveryState.CANCELLED, DeliveryState.FAILED):
        return current
    if news is DeliveryState.FAILED:
        return current if current in (DeliveryState.DELIVERED, DeliveryState.READ) else news
    return news if _RANK[news] > _RANK[current] else current


def with_recipient(
    recipients: Sequence[dict[str, Any]], address: str, state: str, error: str | None
) -> list[dict[str, Any]]:
    """The per-recipient outcomes with one of them changed; an unknown address is added."""
    changed = [dict(entry) for entry in recipients]
    for entry in changed:
        if entry["address"].casefold() == address.casefold():
            entry.update(state=state, error=error)
            return changed
    return [*changed, {"role": "to", "address": address, "state": state, "error": error}]


def fails_whole(recipients: Sequence[dict[str, Any]], address: str) -> bool:
    """Whether the failure for `address` is a failure of the delivery: it is the customer's own copy."""
    if not address:
        return True
    role = next((r["role"] for r in recipients if r["address"].casefold() == address.casefold()), None)
    return role == "to" or (role is None and len(recipients) <= 1)

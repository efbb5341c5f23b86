"""Pure decisions about connected shops: when one is left alone, how healthy it is, what may be told of its errors."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

from inbox.commerce.words import ShopState

Tone = Literal["ok", "warn", "bad", ""]

FAILURES_MAX = 5
"""Calls that fail one after another until the shop is left alone."""
CLOSED = 30.0
"""Seconds for which a failing shop is left alone; then one call tries whether it is back."""
WISH_MAX = 120.0
"""The longest that a shop's own wish to be left alone ("Retry-After") is followed, in seconds."""
_SECRET_MIN = 4
_RECENT = timedelta(hours=1)


def pause(failures: int, wish: float | None) -> float:
    """For how many seconds a shop is left alone after its `failures`-th failure in a row; 0 for not at all."""
    wished = min(max(wish or 0.0, 0.0), WISH_MAX)
    return max(wished, CLOSED) if failures >= FAILURES_MAX else wished


def without(text: str, secrets: Collection[str]) -> str:
    """A sentence about an error, with whatever it gave away of the secrets taken out."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SECRET_MIN:
            text = text.replace(secret, "…")
    return text


def light(
    state: ShopState,
    *,
    error_at: datetime | None,
    worked_at: Collection[datetime | None],
    failing: bool,
    stuck: int,
    now: datetime,
) -> Tone:
    """The colour of a shop's light: bad needs somebody now, warn deserves a look.

    `worked_at` are the last successes of any kind; `failing`: its last call failed; `stuck` counts events that wait
    for a person.
    """
    if state is ShopState.NEEDS_REAUTH:
        return "bad"
    if state is not ShopState.ACTIVE:
        return ""
    successes = [moment for moment in worked_at if moment is not None]
    if error_at is not None:
        if failing and (not successes or max(successes) < error_at):
            return "bad"
        if now - error_at < _RECENT:
            return "warn"
    return "warn" if stuck or failing else "ok"


def hook_url(public_url: str, shop_id: int) -> str:
    """Our address for a shop's events, or "" without an address of our own."""
    base = public_url.rstrip("/")
    return f"{base}/hooks/shop/{shop_id}" if base else ""

"""How new what is shown is, and when it is fetched again. Pure; see docs/shops.md."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.commerce.shapes import FreshView, FreshWord
from inbox.commerce.words import Source
from inbox.shapes import iso_or_null

LIVE = timedelta(seconds=20)
"""So long what was fetched counts as live, and so often an open cart is asked for."""
RECENT = timedelta(minutes=5)
"""So long a pushed cart counts as live, since pushes evidently arrive; older copies are stale."""
BUYER = timedelta(seconds=60)
"""Age of buyers and orders at which they are fetched again."""
CART = timedelta(seconds=15)
LOYALTY = timedelta(minutes=5)
STOCK = timedelta(seconds=30)
PRODUCTS = timedelta(seconds=60)


@dataclass(frozen=True)
class Trouble:
    """Why a shop does not answer, and since when."""

    error: str
    since: datetime | None = None


def fresh(
    at: datetime | None, now: datetime, *, source: Source = Source.FETCH, trouble: Trouble | None = None
) -> FreshView:
    """The label of something that was seen at `at`; None: never. While its shop does not answer nothing is live."""
    return {
        "label": label(at, now, source=source, is_failing=trouble is not None),
        "at": iso_or_null(at),
        "client": source is Source.CLIENT,
        "error": None if trouble is None else trouble.error,
        "failing_since": None if trouble is None else iso_or_null(trouble.since),
    }


def label(at: datetime | None, now: datetime, *, source: Source, is_failing: bool) -> FreshWord:
    """live (a push, or fetched within 20 s), recent (within 5 min), stale, or unavailable where there is nothing."""
    if at is None:
        return "unavailable"
    if is_failing:
        return "stale"
    if now - at < (RECENT if source is Source.PUSH else LIVE):
        return "live"
    return "recent" if now - at < RECENT else "stale"


def is_due(at: datetime | None, now: datetime, lasts: timedelta) -> bool:
    """Whether something is so old that it should be fetched again."""
    return at is None or now - at >= lasts


def is_cart_due(at: datetime | None, pushed_at: datetime | None, now: datetime, *, watched: bool) -> bool:
    """Whether carts are asked for: on opening a thread when they are 15 s old; while somebody has it open every
    20 s, unless the shop told us something within five minutes, for then it will tell of carts too."""
    if not watched:
        return is_due(at, now, CART)
    pushes = pushed_at is not None and now - pushed_at < RECENT
    return not pushes and is_due(at, now, LIVE)

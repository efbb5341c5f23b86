"""Pure decisions about carts, orders and the events that tell of them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from inbox.contract.commerce import Cart, CartState, ShopEvent, Topic

QUIET = timedelta(minutes=10)
"""A thread gets a line about a cart at most once in this time."""
TITLES_MAX = 3
_TITLE = 80
_OPEN = (CartState.ACTIVE, CartState.CHECKOUT)


@dataclass(frozen=True)
class Touched:
    """A thing of the shop that events told of, and the places of these events. `event` is the newest of them."""

    event: ShopEvent
    places: tuple[int, ...]


def coalesce(events: Iterable[tuple[int, ShopEvent]]) -> list[Touched]:
    """What events are about, each thing once, in the order in which it was first told of.

    Events come with the place (the ledger's id) they stand in. Of several about one thing the one that happened last
    counts, whatever the order in which they came.
    """
    found: dict[tuple[Topic, str], list[tuple[int, ShopEvent]]] = {}
    for place, event in events:
        found.setdefault((event.topic, event.id), []).append((place, event))
    return [
        Touched(max(enumerate(group), key=_when)[1][1], tuple(dict.fromkeys(place for place, _ in group)))
        for group in found.values()
    ]


def fingerprint(cart: Cart) -> str:
    """Equal for equal carts: when they were last touched, and what is in stock, makes no other cart."""
    plain = cart.model_dump(mode="json", exclude={"last_activity_at"})
    for line in plain["lines"]:
        line["available"] = line["product"]["available"] = None
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def changed_lines(before: Cart | None, after: Cart) -> list[str]:
    """Ids of the lines that are new or other than before."""
    known = {} if before is None else {line.id: (line.quantity, line.total) for line in before.lines}
    return [line.id for line in after.lines if known.get(line.id) != (line.quantity, line.total)]


def is_open(cart: Cart) -> bool:
    """Whether something may still come of it."""
    return cart.state in _OPEN


def is_worth_a_line(cart: Cart, *, told: bool) -> bool:
    """Whether a thread is told of a cart: that it is empty or was bought only if it was `told` what was in it."""
    return (is_open(cart) and bool(cart.lines)) or (
        told and (is_open(cart) or cart.state is CartState.CONVERTED)
    )


def may_tell(told_at: datetime | None, now: datetime) -> bool:
    """Whether a thread may get another line about a cart."""
    return told_at is None or now - told_at >= QUIET


def line_data(cart: Cart, *, cart_id: int, seq: int, shop_id: int, shop: str) -> dict[str, Any]:
    """What a thread's line about a cart tells, as data that can be said in every language.

    `items` are the first lines with title and quantity, `more` counts the others, `pieces` is the sum of quantities.
    """
    items = [{"title": line.product.title[:_TITLE], "quantity": line.quantity} for line in cart.lines]
    return {
        "cart_id": cart_id,
        "seq": seq,
        "shop_id": shop_id,
        "shop": shop,
        "state": str(cart.state),
        "items": items[:TITLES_MAX],
        "more": max(0, len(items) - TITLES_MAX),
        "pieces": sum(line.quantity for line in cart.lines),
        "total": cart.total.model_dump(mode="json"),
    }


def line_text(data: dict[str, Any]) -> str:
    """The same in English, for whoever knows no more than the text."""
    if data["state"] == CartState.CONVERTED:
        return f"The cart at {data['shop']} became an order"
    if not data["items"]:
        return f"The cart at {data['shop']} is empty"
    goods = ", ".join(f"{item['title']} × {item['quantity']}" for item in data["items"])
    more = f" and {data['more']} more" if data["more"] else ""
    total = data["total"]
    return f"Cart at {data['shop']}: {goods}{more}, {total['amount']} {total['currency']}"


def _when(numbered: tuple[int, tuple[int, ShopEvent]]) -> tuple[float, int]:
    number, (_place, event) = numbered
    return (event.at.timestamp() if event.at is not None else float("-inf"), number)

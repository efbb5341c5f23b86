"""What a shop's page says is in a visitor's cart. Pure: it is a browser's word, so only what to look up is taken of it.

Titles, prices and pictures are the shop's own, asked for by sku; what the page says of them is not believed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inbox.contract.commerce import Cart, CartLine, CartState, Money, Product

LINES_MAX = 20
PIECES_MAX = 999
_SKU = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_TOKEN = re.compile(r"[A-Za-z0-9_.:=/+?&%-]{8,200}")
OWN = "client:"
"""What ids of carts begin with that only a page told of; no shop's own id is made like that by us."""


@dataclass(frozen=True)
class Reported:
    """A cart as the page tells it: the shop's name for itself, the cart's key there, pieces by sku."""

    shop: str
    token: str
    pieces: Mapping[str, int]

    def cart_id(self, session_id: int) -> str:
        """Under which id it is kept: one cart per browser, whatever key its page tells, for a key may be made up."""
        return f"{OWN}{session_id}"


@dataclass(frozen=True)
class Choice:
    """A connected shop that a page may mean."""

    id: int
    name: str
    account: str


def read(told: Mapping[str, Any]) -> Reported | None:
    """What can be looked up of it; None where the page names neither a key nor the goods by sku."""
    lines = told.get("lines", told.get("items"))
    pieces: dict[str, int] = {}
    for line in lines[:LINES_MAX] if isinstance(lines, list) else ():
        sku, count = (line.get("sku"), line.get("quantity", 1)) if isinstance(line, dict) else (None, 0)
        if isinstance(sku, str) and _SKU.fullmatch(sku) and type(count) is int and 0 < count <= PIECES_MAX:
            pieces[sku] = pieces.get(sku, 0) + count
    token = told.get("token")
    key = token if isinstance(token, str) and _TOKEN.fullmatch(token) else ""
    shop = told.get("shop")
    empty = isinstance(lines, list) and not lines
    if not pieces and not key and not empty:
        return None
    return Reported(shop if isinstance(shop, str) else "", key, pieces)


def choose(shops: Iterable[Choice], named: str, host: str) -> int | None:
    """The shop that is meant: the one `named`, else that whose site the page is on, else the only one."""
    known = list(shops)
    if named:
        known = [shop for shop in known if named in (shop.name, shop.account, str(shop.id))]
    elif len(known) > 1:
        known = [shop for shop in known if shop.account.partition(":")[0] == host]
    return known[0].id if len(known) == 1 else None


def cart(reported: Reported, products: Mapping[str, Product], cart_id: str, at: datetime) -> Cart | None:
    """The cart with the shop's own titles and prices; None where the shop knows none of the goods.

    Goods of another currency than the first, and those without a price, are left out.
    """
    lines: list[CartLine] = []
    for sku, count in reported.pieces.items():
        product = products.get(sku)
        if product is None or product.price is None:
            continue
        price = product.price
        if lines and lines[0].unit.currency != price.currency:
            continue
        together = Money(amount=price.amount * count, currency=price.currency)
        lines.append(
            CartLine(
                id=sku,
                product=product,
                quantity=count,
                unit=price,
                total=together,
                available=product.available,
            )
        )
    if not lines:
        return None
    total = lines[0].total
    for line in lines[1:]:
        total = total.plus(line.total)
    return Cart(
        id=cart_id,
        state=CartState.ACTIVE,
        lines=tuple(lines),
        total=total,
        token=reported.token,
        last_activity_at=at,
    )


def emptied(known: Cart, at: datetime) -> Cart:
    """The cart with nothing in it any more."""
    nothing = Money.minor(0, known.total.currency)
    return known.model_copy(
        update={"lines": (), "total": nothing, "subtotal": None, "discount": None, "last_activity_at": at}
    )

"""What the bridge tells, in our words. Amounts are decimal texts."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.shops.common import moment
from adapters.shops.oscar import states
from adapters.shops.oscar.config import OscarConfig
from adapters.shops.phones import normal
from inbox.contract.commerce import (
    Address,
    Buyer,
    Can,
    Cart,
    CartLine,
    CartState,
    Fulfilment,
    Money,
    Order,
    OrderLine,
    OrderState,
    Product,
    Progress,
    Refund,
    StockLevel,
    Tracking,
    Way,
)

Data = Mapping[str, Any]
_CARTS: Mapping[str, CartState] = {
    "Open": CartState.ACTIVE,
    "Saved": CartState.ACTIVE,
    "Frozen": CartState.CHECKOUT,
    "Submitted": CartState.CONVERTED,
}
_ACTS = (Can.REFUND, Can.REFUND_LINES, Can.CANCEL, Can.EDIT_ADDRESS, Can.NOTE)


def money(amount: Any, currency: str) -> Money:
    """An amount; Oscar keeps two places for every currency."""
    exact = Money(amount=Decimal(amount), currency=currency)
    rounded = exact.rounded()
    return rounded if rounded.amount == exact.amount else exact


def _price(data: Data | None) -> Money | None:
    return money(data["amount"], data["currency"]) if data and data["amount"] is not None else None


def buyer(config: OscarConfig, data: Data) -> Buyer:
    """A customer with an account, or a guest."""
    account = not data["guest"] and config.dashboard_url
    return Buyer(
        id=data["id"],
        name=data["name"],
        emails=(data["email"],) if data["email"] else (),
        phones=tuple(dict.fromkeys(normal(text, config.country) or text for text in data["phones"])),
        guest=data["guest"],
        since=moment(data["since"]),
        orders_count=data["orders_count"],
        spent=_price(data["spent"]),
        last_order_at=moment(data["last_order_at"]),
        addresses=tuple(map(address, data["addresses"])),
        admin_url=f"{config.dashboard_url}/users/{data['id']}/" if account else "",
    )


def address(data: Data) -> Address:
    """A postal address."""
    return Address(**{**data, "lines": tuple(data["lines"])})


def product(data: Data) -> Product:
    """Something that is sold, as far as it is told."""
    return Product(
        id=data["id"],
        title=data["title"],
        sku=data["sku"],
        price=_price(data.get("price")),
        image_url=data.get("image_url", ""),
        url=data.get("url", ""),
        available=data.get("available"),
    )


def stock(data: Data) -> tuple[StockLevel, ...]:
    """What each store has."""
    return tuple(
        StockLevel(
            location_id=level["location_id"],
            location=level["location"],
            available=max(0, level["available"]),
            on_hand=level["on_hand"],
        )
        for level in data["stock"]
    )


def cart(data: Data) -> Cart:
    """A basket."""
    currency = data["currency"]
    discount = Decimal(data["discount"])
    lines = tuple(
        CartLine(
            id=line["id"],
            product=product(line["product"]),
            quantity=line["quantity"],
            unit=money(line["unit"], currency),
            total=money(line["total"], currency),
            available=line["product"].get("available"),
        )
        for line in data["lines"]
    )
    return Cart(
        id=data["id"],
        state=_CARTS.get(data["status"], CartState.EXPIRED),
        lines=lines,
        total=money(data["total"], currency),
        subtotal=money(sum((line.total.amount for line in lines), Decimal(0)), currency),
        discount=money(discount, currency) if discount else None,
        coupons=tuple(data["vouchers"]),
        buyer_id=data["buyer_id"],
        email=data["email"],
        token=data["id"],
        last_activity_at=moment(data["at"]),
    )


def order(config: OscarConfig, data: Data) -> Order:
    """An order."""
    currency = data["currency"]
    total = Decimal(data["total"])
    refunded, discount = Decimal(data["money"]["refunded"]), Decimal(data["discount"])
    refused = states.refused(data)
    ship_to = address(data["ship_to"]) if data["ship_to"] else None
    return Order(
        id=data["id"],
        number=data["number"],
        state=states.ORDER.get(data["status"].casefold(), OrderState.UNKNOWN),
        payment=states.payment(data["money"], total),
        raw_state=data["status"],
        placed_at=moment(data["placed_at"]),
        lines=_lines(data),
        total=money(total, currency),
        shipping=money(data["shipping"], currency),
        tax=money(data["tax"], currency) if data["tax"] is not None else None,
        discount=money(discount, currency) if discount else None,
        refunded=money(refunded, currency) if refunded else None,
        coupons=tuple(data["vouchers"]),
        fulfilments=_fulfilments(data),
        refunds=tuple(
            Refund(
                id=one["id"],
                amount=money(one["amount"], currency),
                reason=one["reference"],
                at=moment(one["at"]),
                lines=one["lines"],
            )
            for one in data["refunds"]
        ),
        ship_to=ship_to,
        buyer_id=data["buyer_id"],
        email=data["email"],
        phone=ship_to.phone if ship_to else "",
        tokens=(data["cart_id"],) if data["cart_id"] else (),
        admin_url=f"{config.dashboard_url}/orders/{data['number']}/" if config.dashboard_url else "",
        note=data["note"],
        allowed=frozenset(can for can in _ACTS if can not in refused),
        refused=refused,
        version=data["version"],
    )


def _lines(data: Data) -> tuple[OrderLine, ...]:
    sent = _sent(data)
    back: Counter[str] = Counter()
    for one in data["refunds"]:
        back.update(one["lines"])
    return tuple(
        OrderLine(
            id=line["id"],
            product=product(line["product"]),
            quantity=line["quantity"],
            total=money(line["total"], data["currency"]),
            fulfilled=min(sent[line["id"]], line["quantity"]),
            refundable=max(0, line["quantity"] - back[line["id"]]),
        )
        for line in data["lines"]
    )


def _sent(data: Data) -> Counter[str]:
    """Pieces that left, by line: an event of each kind counts the same pieces again, so the most of a kind counts."""
    kinds: dict[str, Counter[str]] = {}
    for event in data["shipments"]:
        if states.SENT.get(event["type"]) is not Progress.PREPARING:
            kinds.setdefault(event["type"], Counter()).update(event["lines"])
    sent: Counter[str] = Counter()
    for counted in kinds.values():
        sent |= counted
    return sent


def _fulfilments(data: Data) -> tuple[Fulfilment, ...]:
    """The shipping events, and as one more what nobody has sent yet. Oscar has no field for a tracking number: by
    custom it stands in the event's notes, after the carrier."""
    method = data["method"]
    way = Way.PICKUP_STORE if method["pickup"] else Way.SHIP
    store = {"store": method["name"], "store_id": method["code"]} if method["pickup"] else {}
    found = []
    for event in data["shipments"]:
        progress = states.SENT.get(event["type"], Progress.UNKNOWN)
        at = moment(event["at"])
        found.append(
            Fulfilment(
                id=event["id"],
                way=way,
                progress=progress,
                raw_state=event["name"],
                lines=event["lines"],
                tracking=tracking(event["notes"]),
                shipped_at=at if progress is Progress.SHIPPED else None,
                ready_at=at if progress is Progress.READY_FOR_PICKUP else None,
                done_at=at if progress in (Progress.DELIVERED, Progress.PICKED_UP) else None,
                **store,
            )
        )
    sent = _sent(data)
    left = {line["id"]: line["quantity"] - sent[line["id"]] for line in data["lines"]}
    left = {name: quantity for name, quantity in left.items() if quantity > 0}
    if left and states.ORDER.get(data["status"].casefold()) is not OrderState.CANCELLED:
        found.append(Fulfilment(id="left", way=way, progress=Progress.UNFULFILLED, lines=left, **store))
    return tuple(found)


def tracking(notes: str) -> tuple[Tracking, ...]:
    """A parcel's number in a shipping event's notes ("DHL JD014600003 https://…"), if there is one."""
    words = notes.split()
    url = next((word for word in words if word.startswith(("https://", "http://"))), "")
    numbers = [word for word in words if len(word) >= 6 and not word.startswith("http") and _is_code(word)]
    if not numbers and not url:
        return ()
    carrier = words[0] if len(words) > 1 and words[0] not in (*numbers, url) and len(words) <= 3 else ""
    return (Tracking(number=numbers[-1] if numbers else "", url=url, carrier=carrier),)


def _is_code(word: str) -> bool:
    """Whether a word is a number of a parcel rather than a word: in capitals and digits."""
    return word == word.upper() and word.replace("-", "").isalnum() and word.isascii()

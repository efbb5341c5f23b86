"""What a made-up Shopify shop keeps: people, goods, orders."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

CURRENCY = "EUR"
SHIPPING = Decimal("4.90")
PLACE = {
    "id": "gid://shopify/Location/1",
    "name": "Porto",
    "localPickupSettingsV2": {"pickupTime": "ONE_HOUR"},
}
BACK = {"id": "gid://shopify/Location/2", "name": "Store room", "localPickupSettingsV2": None}
_numbers = itertools.count(1000)


def number() -> int:
    """An id that nothing else has."""
    return next(_numbers)


@dataclass
class Person:
    """A customer. `phone` is his own, which nobody else has; another number stands in his address."""

    id: int
    email: str
    phone: str = ""
    address_phone: str = ""
    name: str = "Ana Silva"
    state: str = "ENABLED"
    credit: Decimal = Decimal(0)


@dataclass
class Variant:
    """Something for sale."""

    id: int
    sku: str
    title: str
    price: Decimal
    stock: tuple[int, int] = (50, 20)


@dataclass
class Line:
    """So many of something in an order."""

    id: int
    variant: Variant
    quantity: int


@dataclass
class Sale:
    """An order, with what happened to it since."""

    id: int
    name: str
    person: Person
    lines: list[Line]
    token: str
    at: datetime
    way: str = "SHIPPING"
    changed: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    cancelled: datetime | None = None
    staff_note: str = ""
    note: str | None = None
    address: dict[str, Any] | None = None
    parcels: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    returns: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """With shipping."""
        return sum((line.variant.price * line.quantity for line in self.lines), SHIPPING)

    @property
    def refunded(self) -> Decimal:
        """What was given back."""
        return sum((one["amount"] for one in self.refunds), Decimal(0))

    def touched(self) -> None:
        """It is another order now."""
        self.changed = max(datetime.now(UTC), self.changed + timedelta(seconds=1))

    def sent(self, line: Line) -> int:
        """Pieces on their way."""
        return sum(quantity for parcel in self.parcels for one, quantity in parcel["lines"] if one is line)

    def back(self, line: Line) -> int:
        """Pieces that were refunded."""
        return sum(one["lines"].get(line.id, 0) for one in self.refunds)


def gid(kind: str, of: Any) -> str:
    """The global id of a number, or of something with an id."""
    return f"gid://shopify/{kind}/{getattr(of, 'id', of)}"

"""What was ordered at the made-up shop, read from `orders.toml`."""

import tomllib
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from inbox.contract.commerce import (
    Address,
    Way,
)
from inbox.demo.script import moment
from inbox.demo.shop import goods

CURRENCY = "EUR"


@dataclass(frozen=True)
class Person:
    """Somebody who has ordered. `id` is his number at the shop, `email` how he is known."""

    id: str
    email: str
    name: str
    phone: str
    address: Address
    since: datetime
    points: int | None
    tags: tuple[str, ...]
    guest: bool = False


@dataclass(frozen=True)
class Parcel:
    """What was sent together: pieces by a product's key."""

    number: str
    pieces: dict[str, int]


@dataclass(frozen=True)
class Sold:
    """An order. `goods` is variant and pieces by a product's key; amounts are cents. `paid_back` are pieces whose money
    was given back, `back` those that came back."""

    number: str
    person: Person
    at: datetime
    goods: dict[str, tuple[str, int]]
    step: str
    way: Way = Way.SHIP
    parcels: tuple[Parcel, ...] = ()
    late: bool = False
    back: dict[str, int] = field(default_factory=dict)
    paid_back: dict[str, int] = field(default_factory=dict)
    asked_back: dict[str, int] = field(default_factory=dict)
    drop_off: str = ""
    refunded: int = 0
    refund_reasons: tuple[str, ...] = ()
    off: int = 0
    coupon: str = ""
    note: str = ""
    to: Address | None = None
    tokens: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """What it cost."""
        return sum(price(key) * pieces for key, (_variant, pieces) in self.goods.items()) - self.off

    @property
    def left(self) -> int:
        """What can still be given back."""
        return self.total - self.refunded

    def sent(self, key: str) -> int:
        """Pieces that have left the house."""
        return sum(parcel.pieces.get(key, 0) for parcel in self.parcels)


def price(key: str) -> int:
    """Cents of a product, 0 for one that is not sold any more."""
    product = goods.product(key)
    return product.cents if product else 0


def read(now: datetime) -> tuple[dict[str, Person], dict[str, Sold]]:
    """People by id and orders by number, with times counted back from `now`."""
    data = tomllib.loads((Path(__file__).parent / "orders.toml").read_text(encoding="utf-8"))
    people: dict[str, Person] = {}
    sold: dict[str, Sold] = {}
    for number, entry in enumerate(data["buyer"], start=1001):
        person = _person(str(number), entry, now)
        people[person.id] = person
        for raw in entry["orders"]:
            sold[raw["number"]] = _sold(person, raw, now)
    return people, sold


def _person(number: str, entry: dict[str, Any], now: datetime) -> Person:
    address = Address(
        name=entry["name"], lines=(entry["street"],), city=entry["city"], country=entry["country"]
    )
    return Person(
        number,
        entry["email"],
        entry["name"],
        entry.get("phone", ""),
        address,
        moment(entry["since"], now, now),
        entry.get("points"),
        tuple(entry.get("tags", ())),
    )


def _sold(person: Person, raw: dict[str, Any], now: datetime) -> Sold:
    pieces = {key: count for key, _variant, count in raw["goods"]}
    return Sold(
        number=raw["number"],
        person=person,
        at=moment(raw["at"], now, now),
        goods={key: (variant, count) for key, variant, count in raw["goods"]},
        step=raw["is"],
        way=Way.PICKUP_STORE if raw.get("way") == "store" else Way.SHIP,
        parcels=(Parcel(raw["parcel"], raw.get("sent", pieces)),) if "parcel" in raw else (),
        late=raw.get("late", False),
        back=raw.get("back", {}),
        paid_back=raw.get("back", {}) if "refunded" in raw else {},
        refunded=raw.get("refunded", 0),
        refund_reasons=("Cancelled",) if raw["is"] == "cancelled" else (),
    )


def put(sold: Sold, **changes: Any) -> Sold:
    """The order with something changed."""
    return replace(sold, **changes)

"""Goods on their way: Medusa's fulfilments with their labels, and the stores in which goods are fetched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.shops.common import moment, understood
from adapters.shops.medusa.api import Api, amount
from inbox.contract.commerce import Fulfilment, Progress, Tracking, Way

Data = Mapping[str, Any]
_MEMORY, _FRESH_SECONDS = "places", 600
_FIELDS = (
    "id,name,fulfillment_sets.type,fulfillment_sets.service_zones.id,"
    "fulfillment_sets.service_zones.shipping_options.id"
)


@dataclass(frozen=True)
class Places:
    """Names of stock locations by id, and where goods of a shipping option are fetched: location by option id."""

    names: Mapping[str, str] = field(default_factory=dict)
    fetched: Mapping[str, str] = field(default_factory=dict)

    @property
    def stores(self) -> frozenset[str]:
        """Locations where customers fetch goods."""
        return frozenset(self.fetched.values())


def places(api: Api) -> Places:
    """The shop's locations. They change seldom, so they are kept for ten minutes."""
    now = api.io.now().timestamp()
    with understood():
        known: Any = api.io.memory.get(_MEMORY)
        if known and 0 <= now - known["at"] < _FRESH_SECONDS:
            return Places(known["names"], known["fetched"])
        data = api.list("stock-locations", limit=200, fields=_FIELDS)
        names = {str(one["id"]): str(one["name"] or one["id"]) for one in data["stock_locations"]}
        fetched = {
            str(option["id"]): str(one["id"])
            for one in data["stock_locations"]
            for group in one.get("fulfillment_sets") or ()
            if group["type"] == "pickup"
            for zone in group.get("service_zones") or ()
            for option in zone.get("shipping_options") or ()
        }
        api.io.memory[_MEMORY] = {"at": now, "names": dict(names), "fetched": dict(fetched)}
        return Places(names, fetched)


def fulfilments(order: Data, known: Places) -> tuple[Fulfilment, ...]:
    """An order's parcels, the oldest first, and as one more what nobody has packed yet."""
    parcels = sorted(order["fulfillments"] or (), key=lambda one: str(one["created_at"]))
    found = [_parcel(one, order, known) for one in parcels]
    left = {}
    for line in order["items"] or ():
        rest = int(amount(line["quantity"])) - int(amount(line["detail"].get("fulfilled_quantity") or 0))
        if rest > 0:
            left[str(line["id"])] = rest
    if left and order["status"] != "canceled":
        options = [one.get("shipping_option_id") for one in order["shipping_methods"] or ()]
        way, store = _way(next(filter(None, options), None), known)
        found.append(Fulfilment(id="left", way=way, progress=Progress.UNFULFILLED, lines=left, **store))
    return tuple(found)


def _way(option: str | None, known: Places) -> tuple[Way, dict[str, Any]]:
    place = known.fetched.get(option or "")
    if place is None:
        return Way.SHIP, {}
    return Way.PICKUP_STORE, {"store": known.names.get(place, place), "store_id": place}


def _parcel(data: Data, order: Data, known: Places) -> Fulfilment:
    way, store = _way(data.get("shipping_option_id"), known)
    progress = _progress(data, way)
    pieces = {str(line["id"]): int(amount(line["quantity"])) for line in order["items"] or ()}
    lines: dict[str, int] = {}
    for item in data["items"] or ():
        # A set of goods counts each of its parts here, with as many pieces as it needs of it.
        name = str(item["line_item_id"])
        quantity = max(lines.get(name, 0), int(amount(item["quantity"])))
        lines[name] = min(quantity, pieces.get(name, quantity))
    return Fulfilment(
        id=str(data["id"]),
        way=way,
        progress=progress,
        lines=lines,
        tracking=tuple(
            Tracking(number=label["tracking_number"] or "", url=_link(label["tracking_url"]))
            for label in data.get("labels") or ()
            if label["tracking_number"] or _link(label["tracking_url"])
        ),
        ready_at=moment(data.get("packed_at")) if progress is Progress.READY_FOR_PICKUP else None,
        shipped_at=moment(data.get("shipped_at")),
        done_at=moment(data.get("delivered_at")),
        **store,
    )


def _progress(data: Data, way: Way) -> Progress:
    fetched = way is Way.PICKUP_STORE
    if data["canceled_at"]:
        return Progress.CANCELLED
    if data["delivered_at"]:
        return Progress.PICKED_UP if fetched else Progress.DELIVERED
    if fetched:
        return Progress.READY_FOR_PICKUP
    return Progress.SHIPPED if data["shipped_at"] else Progress.PREPARING


def _link(text: str | None) -> str:
    """An address that can be opened: Medusa keeps "#" for none."""
    return text if text and text.startswith(("https://", "http://")) else ""

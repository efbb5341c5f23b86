"""Goods of a Shopify order on their way, and those that nobody has sent yet. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.shops.common import moment
from adapters.shops.shopify import states
from adapters.shops.shopify.ids import short
from inbox.contract.commerce import Fulfilment, Progress, Tracking, Way

Data = Mapping[str, Any]


def fulfilments(data: Data) -> tuple[Fulfilment, ...]:
    """The parcels as they were made, and what nobody has sent yet."""
    made = sorted(data["fulfillments"], key=lambda parcel: str(parcel["createdAt"]))
    waiting = [
        one
        for one in nodes(data.get("fulfillmentOrders"))
        if one["status"] not in states.OVER
        and any(item["remainingQuantity"] for item in nodes(one["lineItems"]))
    ]
    return (*map(_parcel, made), *map(_waiting, waiting))


def _parcel(data: Data) -> Fulfilment:
    raw = data["displayStatus"] or "FULFILLED"
    progress = states.PARCEL.get(raw, Progress.UNKNOWN)
    method: Data = next(iter(nodes(data["fulfillmentOrders"])), {})
    way = _way(method.get("deliveryMethod"))
    place = (data["location"] or {}) if way in (Way.PICKUP_STORE, Way.IN_STORE) else {}
    changed = moment(data["updatedAt"])
    done = progress in (Progress.DELIVERED, Progress.PICKED_UP)
    return Fulfilment(
        id=short(data["id"]),
        way=way,
        progress=progress,
        raw_state=raw,
        lines=dict(quantities(nodes(data["fulfillmentLineItems"]))),
        tracking=tuple(
            Tracking(number=one["number"] or "", url=one["url"] or "", carrier=one["company"] or "")
            for one in data["trackingInfo"]
        ),
        store=place.get("name") or "",
        store_id=short(place.get("id")),
        eta=moment(data["estimatedDeliveryAt"]),
        ready_at=changed if progress is Progress.READY_FOR_PICKUP else None,
        shipped_at=moment(data["inTransitAt"] or data["createdAt"]) if way is not Way.PICKUP_STORE else None,
        done_at=moment(data["deliveredAt"]) or (changed if done else None),
    )


def _waiting(data: Data) -> Fulfilment:
    way = _way(data["deliveryMethod"])
    place = data["assignedLocation"] if way is Way.PICKUP_STORE else None
    left: Counter[str] = Counter()
    for item in nodes(data["lineItems"]):
        left[short(item["lineItem"]["id"])] += item["remainingQuantity"]
    return Fulfilment(
        id=f"waiting-{short(data['id'])}",
        way=way,
        progress=states.PACKING.get(data["status"], Progress.UNKNOWN),
        raw_state=data["status"],
        lines={name: quantity for name, quantity in left.items() if quantity},
        store=place["name"] if place else "",
        store_id=short((place["location"] or {}).get("id")) if place else "",
        eta=moment((data["deliveryMethod"] or {}).get("maxDeliveryDateTime")),
    )


def _way(method: Data | None) -> Way:
    return states.WAY.get((method or {}).get("methodType", "SHIPPING"), Way.SHIP)


def quantities(items: Iterable[Data]) -> Counter[str]:
    """Pieces by the id of the order's line."""
    counted: Counter[str] = Counter()
    for item in items:
        counted[short(item["lineItem"]["id"])] += item["quantity"] or 0
    return counted


def nodes(connection: Data | None) -> list[Data]:
    """What is in a connection; nothing for one that was not asked for."""
    return list(connection["nodes"]) if connection else []

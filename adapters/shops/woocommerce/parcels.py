"""How the goods of a WooCommerce order reach the customer. WooCommerce itself knows no parcels: they are what the
Shipment Tracking plugins keep in an order's meta data, some of them with the pieces in each. Pure."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.shops.common import moment
from adapters.shops.woocommerce import states
from adapters.shops.woocommerce.texts import text
from inbox.contract.commerce import Fulfilment, Progress, Tracking, Way

Data = Mapping[str, Any]


def _in_parcel(parcel: Data) -> dict[str, int]:
    """Pieces by line, where the plugin keeps them."""
    listed = parcel.get("products_list")
    items = listed if isinstance(listed, list) else []
    return {str(one["item_id"]): int(one["qty"]) for one in items if one.get("item_id")}


def sent(data: Data) -> Counter[str]:
    """Pieces that left, by line."""
    whole = states.REST.get(data["status"]) in (Progress.SHIPPED, Progress.DELIVERED, Progress.PICKED_UP)
    lines = {str(line["id"]): int(line["quantity"]) for line in data["line_items"]}
    if whole:
        return Counter(lines)
    told: Counter[str] = Counter()
    for parcel in states.parcels(data):
        told.update(_in_parcel(parcel))
    return Counter({name: min(told[name], quantity) for name, quantity in lines.items()})


def fulfilments(data: Data) -> tuple[Fulfilment, ...]:
    """The parcels, and as one more what no parcel tells of."""
    found = []
    in_parcels: Counter[str] = Counter()
    for number, parcel in enumerate(states.parcels(data)):
        pieces = _in_parcel(parcel)
        in_parcels.update(pieces)
        found.append(
            Fulfilment(
                id=str(parcel.get("tracking_id") or number),
                way=Way.SHIP,
                progress=Progress.SHIPPED,
                lines=pieces,
                tracking=(_tracking(parcel),),
                shipped_at=_second(parcel.get("date_shipped")),
            )
        )
    progress = states.REST.get(data["status"], Progress.UNFULFILLED)
    lines = {
        str(line["id"]): int(line["quantity"]) - in_parcels[str(line["id"])] for line in data["line_items"]
    }
    rest = {name: quantity for name, quantity in lines.items() if quantity > 0}
    # A parcel that does not say what is in it may hold all of it.
    told = not found or bool(in_parcels)
    if rest and told and data["status"] not in ("cancelled", "refunded", "failed", *states.HIDDEN):
        found.append(_rest(data, rest, progress))
    return tuple(found)


def _rest(data: Data, lines: dict[str, int], progress: Progress) -> Fulfilment:
    way, store = Way.SHIP if data["shipping_lines"] else Way.DIGITAL, ""
    if states.picked_up(data):
        way = Way.PICKUP_STORE
        line = next(one for one in data["shipping_lines"] if one["method_id"] in states.PICKUP)
        store = text(states.meta(line, "pickup_location") or line["method_title"])
    if progress is Progress.SHIPPED and way is not Way.SHIP:
        progress = Progress.PICKED_UP if way is Way.PICKUP_STORE else Progress.DELIVERED
    done = moment(data["date_completed_gmt"])
    return Fulfilment(
        id="rest",
        way=way,
        progress=progress,
        raw_state=str(data["status"]),
        lines=lines,
        store=store,
        shipped_at=done if progress is Progress.SHIPPED else None,
        done_at=done if progress in (Progress.PICKED_UP, Progress.DELIVERED) else None,
    )


def _tracking(parcel: Data) -> Tracking:
    links = (
        parcel.get(name) for name in ("custom_tracking_link", "formatted_tracking_link", "ast_tracking_link")
    )
    url = next(
        (link for link in links if isinstance(link, str) and link.startswith(("https://", "http://"))), ""
    )
    carrier = parcel.get("custom_tracking_provider") or parcel.get("tracking_provider")
    return Tracking(number=text(parcel["tracking_number"]), url=url, carrier=text(carrier))


def _second(value: Any) -> datetime | None:
    """A moment that a plugin keeps as seconds since 1970."""
    digits = str(value or "")
    return datetime.fromtimestamp(int(digits), UTC) if re.fullmatch(r"[0-9]{9,11}", digits) else None

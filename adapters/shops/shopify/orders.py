"""Reading a Shopify shop's orders. A list has each order in brief; one that is too long for that is asked for whole."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue

from adapters.shops.common import moment, understood
from adapters.shops.shopify import documents, read
from adapters.shops.shopify.api import Api
from adapters.shops.shopify.ids import gid, quoted, short
from inbox.contract.commerce import Order, OrderPage, ShopEvent, Sought, Topic

SIXTY_DAYS = "Shopify shows this app the orders of the last 60 days only."
HIDDEN = "Shopify does not let this app see names and addresses."
PACKING = "packing-"
"""Before the id of a fulfilment order: events about those do not name their order."""
_LINE_PAGES = 4


def orders(api: Api, buyer_id: str, limit: int, cursor: str) -> OrderPage:
    """A customer's orders, newest first."""
    name = gid("Customer", buyer_id)
    found: list[Order] = []
    more = bool(name)
    while more and len(found) < limit:
        first = min(limit - len(found), documents.BRIEF_PAGE)
        data = api.ask(documents.ORDERS_OF, id=name, first=first, after=cursor or None, **_shown(api))
        with understood():
            if not data["customer"]:
                return OrderPage()
            page = data["customer"]["orders"]
            found += [read.order(api.config, _whole(api, item)) for item in page["nodes"]]
            more = bool(page["pageInfo"]["hasNextPage"] and page["nodes"])
            cursor = str(page["pageInfo"]["endCursor"] or "") if more else ""
    return OrderPage(orders=tuple(found), cursor=cursor if more else "", note=_note(api))


def order(api: Api, order_id: str) -> Order | None:
    """An order by id, or by that of a fulfilment order of it."""
    data = raw_order(api, order_id)
    with understood():
        return read.order(api.config, data) if data else None


def raw_order(api: Api, order_id: str) -> Any:
    """The shop's own data of an order with all its lines, or None."""
    if order_id.startswith(PACKING):
        packing = gid("FulfillmentOrder", order_id.removeprefix(PACKING))
        data = api.ask(documents.ORDER_OF_PACKING, id=packing) if packing else {"fulfillmentOrder": None}
        with understood():
            order_id = short((data["fulfillmentOrder"] or {}).get("orderId"))
    name = gid("Order", order_id)
    if not name:
        return None
    data = api.ask(documents.ORDER, id=name, **_shown(api))
    with understood():
        if data["order"]:
            _complete(api, data["order"])
        return data["order"]


def _complete(api: Api, order: Any) -> None:
    """Ask for what an order has too much of for one question."""
    name, most = order["id"], documents.WHOLE_PARCELS
    page = order["lineItems"]["pageInfo"]
    for _ in range(_LINE_PAGES):
        if not page["hasNextPage"]:
            break
        rest = api.ask(documents.MORE_LINES, id=name, after=page["endCursor"])["order"]["lineItems"]
        order["lineItems"]["nodes"] += rest["nodes"]
        page = rest["pageInfo"]
    if len(order["fulfillments"]) >= most:
        order.update(api.ask(documents.MORE_PARCELS, id=name)["order"])
    elif _big(order):
        order.update(api.ask(documents.BIG_PARCELS, id=name)["order"])
    if len(order["refunds"]) >= most:
        order.update(api.ask(documents.MORE_REFUNDS, id=name)["order"])
    returns = order.get("returns")
    if returns and returns["pageInfo"]["hasNextPage"]:
        order.update(api.ask(documents.MORE_RETURNS, id=name, returns=True)["order"])


def find_orders(api: Api, text: str) -> tuple[Order, ...]:
    """Orders with exactly this name. Shopify searches by the beginnings of words."""
    wanted = text.strip().removeprefix("#").casefold()
    if not wanted:
        return ()
    data = api.ask(documents.ORDERS_NAMED, q=f"name:{quoted(wanted)}")
    with understood():
        ids = [
            short(item["id"])
            for item in data["orders"]["nodes"]
            if item["name"].removeprefix("#").casefold() == wanted
        ]
    return tuple(filter(None, (order(api, one) for one in ids)))


def changes(api: Api, since: JsonValue) -> tuple[tuple[ShopEvent, ...], dict[str, JsonValue]]:
    """Orders that changed since the last look: Shopify gives up on events that nobody takes for four hours."""
    if not isinstance(since, dict) or not isinstance(since.get("at"), str):
        return (), {"at": api.io.now().isoformat(), "seen": []}
    with understood():
        last = datetime.fromisoformat(str(since["at"])) - timedelta(seconds=1)
        seen = set(map(str, since.get("seen") or ()))  # type: ignore[arg-type] # a list, by our own hand
    data = api.ask(documents.CHANGED, q=f"updated_at:>='{last.strftime('%Y-%m-%dT%H:%M:%SZ')}'")
    with understood():
        found = [(f"{item['id']}@{item['updatedAt']}", item) for item in data["orders"]["nodes"]]
        events = tuple(_event(item) for name, item in found if name not in seen)
        moments = [moment(item["updatedAt"]) for _name, item in found]
        at = max([datetime.fromisoformat(str(since["at"])), *filter(None, moments)])
        return events, {"at": at.isoformat(), "seen": [name for name, _item in found]}


def _event(item: Any) -> ShopEvent:
    customer = item["customer"]
    return ShopEvent(
        topic=Topic.ORDER,
        id=short(item["id"]),
        at=moment(item["updatedAt"]),
        who=Sought(buyer_ids=(short(customer["id"]),) if customer else ()),
    )


def _whole(api: Api, data: Any) -> Any:
    """The order itself where it is longer than its form in a list."""
    connections = (data["lineItems"], data.get("fulfillmentOrders"), data.get("returns"))
    cut = any(one and one["pageInfo"]["hasNextPage"] for one in connections)
    cut = cut or _big(data)
    full = documents.BRIEF_PARCELS in (len(data["fulfillments"]), len(data["refunds"]))
    return (raw_order(api, short(data["id"])) or data) if cut or full else data


def _big(order: Any) -> bool:
    """Whether a parcel has more lines than were asked for."""
    return any(parcel["fulfillmentLineItems"]["pageInfo"]["hasNextPage"] for parcel in order["fulfillments"])


def _shown(api: Api) -> dict[str, bool]:
    """Parts of an order for which an app needs rights of their own."""
    packing = ("read_merchant_managed_fulfillment_orders", "read_assigned_fulfillment_orders")
    return {"fulfilment": any(map(api.may, packing)), "returns": api.may("read_returns")}


def _note(api: Api) -> str:
    notes = [] if api.may("read_all_orders") else [SIXTY_DAYS]
    if api.io.facts.get("personal") is False:
        notes.append(HIDDEN)
    return " ".join(notes)

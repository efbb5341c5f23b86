"""The panel's picture of a customer and the shops, made of what is kept. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from inbox.commerce import matching
from inbox.commerce.cursor import encode
from inbox.commerce.freshness import fresh
from inbox.commerce.models import CartRow, ShopLink
from inbox.commerce.seeking import Wanted
from inbox.commerce.shapes import (
    CartView,
    CommerceView,
    EmptyWord,
    FreshView,
    LinkView,
    OrderView,
    ShopView,
    ViewedView,
)
from inbox.commerce.situation import Copy, Place, Situation
from inbox.commerce.value import value
from inbox.commerce.words import LinkState, Part
from inbox.contract.commerce import Buyer

UNPROVED = "unproved"
"""A warning: nothing that the customer has proved speaks for these orders being his. Screens have the sentence."""


def panel(
    found: Situation,
    now: datetime,
    *,
    can: Mapping[int, Iterable[str]],
    viewed: Sequence[Mapping[str, Any]] = (),
    fetching: bool = False,
) -> CommerceView:
    """Everything about a customer. `can` is what each shop's connection can do, `viewed` where he was on the site."""
    who = found.who
    shops = [_shop(found, place, who, now, sorted(can.get(place.id, ()))) for place in found.shops]
    linked = [link for link in found.links if link.state is LinkState.LINKED]
    buyers = [buyer for link in linked if (buyer := found.buyer(link.shop_id, link.buyer_id)) is not None]
    pages = [page for link in linked if (page := found.page(link.shop_id, link.buyer_id)) is not None]
    return {
        "customer_id": found.customer_id,
        "empty": _empty(found, who, shops),
        "fetching": fetching,
        "value": value(
            buyers, (order for page in pages for order in page.orders), now, has_address=not who.is_empty
        ),
        "shops": shops,
        "viewed": [_viewed(page) for page in viewed],
    }


def is_verified(found: Situation, link: ShopLink, who: Wanted | None = None) -> bool:
    """Whether something that the customer proved, and that his last messages do not call in question, is this
    buyer's. Where it is not, nothing personal goes into an answer by itself."""
    buyer = found.buyer(link.shop_id, link.buyer_id)
    return matching.is_proved(buyer, link.by, link.value, who or found.who)


def order_view(order: Mapping[str, Any], how_new: FreshView, *, about: bool = False) -> OrderView:
    """An order, as the API tells it."""
    return {"order": dict(order), "about": about, "fresh": how_new}


def newest_first(orders: Iterable[OrderView]) -> list[OrderView]:
    """Orders by when they were placed; those without a date last."""
    return sorted(orders, key=lambda view: view["order"].get("placed_at") or "", reverse=True)


def _shop(found: Situation, place: Place, who: Wanted, now: datetime, can: list[str]) -> ShopView:
    shown = found.links_in(place.id, LinkState.LINKED, LinkState.SUGGESTED)
    linked = [link for link in shown if link.state is LinkState.LINKED]
    search = found.search(place.id)
    orders, following = _orders(found, place, linked, now)
    carts = [_cart(row, place, now) for row in found.carts if row.shop_id == place.id]
    proved = {link.id: is_verified(found, link, who) for link in shown}
    points = [
        copy for link in linked if (copy := found.copy(place.id, Part.LOYALTY, link.buyer_id)) is not None
    ]
    pages = [page for link in linked if (page := found.page(place.id, link.buyer_id)) is not None]
    return {
        "id": place.id,
        "name": place.row.name,
        "kind": place.row.kind,
        "can": can,
        "empty": _empty_in(shown, orders, carts, who, is_searched=search is not None),
        "searched": list(who.addresses),
        "choose": _choose(shown, search),
        "warning": UNPROVED if any(not proved[link.id] for link in linked) else None,
        "links": [_link(link, found.buyer(place.id, link.buyer_id), proved[link.id]) for link in shown],
        "carts": carts,
        "orders": orders,
        "orders_next": following,
        "note": " ".join(dict.fromkeys(page.note for page in pages if page.note)),
        "loyalty": points[0].data if points else None,
        "fresh": fresh(None if search is None else search.at, now, trouble=place.trouble),
    }


def _orders(
    found: Situation, place: Place, linked: Iterable[ShopLink], now: datetime
) -> tuple[list[OrderView], str | None]:
    """The newest orders of the linked buyers, those that the request is about in any case; and where it goes on."""
    about = {row.order_id for row in found.about if row.shop_id == place.id}
    buyer_ids = {link.buyer_id for link in linked}
    newest: dict[str, Copy] = {}
    ahead: dict[str, str] = {}
    for buyer_id in sorted(buyer_ids):
        page = found.copy(place.id, Part.ORDERS, buyer_id)
        if page is not None:
            newest |= {order["id"]: Copy(order, page.at) for order in page.data["orders"]}
            if page.data["cursor"]:
                ahead[buyer_id] = page.data["cursor"]
    for key, copy in found.copies.items():
        if key.part is Part.ORDER and key.shop_id == place.id:
            is_ours = key.key in newest or key.key in about or copy.data["buyer_id"] in buyer_ids
            if is_ours and (key.key not in newest or copy.at > newest[key.key].at):
                newest[key.key] = copy
    views = newest_first(
        order_view(copy.data, fresh(copy.at, now, trouble=place.trouble), about=order_id in about)
        for order_id, copy in newest.items()
    )
    return views, encode(ahead)


def _cart(row: CartRow, place: Place, now: datetime) -> CartView:
    return {
        "id": row.id,
        "seq": row.seq,
        "cart": row.data,
        "changed": list(row.changed),
        "fresh": fresh(row.seen_at, now, source=row.source, trouble=place.trouble),
    }


def _link(link: ShopLink, buyer: Buyer | None, verified: bool) -> LinkView:
    return {
        "id": link.id,
        "shop_id": link.shop_id,
        "buyer_id": link.buyer_id,
        "by": link.by.value,
        "value": link.value,
        "state": link.state.value,
        "verified": verified,
        "buyer": None if buyer is None else buyer.model_dump(mode="json"),
    }


def _choose(shown: Collection[ShopLink], search: Any) -> bool:
    """Whether the last search ended with several strong hits, of which nobody has picked one since."""
    undecided = [link for link in shown if link.agent_id is None and link.state is LinkState.SUGGESTED]
    is_open = search is not None and bool(search.data.get("choose"))
    return is_open and len(undecided) > 1 and all(link.state is not LinkState.LINKED for link in shown)


def _empty_in(
    shown: Collection[ShopLink],
    orders: Collection[OrderView],
    carts: Collection[CartView],
    who: Wanted,
    *,
    is_searched: bool,
) -> EmptyWord:
    if orders or not (shown or is_searched or who.is_empty):
        return ""
    if not shown:
        if carts:
            return ""
        return "no_address" if who.is_empty else "no_match"
    if all(link.state is not LinkState.LINKED for link in shown) or not is_searched:
        return ""
    return "no_orders"


def _empty(found: Situation, who: Wanted, shops: Sequence[ShopView]) -> EmptyWord:
    if not found.shops:
        return "" if found.is_erased else "no_shop"
    words = {shop["empty"] for shop in shops}
    if who.is_empty and words == {"no_address"}:
        return "no_address"
    return "no_match" if words == {"no_match"} else ""


def _viewed(page: Mapping[str, Any]) -> ViewedView:
    return {"url": page["url"], "title": page["title"], "at": page["at"]}

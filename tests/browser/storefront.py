"""What the API tells about a customer of two shops, as inbox/commerce/shapes.py says, and a page that gets it."""

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

Json = dict[str, Any]
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5a341c6b0000000049454e44ae426082"
)


def at(**ago: float) -> str:
    """A moment so long ago."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def eur(amount: str, currency: str = "EUR") -> Json:
    """Money."""
    return {"amount": amount, "currency": currency}


def fresh(label: str = "live", **more: Any) -> Json:
    """How new something is."""
    return {
        "label": label,
        "at": at(seconds=12),
        "client": False,
        "error": None,
        "failing_since": None,
        **more,
    }


def product(title: str, price: str, **more: Any) -> Json:
    """A product."""
    base = {
        "id": title.lower().replace(" ", "-"),
        "title": title,
        "variant": "",
        "sku": "",
        "price": eur(price),
        "image_url": "",
        "picture": "",
        "url": "https://shop.example/p/1",
        "available": None,
    }
    return {**base, **more}


def cart(**more: Any) -> Json:
    """A cart with two lines."""
    bowl = product("Walnut bowl", "48.00", variant="Large", picture="/api/v1/shops/1/picture?url=a&proof=b")
    spoon = product("Olive spoon", "9.50")
    lines = [
        {
            "id": "l1",
            "product": bowl,
            "quantity": 2,
            "unit": eur("48.00"),
            "total": eur("96.00"),
            "available": 1,
        },
        {
            "id": "l2",
            "product": spoon,
            "quantity": 1,
            "unit": eur("9.50"),
            "total": eur("9.50"),
            "available": 40,
        },
    ]
    held = {
        "id": "c1",
        "state": "active",
        "lines": lines,
        "total": eur("95.50"),
        "subtotal": eur("105.50"),
        "discount": eur("10.00"),
        "coupons": ["AUTUMN10"],
        "buyer_id": "b1",
        "email": "",
        "phone": "",
        "token": "t",
        "device": "Phone",
        "recovery_url": "",
        "last_activity_at": at(seconds=12),
    }
    return {"id": 7, "seq": 3, "cart": held, "changed": [], "fresh": fresh(), **more}


def order(number: str, **more: Any) -> Json:
    """An order that is paid and sent; `about` and `fresh` may be among what is given."""
    view = {"about": more.pop("about", False), "fresh": more.pop("fresh", fresh("recent"))}
    line = {
        "id": "1",
        "product": product("Walnut bowl", "89.90", sku="WB-1"),
        "quantity": 2,
        "total": eur("179.80"),
        "fulfilled": 2,
        "refundable": 2,
        "returned": 0,
    }
    made = {
        "id": f"o{number}",
        "number": number,
        "state": "completed",
        "payment": "paid",
        "raw_state": "",
        "placed_at": at(days=9),
        "lines": [line],
        "total": eur("184.70"),
        "shipping": eur("4.90"),
        "tax": eur("29.49"),
        "discount": None,
        "refunded": None,
        "coupons": [],
        "fulfilments": [parcel()],
        "refunds": [],
        "returns": [],
        "ship_to": {
            "name": "Anna Moretti",
            "lines": ["Via Roma 1"],
            "city": "Torino",
            "region": "",
            "postcode": "10121",
            "country": "IT",
            "phone": "",
        },
        "sales_channel": "",
        "store": "",
        "buyer_id": "b1",
        "email": "",
        "phone": "",
        "tokens": [],
        "status_url": "",
        "admin_url": "https://shop.example/admin/orders/1",
        "tags": [],
        "note": "",
        "allowed": [],
        "refused": {},
        "version": "1",
    }
    return {"order": {**made, **more}, **view}


def parcel(**more: Any) -> Json:
    """A parcel that is on its way."""
    base = {
        "id": "f1",
        "way": "ship",
        "progress": "shipped",
        "raw_state": "",
        "lines": {"1": 2},
        "tracking": [{"number": "00340", "url": "https://track.example/00340", "carrier": "DHL"}],
        "store": "",
        "store_id": "",
        "eta": None,
        "ready_at": None,
        "until": None,
        "shipped_at": at(days=7),
        "done_at": None,
    }
    return {**base, **more}


def pickup(**more: Any) -> Json:
    """Goods that wait in a store."""
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    base = parcel(
        id="f2",
        way="pickup_store",
        progress="ready_for_pickup",
        tracking=[],
        store="Porto, Rua das Flores 12",
    )
    return {**base, "ready_at": at(days=1), "until": until, "shipped_at": None, **more}


def link(number: int, **more: Any) -> Json:
    """A buyer of the shop beside the customer."""
    buyer = {
        "id": f"b{number}",
        "name": f"Anna Moretti {number}",
        "emails": ["anna@example.org"],
        "phones": [],
        "guest": False,
        "locale": "",
        "since": at(days=400),
        "orders_count": 4,
        "spent": eur("512.30"),
        "last_order_at": at(days=9),
        "segments": [],
        "tags": [],
        "note": "",
        "consents": [{"channel": "email", "state": "subscribed", "at": at(days=400)}],
        "addresses": [],
        "admin_url": "https://shop.example/admin/customers/1",
    }
    base = {"id": number, "shop_id": 1, "buyer_id": f"b{number}", "by": "email", "value": "anna@example.org"}
    return {**base, "state": "linked", "verified": True, "buyer": buyer, **more}


def shop(**more: Any) -> Json:
    """One shop's part."""
    base = {
        "id": 1,
        "name": "Holzladen",
        "kind": "vendure",
        "can": ["cart.read", "order.search", "stock.read"],
        "empty": "",
        "searched": ["anna@example.org"],
        "choose": False,
        "warning": None,
        "links": [link(1)],
        "carts": [cart()],
        "orders": [order("1042"), order("1007", state="pending", payment="pending", fulfilments=[])],
        "orders_next": None,
        "note": "",
        "loyalty": None,
        "fresh": fresh(),
    }
    return {**base, **more}


def view(*shops: Json, **more: Any) -> Json:
    """The whole answer."""
    value = {
        "orders_count": 4,
        "spent": [eur("512.30")],
        "average": [eur("128.08")],
        "since": at(days=400),
        "last_order_at": at(days=9),
        "segments": ["wood lovers"],
        "stage": "repeat",
    }
    viewed = [{"url": "https://shop.example/p/2", "title": "Oak board", "at": at(minutes=4)}]
    base = {
        "customer_id": 0,
        "empty": "",
        "fetching": False,
        "value": value,
        "shops": list(shops),
        "viewed": viewed,
    }
    return {**base, **more}


class Storefront:
    """Answers a page's calls about shops. Set `shown` for what the panel gets, `status` to let it fail."""

    def __init__(self, page: Page, shown: Json) -> None:
        self.shown = shown
        self.status = 200
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        page.route("**/api/v1/customers/*/commerce**", self._answer)
        page.route("**/api/v1/shops/**", self._answer)
        page.route("**/api/v1/threads/*/orders**", self._answer)

    def change(self, path: str, value: Any) -> None:
        """Set something deep inside, by a path like "shops.0.carts.0.seq"."""
        shown: Any = copy.deepcopy(self.shown)
        place = shown
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in way:
            place = place[part]
        place[last] = value
        self.shown = shown

    def _answer(self, route: Route) -> None:
        request = route.request
        address = urlsplit(request.url)
        path = address.path.removeprefix("/api/v1")
        self.asked.append(f"{request.method} {path}" + (f"?{address.query}" if address.query else ""))
        if "/picture" in path:
            route.fulfill(body=PIXEL, content_type="image/png")
            return
        self.bodies.append(request.post_data_json if request.post_data else None)
        if self.status != 200:
            route.fulfill(
                status=self.status, json={"title": "The shop could not be asked", "status": self.status}
            )
            return
        found = next((answer for part, answer in self.answers.items() if part in path), self.shown)
        route.fulfill(body=json.dumps(found), content_type="application/json")

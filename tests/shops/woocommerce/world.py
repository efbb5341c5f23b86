"""A WooCommerce shop in memory, with a shopper's and a clerk's hands. Its webhooks are real requests on loopback."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from adapters.shops.woocommerce import SHOP
from adapters.shops.woocommerce.config import WooCommerceConfig
from inbox.contract import Challenge, HookRequest, HttpResponse
from inbox.contract.commerce.conformance.world import Placed
from tests.shops.hands import Ear, ReachingIo
from tests.shops.woocommerce.hooks import URL
from tests.shops.woocommerce.rest import Rest
from tests.shops.woocommerce.site import KEY, SECRET, Site

HOOK_SECRET = "the secret of webhooks of these tests"
SKUS = ("MUG-BLUE", "MUG-RED")
_HOME = {"address_1": "Rua Velha 1", "city": "Lisboa", "postcode": "1000-001", "country": "PT"}


class WooIo(ReachingIo):
    """Reaches the site inside this process."""

    def __init__(self, rest: Rest, facts: Mapping[str, JsonValue]) -> None:
        super().__init__()
        self._facts = dict(facts)
        self._rest = rest

    def http(self, method: str, url: str, **options: Any) -> HttpResponse:
        return self._rest.answer(method, url, options.get("headers") or {}, options.get("body") or b"")


class WooWorld:
    """The hands."""

    skus = SKUS

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self.site = Site()
        self.rest = Rest(self.site)
        self._goods = {sku: self.site.stock_up(sku, f"Mug {sku}", "10.00")["id"] for sku in SKUS}
        self._baskets: dict[str, dict[str, int]] = {}
        self.config = self._config()
        SHOP.connected(self.config, ear.url, self.io())
        self.pings = ear.take()
        assert all(isinstance(SHOP.verify(self.config, ping), Challenge) for ping in self.pings)

    @staticmethod
    def _config(**changes: str) -> WooCommerceConfig:
        known = {"site_url": URL, "consumer_key": KEY, "consumer_secret": SECRET, "country": "DE"}
        return WooCommerceConfig.model_validate({**known, "hook_secret": HOOK_SECRET, **changes})

    def rotated(self) -> WooCommerceConfig:
        return self._config(hook_secret="another secret of webhooks", hook_secret_old=HOOK_SECRET)

    def locked_out(self) -> WooCommerceConfig:
        return self._config(consumer_secret="cs_of_somebody_else")

    def io(self, facts: Mapping[str, JsonValue] | None = None) -> WooIo:
        return WooIo(self.rest, facts or {})

    def end_sessions(self, io: Any) -> None:
        """There are none: every call carries the key."""

    def buyer(self, email: str, phone: str = "", name: str = "Ana Silva") -> str:
        """Whose number is known has ordered: it is found in orders only, and not in accounts."""
        buyer_id = str(self.site.register(email, name, phone)["id"])
        if phone:
            self.put(buyer_id, SKUS[0], 1)
            self.check_out(buyer_id)
        return buyer_id

    def put(self, buyer_id: str, sku: str, quantity: int) -> str:
        self._baskets.setdefault(buyer_id, {})[sku] = quantity
        return f"session-{buyer_id}"

    def check_out(self, buyer_id: str) -> Placed:
        customer = self.site.customers[int(buyer_id)]
        lines = {self._goods[sku]: count for sku, count in self._baskets.pop(buyer_id).items() if count}
        return _placed(self.site.place(lines, {**customer["billing"], **_HOME}, customer["id"]))

    def guest_order(self, email: str) -> Placed:
        person = {"first_name": "Gil", "last_name": "Gomes", "email": email, **_HOME}
        return _placed(self.site.place({self._goods[SKUS[0]]: 1}, person))

    def ship(self, placed: Placed, lines: Mapping[str, int], number: str) -> None:
        """As the Advanced Shipment Tracking plugin does, with its parcels by line."""
        order = self.site.orders[int(placed.order_id)]
        key = "_wc_shipment_tracking_items"
        kept = next((one for one in order["meta_data"] if one["key"] == key), None)
        if kept is None:
            kept = {"id": self.site.number(), "key": key, "value": []}
            order["meta_data"].append(kept)
        pieces = [{"product": "1", "item_id": name, "qty": str(count)} for name, count in lines.items()]
        parcel = {"tracking_provider": "dhl-de", "tracking_number": number, "date_shipped": "1795000000"}
        kept["value"].append({**parcel, "tracking_id": f"id-{number}", "products_list": pieces})
        self.site.change(order)

    def touch(self, placed: Placed) -> None:
        body = {"amount": "0.50", "reason": "a scratch", "api_refund": True, "line_items": []}
        self.site.refund(self.site.orders[int(placed.order_id)], body)

    def heard(self) -> list[HookRequest]:
        return self._ear.take()

    def stale_event(self) -> None:
        """WooCommerce signs no time."""
        return


def _placed(order: Mapping[str, Any]) -> Placed:
    return Placed(order_id=str(order["id"]), number=order["number"], currency=order["currency"])


@contextlib.contextmanager
def open_world() -> Iterator[WooWorld]:
    """The shop, open until the block ends."""
    with Ear() as ear:
        yield WooWorld(ear)

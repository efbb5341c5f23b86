"""A Medusa shop inside this process, with a shopper's and a clerk's hands."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.shops import signed
from adapters.shops.medusa.config import MedusaConfig
from inbox.contract import HookRequest, HttpResponse
from inbox.contract.commerce.conformance.world import Placed
from tests.shops.hands import ReachingIo
from tests.shops.medusa.admin import Admin
from tests.shops.medusa.store import SKUS, Store

KEY = "sk_of_these_tests"
SECRET = "the secret of the events of these tests"
BASE = "https://medusa.example"


class AdminIo(ReachingIo):
    """Reaches the shop inside this process."""

    def __init__(self, admin: Admin) -> None:
        super().__init__()
        self._admin = admin

    def http(self, method: str, url: str, **options: Any) -> HttpResponse:
        return self._admin.answer(method, url, options.get("headers") or {}, options.get("body"))


class MedusaWorld:
    """The hands."""

    skus = SKUS

    def __init__(self) -> None:
        self._heard: list[HookRequest] = []
        self.store = Store(self._tell)
        self.admin = Admin(self.store, KEY)
        self.config = self.configured()

    def configured(self, **changes: str) -> MedusaConfig:
        values = {"api_base": BASE, "api_key": KEY, "hook_secret": SECRET, "country": "DE", **changes}
        return MedusaConfig.model_validate(values)

    def rotated(self) -> MedusaConfig:
        return self.configured(hook_secret="another secret of events", hook_secret_old=SECRET)

    def locked_out(self) -> MedusaConfig:
        return self.configured(api_key="sk_of_somebody_else")

    def io(self) -> ReachingIo:
        return AdminIo(self.admin)

    def end_sessions(self, io: Any) -> None:
        """There are none: every call carries the key."""

    def buyer(self, email: str, phone: str = "", name: str = "Ana Silva") -> str:
        return self.store.register(email, phone, name)

    def put(self, buyer_id: str, sku: str, quantity: int) -> str:
        return self.store.fill(buyer_id, self.store.customers[buyer_id]["email"], sku, quantity)

    def check_out(self, buyer_id: str) -> Placed:
        [cart] = [
            one
            for one in self.store.carts.values()
            if one["customer_id"] == buyer_id and not one["completed_at"]
        ]
        return _placed(self.store.complete(cart["id"]))

    def guest_order(self, email: str) -> Placed:
        guest = self.store.register(email, "", "Guest", account=False)
        return _placed(self.store.complete(self.store.fill(guest, email, SKUS[0], 1)))

    def ship(self, placed: Placed, lines: Mapping[str, int], number: str) -> None:
        self.store.send(placed.order_id, self.store.pack(placed.order_id, dict(lines)), number)

    def touch(self, placed: Placed) -> None:
        order = self.store.orders[placed.order_id]
        self.store.refund(order["payment_collections"][0]["payments"][0]["id"], 1, "a scratch")

    def heard(self) -> list[HookRequest]:
        found, self._heard = self._heard, []
        return found

    def stale_event(self) -> HookRequest:
        return _event({"topic": "cart", "id": "cart_1"}, time.time() - 86_400)

    def _tell(self, topic: str, name: str) -> None:
        self._heard.append(_event({"topic": topic, "id": name}, time.time()))


def _event(say: dict[str, str], at: float) -> HookRequest:
    body, delivery, stamp = json.dumps(say).encode(), str(uuid.uuid4()), str(int(at))
    headers = {
        "x-shop-timestamp": stamp,
        "x-shop-delivery": delivery,
        "x-shop-signature": signed.sign(SECRET, stamp, delivery, body),
    }
    return HookRequest(method="POST", body=body, headers=headers, args={})


def _placed(order: Mapping[str, Any]) -> Placed:
    return Placed(order_id=order["id"], number=str(order["display_id"]), currency="EUR")


@contextlib.contextmanager
def open_world() -> Iterator[MedusaWorld]:
    """The shop."""
    yield MedusaWorld()

"""A shop that speaks the bridge: the demo's, with a shopper's and a clerk's hands, without a network."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from phonenumbers import PhoneNumberFormat, format_number, parse

from adapters.shops import signed
from adapters.shops.bridge.config import BridgeConfig
from inbox.clock import utc_now
from inbox.contract import HookRequest, HttpResponse
from inbox.contract.commerce.conformance.world import Placed
from inbox.demo.shop import orders
from inbox.demo.shop.bridge import BASE, Bridge
from inbox.demo.shop.ledger import Ledger
from inbox.demo.shop.orders import Parcel
from inbox.demo.shop.teller import Teller
from tests.shops.hands import Ear, ReachingIo

TOKEN = "the token of these tests"
SECRET = "the secret of the events of these tests"
SKUS = ("piccolo-300", "vanoise")


class BridgeIo(ReachingIo):
    """Reaches the demo's shop inside this process."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge

    def http(self, method: str, url: str, **options: Any) -> HttpResponse:
        return self._bridge.answer(method, url, options.get("headers") or {}, options.get("body") or b"")


class BridgeWorld:
    """The hands."""

    skus = SKUS

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._ledger = Ledger("https://alpe.example", utc_now)
        self._bridge = Bridge(self._ledger, TOKEN)
        self._ledger.listen(Teller(ear.url, SECRET).tell)
        self._carts: dict[str, str] = {}
        self.config = BridgeConfig.model_validate({"base_url": BASE, "token": TOKEN, "hook_secret": SECRET})

    def rotated(self) -> BridgeConfig:
        return BridgeConfig.model_validate(
            {
                "base_url": BASE,
                "token": TOKEN,
                "hook_secret": "another secret of events",
                "hook_secret_old": SECRET,
            }
        )

    def locked_out(self) -> BridgeConfig:
        return BridgeConfig.model_validate({"base_url": BASE, "token": "a token of somebody else"})

    def io(self) -> ReachingIo:
        return BridgeIo(self._bridge)

    def end_sessions(self, io: Any) -> None:
        """There are none: every call carries the token."""

    def buyer(self, email: str, phone: str = "", name: str = "Ana Silva") -> str:
        number = format_number(parse(phone, "DE"), PhoneNumberFormat.E164) if phone else ""
        return self._ledger.register(email, number, name).id

    def put(self, buyer_id: str, sku: str, quantity: int) -> str:
        known = self._ledger.basket(self._carts.get(buyer_id, ""))
        pieces = {**(known.pieces if known else {}), sku: quantity}
        basket = self._ledger.fill(known.id if known else "", pieces, person_id=buyer_id)
        self._carts[buyer_id] = basket.id
        return basket.id

    def check_out(self, buyer_id: str) -> Placed:
        sold = self._ledger.buy(self._carts.pop(buyer_id))
        assert sold is not None
        return Placed(order_id=sold.number, number=sold.number, currency=orders.CURRENCY)

    def guest_order(self, email: str) -> Placed:
        guest = self._ledger.register(email, "", "Guest", guest=True)
        self.put(guest.id, SKUS[0], 1)
        return self.check_out(guest.id)

    def ship(self, placed: Placed, lines: Mapping[str, int], number: str) -> None:
        sold = self._ledger.sold[placed.order_id]
        self._ledger.put(orders.put(sold, parcels=(*sold.parcels, Parcel(number, dict(lines)))))

    def touch(self, placed: Placed) -> None:
        sold = self._ledger.sold[placed.order_id]
        self._ledger.put(orders.put(sold, refunded=sold.refunded + 1, refund_reasons=("a scratch",)))

    def heard(self) -> list[HookRequest]:
        return self._ear.take()

    def stale_event(self) -> HookRequest:
        stamp, body = str(int(time.time()) - 86_400), b'{"topic": "cart", "id": "1"}'
        headers = {
            "x-shop-timestamp": stamp,
            "x-shop-delivery": "of-yesterday",
            "x-shop-signature": signed.sign(SECRET, stamp, "of-yesterday", body),
        }
        return HookRequest(method="POST", body=body, headers=headers, args={})


@contextlib.contextmanager
def open_world() -> Iterator[BridgeWorld]:
    """The shop, open until the block ends."""
    with Ear() as ear:
        yield BridgeWorld(ear)

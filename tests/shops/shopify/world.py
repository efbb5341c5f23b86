"""A Shopify shop with a shopper's and a clerk's hands, inside this process."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from phonenumbers import PhoneNumberFormat, format_number, parse

from adapters.shops.shopify import SHOP
from adapters.shops.shopify.config import ShopifyConfig
from inbox.contract import HookRequest, HttpResponse
from inbox.contract.commerce.conformance.world import Placed
from tests.shops.hands import ReachingIo
from tests.shops.shopify import store
from tests.shops.shopify.fake import Shopify
from tests.shops.shopify.state import CLIENT, DOMAIN, SECRET
from tests.shops.shopify.store import Line, Person, Sale

HOOK = "https://desk.example/hooks/shop/1"


class ShopifyIo(ReachingIo):
    """Reaches the made-up shop. `found` are the facts of the last test."""

    def __init__(self, shop: Shopify) -> None:
        super().__init__()
        self._shop = shop
        self.found: dict[str, Any] = {}

    @property
    def facts(self) -> dict[str, Any]:
        return self.found

    def http(self, method: str, url: str, **options: Any) -> HttpResponse:
        return self._shop.answer(method, url, options.get("headers") or {}, options.get("body") or b"")


def config(**changes: str) -> ShopifyConfig:
    """A working configuration, but for the changes."""
    values = {
        "shop_domain": DOMAIN,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "storefront": "alpe.example",
    }
    return ShopifyConfig.model_validate({**values, **changes})


class ShopifyWorld:
    """The hands."""

    def __init__(self) -> None:
        self.shop = Shopify()
        self.skus = (self.shop.variants[0].sku, self.shop.variants[1].sku)
        self.config = config()
        self._carts: dict[str, tuple[str, dict[str, int]]] = {}
        SHOP.connected(self.config, HOOK, self.io())

    def rotated(self) -> ShopifyConfig:
        return config(client_secret="another client secret", client_secret_old=SECRET)

    def locked_out(self) -> ShopifyConfig:
        return config(client_id="a client of somebody else")

    def io(self) -> ShopifyIo:
        return ShopifyIo(self.shop)

    def end_sessions(self, io: Any) -> None:
        self.shop.tokens.clear()

    def buyer(self, email: str, phone: str = "", name: str = "Ana Silva") -> str:
        person = Person(store.number(), email, name=name)
        written = format_number(parse(phone, "DE"), PhoneNumberFormat.E164) if phone else ""
        if any(one.phone == written for one in self.shop.people.values()):
            person.address_phone = written
        else:
            person.phone = written
        self.shop.people[store.gid("Customer", person)] = person
        return str(person.id)

    def put(self, buyer_id: str, sku: str, quantity: int) -> str:
        new = buyer_id not in self._carts
        token, pieces = self._carts.setdefault(buyer_id, (f"cart{store.number()}", {}))
        pieces[sku] = quantity
        body = {"id": token, "token": token, "updated_at": datetime.now(UTC).isoformat(), "line_items": []}
        for line in self._lines(pieces):
            price, whole = line.variant.price, line.variant.price * line.quantity
            sets = {"price_set": self._set(price), "line_price_set": self._set(whole)}
            item = {"key": str(line.id), "variant_id": line.variant.id, "sku": line.variant.sku, **sets}
            body["line_items"].append({**item, "title": line.variant.title, "quantity": line.quantity})  # type: ignore[attr-defined] # a list
        self.shop.tell("CARTS_CREATE" if new else "CARTS_UPDATE", body)
        return token

    def begin_checkout(self, buyer_id: str, **more: Any) -> None:
        """Go to the checkout and enter an e-mail address."""
        token, pieces = self._carts[buyer_id]
        person = self.shop.people[store.gid("Customer", buyer_id)]
        lines = self._lines(pieces)
        whole = str(sum(line.variant.price * line.quantity for line in lines))
        items = [
            {
                "key": str(line.id),
                "title": line.variant.title,
                "variant_id": line.variant.id,
                "sku": line.variant.sku,
            }
            | {"quantity": line.quantity, "price": str(line.variant.price)}
            for line in lines
        ]
        body = {
            "id": store.number(),
            "token": f"checkout-of-{token}",
            "cart_token": token,
            "email": person.email,
        }
        body |= {"customer": {"id": person.id}, "currency": "EUR", "line_items": items, "completed_at": None}
        body |= {"subtotal_price": whole, "total_price": whole, "total_discounts": "0.00", **more}
        self.shop.tell("CHECKOUTS_CREATE", body)

    def check_out(self, buyer_id: str) -> Placed:
        token, pieces = self._carts.pop(buyer_id)
        person = self.shop.people[store.gid("Customer", buyer_id)]
        at = max([datetime.now(UTC), *(sale.at + timedelta(seconds=1) for sale in self.shop.sales.values())])
        sale = Sale(store.number(), "", person, self._lines(pieces), token, at, changed=at)
        sale.name = f"#{sale.id}"
        sale.address = {
            "name": person.name,
            "address1": "Rua Velha 1",
            "city": "Porto",
            "countryCodeV2": "PT",
        }
        self.shop.sales[store.gid("Order", sale)] = sale
        items = [
            {
                "id": line.id,
                "title": line.variant.title,
                "variant_id": line.variant.id,
                "quantity": line.quantity,
            }
            | {"price_set": self._set(line.variant.price)}
            for line in sale.lines
        ]
        body = {"id": sale.id, "name": sale.name, "customer": {"id": person.id}, "cart_token": token}
        body |= {"line_items": items, "total_price_set": self._set(sale.total)}
        self.shop.tell("ORDERS_CREATE", body)
        return Placed(order_id=str(sale.id), number=str(sale.id), currency=store.CURRENCY)

    def guest_order(self, email: str) -> Placed:
        guest = self.buyer(email)
        self.shop.people[store.gid("Customer", guest)].state = "DISABLED"
        self.put(guest, self.skus[0], 1)
        return self.check_out(guest)

    def sale(self, placed: Placed) -> Sale:
        """The shop's own record of an order."""
        return self.shop.sales[store.gid("Order", placed.order_id)]

    def ship(self, placed: Placed, lines: Mapping[str, int], number: str) -> None:
        sale = self.sale(placed)
        known = {str(line.id): line for line in sale.lines}
        packed = [(known[name], quantity) for name, quantity in lines.items()]
        at = datetime.now(UTC)
        sale.parcels.append(
            {"id": store.number(), "number": number, "lines": packed, "at": at, "status": "FULFILLED"}
        )
        self.shop.changed(sale, "FULFILLMENTS_CREATE", {"id": 1, "order_id": sale.id})

    def touch(self, placed: Placed) -> None:
        sale = self.sale(placed)
        little = {"amount": store.SHIPPING / 10, "note": "a scratch", "lines": {}}
        sale.refunds.append({"id": store.number(), "at": datetime.now(UTC), **little})
        self.shop.changed(sale, "ORDERS_UPDATED", {"id": sale.id})

    def heard(self) -> list[HookRequest]:
        found, self.shop.sent = self.shop.sent, []
        return found

    def stale_event(self) -> None:
        """Shopify sends an event for four hours with its first time, and signs none."""

    def _lines(self, pieces: Mapping[str, int]) -> list[Line]:
        goods = {one.sku: one for one in self.shop.variants}
        return [Line(store.number(), goods[sku], quantity) for sku, quantity in pieces.items() if quantity]

    @staticmethod
    def _set(value: Any) -> dict[str, Any]:
        return {"shop_money": {"amount": str(value), "currency_code": store.CURRENCY}}


@contextlib.contextmanager
def open_world() -> Iterator[ShopifyWorld]:
    """The shop, as long as somebody looks at it."""
    yield ShopifyWorld()

"""A real Vendure with a shopper's and a clerk's hands."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.shops import signed
from adapters.shops.vendure.config import VendureConfig
from inbox.contract import HookRequest
from inbox.contract.commerce import ShopIo
from inbox.contract.commerce.conformance.world import Placed
from tests.peers.process import Peer, answers, free_port, ourselves
from tests.shops import install
from tests.shops.hands import Ear, ReachingIo, post

SECRET = "the secret of the events of these tests"
_ADMIN, _ADMIN_PASSWORD, _PASSWORD = "superadmin", "superadmin-of-tests", "the password of a shopper"
_SKUS = ("SOCKS", "BOOT-41")


class Vendure(Peer):
    """The server, from a database that it never writes to. Its events go to `hook_url`."""

    name = "vendure"
    patience = 90.0

    def __init__(self, hook_url: str = "") -> None:
        super().__init__()
        self.account = ourselves()
        self.port = free_port()
        self._hook_url = hook_url

    def command(self) -> list[str]:
        """The shop, as whoever runs the tests: it reads its packages from his checkout."""
        script = install.HERE / "vendure" / "shop.cjs"
        return [install.node() or "node", str(script), "serve", str(install.VENDURE_SEED), str(self.port)]

    def environment(self) -> dict[str, str]:
        """Where the packages are, and where events go."""
        return {**install.vendure_environment(), "HOOK_URL": self._hook_url, "HOOK_SECRET": SECRET}

    def ready(self) -> bool:
        """Whether it serves."""
        return answers(self.port) and b"ready" in self.log.read_bytes()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


class VendureWorld:
    """The hands. Every shopper has a session of his own at the Shop API."""

    skus = _SKUS

    def __init__(self, server: Vendure, ear: Ear) -> None:
        self.server, self.ear = server, ear
        self.config = config(server)
        self._sessions: dict[str, str] = {}
        self._admin = ""

    def rotated(self) -> VendureConfig:
        return config(self.server, hook_secret="a newer secret of the events", hook_secret_old=SECRET)

    def locked_out(self) -> VendureConfig:
        return config(self.server, password="not his password")

    def io(self) -> ShopIo:
        return ReachingIo()

    def end_sessions(self, io: ShopIo) -> None:
        io.memory["token"] = "a session that has ended"

    def buyer(self, email: str, phone: str = "", name: str = "Ana Silva") -> str:
        first, _, last = name.partition(" ")
        person = {"emailAddress": email, "password": _PASSWORD, "firstName": first, "lastName": last}
        self.shop(
            "mutation ($i: RegisterCustomerInput!) { registerCustomerAccount(input: $i) { __typename } }",
            i={**person, "phoneNumber": phone},
        )
        _data, token = self._post(
            "shop-api",
            "mutation ($u: String!, $p: String!) { login(username: $u, password: $p) { __typename } }",
            {"u": email, "p": _PASSWORD},
        )
        buyer_id = str(self.shop("{ activeCustomer { id } }", token)["activeCustomer"]["id"])
        self._sessions[buyer_id] = token
        return buyer_id

    def put(self, buyer_id: str, sku: str, quantity: int) -> str:
        token = self._sessions[buyer_id]
        variant = self.variant(sku)
        order = self.shop("{ activeOrder { id lines { id productVariant { id } } } }", token)["activeOrder"]
        lines = {line["productVariant"]["id"]: line["id"] for line in (order or {}).get("lines", ())}
        if variant in lines:
            done = self.shop(_ADJUST, token, id=lines[variant], n=quantity)["adjustOrderLine"]
        else:
            done = self.shop(_ADD, token, id=variant, n=quantity)["addItemToOrder"]
        return str(done["id"])

    def check_out(self, buyer_id: str) -> Placed:
        return self._check_out(self._sessions[buyer_id])

    def guest_order(self, email: str) -> Placed:
        _data, token = self._post("shop-api", _ADD, {"id": self.variant(_SKUS[0]), "n": 1})
        guest = {"firstName": "Gast", "lastName": "Weber", "emailAddress": email}
        self.shop(
            "mutation ($i: CreateCustomerInput!) { setCustomerForOrder(input: $i) { __typename } }",
            token,
            i=guest,
        )
        return self._check_out(token)

    def _check_out(self, token: str) -> Placed:
        self.shop(_ADDRESS, token)
        methods = self.shop("{ eligibleShippingMethods { id code } }", token)["eligibleShippingMethods"]
        parcel = next(method["id"] for method in methods if method["code"] == "parcel")
        self.shop(
            "mutation ($i: [ID!]!) { setOrderShippingMethod(shippingMethodId: $i) { __typename } }",
            token,
            i=[parcel],
        )
        self.shop('mutation { transitionOrderToState(state: "ArrangingPayment") { __typename } }', token)
        order = self.shop(_PAY, token)["addPaymentToOrder"]
        return Placed(order_id=str(order["id"]), number=order["code"], currency=order["currencyCode"])

    def ship(self, placed: Placed, lines: Mapping[str, int], number: str) -> None:
        arguments = [{"name": "method", "value": "DHL"}, {"name": "trackingCode", "value": number}]
        wanted = {
            "lines": [{"orderLineId": line, "quantity": quantity} for line, quantity in lines.items()],
            "handler": {"code": "manual-fulfillment", "arguments": arguments},
        }
        parcel = self.admin(_SHIP, i=wanted)["addFulfillmentToOrder"]["id"]
        self.admin(
            'mutation ($id: ID!) { transitionFulfillmentToState(id: $id, state: "Shipped") { __typename } }',
            id=parcel,
        )

    def touch(self, placed: Placed) -> None:
        [payment] = self.admin("query ($id: ID!) { order(id: $id) { payments { id } } }", id=placed.order_id)[
            "order"
        ]["payments"]
        wanted = {
            "paymentId": payment["id"],
            "amount": 1,
            "lines": [],
            "shipping": 0,
            "adjustment": 0,
            "reason": "x",
        }
        self.admin("mutation ($i: RefundOrderInput!) { refundOrder(input: $i) { __typename } }", i=wanted)

    def heard(self) -> list[HookRequest]:
        return self.ear.take()

    def stale_event(self) -> HookRequest | None:
        body, delivery, timestamp = (
            b'{"topic": "cart", "id": "1"}',
            "recorded-1",
            str(int(time.time()) - 3 * 86_400),
        )
        headers = {
            "x-shop-delivery": delivery,
            "x-shop-timestamp": timestamp,
            "x-shop-signature": signed.sign(SECRET, timestamp, delivery, body),
        }
        return HookRequest(method="POST", body=body, headers=headers, args={})

    def variant(self, sku: str) -> str:
        """The id of what has this sku."""
        query = "query ($s: String!) { productVariants(options: { filter: { sku: { eq: $s } } }) { items { id } } }"
        return str(self.admin(query, s=sku)["productVariants"]["items"][0]["id"])

    def admin(self, query: str, **variables: Any) -> Any:
        """What the Admin API answers to the shop's own administrator."""
        if not self._admin:
            login = "mutation ($u: String!, $p: String!) { login(username: $u, password: $p) { __typename } }"
            _data, self._admin = self._post("admin-api", login, {"u": _ADMIN, "p": _ADMIN_PASSWORD})
        return self._post("admin-api", query, variables, self._admin)[0]

    def shop(self, query: str, token: str = "", **variables: Any) -> Any:
        """What the Shop API answers to a shopper."""
        return self._post("shop-api", query, variables, token)[0]

    def _post(self, api: str, query: str, variables: dict[str, Any], token: str = "") -> tuple[Any, str]:
        named = {"Authorization": f"Bearer {token}"} if token else {}
        answer, headers = post(f"{self.server.url}/{api}", {"query": query, "variables": variables}, **named)
        assert not answer.get("errors"), answer["errors"]
        for result in answer["data"].values():
            typename = result.get("__typename", "") if isinstance(result, dict) else ""
            assert "Error" not in typename, result
        return answer["data"], headers.get("vendure-auth-token", "")


def config(server: Vendure, **changes: str) -> VendureConfig:
    """A connection to the server."""
    values = {
        "api_base": server.url,
        "username": _ADMIN,
        "password": _ADMIN_PASSWORD,
        "hook_secret": SECRET,
        "country": "DE",
        "pickup_methods": "pickup-at-the-porto-store",
        "product_url": "https://shop.example/products/{slug}",
        "admin_url": "https://shop.example/dashboard",
    }
    return VendureConfig.model_validate({**values, **changes})


_ADD = """mutation ($id: ID!, $n: Int!) { addItemToOrder(productVariantId: $id, quantity: $n) {
  __typename ... on Order { id } ... on ErrorResult { message } } }"""
_ADJUST = """mutation ($id: ID!, $n: Int!) { adjustOrderLine(orderLineId: $id, quantity: $n) {
  __typename ... on Order { id } ... on ErrorResult { message } } }"""
_ADDRESS = """mutation { setOrderShippingAddress(input: { fullName: "Ana Silva", streetLine1: "Lindenweg 1",
  city: "Berlin", postalCode: "10115", countryCode: "DE" }) { __typename } }"""
_PAY = """mutation { addPaymentToOrder(input: { method: "card", metadata: {} }) {
  __typename ... on Order { id code currencyCode } ... on ErrorResult { message } } }"""
_SHIP = """mutation ($i: FulfillOrderInput!) { addFulfillmentToOrder(input: $i) {
  __typename ... on Fulfillment { id } ... on ErrorResult { message } } }"""


@contextlib.contextmanager
def open_world() -> Iterator[VendureWorld]:
    """A started shop and the place where its events arrive."""
    with Ear() as ear, Vendure(ear.url) as server:
        yield VendureWorld(server, ear)

"""A real django-oscar with a shopper's and a clerk's hands."""

import contextlib
import http.cookiejar
import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.shops import signed
from adapters.shops.oscar.config import OscarConfig
from inbox.contract import HookRequest
from inbox.contract.commerce import ShopIo
from inbox.contract.commerce.conformance.world import Placed
from tests.peers.process import Peer, answers, free_port, ourselves
from tests.shops import install
from tests.shops.hands import Ear, ReachingIo, post

SECRET = "the secret of the events of these tests"
TOKEN = "the token of the bridge of these tests"
_PASSWORD = "the password of a shopper"


class Oscar(Peer):
    """The shop, with a copy of its database of its own. Its events go to `hook_url`."""

    name = "oscar"
    patience = 90.0

    def __init__(self, hook_url: str = "") -> None:
        super().__init__()
        self.account = ourselves()
        self.port = free_port()
        self._hook_url = hook_url

    def prepare(self) -> None:
        """The database as it was installed."""
        shutil.copy(install.OSCAR_SEED, self.folder / "shop.sqlite3")

    def command(self) -> list[str]:
        """Django's own server."""
        python = str(install.OSCAR_PYTHON)
        return [python, "-m", "django", "runserver", f"127.0.0.1:{self.port}", "--noreload", "--insecure"]

    def environment(self) -> dict[str, str]:
        """Settings of the shop and its bridge."""
        return {
            **install.oscar_environment(self.folder / "shop.sqlite3"),
            "BRIDGE_TOKEN": TOKEN,
            "HOOK_URL": self._hook_url,
            "HOOK_SECRET": SECRET,
        }

    def ready(self) -> bool:
        """Whether it serves."""
        return answers(self.port)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


class Session:
    """One visitor at the storefront's API, with cookies."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer. Raises AssertionError with its text where it is an error."""
        headers = {"Content-Type": "application/json", "Referer": self._url}
        for cookie in self._jar:
            if cookie.name == "csrftoken":
                headers["X-CSRFToken"] = str(cookie.value)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}{path}", data, headers, method=method)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read()[:800]!r}") from error


class OscarWorld:
    """The hands. Every shopper has a session of his own."""

    skus = ("SOCKS", "BOOT-41")

    def __init__(self, server: Oscar, ear: Ear) -> None:
        self.server, self.ear = server, ear
        self.config = config(server)
        self._sessions: dict[str, Session] = {}

    def rotated(self) -> OscarConfig:
        return config(self.server, hook_secret="a newer secret of the events", hook_secret_old=SECRET)

    def locked_out(self) -> OscarConfig:
        return config(self.server, token="not the token of this bridge")

    def io(self) -> ShopIo:
        return ReachingIo()

    def end_sessions(self, io: ShopIo) -> None:
        """The bridge has no sessions."""

    def buyer(self, email: str, phone: str = "", name: str = "Ana Silva") -> str:
        person = {"email": email, "phone": phone, "name": name, "password": _PASSWORD}
        buyer_id = str(self._clerk("register", person)["id"])
        session = Session(self.server.url)
        session.call("POST", "/api/login/", {"username": email, "password": _PASSWORD})
        self._sessions[buyer_id] = session
        return buyer_id

    def put(self, buyer_id: str, sku: str, quantity: int) -> str:
        session = self._sessions[buyer_id]
        basket = session.call("GET", "/api/basket/")
        lines = session.call("GET", _path(basket["lines"]))
        wanted = f"/api/products/{self._product(sku)}/"
        line = next((line for line in lines if _path(line["product"]) == wanted), None)
        if line is None:
            body = {"url": f"{self.server.url}{wanted}", "quantity": quantity}
            session.call("POST", "/api/basket/add-product/", body)
        elif quantity:
            session.call("PATCH", _path(line["url"]), {"quantity": quantity})
        else:
            session.call("DELETE", _path(line["url"]))
        return str(basket["id"])

    def check_out(self, buyer_id: str) -> Placed:
        return self._check_out(self._sessions[buyer_id])

    def guest_order(self, email: str) -> Placed:
        session = Session(self.server.url)
        session.call("GET", "/api/basket/")
        product = f"{self.server.url}/api/products/{self._product('SOCKS')}/"
        session.call("POST", "/api/basket/add-product/", {"url": product, "quantity": 1})
        return self._check_out(session, guest_email=email)

    def _check_out(self, session: Session, **more: str) -> Placed:
        address = {
            "country": f"{self.server.url}/api/countries/DE/",
            "first_name": "Ana",
            "last_name": "Silva",
            "line1": "Lindenweg 1",
            "line4": "Berlin",
            "postcode": "10115",
            "phone_number": "+4930901820",
        }
        basket = session.call("GET", "/api/basket/")
        body = {"basket": basket["url"], "shipping_address": address, **more}
        order = session.call("POST", "/api/checkout/", body)
        number = str(order["number"])
        [found] = self._bridge(f"orders?number={number}")["orders"]
        return Placed(order_id=found["id"], number=number, currency=found["currency"])

    def ship(self, placed: Placed, lines: Mapping[str, int], number: str) -> None:
        self._clerk("ship", {"order": placed.order_id, "lines": dict(lines), "number": number})

    def touch(self, placed: Placed) -> None:
        self._clerk("touch", {"order": placed.order_id})

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

    def _product(self, sku: str) -> str:
        return str(self._bridge(f"products/{sku}")["id"])

    def _clerk(self, what: str, body: Any) -> Any:
        return post(f"{self.server.url}/clerk/{what}", body)[0]

    def _bridge(self, path: str) -> Any:
        request = urllib.request.Request(
            f"{self.server.url}/support/{path}", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


def config(server: Oscar, **changes: str) -> OscarConfig:
    """A connection to the shop."""
    values = {
        "bridge_url": f"{server.url}/support/",
        "token": TOKEN,
        "hook_secret": SECRET,
        "country": "DE",
        "dashboard_url": "https://shop.example/dashboard",
    }
    return OscarConfig.model_validate({**values, **changes})


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


@contextlib.contextmanager
def open_world() -> Iterator[OscarWorld]:
    """A started shop and the place where its events arrive."""
    with Ear() as ear, Oscar(ear.url) as server:
        yield OscarWorld(server, ear)

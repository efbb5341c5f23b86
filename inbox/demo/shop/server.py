"""The shop's web server: pages, a script, and signed identities, on a loopback port of its own.

It is another origin than ours, and its Content-Security-Policy allows nothing but its own files and the widget's
script and frame: what works here works on a strict shop.
"""

import json
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import jwt
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from inbox.contract.commerce import Fulfilment, Order
from inbox.demo.arrivals import Arrivals
from inbox.demo.shop import goods, telling
from inbox.demo.shop.ledger import Ledger
from inbox.demo.shop.newcomer import Newcomer

HERE = Path(__file__).parent
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
SIGNED_FOR = timedelta(hours=1)
SECONDS = 30.0
BODY_MAX = 64 * 1024
CHATS = range(6_000_000_000, 7_000_000_000)
"""Numbers of newcomers in Telegram; the script's customers have lower ones."""
_HOST = re.compile(r"(?P<name>[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,45}\])(:\d{1,5})?")
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}


@dataclass(frozen=True)
class Member:
    """Somebody with an account at the shop, as whom a newcomer may sign in."""

    subject: str
    name: str
    email: str


@dataclass(frozen=True)
class Shop:
    """What the pages need: the widget's key and secret, the address of the inbox, and what arrived elsewhere.

    `newcomer` writes from there; without him one can only look. `ledger` are the shop's books.
    """

    base: str
    key: str
    secret: str
    member: Member
    arrivals: Arrivals
    clock: Callable[[], datetime]
    ledger: Ledger
    newcomer: Newcomer | None = None

    def base_for(self, host: str) -> str:
        """The inbox's address for a browser that calls the shop by `host`: another machine calls both alike."""
        found = _HOST.fullmatch(host)
        own = urlsplit(self.base)
        if found is None or found["name"] in _LOOPBACK or own.hostname not in ("127.0.0.1", "localhost"):
            return self.base.rstrip("/")
        return f"{own.scheme}://{found['name']}:{own.port}"

    def identity(self) -> str:
        """Who is signed in, signed: the shop has proved the member's mailbox when he made his account."""
        now = self.clock()
        claims = {
            "sub": self.member.subject,
            "name": self.member.name,
            "email": self.member.email,
            "email_verified": True,
            "iat": now,
            "exp": now + SIGNED_FOR,
        }
        return jwt.encode(claims, self.secret, algorithm="HS256")


class ShopServer(ThreadingHTTPServer):
    """Serves a shop on a listening socket, in threads that end with the process."""

    daemon_threads = True

    def __init__(self, shop: Shop, listener: socket.socket) -> None:
        super().__init__(listener.getsockname()[:2], _Request, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.shop = shop
        self.files = {
            f"/files/{path.name}": (path.read_bytes(), TYPES[path.suffix])
            for path in (HERE / "files").iterdir()
            if path.suffix in TYPES
        }
        self.pages = Environment(
            loader=FileSystemLoader(HERE / "pages"), autoescape=True, undefined=StrictUndefined
        )

    def start(self) -> None:
        """Serve from now on, in the background."""
        threading.Thread(target=self.serve_forever, name="demo-shop", daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hung up in the middle is no error of ours."""


class _Request(BaseHTTPRequestHandler):
    """One request to the shop."""

    protocol_version = "HTTP/1.1"
    server_version = "Alpe"
    sys_version = ""
    timeout = SECONDS
    server: ShopServer
    pages: ClassVar[dict[str, str]] = {
        "/": "gear.html",
        "/delivery": "delivery.html",
        "/cart": "cart.html",
        "/elsewhere": "elsewhere.html",
    }

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path
        if path in self.server.files:
            self._answer(HTTPStatus.OK, *self.server.files[path])
        elif path in self.pages:
            self._page(HTTPStatus.OK, self.pages[path], path)
        elif (product := goods.product(path.removeprefix("/gear/"))) is not None:
            self._page(HTTPStatus.OK, "product.html", path, product=product)
        elif (order := self.server.shop.ledger.order(path.removeprefix("/orders/"))) is not None:
            self._page(HTTPStatus.OK, "order.html", path, order=order)
        elif (parcel := self._parcel(path.removeprefix("/parcels/"))) is not None:
            self._page(HTTPStatus.OK, "parcel.html", path, order=parcel[0], way=parcel[1])
        elif path == "/telegram/lines" and self.server.shop.newcomer is not None:
            self._json(self._lines(self.server.shop.newcomer, parse_qs(parts.query)))
        elif path.startswith("/telegram/"):
            self._page(HTTPStatus.OK, "telegram.html", path)
        else:
            self._page(HTTPStatus.NOT_FOUND, "missing.html", path)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        """What the shop's own scripts ask for; other pages may not."""
        self.close_connection = True
        asked = self._asked()
        shop = self.server.shop
        if self.path == "/identity" and asked is not None:
            self._json({"token": shop.identity()})
        elif self.path == "/cart" and asked is not None:
            self._json(self._fill(asked))
        elif self.path == "/order" and asked is not None:
            bought = shop.ledger.buy(str(asked.get("cart")))
            self._json({"order": bought.number if bought else None})
        elif asked is None or shop.newcomer is None:
            self._page(HTTPStatus.NOT_FOUND, "missing.html", self.path)
        elif self.path == "/elsewhere/answer" and isinstance(asked.get("number"), int) and _text(asked):
            self._json({"sent": shop.newcomer.answer(asked["number"], _text(asked))})
        elif self.path == "/telegram/write" and _chat(asked.get("chat")) and _text(asked):
            shop.newcomer.write(
                _chat(asked["chat"]), shop.member.name if asked.get("member") else "You", _text(asked)
            )
            self._json({"sent": True})
        else:
            self._page(HTTPStatus.NOT_FOUND, "missing.html", self.path)

    def _asked(self) -> dict[str, Any] | None:
        """The JSON that a page of ours sent; None when it is not ours, or not JSON."""
        size = self.headers.get("Content-Length", "")
        ours = self.headers.get("Origin") == f"http://{self.headers.get('Host')}"
        if not ours or not size.isdecimal() or int(size) > BODY_MAX:
            return None
        try:
            asked = json.loads(self.rfile.read(int(size)) or b"{}")
        except ValueError:
            return None
        return asked if isinstance(asked, dict) else None

    def _fill(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Put into the visitor's cart what his page says: the cart's id, its pieces, the code used, and cents off."""
        shop = self.server.shop
        pieces = asked.get("pieces")
        wanted = {
            str(key): count
            for key, count in (pieces.items() if isinstance(pieces, dict) else ())
            if isinstance(count, int) and not isinstance(count, bool)
        }
        member = shop.ledger.person(shop.member.email) if asked.get("member") else None
        device = "phone" if "Mobile" in self.headers.get("User-Agent", "") else "computer"
        basket = shop.ledger.fill(
            str(asked.get("cart", "")),
            wanted,
            person_id=member.id if member else "",
            device=device,
            coupon=str(asked.get("coupon", "")),
        )
        return {
            "id": basket.id,
            "pieces": basket.pieces,
            "coupon": basket.coupon,
            "off": shop.ledger.off(basket),
        }

    def _parcel(self, number: str) -> tuple[Order, Fulfilment] | None:
        """The order that a parcel belongs to, and how far it is."""
        ledger = self.server.shop.ledger
        for sold in list(ledger.sold.values()):
            if number in [parcel.number for parcel in sold.parcels]:
                order = telling.order(sold, ledger.site)
                return order, next(
                    way for way in order.fulfilments if number in [each.number for each in way.tracking]
                )
        return None

    def _lines(self, newcomer: Newcomer, query: dict[str, list[str]]) -> dict[str, Any]:
        (chat,) = query.get("chat", ["0"])[:1]
        found = newcomer.lines(_chat(int(chat) if chat.isdecimal() else 0))
        return {
            "lines": [
                {"mine": line.mine, "text": line.text, "files": line.files, "at": line.at.isoformat()}
                for line in found
            ]
        }

    def _json(self, data: dict[str, Any]) -> None:
        self._answer(HTTPStatus.OK, json.dumps(data).encode(), "application/json")

    def _page(self, status: HTTPStatus, name: str, path: str, **values: Any) -> None:
        shop = self.server.shop
        html = self.server.pages.get_template(name).render(
            base=self._base(),
            key=shop.key,
            member=shop.member,
            path=path,
            products=goods.PRODUCTS,
            letters=shop.arrivals.newest(),
            **values,
        )
        self._answer(status, html.encode(), "text/html; charset=utf-8")

    def _answer(self, status: HTTPStatus, body: bytes, media_type: str) -> None:
        base = self._base()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "strict-origin-when-cross-origin")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'self' {base}; frame-src {base}; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _base(self) -> str:
        return self.server.shop.base_for(self.headers.get("Host", ""))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        """The shop keeps no log."""


def _text(asked: dict[str, Any]) -> str:
    text = asked.get("text")
    return text.strip() if isinstance(text, str) else ""


def _chat(number: object) -> int:
    """A newcomer's number in Telegram, or 0: nobody writes as one of the script's customers here."""
    return number if isinstance(number, int) and number in CHATS else 0

"""The demo's shop: pages of another origin with a strict policy, and stand-ins for a mailbox and for Telegram."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jwt
import pytest

from inbox.channels import queries as channels
from inbox.cli.server import listen
from inbox.contract.commerce import Money
from inbox.demo import peer, shop
from inbox.demo.shop import goods
from inbox.demo.shop.ledger import Coupon
from inbox.flows import deliver, receive, reply
from inbox.flows.context import Context
from tests.demo.test_demo import agent_of, rows, values

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""One database is enough for a shop's pages; what is filled is looked at on both."""

BASE = "http://127.0.0.1:8000/"


class Site:
    """The shop of a filled demo, open."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.peers = peer.attach(ctx)
        listener = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        shop.open_doors(ctx, listener, BASE, f"{self.url}/", self.peers)

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        """Status, body and headers of an answer."""
        return self._open(urllib.request.Request(self.url + path, headers=headers))

    def post(self, path: str, data: Any, *, origin: str | None = None) -> tuple[int, Any]:
        """Status and JSON of an answer to a script of the shop's, or of another page."""
        request = urllib.request.Request(
            self.url + path, data=json.dumps(data).encode(), headers={"Origin": origin or self.url}
        )
        status, body, _ = self._open(request)
        return status, json.loads(body) if status == 200 else None

    def _open(self, request: urllib.request.Request) -> tuple[int, str, dict[str, str]]:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), dict(error.headers)


@pytest.fixture
def site(filled: Context) -> Iterator[Site]:
    before = set(threading.enumerate())
    yield Site(filled)
    for thread in set(threading.enumerate()) - before:
        assert thread.daemon, "the shop ends with the process"


def newest(ctx: Context) -> tuple[str, str]:
    """Channel and text of the newest message from a customer."""
    receive.drain(ctx)
    row = rows(
        ctx,
        "SELECT channel.name, message.body_text FROM message JOIN channel ON channel.id = message.channel_id "
        "WHERE message.kind = 'inbound' ORDER BY message.id DESC LIMIT 1",
    )[0]
    return row[0], row[1]


def test_a_code_works_in_a_cart_until_one_of_them_is_ordered(site: Site) -> None:
    ledger = site.peers.ledger
    ledger.coupons["HELLO"] = Coupon(percent=Decimal(10))
    wanted = {"pieces": {"vanoise": 100}, "member": True}
    _, without = site.post("/cart", {**wanted, "coupon": "NONE"})
    assert (without["pieces"], without["coupon"], without["off"]) == ({"vanoise": 99}, "", 0)
    _, first = site.post("/cart", {**wanted, "coupon": "HELLO"})
    _, second = site.post("/cart", {**wanted, "coupon": "HELLO"})
    assert (first["coupon"], first["off"]) == ("HELLO", 99 * 690)
    cart = ledger.cart(first["id"])
    assert cart is not None
    assert (cart.coupons, str(cart.total)) == (("HELLO",), str(Money.minor(99 * 6210, "EUR")))
    numbers = [site.post("/order", {"cart": each["id"]})[1]["order"] for each in (first, second)]
    paid = [order.total.to_minor() for order in map(ledger.order, numbers) if order]
    assert paid == [99 * 6210, 99 * 6900]
    assert "Discount" in site.get(f"/orders/{numbers[0]}")[1]
    assert "Discount" not in site.get(f"/orders/{numbers[1]}")[1]


@pytest.mark.parametrize("path", ["/", "/cart", "/delivery", "/elsewhere", "/telegram/alpe_gear_bot"])
def test_every_page_allows_its_own_files_and_the_widget_and_nothing_else(site: Site, path: str) -> None:
    status, body, headers = site.get(path)
    assert status == 200
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' http://127.0.0.1:8000"
    assert policy["frame-src"] == "http://127.0.0.1:8000"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "<script>" not in body
    assert "style=" not in body
    assert "onclick" not in body


def test_the_widget_is_on_the_shops_pages(site: Site) -> None:
    _, body, _ = site.get("/")
    assert f'src="http://127.0.0.1:8000/widget/{shop.KEY}.js"' in body
    for product in goods.PRODUCTS:
        assert product.name in body
        assert site.get(product.picture)[0] == 200
        assert product.about in site.get(f"/gear/{product.key}")[1]


def test_who_calls_the_shop_by_another_name_finds_the_inbox_by_it(site: Site) -> None:
    port = site.url.rpartition(":")[2]
    assert 'src="http://192.0.2.7:8000/widget/' in site.get("/", Host=f"192.0.2.7:{port}")[1]
    assert 'src="http://127.0.0.1:8000/widget/' in site.get("/", Host=f"localhost:{port}")[1]
    assert 'src="http://127.0.0.1:8000/widget/' in site.get("/", Host='evil"><script>')[1]


@pytest.mark.parametrize(
    "path", ["/files/../server.py", "/files/%2e%2e/server.py", "/gear/nothing", "/pages/_page.html", "/x"]
)
def test_nothing_else_is_served(site: Site, path: str) -> None:
    status, body, _ = site.get(path)
    assert status == 404
    assert "import" not in body


def test_the_shop_signs_who_is_signed_in_for_its_own_pages_only(site: Site) -> None:
    assert site.post("/identity", {}, origin="http://evil.example")[0] == 404
    assert site.get("/identity")[0] == 404
    status, answer = site.post("/identity", {})
    assert status == 200
    claims = jwt.decode(
        answer["token"], shop.secret(site.ctx), algorithms=["HS256"], options={"verify_exp": False}
    )
    assert (claims["sub"], claims["email_verified"]) == ("giulia", True)
    with site.ctx.db.read() as session:
        (widget,) = [each for each in channels.channels(session) if each.kind == "chat_widget"]
    assert shop.secret(site.ctx) not in str(widget.config)


def test_a_newcomer_answers_a_mail_that_arrived(site: Site) -> None:
    marta = agent_of(site.ctx, "marta@alpe.example")
    thread_id, channel_id = rows(
        site.ctx,
        "SELECT thread.id, channel.id FROM thread JOIN customer ON customer.id = thread.customer_id "
        "JOIN channel ON channel.id = thread.last_channel_id WHERE customer.name = 'Giulia Ferrari'",
    )[0]
    reply.reply(site.ctx, marta, thread_id, reply.ReplyRequest(channel_id, "Ecco il **link**.", "m1"))
    deliver.drain(site.ctx)
    _, body, _ = site.get("/elsewhere")
    assert "giulia.ferrari@posta.example" in body
    assert "Ecco il link." in body
    (arrival,) = site.peers.arrivals.newest()
    assert site.post("/elsewhere/answer", {"number": arrival.number, "text": "Grazie!"}) == (
        200,
        {"sent": True},
    )
    assert newest(site.ctx) == ("Support", "Grazie!")
    answered = values(site.ctx, "SELECT thread_id FROM message ORDER BY id DESC LIMIT 1")
    assert answered == [thread_id]
    assert site.post("/elsewhere/answer", {"number": 999, "text": "x"}) == (200, {"sent": False})


def test_a_newcomer_writes_in_telegram_and_is_answered_there(site: Site) -> None:
    chat = 6_123_456_789
    assert site.post("/telegram/write", {"chat": chat, "text": "Ciao bot"}) == (200, {"sent": True})
    assert newest(site.ctx) == ("Alpe bot", "Ciao bot")
    thread_id, channel_id = rows(site.ctx, "SELECT id, last_channel_id FROM thread ORDER BY id DESC LIMIT 1")[
        0
    ]
    jonas = agent_of(site.ctx, "jonas@alpe.example")
    reply.reply(site.ctx, jonas, thread_id, reply.ReplyRequest(channel_id, "Ciao **uomo**", "t1"))
    deliver.drain(site.ctx)
    lines = json.loads(site.get(f"/telegram/lines?chat={chat}")[1])["lines"]
    assert [(line["mine"], line["text"]) for line in lines] == [(True, "Ciao bot"), (False, "Ciao uomo")]
    assert json.loads(site.get(f"/telegram/lines?chat={chat + 1}")[1])["lines"] == []


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/telegram/write", {"chat": 5112044881, "text": "I am Nina"}),
        ("/telegram/write", {"chat": "6123456789", "text": "x"}),
        ("/telegram/write", {"chat": 6123456789, "text": "  "}),
        ("/telegram/write", {"chat": 6123456789}),
        ("/telegram/write", ["x"]),
        ("/elsewhere/answer", {"number": "1", "text": "x"}),
        ("/elsewhere/answer", {"number": 1, "text": ""}),
        ("/nowhere", {}),
    ],
)
def test_what_makes_no_sense_is_not_taken(site: Site, path: str, data: Any) -> None:
    before = values(site.ctx, "SELECT count(*) FROM envelope")
    assert site.post(path, data)[0] == 404
    assert values(site.ctx, "SELECT count(*) FROM envelope") == before


def test_another_page_writes_nothing(site: Site) -> None:
    before = values(site.ctx, "SELECT count(*) FROM envelope")
    data = {"chat": 6_123_456_789, "text": "x"}
    assert site.post("/telegram/write", data, origin="http://evil.example")[0] == 404
    assert values(site.ctx, "SELECT count(*) FROM envelope") == before


def test_continue_in_telegram_leads_to_the_stand_in(site: Site) -> None:
    facts = values(site.ctx, "SELECT facts FROM channel WHERE kind = 'telegram'")[0]
    facts = facts if isinstance(facts, dict) else json.loads(facts)
    assert facts["links"] == f"{site.url}/telegram"

"""The panel of carts and orders from what is kept, and how soon a shop's event is kept and told."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from flask.testing import FlaskClient

from bench.measure import times
from inbox.agents import sessions
from inbox.agents.words import Role
from inbox.app import create_app
from inbox.channels.registry import Registry as Channels
from inbox.clock import utc_now
from inbox.commerce import queries
from inbox.commerce.registry import Registry
from inbox.contract.commerce import Buyer, ShopEvent, Topic
from inbox.db.migrate import upgrade
from inbox.flows import shop_events
from inbox.flows.context import Context
from inbox.settings import Settings
from tests import shops
from tests.factories import Make
from tests.fixtures_app import make_context
from tests.peers.postgres import ADMIN_URL, DEFAULT_ADMIN_URL, Databases
from tests.pigeon import Pigeon

EVENTS = 200
ANNA = "anna@example.org"


def measure() -> str:
    """Markdown rows for PostgreSQL and SQLite."""
    rows = []
    with Databases(ADMIN_URL or DEFAULT_ADMIN_URL, "bench").scratch() as url:
        rows += [f"| {name} | {figure} | {target} |\n" for name, figure, target in _on("PostgreSQL", url)]
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        rows += [f"| {name} | {figure} | {target} |\n" for name, figure, target in _on("SQLite", url)]
    return "".join(rows)


def _on(database: str, url: str) -> Iterator[tuple[str, str, str]]:
    with _context(url) as (ctx, kiosk):
        client = create_app(ctx).test_client()
        for count in (1, 3):
            get = _panel(ctx, client, count)
            shown = f"{count} shop" if count == 1 else f"{count} shops"
            yield (
                f"panel from what is kept: {shown}, 5 orders and a cart in each, {database}",
                f"{times(get)} ms",
                "≤ 50 ms",
            )
        yield (
            f"event of a shop, from its arrival until the cart is kept, {database}",
            _event(ctx, client, kiosk),
            "",
        )


def _panel(ctx: Context, client: FlaskClient, count: int) -> Callable[[], None]:
    """Connects shops until there are `count`, has the panel filled, and returns what asks for it."""
    with ctx.db.read() as session:
        known = len(queries.shops(session))
    for number in range(known, count):
        shops.connect(ctx, f"Kiosk {number}", site=f"kiosk{number}.example")
    headers = {"Authorization": f"Bearer {_token(ctx)}"}

    def get() -> None:
        answer = client.get("/api/v1/customers/1/commerce", headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} {answer.text[:200]}")

    client.get("/api/v1/customers/1/commerce?fresh=1", headers=headers)
    ctx.refreshes.settle(30)
    found = client.get("/api/v1/customers/1/commerce", headers=headers).get_json()
    if [len(shop["orders"]) for shop in found["shops"]] != [5] * count:
        raise RuntimeError("the panel is not filled")
    return get


def _event(ctx: Context, client: FlaskClient, kiosk: shops.Kiosk) -> str:
    took = []
    for number in range(EVENTS):
        kiosk.sells(shops.cart("c1", number + 1, buyer_id="1"))
        body, headers = shops.signed(
            ShopEvent(topic=Topic.CART, id="c1"), delivery=f"bench-{number}", site="kiosk0.example"
        )
        began = time.perf_counter()
        answer = client.post("/hooks/shop/1", data=body, headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(f"the event was answered {answer.status_code}")
        while not shop_events.drain(ctx, 1):
            time.sleep(0.005)
        took.append((time.perf_counter() - began) * 1000)
    shares = quantiles(took, n=20)
    return f"{shares[9]:.0f} / {shares[18]:.0f} ms"


def _token(ctx: Context) -> str:
    with ctx.db.write() as session:
        return sessions.create_token(session, 1, "bench", ctx.clock())


@contextmanager
def _context(url: str) -> Iterator[tuple[Context, shops.Kiosk]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=url, data_dir=Path(folder), log_level="error", undo_seconds=0)
        upgrade(settings.database)
        ctx, kiosk = make_context(settings, Channels({"pigeon": Pigeon()}), utc_now), shops.Kiosk()
        ctx.shops = Registry({"kiosk": kiosk})
        make = Make(ctx)
        make.agent("Bench", Role.ADMIN)
        make.inbound(make.channel(), "Order 1001?", ANNA, namespace="email")
        kiosk.sells(Buyer(id="1", emails=(ANNA,)), shops.product(), shops.cart(buyer_id="1"))
        kiosk.sells(*(shops.order(str(number), buyer_id="1") for number in range(996, 1002)))
        yield ctx, kiosk
        ctx.stop.set()
        ctx.db.dispose()

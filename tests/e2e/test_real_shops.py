"""Real shops with real processes: a shopper's click in Vendure or Oscar is on the agent's screen at once."""

import importlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Product
from tests.e2e.test_whole_story import eventually, sign_in
from tests.live.conftest import Ear
from tests.live.visitors import Visitor
from tests.services import require

KEY = "example-shop"
AT_ONCE = 3.0
"""Seconds from the click to the agent's screen: three times the goal, as shop and product share this machine."""
CLICKS = int(os.environ.get("SHOP_CLICKS", "5"))
CONNECT = {
    "vendure": ("api_base", "username", "password", "hook_secret"),
    "oscar": ("bridge_url", "token", "hook_secret"),
}
"""What is set when a kind of shop is connected."""


@dataclass
class Desk:
    """The product, a connected shop with a shopper's hands, and the customer who is him."""

    product: Product
    world: Any
    shop_id: int
    buyer_id: str
    customer_id: int
    thread_id: int
    ear: Ear

    def panel(self) -> Any:
        """What stands beside his thread."""
        return self.product.api(f"/customers/{self.customer_id}/commerce")["shops"][0]

    def carts(self) -> list[dict[str, int]]:
        """Quantities by sku of each cart beside the thread."""
        return [
            {line["product"]["sku"]: line["quantity"] for line in one["cart"]["lines"]}
            for one in self.panel()["carts"]
        ]

    def told(self, what: str) -> int:
        """How often the feed has told of such a change."""
        return sum(
            event["kind"] == "commerce.changed" and event["data"]["what"] == what for event in self.ear.events
        )


def _secret(value: Any) -> str:
    return str(value.get_secret_value()) if hasattr(value, "get_secret_value") else str(value)


@pytest.fixture(params=[pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in CONNECT])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A shop that was connected on the command line, and a visitor who is pinned to one of its customers."""
    require(request.param)
    module = importlib.import_module(f"tests.shops.{request.param}.world")
    product = Product(tmp_path)
    product.settings["ONETHREAD_PUBLIC_URL"] = product.url
    hook = f"{product.url}/hooks/shop/1"
    server = getattr(module, request.param.title())(hook)
    try:
        with server:
            product.set_up()
            product.say("channel", "add", "chat_widget", "--name", "Site", "--set", f"site_id={KEY}",
                        "--set", "domains=localhost")  # fmt: skip
            values = {name: _secret(getattr(module.config(server), name)) for name in CONNECT[request.param]}
            pairs = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
            shop_id = int(product.say("shop", "add", request.param, "--name", "Alpe", *pairs))
            assert f"/hooks/shop/{shop_id}" in hook
            product.serve()
            world = getattr(module, f"{request.param.title()}World")(server, None)
            buyer_id = world.buyer("ana@people.test")
            visitor = Visitor(product.url, KEY, page={"url": "http://localhost/", "title": "Home"})
            visitor.listen()
            visitor.write("Where are my boots?")
            [thread] = eventually(lambda: product.api("/threads?view=open")["items"])
            customer_id = thread["customer"]["id"]
            link = {"shop_id": shop_id, "buyer_id": buyer_id}
            product.api(f"/customers/{customer_id}/commerce/links", link)
            ear = Ear(product.url, product.token)
            try:
                yield Desk(product, world, shop_id, buyer_id, customer_id, thread["id"], ear)
            finally:
                ear.close()
                visitor.cut()
    finally:
        product.close()


@pytest.mark.browser
def test_a_click_in_the_shop_is_beside_the_thread_at_once(desk: Desk, page: Page) -> None:
    sku = desk.world.skus[0]
    desk.world.put(desk.buyer_id, sku, 1)
    eventually(lambda: desk.carts() == [{sku: 1}], 30)
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, desk.product)
    page.goto(f"{desk.product.url}/inbox/open/{desk.thread_id}")
    expect(page.get_by_test_id("cart-line")).to_contain_text("1 ×")
    took = [_seconds(desk, page, sku, number) for number in range(2, 2 + CLICKS)]
    print("click to panel:", sorted(round(one * 1000) for one in took))  # noqa: T201 - shown with -s, for measuring
    # The machine may be busy: the best of several is what the product takes.
    assert min(took) < AT_ONCE * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), took
    eventually(lambda: desk.carts() == [{sku: 1 + CLICKS}], 30)
    placed = desk.world.check_out(desk.buyer_id)
    eventually(lambda: desk.told("order"), 30)

    def ordered() -> Any:
        shop = desk.product.api(f"/customers/{desk.customer_id}/commerce?fresh=1")["shops"][0]
        return [one["order"]["number"] for one in shop["orders"]] == [placed.number] and not shop["carts"]

    eventually(ordered, 30)


def _seconds(desk: Desk, page: Page, sku: str, number: int) -> float:
    """From the shop's answer to the click until the agent's open panel shows it."""
    before = desk.told("cart")
    desk.world.put(desk.buyer_id, sku, number)
    clicked = time.monotonic()
    page.get_by_test_id("cart-line").filter(has_text=f"{number} ×").wait_for(timeout=30_000)
    took = time.monotonic() - clicked
    desk.ear.wait_until(lambda: desk.told("cart") > before)
    return took

"""A shop's page reports the visitor's cart: the shop's own prices count, and the shop's own word before the page's."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from inbox.commerce import ledger
from inbox.commerce.models import CartRow
from inbox.commerce.words import Source
from inbox.contract import Raw
from inbox.contract.commerce import Money, ShopEvent, Topic
from inbox.customers.models import Customer
from inbox.flows import receive, shop_events
from inbox.flows.context import Context
from tests.reading import the
from tests.shops import Kiosk, cart, connect, product, signed
from tests.web.widget.conftest import Panel

Open = Callable[..., Panel]


@pytest.fixture
def here(ctx: Context) -> Context:
    """What is done aside is done at once."""

    def at_once(work: Callable[[], None]) -> bool:
        work()
        return True

    ctx.aside = at_once
    return ctx


def carts(ctx: Context) -> list[CartRow]:
    with ctx.db.read() as session:
        return list(session.scalars(select(CartRow).order_by(CartRow.id)))


def test_prices_are_asked_of_the_shop_and_the_page_is_not_believed(
    here: Context, visit: Open, kiosk: Kiosk
) -> None:
    connect(here)
    kiosk.sells(product(1, "Rope", "20.00"))
    panel = visit()
    panel.open()
    sku = product(1).sku
    panel.post("/cart", {"items": [{"sku": sku, "quantity": 2, "name": "Gold", "price": "0.01"}]})
    [row] = carts(here)
    assert (row.source, row.customer_id) == (Source.CLIENT, None)
    assert row.data["lines"][0]["product"]["title"] == "Rope"
    assert Money.model_validate(row.data["total"]) == Money.minor(4000, "EUR")

    panel.write("Is it long enough?")
    receive.drain(here)
    [row] = carts(here)
    assert row.customer_id == the(here, Customer).id, "it is his once he is somebody"

    asked = kiosk.count("product")
    panel.post("/cart", {"items": [{"sku": sku, "quantity": 3}]})
    assert kiosk.count("product") == asked, "what is known is not asked for again"
    [row] = carts(here)
    assert Money.model_validate(row.data["total"]) == Money.minor(6000, "EUR")
    panel.post("/cart", {"items": []})
    [row] = carts(here)
    assert row.data["lines"] == []


def test_the_shop_s_own_cart_takes_the_place_of_the_reported_one(
    here: Context, visit: Open, kiosk: Kiosk
) -> None:
    shop_id = connect(here)
    kiosk.sells(product(1))
    panel = visit()
    panel.open()
    panel.write("Hello")
    receive.drain(here)
    token = "token-of-the-cart"
    told: dict[str, Any] = {"token": token, "lines": [{"sku": product(1).sku}]}
    panel.post("/cart", told)
    kiosk.sells(cart("c1", 2, token=token))
    body, headers = signed(ShopEvent(topic=Topic.CART, id="c1"))
    pushed = [ledger.Told(Raw(body=body, headers=headers), "hook", "d1")]
    here.db.run(ledger.keep, shop_id, pushed, here.clock())
    shop_events.drain(here, shop_id)
    reported, own = carts(here)
    assert (reported.source, reported.state) == (Source.CLIENT, "expired")
    assert (own.source, own.state) == (Source.PUSH, "active")
    assert own.customer_id is not None, "the key in the page says whose it is"
    panel.post("/cart", told)
    assert [row.state for row in carts(here)] == ["expired", "active"], "the page adds nothing to that"


def test_a_page_that_means_no_shop_of_ours_changes_nothing(here: Context, visit: Open, kiosk: Kiosk) -> None:
    panel = visit()
    panel.open()
    panel.post("/cart", {"items": [{"sku": "rope", "quantity": 1}]})
    connect(here)
    panel.post("/cart", {"shop": "Elsewhere", "items": [{"sku": "rope", "quantity": 1}]})
    panel.post("/cart", {"items": [{"sku": "no such thing", "quantity": 1}]})
    assert carts(here) == []


def test_nobody_gets_at_another_s_cart_by_its_key_and_a_browser_has_one_cart(
    here: Context, visit: Open, kiosk: Kiosk
) -> None:
    connect(here)
    kiosk.sells(product(1))
    panels = [visit(), visit()]
    for panel in panels:
        panel.open()
    his, hers = panels
    goods = [{"sku": product(1).sku, "quantity": 2}]
    his.post("/cart", {"items": goods})
    [first] = carts(here)
    for token in ("token-of-the-cart", f"session:{first.session_id}", "client:" + str(first.session_id)):
        his.post("/cart", {"token": token, "items": goods})
        hers.post("/cart", {"token": token, "items": []})
        hers.post("/cart", {"token": token, "items": [{"sku": product(1).sku, "quantity": 1}]})
    found = {row.session_id: row for row in carts(here)}
    assert len(carts(here)) == len(found) == 2, "a browser that makes up keys fills no table"
    pieces = {number: [line["quantity"] for line in row.data["lines"]] for number, row in found.items()}
    assert pieces.pop(first.session_id) == [2]
    assert list(pieces.values()) == [[1]]


def test_pages_that_tell_of_ever_other_goods_do_not_have_the_shop_asked_without_end(
    here: Context, visit: Open, kiosk: Kiosk
) -> None:
    connect(here)
    panel = visit()
    panel.open()
    for turn in range(6):
        panel.post("/cart", {"items": [{"sku": f"{turn}-{number}"} for number in range(20)]})
    assert kiosk.count("product") == 60, "a burst; more only as time passes"

"""Shops through the API: the panel, who is who, orders, products and stock."""

import pytest

from inbox.contract import TryLater
from inbox.contract.commerce import Buyer, StockLevel
from inbox.flows.context import Context
from tests import shops
from tests.factories import Make
from tests.shops import Kiosk
from tests.web.api.conftest import Api
from tests.web.api.test_openapi import check


@pytest.fixture
def customer(ctx: Context, make: Make, kiosk: Kiosk) -> int:
    """Anna, who wrote without proof, and is known at the kiosk."""
    shops.connect(ctx)
    make.inbound(make.channel(), "Order 1001?", "anna@example.org", namespace="email")
    kiosk.sells(Buyer(id="1", emails=("anna@example.org",)), shops.product(), shops.cart(buyer_id="1"))
    kiosk.sells(*(shops.order(str(number), buyer_id="1") for number in range(996, 1002)))
    kiosk.shelves["p1"] = (StockLevel(location_id="1", location="Porto", available=2, pickup=True),)
    return 1


def panel(api: Api, ctx: Context) -> dict:
    """The panel when the kiosk has answered."""
    api.get("/customers/1/commerce", fresh=1)
    ctx.refreshes.settle(20)
    found = api.get("/customers/1/commerce")
    check("get_commerce", 200, found)
    return found


def test_the_panel_has_an_etag_and_warns_of_what_nothing_proves(
    api: Api, ctx: Context, customer: int
) -> None:
    (shop,) = panel(api, ctx)["shops"]
    assert "Nothing proves" in shop["warning"]
    assert (len(shop["orders"]), len(shop["carts"])) == (5, 1)
    assert shop["orders"][0]["order"]["total"] == {"amount": "40.00", "currency": "EUR"}
    answer = api.call("GET", "/customers/1/commerce", headers={})
    again = api.call("GET", "/customers/1/commerce", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    more = api.get("/customers/1/commerce/orders", shop_id=1, cursor=shop["orders_next"])
    check("list_shop_orders", 200, more)
    assert [view["order"]["number"] for view in more["items"]] == ["996"]
    refused = api.problem("GET", "/customers/1/commerce/orders?shop_id=1&cursor=nonsense")
    assert refused == (400, "bad-request")


def test_agents_say_who_is_who_and_what_a_request_is_about(api: Api, ctx: Context, customer: int) -> None:
    pinned = api.post("/customers/1/commerce/links", {"shop_id": 1, "buyer_id": "1"}, status=200)
    check("link_buyer", 200, pinned)
    ctx.refreshes.settle(20)
    (shop,) = panel(api, ctx)["shops"]
    (link,) = shop["links"]
    assert (link["by"], link["state"]) == ("pinned", "linked")
    about = api.post("/threads/1/orders", {"shop_id": 1, "order_id": "o1000"}, status=200)
    check("link_order", 200, about)
    orders = about["shops"][0]["orders"]
    assert {view["order"]["number"] for view in orders if view["about"]} == {"1000", "1001"}
    assert api.call("DELETE", "/threads/1/orders/1/o1000").status_code == 204
    assert api.problem("DELETE", "/threads/1/orders/1/o%001000") == (404, "not-found")
    gone = api.call("DELETE", f"/customers/1/commerce/links/{link['id']}?for_good=1")
    check("unlink_buyer", 200, gone.json)
    assert gone.json["shops"][0]["links"] == []
    assert api.problem("POST", "/customers/1/commerce/links", {"shop_id": 9, "buyer_id": "1"})[0] == 404


def test_an_order_products_and_stock_are_asked_for_and_what_the_shop_says_is_told(
    api: Api, ctx: Context, kiosk: Kiosk, customer: int
) -> None:
    found = api.get("/shops/1/orders", number="#1001")
    check("find_shop_orders", 200, found)
    assert [view["order"]["id"] for view in found["items"]] == ["o1001"]
    goods = api.get("/shops/1/products", q="rope")
    check("find_products", 200, goods)
    assert goods["items"][0]["price"] == {"amount": "20.00", "currency": "EUR"}
    stock = api.get("/shops/1/stock", product_id="p1")
    check("get_stock", 200, stock)
    assert (stock["items"][0]["location"], stock["fresh"]["label"]) == ("Porto", "live")
    connected = api.get("/shops")
    check("list_shops", 200, connected)
    assert [(shop["name"], shop["error"]) for shop in connected["items"]] == [("Kiosk", None)]
    with kiosk.troubled(TryLater("The kiosk is away.")):
        assert api.get("/shops/1/stock", product_id="p1")["items"], "half a minute it is believed"
        assert api.problem("GET", "/shops/1/products?q=rope") == (503, "unavailable")
    assert api.problem("GET", "/shops/9/products?q=rope") == (404, "not-found")

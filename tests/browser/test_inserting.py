"""From the shop into the reply: what is inserted, what variables become, and when nothing is sent."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, bubble, composer
from tests.browser.storefront import Storefront, order, parcel, pickup, product, view
from tests.browser.storefront import shop as section

pytestmark = pytest.mark.browser


def writes(page: Page, shop: Shop, *shops: Any) -> Storefront:
    """An agent has a customer's thread open, wide enough for the panel beside it."""
    page.set_viewport_size({"width": 1440, "height": 900})
    front = Storefront(page, view(*shops))
    shop.open(page, f"/inbox/open/{shop.customer().writes('Where is my parcel?')}")
    expect(page.get_by_test_id("shop").first).to_be_visible()
    return front


def chooses(page: Page, menu: str, entry: str) -> None:
    page.get_by_test_id(menu).first.click()
    page.get_by_role("menuitem", name=entry).first.click()


def test_parts_of_an_order_a_product_and_stock_go_where_the_caret_is(ada: Page, shop: Shop) -> None:
    odd = product("Bowl *deluxe* [1]", "48.00")
    bought = order("1042", fulfilments=[parcel(), pickup()])
    bought["order"]["lines"][0]["product"] = odd
    front = writes(ada, shop, section(orders=[bought]))
    composer(ada).fill("Dear Anna,")
    chooses(ada, "order-insert", "Tracking link")
    card = "> **Where your order 1042 is**\n> [DHL 00340](https://track.example/00340)"
    expect(composer(ada)).to_have_value(f"Dear Anna,\n\n{card}\n\n")
    composer(ada).fill("")
    chooses(ada, "order-insert", "Pick-up details")
    text = r"> \*\*Your order 1042 is ready for you\*\*\n> Porto, Rua das Flores 12\n> It is kept until "
    expect(composer(ada)).to_have_value(re.compile(text))
    composer(ada).fill("")
    chooses(ada, "order-insert", "Order summary")
    # A shop's text is nobody's markup.
    expect(composer(ada)).to_have_value(
        re.compile(r"> - 2 × Bowl \\\*deluxe\\\* \\\[1\\\]: €179\.80\n>\n> Total: €184\.70")
    )
    ada.get_by_test_id("preview-toggle").click()
    expect(ada.get_by_test_id("preview-part")).to_contain_text("2 × Bowl *deluxe* [1]: €179.80")
    composer(ada).fill("")
    level = {
        "location_id": "p",
        "location": "Porto",
        "available": 2,
        "on_hand": None,
        "incoming": None,
        "pickup": True,
    }
    front.answers["/stock"] = {"items": [level], "fresh": {"label": "live", "at": "2026-01-05T14:02:00Z"}}
    chooses(ada, "product-tools", "Stock in the stores")
    expect(ada.get_by_test_id("stock-level")).to_contain_text("2 available")
    ada.get_by_test_id("stock-insert").click()
    expect(composer(ada)).to_have_value(re.compile(r"Walnut bowl, Large: 2 available in Porto \(as of "))
    composer(ada).fill("")
    chooses(ada, "product-tools", "Insert into the reply")
    expect(composer(ada)).to_have_value(
        re.compile(r"> \*\*Walnut bowl, Large\*\*\n> €48\.00\n> \[Show in the shop\]\(https:")
    )


def test_variables_are_of_the_order_that_the_request_is_about_and_never_of_the_last_one(
    ada: Page, shop: Shop
) -> None:
    front = writes(ada, shop, section(orders=[order("1042"), order("1007", fulfilments=[])]))
    composer(ada).fill("Order {{order.number}}, {{ order.total }}: {{order.tracking_url}}")
    expect(ada.get_by_test_id("blocked")).to_have_text("Nothing to fill in for {{order.number}}")
    front.change("shops.0.orders.1.about", True)
    ada.get_by_test_id("shop-refresh").click()
    expect(ada.get_by_test_id("blocked")).to_have_text("Nothing to fill in for {{order.tracking_url}}")
    composer(ada).press("Control+Enter")
    expect(ada.get_by_test_id("message")).to_have_count(1)
    front.change("shops.0.orders.1.order.fulfilments", [parcel()])
    ada.get_by_test_id("shop-refresh").click()
    expect(ada.get_by_test_id("blocked")).to_have_count(0)
    composer(ada).press("Control+Enter")
    expect(bubble(ada, "Order 1007, €184.70: https://track.example/00340")).to_be_visible()


def test_what_nobody_has_proved_is_asked_about_and_fills_no_variable(ada: Page, shop: Shop) -> None:
    writes(ada, shop, section(orders=[order("1042", about=True)], warning="Nothing proves who this is."))
    chooses(ada, "order-insert", "Tracking link")
    ada.get_by_test_id("insert-back").click()
    expect(composer(ada)).to_have_value("")
    chooses(ada, "insert", "Tracking link")
    ada.get_by_test_id("insert-anyway").click()
    expect(composer(ada)).to_have_value(re.compile("track.example"))
    composer(ada).fill("{{order.number}} of {{customer.name}}")
    expect(ada.get_by_test_id("blocked")).to_contain_text("{{order.number}}: nothing proves")

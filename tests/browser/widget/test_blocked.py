"""The state "blocked": the visitor is told no more than that the chat is closed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop
from tests.browser.widget.conftest import Visit
from tests.browser.widget.site import Site, delivered
from tests.browser.widget.test_access import frame_problems

pytestmark = pytest.mark.browser


def test_who_is_blocked_sees_a_closed_chat_at_once_and_an_open_one_when_he_is_let_in_again(
    ada: Page, shop: Shop, site: Site, visit: Visit
) -> None:
    visitor = visit().opens()
    delivered(visitor.says("You are all idiots"))
    thread = site.thread_of("You are all idiots")
    site.reply(thread, "Please stop.")
    expect(visitor.bubble("Please stop.")).to_be_visible()
    shop.open(ada, f"/inbox/open/{thread}")
    address = ada.get_by_test_id("customer-link").get_attribute("href")
    ada.goto(f"{shop.url}{address}")
    ada.once("dialog", lambda dialog: dialog.accept())
    ada.get_by_test_id("block").click()
    expect(ada.get_by_test_id("blocked")).to_be_visible()

    expect(visitor.part("blocked")).to_have_text("This chat is closed.")
    expect(visitor.field).to_have_count(0)
    for part in ("expects", "email", "address", "continue", "rating"):
        expect(visitor.part(part)).to_have_count(0)
    assert visitor.texts() == ["You are all idiots", "Please stop."]
    assert frame_problems(visitor) == []
    visitor.page.reload()
    visitor.is_ready()
    expect(visitor.part("blocked")).to_be_visible()

    ada.get_by_test_id("unblock").click()
    expect(ada.get_by_test_id("blocked")).to_have_count(0)
    expect(visitor.field).to_be_visible()
    delivered(visitor.says("I am sorry"))

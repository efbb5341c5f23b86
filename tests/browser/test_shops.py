"""Connecting a shop in the browser: the steps, the live test, the address to copy; in both themes and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests import shops
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.shop import Shop
from tests.peers.browser import Watch

pytestmark = pytest.mark.browser


def test_a_shop_is_connected_looked_at_and_removed(sign_in: SignIn, shop: Shop, watch: Watch) -> None:
    shops.found_in(shop.installation.folder)
    watch.allow("status of 422")
    page: Page = sign_in().new_page()
    page.goto(f"{shop.url}/settings/shops")
    expect(page.get_by_role("heading", name="Shops", exact=True)).to_be_visible()
    assert violations(page) == []
    page.get_by_test_id("add-shop").click()
    page.get_by_test_id("shop-kind-kiosk").click()
    expect(page.get_by_test_id("step-1")).to_contain_text("Make a token")
    page.get_by_text("More settings").click()
    page.get_by_label("Site").fill("alpe.example")
    page.get_by_label("Token").fill("wrong token")
    page.get_by_test_id("test-and-connect").click()
    expect(page.get_by_test_id("test-failed")).to_contain_text("The token is not taken.")
    assert violations(page) == []
    page.get_by_text("More settings").click()
    page.get_by_label("Token").fill(shops.TOKEN)
    page.get_by_test_id("test-and-connect").click()
    expect(page.get_by_role("heading", name="The kiosk", exact=True)).to_be_visible()
    expect(page.get_by_test_id("first-event")).to_contain_text("Waiting for the first event")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_test_id("remove-shop").click()
    expect(page.get_by_text("The shop is removed")).to_be_visible()
    expect(page.get_by_role("link", name="The kiosk")).to_have_count(0)

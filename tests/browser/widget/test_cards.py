"""What an agent inserts from a shop stands as a card in the visitor's panel."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, composer
from tests.browser.storefront import Storefront, order, parcel, view
from tests.browser.storefront import shop as section
from tests.browser.widget.conftest import Visit
from tests.browser.widget.site import Site, delivered

pytestmark = pytest.mark.browser


def test_a_tracking_link_is_a_card_in_the_panel(ada: Page, shop: Shop, site: Site, visit: Visit) -> None:
    ada.set_viewport_size({"width": 1440, "height": 900})
    Storefront(ada, view(section(orders=[order("1042", fulfilments=[parcel()])])))
    visitor = visit().opens()
    delivered(visitor.says("Where is my parcel number 1042?"))
    shop.open(ada, f"/inbox/open/{site.thread_of('Where is my parcel number 1042?')}")
    ada.get_by_test_id("order-insert").click()
    ada.get_by_role("menuitem", name="Tracking link").click()
    expect(composer(ada)).to_be_focused()
    composer(ada).press("Control+Enter")
    card = visitor.bubble("Where your order 1042 is").locator("blockquote")
    expect(card.get_by_role("link", name="DHL 00340")).to_have_attribute(
        "href", "https://track.example/00340"
    )
    expect(card).to_have_css("border-top-width", "1px")
    expect(card).to_have_css("border-start-end-radius", "12px")

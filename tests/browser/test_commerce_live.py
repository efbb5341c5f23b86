"""A real panel over the real API: a shop that runs, and what its customers do shows in the agent's open thread."""

import re
import urllib.request

import pytest
from playwright.sync_api import expect

from inbox.commerce import actions
from inbox.commerce.registry import Registry
from inbox.contract.commerce import Buyer, Payment, ShopEvent, Topic
from tests.browser.conftest import SignIn
from tests.browser.shop import Customer, Shop, composer
from tests.shops import cart, eur, order, signed
from tests.shops.stall import Stall, install

pytestmark = pytest.mark.browser


class Counter:
    """A stall that is connected to the running server."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.stall: Stall = install(shop.installation)
        shops = Registry({"stall": self.stall})
        values = {"site": "counter.example"}
        self.id = shop.ctx.db.run(
            lambda session: actions.connect(session, shops, shop.ctx.vault, "stall", "Counter", values).id
        )
        self.told = 0

    def knows(self, customer: Customer) -> None:
        """The customer has an account, a cart and an order."""
        self.stall.read()
        buyer = Buyer(
            id="b1", name="Anna Moretti", emails=(customer.address,), orders_count=1, spent=eur("40.00")
        )
        self.stall.sells(buyer, order("3001", buyer_id="b1"), cart(buyer_id="b1", quantity=1))
        self.stall.write()

    def happens(self, topic: Topic, thing: str) -> None:
        """The stall tells that something changed."""
        self.told += 1
        event = ShopEvent(topic=topic, id=thing)
        body, headers = signed(event, delivery=f"t{self.told}", site="counter.example")
        address = f"{self.shop.url}/hooks/shop/{self.id}"
        request = urllib.request.Request(address, data=body, headers=headers, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@pytest.fixture(scope="module")
def counter(shop: Shop) -> Counter:
    """The stall."""
    return Counter(shop)


def test_what_a_customer_does_in_the_shop_shows_in_the_open_thread(
    sign_in: SignIn, shop: Shop, counter: Counter
) -> None:
    page = sign_in(viewport={"width": 1440, "height": 900}).new_page()
    anna = shop.customer()
    counter.knows(anna)
    shop.open(page, f"/inbox/open/{anna.writes('Where is my order?')}")
    panel = page.get_by_test_id("shop").filter(has_text="Counter")
    expect(panel.get_by_test_id("match")).to_contain_text("matched by e-mail, not verified")
    expect(panel.get_by_test_id("unverified")).to_be_visible()
    expect(panel.get_by_test_id("cart-line")).to_contain_text("1 × Rope")

    counter.stall.read()
    counter.stall.sells(cart(buyer_id="b1", quantity=3))
    counter.stall.write()
    counter.happens(Topic.CART, "c1")
    expect(panel.get_by_test_id("cart-line")).to_contain_text("3 × Rope")
    expect(panel.get_by_test_id("shop-cart").get_by_test_id("fresh")).to_have_attribute("data-label", "live")
    line = page.get_by_test_id("system-line").filter(has_text="3 × Rope")
    expect(line.locator("summary")).to_contain_text(re.compile("Cart: 3 × Rope.* · €60.00"))

    counter.stall.sells(
        order("3001", buyer_id="b1", payment=Payment.REFUNDED, refunded=eur("40.00"), version="2")
    )
    counter.stall.write()
    counter.happens(Topic.ORDER, "o3001")
    sale = panel.get_by_test_id("order")
    expect(sale.get_by_test_id("order-badges")).to_contain_text("refunded")
    expect(sale.get_by_test_id("totals")).to_contain_text("Remains€0.00")

    # Nothing proves that the mail is hers: no variable tells of her order.
    sale.get_by_test_id("order-about").click()
    expect(sale.get_by_test_id("order-about")).to_have_attribute("aria-pressed", "true")
    composer(page).fill("Order {{order.number}} of {{customer.name}}")
    expect(page.get_by_test_id("blocked")).to_contain_text("{{order.number}}: nothing proves")

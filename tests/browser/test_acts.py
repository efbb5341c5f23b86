"""Having something done in the shop from beside the thread: once, and above the limit by two."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inbox.commerce import actions, limits
from inbox.commerce.registry import Registry
from inbox.contract.commerce import Buyer, Can
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.shop import Customer, Shop, is_narrow_enough
from tests.peers.browser import Watch
from tests.shops import eur, order, product
from tests.shops.stall import Stall, install

pytestmark = pytest.mark.browser


class Counter:
    """A stall that is connected to the running server, and what its panel shows."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.stall: Stall = install(shop.installation)
        self.stall.sells(product(1, "Rope"), product(2, "Hook", "3.50"))
        self.stall.write()
        self.ctx = replace(shop.ctx, shops=Registry({"stall": self.stall}))
        self.id = self.ctx.db.run(
            lambda session: actions.connect(session, self.ctx.shops, self.ctx.vault, "stall", "Stall", {}).id
        )

    def sells_to(self, customer: Customer, number: str, **more: Any) -> None:
        """An order of two things for 40 EUR."""
        buyer = f"b{number}"
        self.stall.read()
        self.stall.sells(
            Buyer(id=buyer, name=customer.name, emails=(customer.address,)),
            order(number, email=customer.address, buyer_id=buyer, **more),
        )
        self.stall.write()

    def refunded(self, number: str) -> str:
        """What the stall gave back of an order."""
        self.stall.read()
        back = self.stall.sales[f"o{number}"].refunded
        return "0" if back is None else str(back.amount)

    @contextmanager
    def limit(self, most: str) -> Iterator[None]:
        """The most that agents may refund alone, for a while."""
        table = {("agent", "refund", "EUR"): Decimal(most)}
        self.ctx.db.run(lambda session: limits.replace(session, table))
        yield
        self.ctx.db.run(lambda session: limits.replace(session, {}))

    def opens(self, page: Page, thread_id: int) -> None:
        """The thread with the shop beside it."""
        self.shop.open(page, f"/inbox/open/{thread_id}")
        size = page.viewport_size
        if size is not None and size["width"] < 1440:
            page.get_by_test_id("customer-toggle").click()
        expect(page.get_by_test_id("order-actions")).to_be_visible()


WIDE = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def mia(sign_in: SignIn) -> Page:
    """Mia's tab, wide enough for the customer beside the thread."""
    return sign_in("mia", **WIDE).new_page()


@pytest.fixture
def ada(sign_in: SignIn) -> Page:
    """Ada's."""
    return sign_in(**WIDE).new_page()


@pytest.fixture(scope="session")
def counter(shop: Shop) -> Counter:
    """The stall."""
    return Counter(shop)


def start(page: Page, kind: str) -> None:
    """Choose something from the menu of the order."""
    page.get_by_test_id("order-actions").click()
    page.get_by_role("menuitem", name=kind).click()


def refund_one(page: Page) -> None:
    """One of two things, because it came damaged."""
    start(page, "Refund")
    page.get_by_role("radio", name="Some things").check()
    page.get_by_test_id("act-quantity").fill("1")
    page.get_by_test_id("act-reason").fill("damaged")
    expect(page.get_by_test_id("act-preview")).to_contain_text("€20.00")
    expect(page.get_by_test_id("act-preview")).to_contain_text("€40.00")


def test_a_line_is_refunded_once_however_often_it_is_pressed(mia: Page, shop: Shop, counter: Counter) -> None:
    anna = shop.customer()
    counter.sells_to(anna, "2001")
    thread = anna.writes("It came broken.")
    counter.opens(mia, thread)
    refund_one(mia)
    assert violations(mia) == []
    confirm = mia.get_by_test_id("act-confirm")
    expect(confirm).to_have_text("Refund €20.00")
    confirm.dblclick()
    expect(mia.get_by_test_id("act-made")).to_contain_text("Refunded €20.00.")
    mia.get_by_test_id("act-close-done").click()
    line = mia.get_by_test_id("system-line").filter(has_text="refunded")
    expect(line).to_have_text(re.compile(r"Mia refunded €20\.00 of order 2001: damaged"))
    assert counter.refunded("2001") == "20.00"
    assert mia.evaluate("document.activeElement?.dataset.testid") == "order-actions"


def test_what_changed_meanwhile_is_shown_and_asked_again(
    mia: Page, shop: Shop, counter: Counter, watch: Watch
) -> None:
    watch.allow("409")
    anna = shop.customer()
    counter.sells_to(anna, "2002")
    counter.opens(mia, anna.writes("It came broken."))
    start(mia, "Refund")
    mia.get_by_test_id("act-reason").fill("late")
    expect(mia.get_by_test_id("act-confirm")).to_have_text("Refund €40.00")
    counter.sells_to(anna, "2002", refunded=eur("15.00"), version="2")
    mia.get_by_test_id("act-confirm").click()
    expect(mia.get_by_test_id("act-trouble")).to_contain_text("The amount is €25.00 now; it was €40.00.")
    expect(mia.get_by_test_id("act-confirm")).to_have_text("Refund €25.00")
    assert counter.refunded("2002") == "15.00"
    mia.get_by_test_id("act-confirm").click()
    expect(mia.get_by_test_id("act-made")).to_be_visible()
    assert counter.refunded("2002") == "40.00"


def test_what_is_above_the_limit_is_approved_by_another_one(
    mia: Page, ada: Page, shop: Shop, counter: Counter
) -> None:
    anna = shop.customer()
    counter.sells_to(anna, "2003")
    thread = anna.writes("It came broken.")
    counter.opens(mia, thread)
    with counter.limit("10"):
        refund_one(mia)
        expect(mia.get_by_test_id("act-limit")).to_contain_text("More than €10.00 needs a second person.")
        mia.get_by_role("button", name="Ask a second person").click()
        expect(mia.get_by_test_id("act-made")).to_contain_text("A second person has to agree.")
        mia.get_by_test_id("act-close-done").click()
        waiting = mia.get_by_test_id("open-act")
        expect(waiting).to_contain_text("waits for a second person")
        expect(waiting.get_by_test_id("act-take-back")).to_be_visible()
        expect(waiting.get_by_test_id("act-approve")).to_have_count(0)
        assert counter.refunded("2003") == "0"
        counter.opens(ada, thread)
        ada.get_by_test_id("act-approve").click()
        expect(ada.get_by_test_id("open-act")).to_have_count(0)
        said = "Mia refunded €20.00 of order 2003: damaged (approved by Ada)"
        expect(mia.get_by_test_id("system-line").filter(has_text=said)).to_be_visible()
        expect(waiting).to_have_count(0)
        assert counter.refunded("2003") == "20.00"


def test_what_is_not_possible_is_there_and_says_why(mia: Page, shop: Shop, counter: Counter) -> None:
    anna = shop.customer()
    allowed = frozenset(Can) - {Can.CANCEL}
    counter.sells_to(anna, "2004", allowed=allowed, refused={Can.CANCEL: "It is on its way."})
    mia.set_viewport_size({"width": 1440, "height": 480})
    counter.opens(mia, anna.writes("Hello"))
    mia.get_by_test_id("order-actions").click()
    page = "document.documentElement"
    assert mia.evaluate(f"{page}.scrollHeight <= {page}.clientHeight"), "the page itself never scrolls"
    expect(mia.get_by_role("menuitem").last).to_be_in_viewport()
    cancel = mia.get_by_role("menuitem", name="Cancel the order")
    expect(cancel).to_have_attribute("aria-disabled", "true")
    expect(cancel).to_contain_text("It is on its way.")


@pytest.mark.parametrize(
    "kind", ["Change the address", "Send again", "Ask for a return", "Note at the order"]
)
def test_every_dialog_of_an_order_can_be_used(mia: Page, shop: Shop, counter: Counter, kind: str) -> None:
    anna = shop.customer()
    number = f"30{len(kind)}"
    counter.sells_to(anna, number)
    counter.opens(mia, anna.writes("Hello"))
    start(mia, kind)
    FILL[kind](mia)
    confirm = mia.get_by_test_id("act-confirm")
    expect(confirm).to_have_attribute("aria-disabled", "false")
    assert violations(mia) == []
    confirm.click()
    made = mia.get_by_test_id("act-made")
    expect(made).to_have_attribute("data-state", "done")
    expect(made).to_contain_text("As parcel 2" if kind == "Send again" else "Done.")


def test_offers_are_made_from_the_shops_products(mia: Page, shop: Shop, counter: Counter) -> None:
    anna = shop.customer()
    counter.sells_to(anna, "4001")
    thread = anna.writes("Hello")
    counter.opens(mia, thread)

    mia.get_by_test_id("shop-actions").click()
    mia.get_by_role("menuitem", name="Link to a cart").click()
    mia.get_by_test_id("product-search").fill("ro")
    mia.get_by_test_id("product-found").first.click()
    mia.get_by_test_id("basket-quantity").fill("3")
    expect(mia.get_by_test_id("act-confirm")).to_have_attribute("aria-disabled", "false")
    mia.get_by_test_id("act-confirm").click()
    expect(mia.get_by_test_id("act-code")).to_have_text("https://kiosk.example/cart_link/1")
    mia.get_by_test_id("act-insert").click()
    expect(mia.get_by_test_id("composer-text")).to_have_value(re.compile("https://kiosk.example/cart_link/1"))
    mia.get_by_test_id("composer-text").fill("")
    mia.get_by_test_id("insert").click()
    mia.get_by_role("menuitem", name="Coupon code").click()
    mia.get_by_test_id("act-reason").fill("sorry")
    expect(mia.get_by_test_id("act-confirm")).to_have_attribute("aria-disabled", "false")
    mia.get_by_test_id("act-confirm").click()
    expect(mia.get_by_test_id("act-code")).to_have_text(re.compile(r"HELLO-[A-Z2-9]{12}"))
    mia.get_by_test_id("act-insert").click()
    card = re.compile(r"> \*\*Your code: HELLO-[A-Z2-9]{12}\*\*\n> It works once\.\n> Valid until ")
    expect(mia.get_by_test_id("composer-text")).to_have_value(card)


@pytest.mark.parametrize(
    ("options", "direction"),
    [
        ({**WIDE, "color_scheme": "dark"}, "ltr"),
        ({"viewport": {"width": 320, "height": 640}}, "ltr"),
        (WIDE, "rtl"),
    ],
    ids=["dark", "narrow", "right-to-left"],
)
def test_a_dialog_in_the_dark_on_a_phone_and_from_right_to_left(
    sign_in: SignIn, shop: Shop, counter: Counter, options: dict[str, Any], direction: str
) -> None:
    anna = shop.customer()
    counter.sells_to(anna, "5001")
    page = sign_in("mia", **options).new_page()
    page.add_init_script(
        f"addEventListener('DOMContentLoaded', () => {{ document.documentElement.dir = '{direction}' }})"
    )
    counter.opens(page, anna.writes("Hello"))
    refund_one(page)
    assert violations(page) == []
    assert is_narrow_enough(page)


def _address(page: Page) -> None:
    fields = {"name": "Anna", "line1": "Via Roma 1", "postcode": "10121", "city": "Torino", "country": "it"}
    for field, value in fields.items():
        page.get_by_test_id(f"address-{field}").fill(value)


def _reship(page: Page) -> None:
    page.get_by_test_id("act-reason").fill("lost")


def _return(page: Page) -> None:
    page.get_by_test_id("act-quantity").fill("2")
    page.get_by_role("radio", name="By parcel").check()


def _note(page: Page) -> None:
    page.get_by_test_id("note-text").fill("Please look at the seam.")


FILL: dict[str, Callable[[Page], None]] = {
    "Change the address": _address,
    "Send again": _reship,
    "Ask for a return": _return,
    "Note at the order": _note,
}

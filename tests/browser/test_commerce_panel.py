"""Carts and orders beside the thread: what is shown, how new it is, and that the thread never waits for it (I20)."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.threads import actions as threads
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.shop import Shop, bubble, composer
from tests.browser.storefront import Storefront, at, cart, eur, fresh, link, order, parcel, pickup, view
from tests.browser.storefront import shop as section
from tests.peers.browser import Watch

pytestmark = pytest.mark.browser


def looks(page: Page, shop: Shop, shown: Any, text: str = "Where is my parcel?") -> tuple[Storefront, int]:
    """An agent opens a customer's thread, and this is what the shops tell."""
    front = Storefront(page, shown)
    thread = shop.customer().writes(text)
    shop.open(page, f"/inbox/open/{thread}")
    return front, thread


def test_the_cart_the_orders_and_what_the_customer_is_worth(sign_in: SignIn, shop: Shop) -> None:
    page = sign_in(viewport={"width": 1440, "height": 900}).new_page()
    refunded = order(
        "1042",
        payment="partly_refunded",
        refunded=eur("89.90"),
        fulfilments=[parcel(), pickup()],
        returns=[
            {
                "id": "r",
                "state": "requested",
                "raw_state": "",
                "lines": {"1": 1},
                "reason": "",
                "drop_off": "store:1",
                "label_url": "",
            }
        ],
    )
    odd = order("1007", state="unknown", raw_state="AwaitingCarver", total=eur("9007199254740993.015", "KWD"))
    loyalty = {
        "points": 1240,
        "worth": eur("12.40"),
        "tier": "Gold",
        "expiring": None,
        "expires_at": None,
        "credit": None,
    }
    looks(page, shop, view(section(orders=[refunded, odd], loyalty=loyalty)))

    held = page.get_by_test_id("shop-cart")
    expect(held).to_contain_text("€95.50")
    expect(held).to_contain_text(re.compile(r"updated 1\d sec\. ago ?live"))
    expect(held).to_contain_text("Phone")
    expect(held.get_by_test_id("cart-line").first).to_contain_text("2 × Walnut bowl")
    expect(held.get_by_test_id("stock")).to_have_text(["only 1 in stock", "40 in stock"])
    expect(held.get_by_test_id("coupons")).to_contain_text("AUTUMN10")
    expect(page.get_by_test_id("match")).to_contain_text("matched by e-mail, verified")

    last = page.get_by_test_id("order").first
    expect(last.get_by_test_id("order-badges")).to_contain_text("partly refunded")
    expect(last.get_by_test_id("totals")).to_contain_text("Remains€94.80")
    expect(last.get_by_test_id("tracking").get_by_role("link")).to_have_attribute(
        "href", "https://track.example/00340"
    )
    expect(last.get_by_test_id("pickup-store")).to_contain_text("Porto")
    # Three days ahead: not a weekday alone, which may be the last one as well.
    expect(last.get_by_test_id("pickup-until")).to_contain_text(re.compile(r"kept until \w+ \d+ \d+:\d\d"))
    expect(last.get_by_test_id("return")).to_contain_text("requested")

    second = page.get_by_test_id("order").nth(1)
    expect(second.get_by_test_id("totals")).to_have_count(0)
    # A state that a plugin made up is shown in its own word, and no digit of an amount is lost.
    expect(second).to_contain_text("AwaitingCarver")
    expect(second).to_contain_text("9,007,199,254,740,993.015")
    second.locator("summary").first.press("Enter")
    expect(second.get_by_test_id("order-item")).to_have_count(1)

    expect(page.get_by_test_id("worth")).to_contain_text("€512.30")
    expect(page.get_by_test_id("worth")).to_contain_text("e-mail: agreed to offers")
    page.get_by_test_id("stage").focus()
    expect(page.get_by_role("tooltip")).to_have_text("Has ordered two to four times.")
    expect(page.get_by_test_id("loyalty")).to_contain_text("1240 points")
    expect(page.get_by_test_id("viewed")).to_contain_text("1 page viewed")


def test_i20_a_shop_that_fails_leaves_the_thread_usable_and_can_be_asked_again(
    ada: Page, shop: Shop, watch: Watch
) -> None:
    ada.set_viewport_size({"width": 1440, "height": 900})
    front = Storefront(ada, view(section()))
    front.status = 500
    watch.allow("status of 500")
    thread = shop.customer().writes("Hello")
    shop.open(ada, f"/inbox/open/{thread}")
    expect(ada.get_by_test_id("commerce-error")).to_be_visible()
    composer(ada).fill("Good day!")
    ada.get_by_test_id("send").click()
    expect(bubble(ada, "Good day!")).to_be_visible()
    front.status = 200
    ada.get_by_test_id("commerce-retry").click()
    expect(ada.get_by_test_id("shop-cart")).to_be_visible()
    assert front.asked[-1].endswith("?fresh=1") or "/picture" in front.asked[-1]


def test_what_is_old_or_unproved_says_so_and_there_are_four_kinds_of_nothing(ada: Page, shop: Shop) -> None:
    ada.set_viewport_size({"width": 1440, "height": 900})
    old = fresh("stale", at=at(minutes=40), error="Timed out", failing_since=at(minutes=38))
    browser = fresh("recent", client=True)
    empties = [("no_match", []), ("no_orders", [link(1)]), ("no_address", [])]
    shops = [
        section(
            warning="Nothing proves that these orders are theirs.", fresh=old, carts=[cart(fresh=browser)]
        )
    ]
    shops += [
        section(id=2 + n, empty=empty, links=links, carts=[], orders=[])
        for n, (empty, links) in enumerate(empties)
    ]
    gone = fresh("unavailable", at=None, error="The name shop.example is not known.")
    shops.append(section(id=9, links=[], carts=[], orders=[], fresh=gone))
    front, _thread = looks(ada, shop, view(*shops))
    first = ada.get_by_test_id("shop").first
    expect(first.get_by_test_id("fresh").first).to_have_attribute("data-label", "stale")
    expect(first.get_by_test_id("shop-trouble")).to_contain_text(
        re.compile("not reachable since .*, showing data from ")
    )
    expect(first.get_by_test_id("unverified")).to_contain_text("Nothing proves")
    expect(first.get_by_test_id("by-browser")).to_be_visible()
    words = [
        "No customer found for anna@example.org.",
        "This customer has no orders.",
        "No address to search the shop with.",
    ]
    expect(ada.get_by_test_id("commerce-empty")).to_have_text(words)
    expect(ada.get_by_test_id("shop").last.get_by_test_id("shop-trouble")).to_contain_text("is not known")
    front.shown = view(empty="no_shop", viewed=[])
    ada.get_by_test_id("shop-retry").first.click()
    expect(ada.get_by_test_id("commerce-empty")).to_contain_text("No shop is connected.")


def test_a_change_in_the_shop_shows_without_a_reload_and_marks_its_lines(ada: Page, shop: Shop) -> None:
    ada.set_viewport_size({"width": 1440, "height": 900})
    front, thread = looks(ada, shop, view(section(orders=[])))
    expect(ada.get_by_test_id("shop-cart")).to_have_attribute("data-seq", "3")
    composer(ada).fill("You have")
    asked = len(front.asked)
    front.change("shops.0.carts.0.seq", 4)
    front.change("shops.0.carts.0.changed", ["l2"])
    front.change("shops.0.carts.0.cart.lines.1.quantity", 3)
    customer = int(
        ada.evaluate("document.querySelector('[data-testid=customer-link]').pathname.split('/').pop()")
    )
    tell(shop, thread, customer)
    expect(ada.get_by_test_id("cart-line").nth(1)).to_contain_text("3 × Olive spoon")
    expect(ada.locator("[data-testid=cart-line][data-changed]")).to_have_count(1)
    expect(composer(ada)).to_be_focused()
    assert [call for call in front.asked[asked:] if "commerce" in call] == [
        f"GET /customers/{customer}/commerce"
    ]
    # Somebody else's cart is none of this panel's business.
    asked = len(front.asked)
    tell(shop, thread, customer + 1000)
    tell(shop, thread, customer)
    expect(ada.get_by_test_id("commerce")).to_have_attribute("data-state", "idle")
    ada.wait_for_function(
        "n => performance.getEntriesByType('resource').filter(e => e.name.includes('/commerce')).length >= 3",
        arg=0,
    )
    assert set(front.asked[asked:]) <= {
        f"GET /customers/{customer}/commerce",
        "GET /shops/1/picture?url=a&proof=b",
    }


def tell(shop: Shop, thread: int, customer: int) -> None:
    """The feed tells of a change in a shop."""
    data = {"customer_id": customer, "what": "cart", "shop_id": 1, "id": 7, "seq": 4}
    shop.ctx.db.run(lambda session: record(session, EventKind.COMMERCE_CHANGED, thread_id=thread, data=data))


def test_cart_changes_are_one_quiet_line_that_opens(ada: Page, shop: Shop) -> None:
    _front, thread = looks(ada, shop, view(empty="no_shop"), "Hello")
    bowls = [("Walnut bowl", 1)], [("Walnut bowl", 2), ("Spoon", 1)]
    for number, items in enumerate(bowls, 1):
        data = {
            "cart_id": 7,
            "shop": "Holzladen",
            "state": "active",
            "items": [{"title": title, "quantity": quantity} for title, quantity in items],
            "more": 0,
            "total": eur(f"{48 * number}.00"),
        }

        def story(session: Any, data: Any = data) -> None:
            row = threads.lock(session, thread)
            episode = threads.newest_episode(session, thread)
            assert episode is not None
            text = "The cart changed."
            threads.append_system(session, row, episode, "cart_changed", text, shop.ctx.clock(), **data)

        shop.ctx.db.run(story)
    ada.reload()
    line = ada.get_by_test_id("system-line")
    expect(line).to_have_count(1)
    expect(line.locator("summary")).to_contain_text("Cart: 1 × Walnut bowl added, 1 × Spoon added · €96.00")
    expect(line.get_by_test_id("cart-line-count")).to_have_text("2 changes")
    expect(line.get_by_role("listitem")).to_have_count(0)
    line.locator("summary").press("Enter")
    expect(line.get_by_role("listitem").first).to_contain_text("Cart: 1 × Walnut bowl · €48.00")


def test_carts_are_watched_while_the_panel_is_in_sight(ada: Page, shop: Shop) -> None:
    ada.clock.install()
    front, _thread = looks(ada, shop, view(section()))
    expect(ada.get_by_test_id("shop-cart")).to_be_attached()
    # At this width the customer is behind a button.
    ada.clock.fast_forward(21_000)
    assert not [call for call in front.asked if call.endswith("?watch=1")]
    ada.get_by_test_id("customer-toggle").click()
    expect(ada.get_by_test_id("shop-cart")).to_be_visible()
    with ada.expect_request("**/commerce?watch=1"):
        ada.clock.fast_forward(21_000)


def test_who_it_is_can_be_chosen_rejected_and_found_by_an_order(ada: Page, shop: Shop) -> None:
    ada.set_viewport_size({"width": 1440, "height": 900})
    several = [link(3, state="suggested", by="phone"), link(4, state="suggested", by="email", verified=False)]
    front, thread = looks(ada, shop, view(section(choose=True, links=several, carts=[], orders=[])))
    front.answers["/orders"] = {"items": [order("555", buyer_id="b9")]}
    expect(ada.get_by_test_id("chooser").get_by_test_id("candidate")).to_have_count(2)
    ada.get_by_test_id("reject-it").last.click()
    ada.get_by_test_id("link-it").first.click()
    ada.get_by_test_id("order-search").fill("555")
    ada.get_by_test_id("order-search").press("Enter")
    expect(ada.get_by_test_id("search-hit")).to_contain_text("555")
    ada.get_by_test_id("link-buyer").click()
    ada.get_by_test_id("search-hit").locator("summary").first.click()
    ada.get_by_test_id("order-about").click()
    expect(ada.get_by_test_id("order-about")).to_have_attribute("aria-busy", "false")
    customer = front.asked[0].split("/")[2]
    changes = [call for call in front.asked if not call.startswith("GET")]
    assert changes == [
        f"DELETE /customers/{customer}/commerce/links/4?for_good=1",
        f"POST /customers/{customer}/commerce/links",
        f"POST /customers/{customer}/commerce/links",
        f"POST /threads/{thread}/orders",
    ]
    assert [body for body in front.bodies if body] == [
        {"shop_id": 1, "buyer_id": "b3"},
        {"shop_id": 1, "buyer_id": "b9"},
        {"shop_id": 1, "order_id": "o555"},
    ]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 320)])
def test_the_panel_is_for_everybody(sign_in: SignIn, shop: Shop, theme: str, width: int) -> None:
    page = sign_in(color_scheme=theme, viewport={"width": width, "height": 800}).new_page()
    several = [link(3, state="suggested"), link(4, state="suggested", by="address_phone", verified=False)]
    trouble = fresh("stale", error="Timed out", failing_since=at(minutes=3))
    other = section(
        id=2,
        name="Outlet",
        choose=True,
        links=several,
        carts=[],
        orders=[],
        fresh=trouble,
        warning="Not proved.",
    )
    looks(
        page, shop, view(section(orders=[order("1042", about=True, fulfilments=[parcel(), pickup()])]), other)
    )
    if width < 1440:
        page.get_by_test_id("customer-toggle").click()
    expect(page.get_by_test_id("chooser")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    pane = page.locator(".customer .scroll")
    assert pane.evaluate("pane => pane.scrollWidth - pane.clientWidth") <= 0
    page.get_by_test_id("product-tools").first.click()
    assert violations(page) == []

"""Signing in: L1 keyboard, L2 wrong password, L3 expiry, L5 without JavaScript."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import SignIn
from tests.browser.shop import Shop, composer, has_focus
from tests.installation import PASSWORD
from tests.peers.browser import Watch

pytestmark = pytest.mark.browser

INBOX = re.compile("/inbox/")


def type_in(page: Page, email: str, password: str) -> None:
    """Fill in the login form as somebody without a mouse does."""
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def test_l1_by_keyboard_alone(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/login")
    type_in(page, "mia@shop.example", PASSWORD)
    expect(page).to_have_url(INBOX)
    expect(page.locator("html")).to_have_attribute("data-app-state", "ready")


def test_l2_a_wrong_password_and_an_unknown_address_read_the_same(
    page: Page, shop: Shop, watch: Watch
) -> None:
    watch.allow("status of 422")
    page.goto(f"{shop.url}/login")
    seen = []
    for email in ("mia@shop.example", "nobody@shop.example"):
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill("wrong horse battery")
        page.get_by_label("Password", exact=True).press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Password", exact=True)).to_be_focused()
        expect(page.get_by_label("E-mail")).to_have_value(email)
        seen.append(page.get_by_role("alert").inner_text())
        page.get_by_label("E-mail").fill("")
    assert seen[0] == seen[1]


def test_l3_a_session_that_ends_while_typing_costs_no_word(sign_in: SignIn, shop: Shop, watch: Watch) -> None:
    watch.allow("status of 401|WebSocket")
    email = shop.hire("Zoe")
    page = sign_in("zoe").new_page()
    thread = shop.customer().writes("Hello")
    path = f"/inbox/open/{thread}"
    shop.open(page, path)
    composer(page).fill("Dear Anna, ")
    expect(page.get_by_test_id("draft-mark")).to_have_attribute("data-state", "saved")
    shop.dismiss_everywhere(email)
    composer(page).press("End")
    page.keyboard.type("this took me an hour.")
    expect(page).to_have_url(re.compile("/login"))
    assert has_focus(page) == "email"
    type_in(page, email, PASSWORD)
    expect(page).to_have_url(f"{shop.url}{path}")
    expect(composer(page)).to_have_value("Dear Anna, this took me an hour.")


def test_l5_without_javascript(new_context: Callable[..., BrowserContext], shop: Shop) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{shop.url}/login")
    page.get_by_label("E-mail").fill("mia@shop.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(INBOX)
    page.get_by_role("link", name="Go to settings").click()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
    page.get_by_test_id("logout").click()
    expect(page).to_have_url(re.compile("/login"))

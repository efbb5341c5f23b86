"""A fresh demo in the browser: one window is the shop, where one is the customer, the other is the inbox."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.widget.site import OPEN_ROOTS, Visitor, delivered, tab
from tests.installation import Installation
from tests.peers.process import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.quiet, pytest.mark.timeout(300)]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Installation, str]]:
    """The demo as `make run` starts it, and what it said."""
    installation = Installation(tmp_path, ONETHREAD_UNSEEN_SECONDS="2")
    process = installation.start("demo", "--port", str(installation.port), "--shop-port", "0")
    installation.wait_ready(process, 90)
    wait_until(lambda: "Ctrl-C" in process.output, 20, "the start text")
    yield installation, process.output
    installation.close()


def sign_in(page: Page, installation: Installation, said: str) -> None:
    """As the demo says."""
    found = re.search(r"Sign in as (\S+) with the password (\S+)", said)
    assert found
    page.goto(f"http://127.0.0.1:{installation.port}/login")
    page.get_by_label("E-mail").fill(found[1])
    page.get_by_label("Password", exact=True).fill(found[2])
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"http://127.0.0.1:{installation.port}/inbox/open")
    expect(page.locator("html")).to_have_attribute("data-app-state", "ready")


def test_a_newcomer_is_customer_and_agent_side_by_side(
    demo: tuple[Installation, str], page: Page, new_context: Callable[..., BrowserContext]
) -> None:
    installation, said = demo
    address = re.search(r"the shop is at (\S+)", said)
    assert address
    sign_in(page, installation, said)

    # Somebody of the script is on three channels: one row, one thread.
    nina = page.get_by_test_id("row").filter(has_text="Nina Berger")
    expect(nina).to_have_count(1)
    kinds = [glyph.get_attribute("data-kind") for glyph in nina.get_by_test_id("row-channel").all()]
    assert kinds == ["telegram", "chat_widget", "email"]

    # The newcomer writes on the shop's site, and goes on in (what stands in for) Telegram.
    context = new_context(viewport={"width": 1200, "height": 800})
    context.add_init_script(OPEN_ROOTS)
    visitor: Visitor = tab(context, address[1]).opens()
    expect(visitor.part("expects")).to_contain_text("Usually answers in")
    visitor.page.locator("[data-add=dolomit]").click()
    delivered(visitor.says("Do they fit wide feet?"))
    row = page.get_by_test_id("row").filter(has_text="Do they fit wide feet?")
    page.goto(f"http://127.0.0.1:{installation.port}/inbox/open")
    row.click()
    expect(page.get_by_test_id("message").filter(has_text="Do they fit wide feet?")).to_be_visible()
    with context.expect_page() as opened:
        visitor.part("continue").click()
    phone = opened.value
    phone.wait_for_url("**/telegram/**")
    phone.get_by_role("button", name="Start").click()
    expect(visitor.part("continued")).to_be_visible(timeout=20_000)
    phone.get_by_placeholder("Message").fill("I am on the train now.")
    phone.get_by_role("button", name="Send").click()

    # The agent answers where the customer is now.
    expect(page.get_by_test_id("message").filter(has_text="on the train")).to_be_visible(timeout=20_000)
    page.get_by_test_id("composer-text").fill("Yes, take half a size more.")
    page.get_by_test_id("composer-text").press("Control+Enter")
    expect(phone.locator(".theirs").filter(has_text="half a size more")).to_be_visible(timeout=20_000)

    # Signing in at the shop shows that it was Giulia all the time, whom the desk knows by her mails.
    visitor.page.get_by_role("button", name="Sign in as Giulia Ferrari").click()
    expect(visitor.bubble("coprizaino")).to_be_visible(timeout=20_000)
    page.goto(f"http://127.0.0.1:{installation.port}/inbox/open")
    giulia = page.get_by_test_id("row").filter(has_text="Giulia Ferrari")
    expect(giulia).to_have_count(1)
    expect(giulia.get_by_test_id("row-channel")).to_have_count(3)

"""Working without a mouse: I1 the whole way, C9 keys that belong to the writer, WCAG 2.1.4 single keys off."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.shop import Shop, bubble, composer, has_focus, row, words
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser

# Times from the key that sends to the bubble on the page, and the state that it has then.
STOPWATCH = """() => {
  addEventListener('keydown', event => { if (event.key === 'Enter') window.pressedAt = performance.now() }, true)
  new MutationObserver(() => {
    const found = document.querySelector('[data-testid=message][data-client-id]')
    if (found && !window.shown) window.shown = {
      ms: performance.now() - window.pressedAt, state: found.dataset.state }
  }).observe(document.body, { childList: true, subtree: true })
}"""


def press_as(page: Page, key: str, **event: object) -> None:
    """A key event that only some keyboards and input methods can make."""
    page.evaluate(
        "([key, more]) => document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true, ...more}))",
        [key, event],
    )


def test_i1_from_the_list_to_the_sent_reply_by_keys_alone(ada: Page, shop: Shop) -> None:
    bruno, anna = shop.customer("Bruno Costa"), shop.customer("Anna Moretti")
    second = bruno.writes("Do you ship to Malta?")
    anna.writes("Where is my parcel?")
    shop.open(ada)
    ada.keyboard.press("j")
    ada.keyboard.press("j")
    expect(row(ada, second)).to_be_focused()
    ada.keyboard.press("Enter")
    expect(ada.get_by_test_id("thread")).to_have_attribute("data-thread", str(second))
    expect(bubble(ada, "Malta")).to_be_visible()
    ada.keyboard.press("r")
    expect(composer(ada)).to_be_focused()
    ada.evaluate(STOPWATCH)
    ada.keyboard.type("Yes, within three days.")
    ada.keyboard.press("Control+Enter")

    reply = bubble(ada, "Yes, within three days.")
    expect(reply).to_have_attribute("data-state", "sent", timeout=10_000)
    shown = ada.evaluate("window.shown")
    assert shown["state"] in ("queued", "sending")
    assert shown["ms"] < 300, "the goal is 100 ms; a busy machine gets thrice that"
    expect(composer(ada)).to_have_value("")
    shop.sink.wait()
    (mail,) = shop.mails_to(bruno)
    assert words(mail).startswith("Yes, within three days.")


def test_a_assigns_to_a_colleague_and_the_thread_shows_whose_it_is(ada: Page, mia: Page, shop: Shop) -> None:
    thread = shop.customer().writes("Who takes care of me?")
    shop.open(ada, f"/inbox/open/{thread}")
    shop.open(mia, "/inbox/open")
    expect(ada.get_by_test_id("assignee")).to_have_text("Assign")
    ada.get_by_test_id("thread-title").focus()
    ada.keyboard.press("a")
    expect(ada.get_by_test_id("assignee-menu").locator(":focus")).to_contain_text("Nobody")
    ada.keyboard.press("m")
    expect(ada.get_by_test_id("assignee-menu").locator(":focus")).to_have_text(re.compile("Mia"))
    ada.keyboard.press("Enter")
    expect(ada.get_by_test_id("assignee-menu")).to_have_count(0)
    expect(ada.get_by_test_id("thread-title")).to_be_focused()
    expect(ada.get_by_test_id("assignee")).to_contain_text("Assigned to Mia")
    expect(row(ada, thread).locator(".assignee")).to_contain_text("Assigned to Mia")
    assert shop.api(f"/threads/{thread}")["assignee_id"] == shop.agent_id("mia")
    expect(row(mia, thread).locator(".assignee")).to_have_count(0)

    shop.open(mia, "/inbox/mine")
    expect(row(mia, thread)).to_be_visible()


def test_e_resolves_and_e_once_more_opens_again(ada: Page, shop: Shop) -> None:
    thread = shop.customer().writes("Thanks, that was all.")
    shop.open(ada, f"/inbox/open/{thread}")
    ada.get_by_test_id("thread-title").focus()
    ada.keyboard.press("e")
    expect(ada.get_by_test_id("status")).to_have_text("resolved")
    expect(row(ada, thread)).to_have_count(0)
    wait_until(lambda: shop.api(f"/threads/{thread}")["status"] == "resolved", 10, "resolved at the server")
    ada.keyboard.press("e")
    expect(ada.get_by_test_id("status")).to_have_count(0)
    wait_until(lambda: shop.api(f"/threads/{thread}")["status"] == "open", 10, "open again")
    expect(row(ada, thread)).to_be_visible()


def test_c9_altgr_and_input_methods_are_no_shortcuts(ada: Page, shop: Shop) -> None:
    thread = shop.customer().writes("Hello")
    shop.open(ada, f"/inbox/open/{thread}")
    ada.get_by_test_id("thread-title").focus()
    press_as(ada, "e", ctrlKey=True, altKey=True, code="KeyE")
    press_as(ada, "r", altKey=True, code="KeyR")
    press_as(ada, "e", isComposing=True)
    press_as(ada, "n", keyCode=229)
    assert shop.api(f"/threads/{thread}")["status"] == "open"
    assert has_focus(ada) == "thread-title"

    composer(ada).fill("Grüße")
    press_as(ada, "Enter", ctrlKey=True, isComposing=True)
    ada.keyboard.press("e")
    expect(composer(ada)).to_have_value("Grüßee")
    expect(ada.get_by_test_id("message")).to_have_count(1)
    press_as(ada, "r", code="KeyR")
    ada.keyboard.press("Escape")
    expect(ada.get_by_test_id("thread-title")).to_be_focused()


def test_single_keys_can_be_switched_off_and_the_others_stay(ada: Page, shop: Shop) -> None:
    thread = shop.customer().writes("Hello")
    shop.open(ada, f"/inbox/open/{thread}")
    ada.get_by_test_id("thread-title").focus()
    ada.keyboard.press("?")
    ada.get_by_test_id("single-keys").uncheck()
    ada.keyboard.press("Escape")
    expect(ada.get_by_test_id("help")).to_have_count(0)
    expect(ada.get_by_test_id("resolve").locator("kbd")).to_have_count(0)

    for key in ("r", "e", "?", "Shift+O"):
        ada.keyboard.press(key)
    expect(ada.get_by_test_id("help")).to_have_count(0)
    expect(composer(ada)).not_to_be_focused()
    assert shop.api(f"/threads/{thread}")["status"] == "open"

    ada.reload()
    expect(ada.locator("html")).to_have_attribute("data-app-state", "ready")
    ada.get_by_test_id("thread-title").focus()
    ada.keyboard.press("r")
    expect(composer(ada)).not_to_be_focused()
    composer(ada).fill("Still sent by keys")
    ada.keyboard.press("Control+Enter")
    expect(bubble(ada, "Still sent by keys")).to_be_visible()

    ada.get_by_test_id("me").click()
    ada.get_by_role("menuitem", name="Keyboard shortcuts").click()
    ada.get_by_test_id("single-keys").check()
    ada.keyboard.press("Escape")
    ada.get_by_test_id("thread-title").focus()
    ada.keyboard.press("r")
    expect(composer(ada)).to_be_focused()


def test_what_is_marked_unread_stays_so_everywhere_until_it_is_opened_again(
    ada: Page, sign_in: SignIn, shop: Shop
) -> None:
    thread = shop.customer().writes("Please call me.")
    shop.open(ada, f"/inbox/open/{thread}")
    here = row(ada, thread).locator("xpath=..")
    expect(here).not_to_contain_class("unread")
    elsewhere = sign_in().new_page()
    shop.open(elsewhere)
    there = row(elsewhere, thread).locator("xpath=..")
    expect(there).not_to_contain_class("unread")

    ada.get_by_test_id("thread-title").focus()
    ada.keyboard.press("u")
    expect(here).to_contain_class("unread")
    expect(there).to_contain_class("unread")
    assert shop.api(f"/threads/{thread}")["read_seq"] == 0

    row(elsewhere, thread).click()
    expect(there).not_to_contain_class("unread")
    expect(here).not_to_contain_class("unread")

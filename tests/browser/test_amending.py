"""What has gone out is changed and taken back by keyboard, and every open browser follows."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.lofts import Lofts
from tests.browser.shop import Shop, bubble, composer
from tests.peers.browser import Watch
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser


def test_a_sent_reply_is_changed_and_taken_back(ada: Page, lofts: Lofts, shop: Shop) -> None:
    anna = lofts.person()
    path = f"/inbox/open/{anna.writes('loft_bird', 'When?')}"
    shop.open(ada, path)
    composer(ada).fill("It leaves tody.")
    composer(ada).press("Control+Enter")
    reply = ada.get_by_test_id("message").filter(has_text="tody")
    expect(reply).to_have_attribute("data-state", "sent")
    external_id = lofts.last["id"]
    other = ada.context.new_page()
    shop.open(other, path)

    reply.get_by_test_id("message-menu").focus()
    ada.keyboard.press("Enter")
    expect(ada.locator("[data-key=edit]")).to_be_focused()
    ada.keyboard.press("Enter")
    field = ada.get_by_test_id("amend-text")
    expect(field).to_be_focused()
    expect(field).to_have_value("It leaves tody.")
    assert violations(ada) == []
    field.fill("It leaves today.")
    ada.keyboard.press("Control+Enter")
    expect(ada.get_by_test_id("amend")).to_have_count(0)
    wait_until(lambda: lofts.last.get("edited") == "It leaves today.", 10, "the change")
    assert lofts.last["id"] == external_id
    for page in (ada, other):
        changed = bubble(page, "It leaves today.")
        expect(changed.get_by_test_id("edited")).to_contain_text("1 earlier version")
        expect(page.locator("[data-code=reply_edited]")).to_contain_text("changed a reply")

    changed = bubble(ada, "It leaves today.")
    changed.get_by_test_id("message-menu").focus()
    ada.keyboard.press("Enter")
    ada.keyboard.press("End")
    expect(ada.locator("[data-key=delete]")).to_be_focused()
    ada.keyboard.press("Enter")
    expect(ada.get_by_test_id("amend-keep")).to_be_focused()
    ada.keyboard.press("Escape")
    expect(ada.get_by_test_id("amend")).to_have_count(0)
    changed.get_by_test_id("message-menu").click()
    ada.locator("[data-key=delete]").click()
    ada.get_by_test_id("amend-go").click()
    wait_until(lambda: lofts.last.get("deleted") is True, 10, "the removal")
    for page in (ada, other):
        expect(page.get_by_test_id("removed")).to_have_text("This was taken back")
        expect(bubble(page, "It leaves today.")).to_have_count(0)
    ada.get_by_test_id("edited").click()
    expect(ada.get_by_test_id("version")).to_have_count(2)
    expect(ada.get_by_test_id("version").first).to_contain_text("It leaves today.")
    other.close()


def test_a_change_without_a_connection_keeps_what_was_typed(
    ada: Page, lofts: Lofts, shop: Shop, watch: Watch
) -> None:
    watch.allow(r"ERR_INTERNET_DISCONNECTED")
    anna = lofts.person()
    shop.open(ada, f"/inbox/open/{anna.writes('loft_bird', 'Where?')}")
    composer(ada).fill("Here.")
    composer(ada).press("Control+Enter")
    reply = bubble(ada, "Here.")
    expect(reply).to_have_attribute("data-state", "sent")
    reply.get_by_test_id("message-menu").click()
    ada.locator("[data-key=edit]").click()
    ada.get_by_test_id("amend-text").fill("  ")
    expect(ada.get_by_test_id("amend-go")).to_have_attribute("aria-disabled", "true")
    ada.context.set_offline(True)
    ada.get_by_test_id("amend-text").fill("There.")
    ada.get_by_test_id("amend-go").click()
    expect(ada.get_by_test_id("amend-wrong")).to_contain_text("No connection")
    ada.context.set_offline(False)
    ada.get_by_test_id("amend-go").click()
    expect(ada.get_by_test_id("amend")).to_have_count(0)
    expect(bubble(ada, "There.").get_by_test_id("edited")).to_be_visible()

"""One message of the customer's is chosen and answered, by keyboard; the choice is kept, dropped, and shown."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.lofts import Lofts
from tests.browser.shop import Shop, bubble, composer
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser


def choose(page: Page, text: str) -> None:
    menu = bubble(page, text).get_by_test_id("message-menu")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-key=answer]")).to_be_focused()
    page.keyboard.press("Enter")


def test_one_message_is_answered(ada: Page, lofts: Lofts, shop: Shop) -> None:
    anna = lofts.person()
    anna.writes("loft_bird", "Where is my order?", number=1)
    shop.open(ada, f"/inbox/open/{anna.writes('loft_bird', 'And do you have it in blue?', number=2)}")
    answering = ada.get_by_test_id("answering")
    choose(ada, "Where is my order?")
    expect(answering).to_contain_text("Where is my order?")
    expect(composer(ada)).to_be_focused()
    assert violations(ada) == []
    ada.keyboard.press("Escape")
    expect(answering).to_have_count(0)
    expect(composer(ada)).to_be_focused()

    choose(ada, "Where is my order?")
    composer(ada).fill("It leaves today.")
    expect(ada.get_by_test_id("draft-mark")).to_have_attribute("data-state", "saved")
    ada.reload()
    expect(answering).to_contain_text("Where is my order?")
    expect(composer(ada)).to_have_value("It leaves today.")
    composer(ada).press("Control+Enter")
    reply = ada.get_by_test_id("message").filter(has_text="It leaves today.")
    expect(reply).to_have_attribute("data-state", "sent")
    expect(answering).to_have_count(0)
    expect(reply.get_by_test_id("answered")).to_contain_text("Where is my order?")
    wait_until(lambda: lofts.last.get("answers") == f"{anna.address}:1", 10, "the answer")
    reply.get_by_test_id("answered").click()
    expect(ada.locator("[data-testid=message][data-seq='1']")).to_be_focused()


def test_the_choice_is_dropped_aloud_when_the_answer_goes_another_way(
    ada: Page, lofts: Lofts, shop: Shop
) -> None:
    anna = lofts.person()
    anna.writes("loft_bird", "By bird", number=1)
    anna.writes("loft_post", "By post")
    anna.is_one("loft_bird", "loft_post")
    shop.open(ada, f"/inbox/open/{anna.thread('loft_bird')}")
    choose(ada, "By bird")
    expect(ada.get_by_test_id("via")).to_contain_text("Bird")
    composer(ada).fill("Hello")
    ada.get_by_test_id("via").click()
    ada.get_by_test_id("via-menu").get_by_role("menuitemradio").filter(has_text="Post").click()
    expect(ada.get_by_test_id("answering-dropped")).to_contain_text("By bird")
    expect(ada.get_by_test_id("answering")).to_have_count(0)
    composer(ada).press("Control+Enter")
    wait_until(lambda: lofts.last.get("by") == "loft_post", 10, "the mail")
    assert "answers" not in lofts.last

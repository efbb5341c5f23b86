"""Networks that let us answer only for a while: C4, until when it is, who may still, and what goes out after that."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from inbox.clock import utc_now
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.lofts import Lofts
from tests.browser.shop import bubble, composer, is_narrow_enough
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser

YESTERDAY = timedelta(hours=25)


def test_c4_until_when_the_customer_can_be_answered_and_by_whom(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    with lofts.gate(patient=True):
        thread = anna.writes("loft_gate", "Where is my order?", sent_at=utc_now() - YESTERDAY)
        lofts.shop.open(ada, f"/inbox/open/{thread}")
        line = ada.get_by_test_id("window")
        expect(line).to_have_attribute("data-window", "late")
        expect(line).to_contain_text("A person may still answer until")
        expect(ada.get_by_test_id("channel-unusable")).to_contain_text("a machine may not")
        assert violations(ada) == []

        anna.writes("loft_gate", "Hello?")
        expect(line).to_have_attribute("data-window", "open")
        expect(line).to_contain_text(re.compile(r"24 h window: answer until \w{3} \d+:\d+"))
        expect(ada.get_by_test_id("channel-unusable")).to_have_count(0)
        composer(ada).fill("It leaves today.")
        composer(ada).press("Control+Enter")
        wait_until(lambda: anna.sent_on("loft_gate") == ["It leaves today."], 30, "the reply")


def test_c4_a_window_that_has_closed_leaves_the_draft_and_says_why(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    with lofts.gate():
        thread = anna.writes("loft_gate", "Where is my order?", sent_at=utc_now() - YESTERDAY)
        lofts.shop.open(ada, f"/inbox/open/{thread}")
        why = "only for a while after the customer's last message"
        expect(ada.get_by_test_id("channel-unusable")).to_contain_text(why)
        composer(ada).fill("Half a sentence")
        expect(ada.get_by_test_id("blocked")).to_contain_text(why)
        composer(ada).press("Control+Enter")
        expect(composer(ada)).to_have_value("Half a sentence")
        ada.get_by_test_id("via").click()
        way = ada.get_by_test_id("via-menu").locator('[aria-disabled="true"]').filter(has_text="Gate")
        expect(way).to_contain_text(why)
        assert anna.sent_on("loft_gate") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_template_is_found_filled_and_sent_by_the_keyboard(
    sign_in: SignIn, lofts: Lofts, theme: str
) -> None:
    page = sign_in(color_scheme=theme).new_page()
    anna = lofts.person()
    with lofts.gate(approved=True) as channel:
        thread = anna.writes("loft_gate", "Where is my order?", sent_at=utc_now() - YESTERDAY)
        typed = {"body": "Half a sentence", "channel_id": channel}
        lofts.shop.api(f"/threads/{thread}/drafts/reply", typed, method="PUT")
        lofts.shop.open(page, f"/inbox/open/{thread}")
        expect(page.get_by_test_id("channel-unusable")).to_contain_text("only approved templates")
        expect(page.get_by_test_id("text-kept")).to_be_visible()
        expect(page.get_by_test_id("template")).to_have_count(3)
        expect(page.locator('[data-name="summer_sale"]')).to_contain_text("The provider has paused it.")
        assert violations(page) == []

        page.get_by_test_id("template-search").fill("utility way")
        page.get_by_test_id("template-search").press("ArrowDown")
        page.keyboard.press("Enter")
        gaps = page.get_by_test_id("template-gap")
        expect(gaps.first).to_be_focused()
        expect(page.get_by_test_id("blocked")).to_have_text("Fill “name”")
        page.keyboard.type("Anna")
        page.keyboard.press("Tab")
        page.keyboard.type("10412")
        expect(page.get_by_test_id("template-preview")).to_have_text(
            "Hello Anna, your order 10412 is on its way."
        )
        assert violations(page) == []
        page.set_viewport_size({"width": 320, "height": 700})
        assert is_narrow_enough(page)
        page.keyboard.press("Control+Enter")
        expect(bubble(page, "Hello Anna, your order 10412 is on its way.")).to_be_visible()
        wait_until(lambda: anna.sent_on("loft_gate") != [], 30, "the template")
        assert lofts.sent[-1]["template"] == {
            "name": "order_shipped",
            "language": "en",
            "values": {"name": "Anna", "number": "10412"},
        }
        expect(page.get_by_test_id("text-kept")).to_be_visible()

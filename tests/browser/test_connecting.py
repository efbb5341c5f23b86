"""Connecting a bot: S1 a wrong token, S2 green with the first update, S3 no secret in the page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.shop import Shop
from tests.peers.browser import Watch
from tests.peers.telegram import Telegram

pytestmark = pytest.mark.browser


@pytest.fixture
def telegram(request: pytest.FixtureRequest) -> Iterator[Telegram]:
    """A bot of this test's own: one account is connected once."""
    with Telegram(token=f"{7_100_000_000 + len(request.node.name)}:" + "t" * 35) as server:
        yield server


def connect(page: Page, shop: Shop, telegram: Telegram, token: str) -> None:
    page.goto(f"{shop.url}/settings/channels/new/telegram")
    page.get_by_label("Bot token").fill(token)
    page.get_by_text("More settings").click()
    page.get_by_label("How messages come in").select_option("poll")
    page.get_by_label("Bot API server").fill(telegram.url)
    page.get_by_role("button", name="Test and connect").click()


def test_s1_to_s3_a_bot_is_connected_and_turns_green_by_itself(
    ada: Page, shop: Shop, telegram: Telegram, watch: Watch
) -> None:
    watch.allow("status of 422")
    wrong = telegram.token[:-1] + "x"
    connect(ada, shop, telegram, wrong)
    expect(ada.get_by_test_id("test-failed")).to_contain_text("does not accept the bot's token")
    assert wrong not in ada.content()

    connect(ada, shop, telegram, telegram.token)
    card = ada.get_by_test_id("first-message")
    expect(card).to_contain_text("Waiting for the first message")
    expect(ada.get_by_test_id("next-step")).to_have_attribute("href", "https://t.me/shop_bot")
    expect(ada.get_by_role("heading", name="@shop_bot")).to_be_visible()
    assert telegram.token not in ada.content()
    assert violations(ada) == []

    telegram.write(telegram.person(5), "Is this the shop?")
    expect(card).to_contain_text("The first message has arrived")
    expect(card).not_to_have_attribute("data-refresh", re.compile("."))
    assert violations(ada) == []


def test_s2_without_scripts_the_page_loads_itself_again(
    sign_in: SignIn, shop: Shop, telegram: Telegram
) -> None:
    page = sign_in(java_script_enabled=False).new_page()
    connect(page, shop, telegram, telegram.token)
    expect(page.get_by_test_id("first-message")).to_contain_text("Waiting for the first message")
    telegram.write(telegram.person(6), "Is this the shop?")
    expect(page.get_by_test_id("first-message")).to_contain_text(
        "The first message has arrived", timeout=20_000
    )


def test_what_the_provider_asks_for_is_copied_and_a_secret_of_ours_made(sign_in: SignIn, shop: Shop) -> None:
    for theme in ("light", "dark"):
        context = sign_in(color_scheme=theme, permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(f"{shop.url}/settings/channels/new/whatsapp")
        assert violations(page) == []
    first = page.get_by_test_id("f-c_verify_token").input_value()
    assert len(first) == 32
    page.get_by_role("button", name="Make a new one").click()
    made = page.get_by_test_id("f-c_verify_token").input_value()
    assert len(made) == 32
    assert made != first
    page.locator("[data-copy='#f-c_verify_token']").click()
    assert page.evaluate("navigator.clipboard.readText()") == made
    step = page.get_by_test_id("step-3")
    step.get_by_role("button", name="Copy").click()
    expect(step.get_by_role("button")).to_have_text("Copied")
    assert "whatsapp_business_messaging" in page.evaluate("navigator.clipboard.readText()")

"""One customer by mail, on Instagram and on WhatsApp, whom an agent finds to be one person."""

import pytest
from playwright.sync_api import Page, expect

from tests.adapters.instagram import peer as instagram
from tests.adapters.whatsapp import peer as whatsapp
from tests.e2e.conftest import Product
from tests.e2e.test_one_person import letters, text_of, thread_of
from tests.e2e.test_whole_story import CUSTOMER, SUPPORT, eventually, mail, sign_in
from tests.peers.dovecot import Dovecot
from tests.peers.exim import Exim
from tests.peers.graph_page import Account
from tests.peers.graph_page import instagram as instagram_account
from tests.peers.graph_whatsapp import WhatsApp

pytestmark = [pytest.mark.dovecot, pytest.mark.exim, pytest.mark.browser, pytest.mark.timeout(300)]


def connect(product: Product, kind: str, name: str, settings: dict[str, str], url: str) -> int:
    """An account at a network of our own, as an operator connects it."""
    given = [f"{key}={value}" for key, value in {**settings, "api_base": url}.items()]
    chosen = [word for each in given for word in ("--set", each)]
    return int(product.say("channel", "add", kind, "--name", name, *chosen))


def merge(page: Page, product: Product, keep: int, other: int) -> None:
    """An agent makes two customers one."""
    page.goto(f"{product.url}/customers/{keep}/merge?other={other}")
    page.get_by_test_id("next").click()
    page.get_by_test_id("next").click()
    page.get_by_test_id("merge").click()
    expect(page.get_by_test_id("merged")).to_be_visible()


def answer(page: Page, way: str, text: str) -> None:
    """Reply by a channel of that title."""
    page.get_by_test_id("via").click()
    page.get_by_test_id("via-menu").get_by_role("menuitemradio", name=way).click()
    page.get_by_test_id("composer-text").fill(text)
    expect(page.get_by_test_id("via")).to_contain_text(way)
    page.get_by_test_id("composer-text").press("Control+Enter")
    bubble = page.get_by_test_id("message").filter(has_text=text)
    expect(bubble.get_by_test_id("delivery")).to_have_attribute("data-state", "sent", timeout=20_000)


def test_who_an_agent_finds_to_be_one_is_one_row_and_is_answered_on_any_network(
    product: Product, dovecot: Dovecot, exim: Exim, page: Page
) -> None:
    product.set_up()
    product.add_mailbox(exim.port, dovecot.port)
    with instagram_account() as meta, WhatsApp() as phone:
        numbers = {
            "instagram": connect(product, "instagram", "Shop on Instagram", instagram.SETTINGS, meta.url),
            "whatsapp": connect(product, "whatsapp", "Shop's number", whatsapp.SETTINGS, phone.url),
        }
        product.start_all()
        _talk(product, dovecot, exim, page, meta, phone, numbers)


def _talk(
    product: Product,
    dovecot: Dovecot,
    exim: Exim,
    page: Page,
    meta: Account,
    phone: WhatsApp,
    numbers: dict[str, int],
) -> None:
    for graph, kind in ((meta.graph, "instagram"), (phone.graph, "whatsapp")):
        graph.subscribe(f"{product.url}/hooks/{kind}/{numbers[kind]}")
    exim.send(mail("Order 10412", "By mail: where is it?"), SUPPORT, CUSTOMER)
    meta.write(text="On Instagram: where is it?")
    phone.write(phone.person(name="Anna Moretti"), "On WhatsApp: where is it?")
    asked = ("By mail: where", "On Instagram: where", "On WhatsApp: where")
    by_mail, by_picture, by_phone = (thread_of(product, text) for text in asked)

    sign_in(page, product)
    expect(page.get_by_test_id("row")).to_have_count(3)
    for other in (by_picture, by_phone):
        merge(page, product, by_mail["customer"]["id"], other["customer"]["id"])
    page.goto(f"{product.url}/inbox/open")
    row = page.get_by_test_id("row")
    expect(row).to_have_count(1)
    expect(row.get_by_test_id("row-channel")).to_have_count(3)
    row.click()
    for text in asked:
        expect(page.get_by_test_id("message").filter(has_text=text)).to_be_visible()

    answer(page, "E-mail", "It is at the post.")
    answer(page, "Instagram", "It comes tomorrow.")
    answer(page, "WhatsApp", "It is blue.")
    (letter,) = eventually(lambda: letters(dovecot, "Order 10412"), 20)
    assert "It is at the post." in text_of(letter)
    assert [each["message"]["text"] for each in meta.sent] == ["It comes tomorrow."]
    assert [each["text"]["body"] for each in phone.sent] == ["It is blue."]
    (only,) = product.api("/threads?view=open")["items"]
    assert only["waiting_since"] is None

"""Taking back: C6 a reply before it leaves, I10 a resolve."""

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, bubble, composer, frozen_order, row, words
from tests.browser.test_writing import PASTE, PIXEL
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser

WINDOW = "3"


@pytest.fixture(scope="module")
def patient(shop: Shop) -> Iterator[Shop]:
    """The shop with three seconds to take a reply back."""
    shop.installation.processes[-1].stop()
    shop.installation.serve(ONETHREAD_UNDO_SECONDS=WINDOW)
    yield shop
    shop.installation.processes[-1].stop()
    shop.installation.serve()


def test_c6_undo_brings_text_and_files_back_and_nothing_is_sent(ada: Page, patient: Shop) -> None:
    anna = patient.customer()
    thread = anna.writes("When do you open?")
    patient.open(ada, f"/inbox/open/{thread}")
    composer(ada).fill("At nine.")
    composer(ada).evaluate(PASTE, base64.b64encode(PIXEL).decode())
    expect(ada.get_by_test_id("draft-file")).to_have_attribute("data-state", "ready")
    composer(ada).press("Control+Enter")
    bubble(ada, "At nine.").get_by_test_id("undo-send").click()
    expect(bubble(ada, "At nine.")).to_have_attribute("data-state", "cancelled")
    expect(composer(ada)).to_have_value("At nine.")
    expect(ada.get_by_test_id("draft-file")).to_contain_text("screenshot.png")
    expect(row(ada, thread).get_by_test_id("wait")).to_be_visible()

    composer(ada).fill("At ten.")
    composer(ada).press("Control+Enter")
    expect(bubble(ada, "At ten.")).to_have_attribute("data-state", "sent", timeout=10_000)
    (mail,) = patient.mails_to(anna)
    assert words(mail).startswith("At ten.")
    assert [file.get_content() for file in mail.iter_attachments()] == [PIXEL]


def test_c6_z_in_the_thread_takes_the_last_reply_back(ada: Page, patient: Shop) -> None:
    patient.open(ada, f"/inbox/open/{patient.customer().writes('When do you close?')}")
    composer(ada).fill("At six.")
    composer(ada).press("Control+Enter")
    expect(bubble(ada, "At six.").get_by_test_id("undo-send")).to_be_visible()
    composer(ada).press("Escape")
    ada.keyboard.press("z")
    expect(composer(ada)).to_have_value("At six.")
    expect(bubble(ada, "At six.")).to_have_attribute("data-state", "cancelled")


def test_c6_a_closed_tab_does_not_stop_a_reply(ada: Page, patient: Shop) -> None:
    anna = patient.customer()
    patient.open(ada, f"/inbox/open/{anna.writes('When do you close?')}")
    composer(ada).fill("At seven.")
    composer(ada).press("Control+Enter")
    expect(bubble(ada, "At seven.").get_by_test_id("undo-send")).to_be_visible()
    ada.close()
    assert patient.mails_to(anna) == []
    wait_until(lambda: len(patient.mails_to(anna)) == 1, 10, "the reply")


def test_i10_a_resolve_taken_back_leaves_everything_as_it_was(ada: Page, shop: Shop) -> None:
    ids = [shop.customer(name).writes("Thanks!") for name in ("Uma", "Vera", "Willa")]
    me = shop.agent_id("ada")
    for thread in ids:
        shop.change(thread, assignee_id=me)
    shop.open(ada, "/inbox/mine")
    before = frozen_order(ada)
    middle = str(ids[1])
    at = before.index(middle)
    ada.keyboard.press("j")
    for _ in range(at):
        ada.keyboard.press("j")
    expect(row(ada, ids[1])).to_be_focused()
    ada.keyboard.press("e")
    expect(ada.get_by_test_id("toast")).to_contain_text("Vera resolved")
    wait_until(lambda: shop.api(f"/threads/{middle}")["status"] == "resolved", 5, "resolved")
    ada.keyboard.press("z")
    wait_until(lambda: shop.api(f"/threads/{middle}")["status"] == "open", 5, "open again")
    assert shop.api(f"/threads/{middle}")["assignee_id"] == me
    expect(row(ada, ids[1]).locator("xpath=..")).not_to_contain_class("done")
    assert frozen_order(ada) == before
    ada.reload()
    expect(row(ada, ids[1])).to_be_visible()
    assert frozen_order(ada) == before

"""The composer: C1 note and reply never mix, C3 the channel stays, C7 files, C8 drafts travel, I6 newer messages."""

import base64
import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import SignIn
from tests.browser.shop import Shop, bubble, composer, messages, words
from tests.peers.browser import Watch
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
# Pastes a picture as a screenshot tool leaves it on the clipboard.
PASTE = """(field, data) => {
  const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0))
  const clipboardData = new DataTransfer()
  clipboardData.items.add(new File([bytes], 'screenshot.png', { type: 'image/png' }))
  field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
}"""


def paste(page: Page) -> None:
    """Paste a picture into the composer."""
    composer(page).evaluate(PASTE, base64.b64encode(PIXEL).decode())


def is_saved(page: Page) -> None:
    """The draft is on the server."""
    expect(page.get_by_test_id("draft-mark")).to_have_attribute("data-state", "saved")


def test_c1_a_note_stays_a_note(ada: Page, shop: Shop) -> None:
    anna = shop.customer()
    thread = anna.writes("My order is late.")
    shop.open(ada, f"/inbox/open/{thread}")
    ada.get_by_test_id("mode-note").click()
    expect(ada.get_by_test_id("note-heading")).to_contain_text("Anna will not see this")
    expect(ada.get_by_test_id("send")).to_contain_text("Add note")
    composer(ada).fill("She complains a lot")
    ada.get_by_test_id("mode-reply").click()
    expect(composer(ada)).to_have_value("")
    composer(ada).fill("Sorry for that!")
    ada.get_by_test_id("mode-note").click()
    expect(composer(ada)).to_have_value("She complains a lot")
    composer(ada).press("Control+Enter")
    expect(bubble(ada, "She complains a lot")).to_have_attribute("data-kind", "note")
    ada.get_by_test_id("mode-reply").click()
    expect(composer(ada)).to_have_value("Sorry for that!")
    composer(ada).press("Control+Enter")

    wait_until(lambda: len(shop.mails_to(anna)) == 1, 10, "the reply")
    assert "complains" not in shop.mails_to(anna)[0].as_string()
    assert words(shop.mails_to(anna)[0]).startswith("Sorry for that!")
    assert [str(each.kind) for each in messages(shop, thread)] == ["inbound", "note", "reply"]


def test_c3_the_channel_follows_the_customer_but_never_a_begun_answer(ada: Page, shop: Shop) -> None:
    second = shop.connect("returns@example.test")
    anna = shop.customer()
    thread = anna.writes("Hello")
    anna.writes("I want to return it.", channel=second)
    shop.open(ada, f"/inbox/open/{thread}")
    via = ada.get_by_test_id("via")
    expect(via).to_contain_text("returns@example.test")
    composer(ada).fill("Please send it to")
    anna.writes("By the way, where is my order?")
    expect(ada.get_by_test_id("switch-banner")).to_be_visible()
    expect(via).to_contain_text("returns@example.test")
    ada.get_by_test_id("keep-channel").click()
    expect(ada.get_by_test_id("switch-banner")).to_have_count(0)
    expect(via).to_contain_text("returns@example.test")

    ada.reload()
    expect(composer(ada)).to_have_value("Please send it to")
    ada.get_by_test_id("switch-channel").click()
    expect(via).to_contain_text("support@example.test")
    composer(ada).press("Control+Enter")
    wait_until(lambda: len(shop.mails_to(anna)) == 1, 10, "the reply")
    assert str(shop.mails_to(anna)[0]["From"]) == "Ada <support@example.test>"


def test_an_answer_goes_to_another_address_only_when_the_agent_says_so(ada: Page, shop: Shop) -> None:
    anna, boss = shop.customer(), shop.customer("Bruno")
    thread = anna.writes("Please answer my boss.", reply_to=boss.address)
    shop.open(ada, f"/inbox/open/{thread}")
    expect(ada.get_by_test_id("reply-to-hint")).to_contain_text(f"This goes to {anna.address}")
    composer(ada).fill("Dear boss")
    ada.get_by_test_id("use-reply-to").click()
    is_saved(ada)
    ada.reload()
    expect(ada.get_by_test_id("reply-to-hint")).to_contain_text(f"This answer goes to {boss.address}")
    composer(ada).press("Control+Enter")
    wait_until(lambda: len(shop.mails_to(boss)) == 1, 10, "the reply")
    assert shop.mails_to(anna) == []


def test_who_is_copied_in_gets_the_reply_and_is_named(ada: Page, shop: Shop) -> None:
    anna, luca = shop.customer(), shop.customer("Luca Ferri")
    thread = anna.writes("Can you send it to both of us?")
    shop.open(ada, f"/inbox/open/{thread}")
    ada.get_by_test_id("mail-fields").click()
    ada.get_by_test_id("cc").fill("luca.example")
    composer(ada).fill("Here it is.")
    expect(ada.locator("#cc-wrong")).to_contain_text("luca.example")
    expect(ada.get_by_test_id("send")).to_have_attribute("aria-disabled", "true")
    ada.get_by_test_id("cc").fill(luca.address)
    expect(ada.locator("#cc-wrong")).to_have_count(0)
    composer(ada).press("Control+Enter")

    wait_until(lambda: shop.mails_to(luca) and shop.mails_to(anna), 10, "both copies")
    (copy,) = shop.mails_to(luca)
    assert (copy["To"], copy["Cc"]) == (f"Anna Moretti <{anna.address}>", luca.address)
    assert copy["Message-ID"] == shop.mails_to(anna)[0]["Message-ID"]
    bubble(ada, "Here it is.").get_by_test_id("message-details").click()
    expect(bubble(ada, "Here it is.").get_by_test_id("message-facts")).to_contain_text(luca.address)


def test_c7_a_pasted_picture_is_sent(ada: Page, shop: Shop) -> None:
    anna = shop.customer()
    shop.open(ada, f"/inbox/open/{anna.writes('Which label?')}")
    composer(ada).fill("This one.")
    paste(ada)
    file = ada.get_by_test_id("draft-file")
    expect(file).to_have_attribute("data-state", "ready")
    paste(ada)
    expect(file).to_have_count(2)
    file.nth(1).get_by_test_id("file-remove").click()
    expect(file).to_have_count(1)
    composer(ada).press("Control+Enter")
    expect(bubble(ada, "This one.").get_by_test_id("attachment")).to_contain_text("screenshot.png")
    wait_until(lambda: len(shop.mails_to(anna)) == 1, 10, "the reply")
    (picture,) = shop.mails_to(anna)[0].iter_attachments()
    assert (picture.get_filename(), picture.get_content()) == ("screenshot.png", PIXEL)


def test_c7_what_cannot_be_uploaded_says_why_and_can_be_tried_again(
    ada: Page, shop: Shop, watch: Watch
) -> None:
    watch.allow("net::ERR_FAILED|status of 413")
    shop.open(ada, f"/inbox/open/{shop.customer().writes('Which label?')}")
    composer(ada).fill("This one.")
    ada.route("**/api/v1/attachments?*", lambda route: route.abort())
    paste(ada)
    file = ada.get_by_test_id("draft-file")
    expect(file).to_contain_text("Not uploaded: no connection")
    expect(ada.get_by_test_id("send")).to_have_attribute("aria-disabled", "true")
    expect(ada.get_by_test_id("blocked")).to_have_text("A file was not uploaded")
    ada.unroute_all()
    file.get_by_test_id("file-retry").click()
    expect(file).to_have_attribute("data-state", "ready")
    expect(ada.get_by_test_id("send")).to_have_attribute("aria-disabled", "false")

    large: FilePayload = {
        "name": "film.bin",
        "mimeType": "application/octet-stream",
        "buffer": bytes(2_100_000),
    }
    ada.get_by_test_id("file-input").set_input_files([large])
    expect(file.nth(1)).to_have_attribute("data-state", "failed")
    expect(file.nth(1)).to_contain_text(re.compile("large"))


def test_c8_a_draft_is_on_every_device(ada: Page, sign_in: SignIn, shop: Shop) -> None:
    thread = shop.customer().writes("Hello")
    shop.open(ada, f"/inbox/open/{thread}")
    other = sign_in().new_page()
    shop.open(other, f"/inbox/open/{thread}")
    composer(ada).fill("Dear Anna,")
    is_saved(ada)
    expect(composer(other)).to_have_value("Dear Anna,")
    ada.reload()
    expect(composer(ada)).to_have_value("Dear Anna,")
    composer(ada).press("Control+Enter")
    expect(bubble(other, "Dear Anna,")).to_be_visible()
    expect(composer(other)).to_have_value("")


def test_c8_what_was_just_typed_survives_leaving_the_page(ada: Page, shop: Shop) -> None:
    thread = shop.customer().writes("Hello")
    shop.open(ada, f"/inbox/open/{thread}")
    composer(ada).fill("Typed and gone")
    ada.goto(f"{shop.url}/settings/profile")
    shop.open(ada, f"/inbox/open/{thread}")
    expect(composer(ada)).to_have_value("Typed and gone")


@pytest.mark.parametrize("decision", ["send-anyway", "review"])
def test_i6_nothing_is_sent_past_a_newer_message_without_a_decision(
    ada: Page, shop: Shop, decision: str, watch: Watch
) -> None:
    watch.allow("status of 409")
    anna = shop.customer()
    thread = anna.writes("May I return it?")
    # Mia's answer does not reach this page in time.
    ada.route_web_socket(re.compile("/socket.io/"), lambda _socket: None)
    shop.open(ada, f"/inbox/open/{thread}")
    composer(ada).fill("No.")
    shop.reply(thread, "Yes, of course.")
    wait_until(lambda: len(shop.mails_to(anna)) == 1, 10, "Mia's reply")
    composer(ada).press("Control+Enter")
    sheet = ada.get_by_test_id("conflict")
    expect(sheet.get_by_test_id("news-item")).to_contain_text("Yes, of course.")
    assert [each.body_text for each in messages(shop, thread)][1:] == ["Yes, of course."]

    ada.get_by_test_id(decision).click()
    expect(sheet).to_have_count(0)
    if decision == "review":
        expect(composer(ada)).to_have_value("No.")
        expect(composer(ada)).to_be_focused()
        assert len(messages(shop, thread)) == 2
        assert len(shop.mails_to(anna)) == 1
    else:
        wait_until(lambda: len(shop.mails_to(anna)) == 2, 10, "Ada's reply")
        assert words(shop.mails_to(anna)[1]).startswith("No.")

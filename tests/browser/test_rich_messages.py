"""More than text: files that are seen and heard in place, places, reactions, and what became of a message later."""

import base64
import io
import wave
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from inbox.contract import Edit, File, Reacted, Removal
from tests.browser.axe import violations
from tests.browser.lofts import Lofts
from tests.browser.shop import Shop, bubble, composer
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def tone() -> bytes:
    """Half a second of silence, as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 4000)
    return out.getvalue()


def test_pictures_are_an_album_and_voice_is_heard_in_place(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    pictures = tuple(File(name=f"{n}.png", media_type="image/png", content=PIXEL) for n in range(3))
    voice = File(name="voice-1.wav", media_type="audio/wav", content=tone())
    thread = anna.writes("loft_bird", "Look and listen", files=(*pictures, voice))
    lofts.shop.open(ada, f"/inbox/open/{thread}")
    message = bubble(ada, "Look and listen")
    expect(message.get_by_test_id("album").locator("img")).to_have_count(3)
    loaded = "all => all.every(img => img.complete && img.naturalWidth > 0)"
    wait_until(lambda: message.locator("img").evaluate_all(loaded), 10, "the pictures")
    player = message.get_by_test_id("audio")
    expect(player).to_have_attribute("aria-label", "Voice message")
    assert player.evaluate(
        "player => new Promise((done, fail) => { player.onloadedmetadata = () => done(player.duration);"
        " player.onerror = () => fail(player.error.message); player.load() })"
    ) == pytest.approx(0.5, abs=0.1)
    assert violations(ada) == []


def test_a_place_is_a_card_with_a_way_to_the_map(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    text = "Hut\nOn the hill\n46.622200, 8.687100\nhttps://www.openstreetmap.org/?mlat=46.6222&mlon=8.6871"
    lofts.shop.open(ada, f"/inbox/open/{anna.writes('loft_bird', text)}")
    place = ada.get_by_test_id("place")
    expect(place).to_contain_text("Hut")
    expect(place).to_contain_text("46.622200, 8.687100")
    expect(place).to_have_attribute("href", "https://www.openstreetmap.org/?mlat=46.6222&mlon=8.6871")


def test_a_changed_message_says_so_and_tells_what_it_was(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    thread = anna.writes("loft_bird", "I need two.", number=1)
    lofts.shop.open(ada, f"/inbox/open/{thread}")
    expect(bubble(ada, "I need two.")).to_be_visible()
    change = Edit(
        external_id=f"{anna.address}:1",
        sender=anna.at("loft_bird"),
        text="I need three.",
        at=datetime.now(UTC),
    )
    anna.happens("loft_bird", change)
    message = bubble(ada, "I need three.")
    expect(message.get_by_test_id("edited")).to_contain_text("1 earlier version")
    expect(bubble(ada, "I need two.")).to_have_count(0)
    message.get_by_test_id("edited").click()
    expect(message.get_by_test_id("version")).to_contain_text("I need two.")


def test_a_message_that_was_taken_back_leaves_a_line(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    thread = anna.writes("loft_bird", "My secret", number=1)
    lofts.shop.open(ada, f"/inbox/open/{thread}")
    expect(bubble(ada, "My secret")).to_be_visible()
    anna.happens("loft_bird", Removal(external_ids=(f"{anna.address}:1",), at=datetime.now(UTC)))
    expect(ada.get_by_test_id("removed")).to_have_text("Anna took this back")
    expect(bubble(ada, "My secret")).to_have_count(0)


def test_reactions_are_shown_and_given(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    thread = anna.writes("loft_bird", "Is it done?", number=1)
    lofts.shop.open(ada, f"/inbox/open/{thread}")
    message = bubble(ada, "Is it done?")
    message.hover()
    message.get_by_test_id("react").click()
    ada.get_by_test_id("react-menu").locator("[data-key='👍']").click()
    expect(message.get_by_test_id("reaction")).to_have_attribute("data-emoji", "👍")
    wait_until(lambda: lofts.last.get("emoji") == ["👍"], 10, "the reaction")
    message.get_by_test_id("reaction").click()
    expect(message.get_by_test_id("reaction")).to_have_count(0)
    wait_until(lambda: lofts.last.get("emoji") == [], 10, "no reaction")

    composer(ada).fill("Done.")
    composer(ada).press("Control+Enter")
    expect(bubble(ada, "Done.")).to_have_attribute("data-state", "sent")
    thanks = Reacted(
        external_id=lofts.sent[-1]["id"], sender=anna.at("loft_bird"), emoji=("❤",), at=datetime.now(UTC)
    )
    anna.happens("loft_bird", thanks)
    expect(bubble(ada, "Done.").get_by_test_id("reaction")).to_have_attribute("data-emoji", "❤")
    expect(bubble(ada, "Done.").get_by_test_id("react")).to_have_count(0)


def test_a_reply_is_seen_as_its_reader_sees_it(ada: Page, lofts: Lofts, shop: Shop) -> None:
    anna = lofts.person()
    shop.open(ada, f"/inbox/open/{anna.writes('loft_post', 'How?')}")
    composer(ada).fill("**Like this:**\n1. open\n2. [read](https://shop.example/how)\n\n<b>not</b> & _so_")
    composer(ada).press("Control+Enter")
    reply = bubble(ada, "Like this:")
    expect(reply).to_have_attribute("data-state", "sent")
    expect(reply.locator("strong")).to_have_text("Like this:")
    expect(reply.locator("ol li")).to_have_count(2)
    link = reply.get_by_role("link", name="read")
    expect(link).to_have_attribute("href", "https://shop.example/how")
    expect(reply.locator("b", has_text="not")).to_have_count(0)
    expect(reply).to_contain_text("<b>not</b> & so")

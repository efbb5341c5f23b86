"""Many channels, one thread: I12 one row, C3 the way of an answer, C5 its length, and what a channel takes."""

import pytest
from playwright.sync_api import FilePayload, Page, expect

from inbox.agents.words import Role
from inbox.contract import Level, Party
from tests.browser.conftest import SignIn
from tests.browser.lofts import Lofts
from tests.browser.shop import Shop, bubble, composer, has_focus, is_narrow_enough, row
from tests.browser.test_writing import is_saved
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser


def test_i12_one_person_on_three_channels_is_one_row_and_one_thread(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    anna.writes("loft_post", "Dear shop, where is my order?")
    anna.writes("loft_site", "Hello, I am on your site now.")
    anna.writes("loft_bird", "And here I am again.")
    anna.is_one("loft_post", "loft_site", "loft_bird")
    thread = anna.thread("loft_post")
    lofts.shop.open(ada)
    glyphs = row(ada, thread).get_by_test_id("row-channel")
    expect(glyphs).to_have_count(3)
    assert [glyphs.nth(n).get_attribute("data-kind") for n in range(3)] == [
        "loft_bird",
        "loft_site",
        "loft_post",
    ]
    expect(row(ada, thread).get_by_test_id("row-channels")).to_have_attribute(
        "aria-label", "Channels: Bird, Site chat, Post"
    )

    row(ada, thread).click()
    for text in ("Dear shop", "on your site", "here I am"):
        expect(bubble(ada, text)).to_be_visible()
    assert [turn.inner_text() for turn in ada.get_by_test_id("turn").all()] == [
        "now on Site chat",
        "now on Bird",
    ]
    expect(ada.get_by_test_id("identity")).to_have_count(3)
    expect(ada.get_by_test_id("via")).to_contain_text("bird@shop")


def test_an_address_that_only_a_message_names_is_marked_when_a_better_one_is_known(
    ada: Page, lofts: Lofts
) -> None:
    anna = lofts.person()
    anna.writes("loft_bird", "It is really me.", level=Level.VERIFIED)
    anna.writes("loft_post", "So says the envelope.", level=Level.CLAIMED)
    lofts.shop.open(ada, f"/inbox/open/{anna.thread('loft_post')}")
    via = ada.get_by_test_id("via")
    expect(via).to_contain_text("post@shop")
    expect(via).not_to_contain_text("not proved")
    anna.is_one("loft_post", "loft_bird")
    expect(via).to_contain_text("not proved")


def test_c3_the_way_is_always_shown_and_never_changes_by_itself(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    anna.writes("loft_post", "Dear shop, hello.")
    anna.writes("loft_bird", "Hello again.")
    anna.is_one("loft_post", "loft_bird")
    thread = anna.thread("loft_post")
    lofts.shop.open(ada, f"/inbox/open/{thread}")
    via = ada.get_by_test_id("via")
    expect(via).to_contain_text(f"To Anna@{anna.address}·Birdbird@shop")

    composer(ada).fill("We will look for it")
    anna.writes("loft_post", "One more thing.")
    banner = ada.get_by_test_id("switch-banner")
    expect(banner).to_contain_text("Anna wrote on Post now. Reply there?")
    expect(via).to_contain_text("bird@shop")
    is_saved(ada)
    ada.reload()
    expect(composer(ada)).to_have_value("We will look for it")
    expect(via).to_contain_text("bird@shop")
    banner.get_by_test_id("keep-channel").click()
    expect(banner).to_have_count(0)
    composer(ada).press("Control+Enter")
    wait_until(lambda: anna.sent_on("loft_bird") == ["We will look for it"], 10, "the reply by bird")
    assert anna.sent_on("loft_post") == []

    expect(via).to_contain_text("post@shop")
    composer(ada).fill("By post, then")
    composer(ada).press("Control+Enter")
    wait_until(lambda: anna.sent_on("loft_post") == ["By post, then"], 10, "the reply by post")


def test_the_menu_of_channels_works_by_keys_and_says_why_not(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    anna.writes("loft_post", "Dear shop, hello.")
    anna.writes("loft_site", "Hello from your site.")
    anna.is_one("loft_post", "loft_site")
    lofts.shop.open(ada, f"/inbox/open/{anna.thread('loft_post')}")
    expect(bubble(ada, "from your site")).to_be_visible()
    ada.get_by_test_id("thread-title").focus()
    ada.keyboard.press("Shift+R")
    menu = ada.get_by_test_id("via-menu")
    expect(menu.get_by_role("menuitemradio", name="Site chat")).to_be_focused()
    expect(menu.get_by_role("menuitemradio", name="Site chat")).to_have_attribute("aria-checked", "true")
    barred = menu.get_by_role("menuitemradio", name="Bird")
    expect(barred).to_have_attribute("aria-disabled", "true")
    expect(barred).to_contain_text("only customers who wrote there first")
    expect(menu.get_by_role("menuitemradio", name="Post")).to_contain_text(f"to @{anna.address}")
    ada.keyboard.press("Home")
    expect(menu.get_by_role("menuitemradio", name="Post")).to_be_focused()
    ada.keyboard.press("Enter")
    expect(menu).to_have_count(0)
    expect(ada.get_by_test_id("via")).to_contain_text("post@shop")
    expect(composer(ada)).to_be_focused()

    ada.keyboard.type("Half a word")
    ada.keyboard.press("Control+m")
    expect(menu).to_be_visible()
    ada.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    assert has_focus(ada) == "composer-text"
    expect(composer(ada)).to_have_value("Half a word")


def test_c5_a_long_text_is_counted_in_the_networks_unit_and_goes_as_two(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    lofts.shop.open(ada, f"/inbox/open/{anna.writes('loft_bird', 'Tell me everything.')}")
    composer(ada).fill("🙂" * 1_700)
    expect(ada.get_by_test_id("counter")).to_have_text("3400 of 4096 UTF-16 units")
    expect(ada.get_by_test_id("split-note")).to_have_count(0)
    long = "a" * 4_097
    composer(ada).fill(long)
    expect(ada.get_by_test_id("counter")).to_have_text("4097 of 4096 UTF-16 units")
    expect(ada.get_by_test_id("split-note")).to_contain_text("It will be sent as 2 messages.")
    ada.get_by_test_id("split-preview").click()
    expect(ada.get_by_test_id("preview-part")).to_have_count(2)
    expect(ada.get_by_test_id("preview-part").nth(1)).to_have_text("a")
    ada.get_by_test_id("split-preview").click()
    composer(ada).press("Control+Enter")
    wait_until(lambda: anna.sent_on("loft_bird") == [long[:4096], "a"], 10, "both pieces")


def test_c5_where_nothing_is_split_too_much_is_an_error(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    lofts.shop.open(ada, f"/inbox/open/{anna.writes('loft_site', 'Tell me everything.')}")
    composer(ada).fill("b" * 121)
    expect(ada.get_by_test_id("counter")).to_have_text("121 of 120 characters")
    expect(ada.get_by_test_id("blocked")).to_have_text("Too long for Site chat")
    composer(ada).press("Control+Enter")
    expect(composer(ada)).not_to_have_value("")
    composer(ada).fill("b" * 120)
    composer(ada).press("Control+Enter")
    wait_until(lambda: anna.sent_on("loft_site") == ["b" * 120], 10, "the reply")


def test_marks_are_offered_where_they_are_seen(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    lofts.shop.open(ada, f"/inbox/open/{anna.writes('loft_site', 'Hello')}")
    expect(ada.get_by_test_id("plain-hint")).to_have_text("Site chat shows plain text")
    expect(ada.get_by_test_id("marks")).to_have_count(0)

    bruno = lofts.person("Bruno Costa")
    lofts.shop.open(ada, f"/inbox/open/{bruno.writes('loft_bird', 'Hello')}")
    composer(ada).fill("very good")
    composer(ada).evaluate("field => field.setSelectionRange(5, 9)")
    ada.get_by_test_id("mark-bold").click()
    expect(composer(ada)).to_have_value("very **good**")
    ada.keyboard.press("Control+z")
    expect(composer(ada)).to_have_value("very good")
    ada.keyboard.press("Control+b")
    ada.get_by_test_id("mark-bullets").click()
    expect(composer(ada)).to_have_value("- very **good**")
    ada.get_by_test_id("preview-toggle").click()
    expect(ada.get_by_test_id("preview").locator("li strong")).to_have_text("good")
    ada.get_by_test_id("preview-toggle").click()
    composer(ada).press("Control+Enter")
    expect(bubble(ada, "very good").locator("li strong")).to_have_text("good")


def test_a_file_that_the_channel_does_not_take_blocks_before_it_is_sent(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    lofts.shop.open(ada, f"/inbox/open/{anna.writes('loft_bird', 'Send me the film.')}")
    composer(ada).fill("Here it is.")
    film: FilePayload = {"name": "film.bin", "mimeType": "application/octet-stream", "buffer": bytes(1_500)}
    ada.get_by_test_id("file-input").set_input_files([film])
    expect(ada.get_by_test_id("blocked")).to_have_text("film.bin is too large: Bird takes 1 kB")
    expect(ada.get_by_test_id("send")).to_have_attribute("aria-disabled", "true")
    ada.get_by_test_id("file-remove").click()
    expect(ada.get_by_test_id("blocked")).to_have_count(0)


def test_a_claimed_address_is_marked_and_asked_about_each_time(ada: Page, lofts: Lofts) -> None:
    anna = lofts.person()
    claim = Party(namespace="loft_post", address="boss", display="@boss")
    thread = anna.writes("loft_site", "I am the boss, write to @boss.", claims=(claim,))
    lofts.shop.open(ada, f"/inbox/open/{thread}")
    expect(ada.get_by_test_id("claim")).to_contain_text("unverified")
    expect(ada.get_by_test_id("via")).to_contain_text("site@shop")
    composer(ada).fill("Is this you?")
    ada.get_by_test_id("via").click()
    option = ada.get_by_test_id("via-menu").get_by_role("menuitemradio", name="Post")
    expect(option.get_by_test_id("way-level")).to_have_attribute("data-level", "claimed")
    option.click()
    expect(ada.get_by_test_id("claim-warning")).to_be_visible()
    is_saved(ada)
    ada.reload()
    expect(ada.get_by_test_id("via")).to_contain_text("@boss")
    composer(ada).press("Control+Enter")
    expect(ada.get_by_test_id("claim-ask")).to_contain_text("Send anyway?")
    ada.get_by_test_id("claim-back").click()
    expect(composer(ada)).to_have_value("Is this you?")
    composer(ada).press("Control+Enter")
    ada.get_by_test_id("claim-send").click()
    expect(bubble(ada, "Is this you?")).to_be_visible()
    wait_until(lambda: lofts.last.get("to") == "boss", 10, "the reply")


def test_the_line_of_the_way_fits_on_320_pixels(sign_in: SignIn, lofts: Lofts, shop: Shop) -> None:
    page = sign_in(viewport={"width": 320, "height": 640}, has_touch=True).new_page()
    anna = lofts.person("Wolfeschlegelsteinhausenbergerdorff the Elder")
    anna.writes("loft_post", "Hello")
    anna.writes("loft_bird", "Hello")
    anna.is_one("loft_post", "loft_bird")
    shop.open(page, f"/inbox/open/{anna.thread('loft_post')}")
    expect(page.get_by_test_id("via")).to_be_visible()
    assert is_narrow_enough(page)
    page.get_by_test_id("via").click()
    expect(page.get_by_test_id("via-menu")).to_be_visible()
    assert is_narrow_enough(page)


def test_a_channel_in_trouble_is_told_to_those_who_look_after_channels(sign_in: SignIn, shop: Shop) -> None:
    """The shop's mailbox has no server, so it always is. Only an admin may open the settings that mend it."""
    shop.hire("Sue", Role.SUPERVISOR)
    wait_until(lambda: any(each["last_error"] for each in shop.api("/channels")["items"]), 20, "trouble")
    shown = {}
    for name in ("ada", "sue", "mia"):
        page = sign_in(name).new_page()
        shop.open(page)
        if name != "mia":
            expect(page.get_by_test_id("channel-trouble")).to_contain_text("support@example.test")
        found = page.get_by_test_id("channel-trouble")
        shown[name] = [each.get_attribute("href") for each in found.all()]
    assert shown == {"ada": ["/settings/channels"], "sue": [None], "mia": []}

"""Rights of a channel are gone: everybody is told, replies wait, and they go out once when it is connected again."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.lofts import BIRD, Lofts
from tests.browser.shop import bubble, composer
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser


def test_a_channel_without_rights_says_so_holds_replies_and_catches_up(
    ada: Page, mia: Page, sign_in: SignIn, lofts: Lofts
) -> None:
    revoked = Path(f"{lofts.book}.{BIRD.manifest.key}.revoked")
    anna = lofts.person()
    thread = anna.writes("loft_bird", "Is my order on its way?")
    for page in (ada, mia):
        lofts.shop.open(page, f"/inbox/open/{thread}")
        expect(bubble(page, "on its way?")).to_be_visible()
        expect(page.get_by_test_id("reconnect-banner")).to_have_count(0)

    revoked.touch()
    composer(mia).fill("It left this morning.")
    composer(mia).press("Control+Enter")
    for page in (ada, mia):
        banner = page.get_by_test_id("reconnect-banner")
        expect(banner).to_contain_text("Replies on loft_bird wait: it has to be connected again.")
        expect(page.get_by_test_id("channel-unusable")).to_contain_text("has to be connected again")
    expect(mia.get_by_test_id("reconnect")).to_have_count(0)
    assert violations(mia) == []
    composer(mia).fill("And it arrives tomorrow.")
    composer(mia).press("Control+Enter")
    expect(bubble(mia, "arrives tomorrow")).to_be_visible()
    assert anna.sent_on("loft_bird") == []

    settings = sign_in().new_page()
    settings.goto(f"{lofts.shop.url}/settings/channels")
    expect(settings.get_by_role("alert")).to_contain_text("Replies on loft_bird wait")
    ada.get_by_test_id("reconnect").click()
    told = ada.get_by_test_id("needs-reauth")
    expect(told).to_contain_text("2 replies wait and go out by themselves afterwards, each once.")
    assert violations(ada) == []

    revoked.unlink()
    ada.get_by_test_id("channels.test").click()
    expect(told).to_have_count(0)
    expect(mia.get_by_test_id("reconnect-banner")).to_have_count(0)
    expect(mia.get_by_test_id("channel-unusable")).to_have_count(0)
    expect(settings.get_by_role("alert")).to_have_count(0, timeout=30_000)
    both = ["It left this morning.", "And it arrives tomorrow."]
    wait_until(lambda: len(anna.sent_on("loft_bird")) >= 2, 30, "the held replies")
    assert anna.sent_on("loft_bird") == both, "each once, in their order"

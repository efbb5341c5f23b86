"""The network comes and goes, nothing is lost or doubled: I3, I4, I5."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, bubble, composer, messages
from tests.peers.browser import Watch
from tests.peers.process import wait_until
from tests.peers.proxy import FaultProxy

pytestmark = pytest.mark.browser

NETWORK = r"net::ERR_|WebSocket connection|ERR_INTERNET_DISCONNECTED"


def texts(page: Page) -> list[str]:
    """The texts of the stream from top to bottom."""
    return page.get_by_test_id("message-text").all_inner_texts()


def test_i3_after_a_cut_exactly_the_missed_messages_appear(
    ada: Page, shop: Shop, fault_proxy: Callable[[int], FaultProxy], watch: Watch
) -> None:
    watch.allow(NETWORK)
    proxy = fault_proxy(shop.installation.port)
    anna = shop.customer()
    thread = anna.writes("One")
    shop.open(ada, f"/inbox/open/{thread}", base=f"http://127.0.0.1:{proxy.port}")
    expect(bubble(ada, "One")).to_be_visible()
    proxy.down()
    expect(ada.get_by_test_id("strip")).to_have_attribute("data-state", "cut")
    for text in ("Two", "Three", "Four"):
        anna.writes(text)
    assert texts(ada) == ["One"]
    proxy.up()
    expect(bubble(ada, "Four")).to_be_visible(timeout=15_000)
    assert texts(ada) == ["One", "Two", "Three", "Four"]
    expect(ada.locator("html")).to_have_attribute("data-app-state", "ready")
    expect(ada.get_by_test_id("strip")).to_have_count(0)


def test_i3_a_restarted_server_is_found_again(ada: Page, shop: Shop, watch: Watch) -> None:
    watch.allow(NETWORK)
    anna = shop.customer()
    thread = anna.writes("Before")
    shop.open(ada, f"/inbox/open/{thread}")
    composer(ada).fill("Half a sent")
    shop.installation.processes[-1].kill()
    expect(ada.get_by_test_id("strip")).to_have_attribute("data-state", "cut")
    anna.writes("Meanwhile")
    shop.installation.serve()
    expect(bubble(ada, "Meanwhile")).to_be_visible(timeout=15_000)
    assert texts(ada) == ["Before", "Meanwhile"]
    expect(composer(ada)).to_have_value("Half a sent")
    expect(composer(ada)).to_be_focused()


def test_i4_what_was_sent_offline_goes_out_once(ada: Page, shop: Shop, watch: Watch) -> None:
    watch.allow(NETWORK)
    anna = shop.customer()
    thread = anna.writes("Is it waterproof?")
    shop.open(ada, f"/inbox/open/{thread}")
    composer(ada).fill("It is, to 20 m.")
    expect(ada.get_by_test_id("draft-mark")).to_have_attribute("data-state", "saved")
    ada.context.set_offline(True)
    composer(ada).press("Control+Enter")
    reply = bubble(ada, "It is, to 20 m.")
    expect(reply).to_have_attribute("data-state", "queued")
    expect(ada.get_by_test_id("strip")).to_contain_text("1 message waits")
    assert shop.mails_to(anna) == []

    ada.context.set_offline(False)
    expect(reply).to_have_attribute("data-state", "sent")
    expect(ada.get_by_test_id("strip")).to_have_count(0)
    expect(reply).to_have_count(1)
    assert [row.body_text for row in messages(shop, thread)][1:] == ["It is, to 20 m."]
    assert len(shop.mails_to(anna)) == 1


def test_i5_what_waits_survives_a_reload(ada: Page, shop: Shop, watch: Watch) -> None:
    watch.allow(NETWORK)
    anna = shop.customer()
    thread = anna.writes("Is it warm?")
    shop.open(ada, f"/inbox/open/{thread}")
    ada.route(re.compile("/replies$"), lambda route: route.abort())
    composer(ada).fill("Down to -10.")
    composer(ada).press("Control+Enter")
    reply = bubble(ada, "Down to -10.")
    expect(reply).to_have_attribute("data-state", "queued")
    ada.reload()
    expect(reply).to_have_attribute("data-state", re.compile("queued|sending"))
    expect(composer(ada)).to_have_value("")
    assert shop.mails_to(anna) == []

    ada.unroute_all()
    expect(reply).to_have_attribute("data-state", "sent", timeout=15_000)
    ada.reload()
    expect(reply).to_have_count(1)
    wait_until(lambda: len(shop.mails_to(anna)) == 1, 5, "one mail")


def test_a_lost_answer_doubles_nothing(ada: Page, shop: Shop, watch: Watch) -> None:
    watch.allow(NETWORK)
    anna = shop.customer()
    thread = anna.writes("Is it light?")
    shop.open(ada, f"/inbox/open/{thread}")
    # The server has the reply, the browser never learns of it.
    ada.route(re.compile("/replies$"), lambda route: (route.fetch(), route.abort()), times=1)
    composer(ada).fill("200 g.")
    composer(ada).press("Control+Enter")
    reply = bubble(ada, "200 g.")
    expect(reply).to_have_attribute("data-state", "sent", timeout=15_000)
    expect(reply).to_have_count(1)
    assert len(messages(shop, thread)) == 2
    assert len(shop.mails_to(anna)) == 1

"""The network comes and goes: what was missed comes once, what was written goes out once."""

import json
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, bubble, composer, messages
from tests.browser.test_offline import texts
from tests.browser.widget.conftest import NewVisitor, Visit
from tests.browser.widget.site import Site, Visitor, delivered, has_state, tab
from tests.peers.browser import Watch
from tests.peers.proxy import FaultProxy

pytestmark = pytest.mark.browser

NETWORK = r"net::ERR_|WebSocket connection|Failed to load resource"


@pytest.fixture
def through(
    fault_proxy: Callable[[int], FaultProxy], shop: Shop, site: Site, visit: Visit, watch: Watch
) -> tuple[FaultProxy, Visitor]:
    """A visitor whose line to the desk goes over a proxy."""
    watch.allow(NETWORK)
    proxy = fault_proxy(shop.installation.port)
    return proxy, visit(desk=f"http://127.0.0.1:{proxy.port}")


def test_after_a_cut_exactly_the_missed_messages_appear(
    through: tuple[FaultProxy, Visitor], site: Site
) -> None:
    proxy, visitor = through
    visitor.opens()
    delivered(visitor.says("Before the cut"))
    thread = site.thread_of("Before the cut")
    proxy.down()
    expect(visitor.part("strip")).to_have_attribute("data-state", "cut", timeout=15_000)
    for text in ("Missed one", "Missed two", "Missed three"):
        site.reply(thread, text)
    has_state(visitor.says("Written in the dark"), "waiting")
    assert visitor.texts() == ["Before the cut", "Written in the dark"]
    proxy.up()
    delivered(visitor.bubble("Written in the dark"))
    expect(visitor.part("strip")).to_have_count(0)
    assert sorted(visitor.texts()) == sorted(
        ["Before the cut", "Missed one", "Missed two", "Missed three", "Written in the dark"]
    )
    assert len(site.messages("Written in the dark")) == 1


def test_a_line_that_died_in_silence_is_noticed(through: tuple[FaultProxy, Visitor], site: Site) -> None:
    proxy, visitor = through
    visitor.opens()
    delivered(visitor.says("Before the silence"))
    proxy.blackhole = True
    site.reply(site.thread_of("Before the silence"), "Said into the silence")
    visitor.page.wait_for_timeout(1000)
    proxy.blackhole = False
    # The tab comes back to the front: it looks at once, and does not wait until the line is found to be dead.
    visitor.panel.locator("html").evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(visitor.bubble("Said into the silence")).to_have_count(1, timeout=25_000)


@pytest.mark.quiet
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_sixty_seconds_without_a_network_on_both_sides_miss_and_double_nothing(
    through: tuple[FaultProxy, Visitor],
    site: Site,
    shop: Shop,
    ada: Page,
    fault_proxy: Callable[[int], FaultProxy],
) -> None:
    proxy, visitor = through
    agents = fault_proxy(shop.installation.port)
    visitor.opens()
    delivered(visitor.says("Before the tunnel"))
    thread = site.thread_of("Before the tunnel")
    shop.open(ada, f"/inbox/open/{thread}", base=f"http://127.0.0.1:{agents.port}")
    expect(bubble(ada, "Before the tunnel")).to_be_visible()
    expect(ada.get_by_test_id("via")).to_be_visible()

    proxy.blackhole = agents.blackhole = True
    cut = time.monotonic()
    missed = ["Missed one", "Missed two", "Missed three"]
    for text in missed:
        site.reply(thread, text)
    visitor.says("Written in the tunnel")
    composer(ada).fill("Answered in the tunnel")
    composer(ada).press("Control+Enter")
    visitor.page.wait_for_timeout(1000 * (60 - (time.monotonic() - cut)))
    proxy.blackhole = agents.blackhole = False

    # The customer has written meanwhile: what the agent wrote waits for a decision, and goes out once.
    ada.get_by_test_id("send-anyway").click(timeout=90_000)
    everything = sorted(["Before the tunnel", *missed, "Written in the tunnel", "Answered in the tunnel"])
    for page, seen in ((visitor.page, visitor.texts), (ada, lambda: texts(ada))):
        deadline = time.monotonic() + 90
        while len(seen()) < len(everything) and time.monotonic() < deadline:
            page.wait_for_timeout(200)
        page.wait_for_timeout(1000)
        assert sorted(seen()) == everything
    assert sorted(message.body_text for message in messages(shop, thread)) == everything


def test_what_was_sent_offline_goes_out_once(site: Site, visit: Visit, watch: Watch) -> None:
    watch.allow(NETWORK)
    visitor = visit().opens()
    delivered(visitor.says("Online"))
    visitor.page.context.set_offline(True)
    first, second = visitor.says("Offline one"), visitor.says("Offline two")
    has_state(first, "waiting")
    expect(visitor.part("strip")).to_contain_text("Your message will be sent")
    visitor.page.context.set_offline(False)
    delivered(first)
    delivered(second)
    assert visitor.texts() == ["Online", "Offline one", "Offline two"]
    assert len(site.messages("Offline one")) == len(site.messages("Offline two")) == 1


def test_what_waits_and_what_was_begun_survive_a_reload(site: Site, visit: Visit, watch: Watch) -> None:
    watch.allow(NETWORK)
    visitor = visit().opens()
    delivered(visitor.says("Something first"))
    visitor.page.context.route(re.compile(r"/messages$"), lambda route: route.abort())
    has_state(visitor.says("Kept over the reload"), "waiting")
    visitor.field.fill("Half a sent")
    visitor.page.wait_for_timeout(500)
    visitor.page.reload()
    expect(visitor.bubble("Kept over the reload")).to_have_attribute(
        "data-state", re.compile("waiting|sending")
    )
    expect(visitor.field).to_have_value("Half a sent")
    visitor.page.context.unroute_all()
    delivered(visitor.bubble("Kept over the reload"))
    visitor.page.reload()
    expect(visitor.bubble("Kept over the reload")).to_have_count(1)
    assert len(site.messages("Kept over the reload")) == 1


def test_a_lost_answer_doubles_nothing(site: Site, visit: Visit, watch: Watch) -> None:
    watch.allow(NETWORK)
    visitor = visit().opens()
    # The server has the message, the panel never learns of it.
    visitor.page.context.route(
        re.compile(r"/messages$"), lambda route: (route.fetch(), route.abort()), times=1
    )
    visitor.says("Only once, please")
    delivered(visitor.bubble("Only once, please"))
    expect(visitor.bubble("Only once, please")).to_have_count(1)
    visitor.page.wait_for_timeout(4500)  # the outbox has tried again
    expect(visitor.bubble("Only once, please")).to_have_count(1)
    assert len(site.messages("Only once, please")) == 1


def test_without_websockets_the_panel_asks_by_the_clock(
    site: Site, new_visitor: NewVisitor, watch: Watch
) -> None:
    watch.allow(NETWORK)
    context = new_visitor()
    context.route_web_socket(re.compile(r"/socket\.io/"), lambda socket: socket.close())
    visitor = tab(context, site.page())
    visitor.opens()
    visitor.says("No sockets here")
    thread = site.thread_of("No sockets here")
    site.reply(thread, "Then by post")
    expect(visitor.bubble("Then by post")).to_be_visible()
    has_state(visitor.bubble("No sockets here"), "read")
    expect(visitor.part("strip")).to_have_count(0)
    assert visitor.texts() == ["No sockets here", "Then by post"]


def test_a_refused_message_says_why_and_can_be_mended(site: Site, visit: Visit, watch: Watch) -> None:
    watch.allow("422")
    visitor = visit().opens()
    problem = json.dumps(
        {"title": "Invalid", "status": 422, "code": "invalid", "detail": "That is not allowed."}
    )
    visitor.page.context.route(
        re.compile(r"/messages$"),
        lambda route: route.fulfill(status=422, content_type="application/problem+json", body=problem),
        times=1,
    )
    refused = visitor.says("Bad words")
    has_state(refused, "failed")
    expect(refused.get_by_test_id("panel-failed")).to_contain_text("That is not allowed.")
    refused.get_by_test_id("panel-take-back").click()
    expect(visitor.field).to_have_value("Bad words")
    expect(visitor.part("message")).to_have_count(0)
    delivered(visitor.says("Better words"))

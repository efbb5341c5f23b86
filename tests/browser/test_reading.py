"""Reading: I13 long threads, I14 back and forward, I15 small screens, I16 other directions, I21 strangers' HTML."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.shop import Shop, bubble, is_narrow_enough, row
from tests.peers.browser import Watch

pytestmark = pytest.mark.browser

LONG = 2000
BUBBLES = 400

# The first message that is wholly in view, and how far it is from the top.
FIRST_IN_VIEW = """() => {
  const box = document.querySelector('[data-testid=stream]').getBoundingClientRect()
  const found = [...document.querySelectorAll('[data-testid=message]')]
    .map(message => [message.dataset.message, message.getBoundingClientRect().top - box.top])
    .find(([, top]) => top >= 0)
  return found
}"""
TOP_OF = """id => document.querySelector(`[data-message="${id}"]`).getBoundingClientRect().top
  - document.querySelector('[data-testid=stream]').getBoundingClientRect().top"""


def test_i13_a_long_thread_opens_at_once_and_older_messages_move_nothing(ada: Page, shop: Shop) -> None:
    thread = shop.customer().writes("It begins here.")
    shop.lengthen(thread, LONG - 1)
    shop.open(ada)
    clicked = time.monotonic()
    row(ada, thread).click()
    expect(bubble(ada, f"Message number {LONG - 2} ")).to_be_visible()
    assert time.monotonic() - clicked < 1.5, "the goal is 250 ms; this measures a busy machine"

    bubbles = ada.get_by_test_id("message")
    stream = ada.get_by_test_id("stream")
    before = bubbles.count()
    for _page in range(8):
        stream.evaluate("stream => { stream.scrollTop = 380 }")
        held, top = ada.evaluate(FIRST_IN_VIEW)
        ada.wait_for_function(
            "count => document.querySelectorAll('[data-testid=message]').length !== count", arg=before
        )
        assert abs(ada.evaluate(TOP_OF, held) - top) <= 2
        before = bubbles.count()
        assert before <= BUBBLES
        if before >= 300:
            break
    assert before >= 200


def test_i14_back_and_forward_bring_view_row_and_place_back(ada: Page, shop: Shop) -> None:
    threads = [shop.customer(f"Customer {number}").writes("Hello") for number in range(20)]
    shop.open(ada)
    there = threads[3]
    row(ada, there).scroll_into_view_if_needed()
    scroll = "document.querySelector('[data-testid=list-scroll]').scrollTop"
    place = ada.evaluate(scroll)
    assert place > 0
    row(ada, there).click()
    expect(ada.get_by_test_id("thread")).to_have_attribute("data-thread", str(there))
    ada.get_by_test_id("view-closed").click()
    expect(ada).to_have_url(f"{shop.url}/inbox/closed")

    ada.go_back()
    expect(ada).to_have_url(f"{shop.url}/inbox/open/{there}")
    expect(ada.get_by_test_id("thread")).to_have_attribute("data-thread", str(there))
    expect(row(ada, there)).to_have_attribute("aria-current", "true")
    assert ada.evaluate(scroll) == pytest.approx(place, abs=2)
    ada.go_forward()
    expect(ada).to_have_url(f"{shop.url}/inbox/closed")
    ada.go_back()
    ada.go_back()
    expect(ada).to_have_url(f"{shop.url}/inbox/open")
    expect(ada.get_by_test_id("thread")).to_have_count(0)


def test_i15_everything_is_reached_on_320_pixels(sign_in: SignIn, shop: Shop) -> None:
    page = sign_in(viewport={"width": 320, "height": 640}, has_touch=True).new_page()
    thread = shop.customer("Wolfeschlegelsteinhausenbergerdorff the Elder").writes(
        "See https://shop.example/" + "very-long-path/" * 12, subject="Donaudampfschifffahrtsgesellschaft" * 2
    )
    shop.open(page)
    assert is_narrow_enough(page)
    row(page, thread).click()
    expect(page.get_by_test_id("composer")).to_be_visible()
    assert is_narrow_enough(page)
    page.get_by_test_id("mode-note").click()
    assert is_narrow_enough(page)
    page.get_by_test_id("customer-toggle").click()
    expect(page.get_by_test_id("customer")).to_be_visible()
    assert is_narrow_enough(page)
    page.get_by_test_id("customer-close").click()
    page.get_by_test_id("back").click()
    expect(row(page, thread)).to_be_visible()
    page.get_by_test_id("view-switch").click()
    assert is_narrow_enough(page)
    for path in ("channels", "channels/new/email", f"channels/{shop.mailbox}", "agents", "teams", "profile"):
        page.goto(f"{shop.url}/settings/{path}")
        assert is_narrow_enough(page), path


def test_i16_an_arabic_message_has_its_own_direction(ada: Page, shop: Shop) -> None:
    thread = shop.customer("ليلى حداد").writes("أين طلبي رقم 10412؟")
    shop.open(ada, f"/inbox/open/{thread}")
    text = bubble(ada, "أين طلبي").get_by_test_id("message-text")
    expect(text).to_have_css("direction", "rtl")
    expect(ada.locator("html")).to_have_attribute("dir", "ltr")
    expect(ada.get_by_test_id("composer")).to_have_css("direction", "ltr")
    # The name stands where names stand.
    expect(ada.get_by_test_id("thread-title")).to_have_css("text-align", "left")


def test_i21_a_mail_runs_nothing_and_fetches_nothing_unasked(ada: Page, shop: Shop, watch: Watch) -> None:
    watch.allow(r"request to https://tracker\.example/open\.png")
    html = (
        "<html><head><script>parent.pwned = 1; top.pwned = 1</script>"
        '<style>td { background: url("https://tracker.example/style.png") }</style></head>'
        "<body onload='top.pwned = 1'><table><tr><td><h1>Our <i>offer</i></h1></td></tr></table>"
        "<img src='https://tracker.example/open.png' onerror='top.pwned = 1' width=40 height=40>"
        "<a href='javascript:top.pwned = 1'>Click</a><iframe src='https://tracker.example/'></iframe>"
        "<form action='https://tracker.example/'><input name=password><button>Log in</button></form></body></html>"
    )
    thread = shop.customer().writes("Our offer", html=html)
    asked: list[str] = []
    ada.on("request", lambda request: asked.append(request.url))
    ada.context.route("https://tracker.example/**", lambda route: route.fulfill(body=b"", status=200))
    shop.open(ada, f"/inbox/open/{thread}")
    frame = ada.frame_locator("[data-testid=mail-body]")
    expect(frame.get_by_role("heading", name="Our offer")).to_be_visible()
    expect(ada.get_by_text("1 remote image is not loaded")).to_be_visible()
    link = frame.get_by_text("Click")
    expect(link).not_to_have_attribute("href", re.compile("javascript"))
    assert frame.locator("script, iframe, form, input").count() == 0
    assert [url for url in asked if "tracker" in url] == []

    ada.get_by_test_id("show-images").click()
    expect(ada.get_by_test_id("show-images")).to_have_count(0)
    expect(frame.locator("img")).to_have_attribute("src", "https://tracker.example/open.png")
    assert {url for url in asked if "tracker" in url} == {"https://tracker.example/open.png"}
    assert ada.evaluate("window.pwned") is None

"""W12: by keyboard, with a screen reader, on small screens, in large letters, from right to left."""

import itertools
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.widget.conftest import Visit
from tests.browser.widget.site import Site, Visitor, delivered

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
_numbers = itertools.count(1)
SMALL_TARGETS = """() => {
  const kinds = 'button, a, input:not([type=file], .sr), textarea, label:has([type=radio])'
  return [...document.querySelectorAll(kinds)].filter(each => each.checkVisibility() && !each.closest('.words'))
    .map(each => [each.dataset.testid ?? each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
    .filter(([, box]) => box.width < 44 || box.height < 44)
    .map(([name, box]) => `${name}: ${box.width} × ${box.height}`)
}"""
FITS = """() => document.documentElement.scrollWidth <= innerWidth
  && [...document.querySelectorAll('.log')].every(each => each.scrollWidth <= each.clientWidth)"""
COMPOSING = """field => field.dispatchEvent(
  new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))"""


def frame_problems(visitor: Visitor) -> list[str]:
    """What axe objects to in the panel."""
    frame = next(frame for frame in visitor.page.frames if "/panel" in frame.url)
    return axe.violations(frame)


def with_everything(site: Site, visitor: Visitor) -> None:
    """A conversation in which all parts are shown."""
    question = f"Question {next(_numbers)} has a link: https://example.org/a/very/long/address/indeed"
    delivered(visitor.says(question))
    thread = site.thread_of(question)
    visitor.field.fill("More")
    visitor.part("file-input").set_input_files(
        {"name": "A long name of a document.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
    )
    expect(visitor.part("chosen")).to_have_attribute("data-state", "ready")
    delivered(visitor.says("With a file"))
    site.reply(thread, "And here is an answer.")
    expect(visitor.bubble("And here is an answer.")).to_be_visible()
    visitor.part("file-input").set_input_files({"name": "next.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(visitor.part("chosen")).to_have_attribute("data-state", "ready")


def test_w12_everything_by_keyboard(visit: Visit) -> None:
    visitor = visit()
    keyboard = visitor.page.keyboard
    keyboard.press("Tab")  # the page's own link
    keyboard.press("Tab")
    expect(visitor.launcher).to_be_focused()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")
    keyboard.press("Enter")
    expect(visitor.field).to_be_focused()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "true")
    keyboard.type("Only with keys")
    keyboard.press("Shift+Enter")
    keyboard.type("in two lines")
    keyboard.press("Enter")
    delivered(visitor.bubble("Only with keys\nin two lines"))
    keyboard.press("Escape")
    expect(visitor.page.get_by_test_id("widget-dialog")).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    keyboard.press("Space")
    expect(visitor.field).to_be_focused()
    # It is no trap: one gets out of the panel forwards and backwards.
    for key in ("Tab", "Shift+Tab"):
        for _ in range(20):
            keyboard.press(key)
            if visitor.field.evaluate("document.activeElement === document.body"):
                break
        else:
            pytest.fail(f"{key} does not lead out of the panel")
        visitor.field.focus()
    expect(visitor.part("log")).to_have_attribute("role", "log")
    expect(visitor.part("log")).to_have_attribute("aria-label", "Conversation")


def test_w12_an_input_method_is_not_disturbed(visit: Visit) -> None:
    visitor = visit().opens()
    visitor.field.fill("にほ")
    visitor.field.evaluate(COMPOSING)
    expect(visitor.part("message")).to_have_count(0)
    expect(visitor.field).to_have_value("にほ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_w12_axe_finds_nothing(site: Site, visit: Visit, scheme: str) -> None:
    visitor = visit(browser={"color_scheme": scheme})
    assert axe.violations(visitor.page) == []
    visitor.opens()
    assert axe.violations(visitor.page) == []
    assert frame_problems(visitor) == []
    with_everything(site, visitor)
    assert frame_problems(visitor) == []
    expect(visitor.panel.locator("html")).to_have_attribute("data-theme", scheme)


@pytest.mark.parametrize("accent", ["#ffd800", "#111111", "#e85d9a"])
def test_any_colour_can_be_read(connect_site: Any, visit: Visit, accent: str) -> None:
    site = connect_site(accent=accent)
    for scheme in ("light", "dark"):
        visitor = visit(at=site, browser={"color_scheme": scheme}).opens()
        delivered(visitor.says(f"In {accent} on {scheme} https://example.org"))
        assert frame_problems(visitor) == []


def test_on_a_phone_it_fills_the_screen_and_is_alone(site: Site, visit: Visit) -> None:
    visitor = visit(browser=PHONE)
    visitor.launcher.tap()
    visitor.is_ready()
    dialog = visitor.page.get_by_test_id("widget-dialog")
    assert dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 780}
    assert dialog.evaluate("element => element.matches(':modal')")
    with_everything(site, visitor)
    frame = next(frame for frame in visitor.page.frames if "/panel" in frame.url)
    assert frame.evaluate(SMALL_TARGETS) == []
    assert frame.evaluate(FITS)
    expect(visitor.part("camera")).to_be_visible()
    visitor.part("close").tap()
    expect(dialog).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    # A page that one goes to is shown, not covered.
    visitor.launcher.tap()
    visitor.page.goto(site.page(name="next"))
    expect(visitor.launcher).to_be_visible()
    expect(visitor.page.get_by_test_id("widget-dialog")).to_be_hidden()


def test_at_320_px_and_with_large_letters_nothing_is_lost(site: Site, visit: Visit) -> None:
    visitor = visit(browser={"viewport": {"width": 320, "height": 640}}).opens()
    with_everything(site, visitor)
    frame = next(frame for frame in visitor.page.frames if "/panel" in frame.url)
    assert frame.evaluate(FITS)
    frame.evaluate("() => { document.documentElement.style.fontSize = '200%' }")
    assert frame.evaluate(FITS)
    expect(visitor.part("send")).to_be_in_viewport()
    expect(visitor.field).to_be_in_viewport()
    expect(visitor.part("close")).to_be_in_viewport()


def test_arabic_runs_from_right_to_left(connect_site: Any, visit: Visit) -> None:
    site = connect_site(languages="en, ar", greeting="How can we help?\nar: كيف يمكننا مساعدتك؟")
    visitor = visit("rtl", at=site, calls="Onethread('boot', { locale: 'ar' })").opens()
    expect(visitor.part("greeting")).to_have_text(re.compile("كيف"))
    mine = visitor.says("Latin words")
    delivered(mine)
    words, log = mine.get_by_test_id("panel-text").bounding_box(), visitor.part("log").bounding_box()
    title = visitor.part("header").locator("h1 bdi").bounding_box()
    assert words is not None
    assert log is not None
    assert title is not None
    assert words["x"] - log["x"] < 20, "one's own words stand where lines end, also in another script"
    assert title["x"] > log["x"] + log["width"] / 3, (
        "a Latin title begins where the lines do, beside the faces"
    )
    frame = next(frame for frame in visitor.page.frames if "/panel" in frame.url)
    assert frame.evaluate(FITS)


def test_those_who_want_no_motion_get_none(visit: Visit) -> None:
    visitor = visit(browser={"reduced_motion": "reduce"}).opens()
    running = "() => document.getAnimations().filter(each => each.playState === 'running').length"
    assert visitor.page.evaluate(running) == 0
    assert visitor.panel.locator("html").evaluate(running) == 0

"""Talking: W5 both ways within a second, W6 over pages and tabs, typing and reading on both sides."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, bubble, composer
from tests.browser.widget.conftest import NewVisitor, Visit
from tests.browser.widget.pages import HEARD
from tests.browser.widget.site import Site, delivered, has_state, tab

pytestmark = pytest.mark.browser


def test_w5_a_message_is_with_the_agent_within_a_second_and_the_answer_back(
    ada: Page, shop: Shop, site: Site, visit: Visit
) -> None:
    visitor = visit(calls=HEARD).opens()
    delivered(visitor.says("Hello, is anybody there?"))
    thread = site.thread_of("Hello, is anybody there?")
    shop.open(ada, f"/inbox/open/{thread}")
    expect(bubble(ada, "Hello, is anybody there?")).to_be_visible()

    there, back = [], []
    for number in range(3):  # the machine may be busy: the best of three
        started = time.monotonic()
        visitor.says(f"Are the boots waterproof? {number}")
        bubble(ada, f"Are the boots waterproof? {number}").wait_for()
        there.append(time.monotonic() - started)
        composer(ada).fill(f"To 20 m. {number}")
        started = time.monotonic()
        composer(ada).press("Control+Enter")
        visitor.bubble(f"To 20 m. {number}").wait_for()
        back.append(time.monotonic() - started)
    print(f"visitor to agent {min(there):.2f} s, agent to visitor {min(back):.2f} s")  # noqa: T201  figures are what it is about
    assert min(there) < 3, "the goal is 1 s; a busy machine gets more"
    assert min(back) < 3
    assert visitor.texts()[:3] == ["Hello, is anybody there?", "Are the boots waterproof? 0", "To 20 m. 0"]
    assert len(visitor.texts()) == 7
    assert {each["from"] for each in visitor.heard("message")} == {"visitor", "agent"}


def test_w5_each_sees_the_other_writing_but_not_what(ada: Page, shop: Shop, site: Site, visit: Visit) -> None:
    visitor = visit().opens()
    delivered(visitor.says("I look for a tent"))
    thread = site.thread_of("I look for a tent")
    shop.open(ada, f"/inbox/open/{thread}")
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.post_data or ""))
    visitor.field.press_sequentially("for three people", delay=30)
    expect(ada.get_by_test_id("typing")).to_be_visible()
    assert not [body for body in sent if "three" in body]
    composer(ada).press_sequentially("What about this", delay=30)
    expect(visitor.part("typing")).to_contain_text("Ada is writing")


def test_w5_both_learn_what_was_read(ada: Page, shop: Shop, site: Site, visit: Visit) -> None:
    visitor = visit(calls=HEARD).opens()
    question = visitor.says("Does it have pockets?")
    delivered(question)
    thread = site.thread_of("Does it have pockets?")
    shop.open(ada, f"/inbox/open/{thread}")
    has_state(question, "read")
    expect(question.get_by_test_id("panel-state")).to_contain_text("Read")

    visitor.field.press("Escape")
    composer(ada).fill("Four.")
    composer(ada).press("Control+Enter")
    badge = visitor.launcher.locator("i")
    expect(badge).to_have_text("1")
    expect(visitor.launcher).to_have_attribute("aria-label", "Open chat, 1 unread")
    assert visitor.heard("unread")[-1] == 1
    answer = bubble(ada, "Four.")
    expect(answer).to_have_attribute("data-state", "delivered")

    visitor.launcher.click()
    expect(answer).to_have_attribute("data-state", "read")
    expect(badge).to_have_text("")
    assert visitor.heard("unread")[-1] == 0


def test_w6_pages_and_tabs_show_the_same_conversation(
    site: Site, new_visitor: NewVisitor, shop: Shop
) -> None:
    context = new_visitor()
    first = tab(context, site.page(name="one"))
    first.opens()
    delivered(first.says("On page one"))
    thread = site.thread_of("On page one")
    for name in ("two", "three"):
        first.page.goto(site.page(name=name))
        # What was open is open again, and the page keeps the focus.
        expect(first.bubble("On page one")).to_be_visible()
        assert first.page.evaluate("document.activeElement === document.body")
    delivered(first.says("On page three"))

    second = tab(context, site.page(name="four"))
    second.opens()
    expect(second.part("message")).to_have_count(2)
    delivered(second.says("From another tab"))
    expect(first.bubble("From another tab")).to_be_visible()
    site.reply(thread, "Seen in both")
    for each in (first, second):
        expect(each.bubble("Seen in both")).to_be_visible()
        assert each.texts() == ["On page one", "On page three", "From another tab", "Seen in both"]
    assert len(site.messages("From another tab")) == 1
    assert site.thread_of("From another tab") == thread


def test_a_returning_visitor_sees_what_waits_without_opening(
    site: Site, new_visitor: NewVisitor, shop: Shop
) -> None:
    context = new_visitor()
    before = tab(context, site.page())
    before.opens()
    delivered(before.says("I come back later"))
    before.field.press("Escape")
    before.page.close()
    site.reply(site.thread_of("I come back later"), "Here is your answer")
    after = tab(context, site.page())
    expect(after.launcher.locator("i")).to_have_text("1")
    expect(after.page.get_by_test_id("widget-dialog")).to_be_hidden()
    after.opens()
    expect(after.bubble("Here is your answer")).to_be_visible()
    expect(after.launcher.locator("i")).to_have_text("")


def test_reading_in_one_tab_is_reading_in_all(site: Site, new_visitor: NewVisitor) -> None:
    context = new_visitor()
    one = tab(context, site.page())
    one.opens()
    delivered(one.says("Two tabs"))
    one.field.press("Escape")
    two = tab(context, site.page())
    site.reply(site.thread_of("Two tabs"), "For both")
    for each in (one, two):
        expect(each.launcher.locator("i")).to_have_text("1")
    two.opens()
    for each in (one, two):
        expect(each.launcher.locator("i")).to_have_text("")


def test_earlier_messages_come_when_one_scrolls_up(site: Site, visit: Visit, shop: Shop) -> None:
    visitor = visit().opens()
    delivered(visitor.says("The beginning of a long story"))
    thread = site.thread_of("The beginning of a long story")
    for number in range(40):
        site.reply(thread, f"Chapter {number}. " + "And so on. " * 8)
    expect(visitor.bubble("Chapter 39.")).to_be_visible(timeout=30_000)
    visitor.page.reload()
    visitor.is_ready()
    expect(visitor.bubble("Chapter 39.")).to_be_visible()
    expect(visitor.part("message")).to_have_count(30)
    log = visitor.part("log")
    looked_at = visitor.bubble("Chapter 13.")
    top = "element => element.getBoundingClientRect().top"
    log.evaluate("element => { element.scrollTop = 0 }")
    before = looked_at.evaluate(top)
    expect(visitor.part("message")).to_have_count(41)
    assert abs(looked_at.evaluate(top) - before) <= 2
    # One who reads further up is not torn away by an answer, and has not read it.
    log.evaluate("element => { element.scrollTop = 300 }")
    site.reply(thread, "The last chapter")
    expect(visitor.part("jump")).to_have_attribute("aria-label", "New messages below")
    assert log.evaluate("element => element.scrollTop") < 600
    visitor.part("jump").click()
    expect(visitor.bubble("The last chapter")).to_be_in_viewport()
    expect(visitor.part("jump")).to_have_count(0)


def test_links_and_marks_are_shown_and_nothing_else_of_html(site: Site, visit: Visit) -> None:
    visitor = visit().opens()
    mean = visitor.says("<img src=x onerror=alert(1)> see https://example.org/a?b=1. javascript:alert(2)")
    delivered(mean)
    assert mean.locator("img").count() == 0
    link = mean.locator("a")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://example.org/a?b=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("target", "_blank")

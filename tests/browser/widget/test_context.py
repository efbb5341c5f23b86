"""What agents learn of a visitor: W14 where he is, his cart, what the page says of him; W15 how satisfied he was."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop
from tests.browser.widget.conftest import Visit
from tests.browser.widget.pages import HEARD
from tests.browser.widget.site import Site, delivered
from tests.peers.process import wait_until
from tests.reading import Episode, rows

pytestmark = pytest.mark.browser


def test_w14_the_agent_sees_within_two_seconds_where_the_visitor_is(
    ada: Page, shop: Shop, site: Site, visit: Visit
) -> None:
    visitor = visit().opens()
    delivered(visitor.says("Which of these two?"))
    shop.open(ada, f"/inbox/open/{site.thread_of('Which of these two?')}")
    expect(ada.get_by_test_id("visited")).to_have_text("plain")
    started = time.monotonic()
    visitor.page.evaluate(
        "history.pushState({}, '', '/plain/checkout'); Onethread('page'); document.title = 'Check-out'"
    )
    expect(ada.get_by_test_id("visited")).to_have_text("Check-out")
    assert time.monotonic() - started < 2
    expect(ada.get_by_test_id("visited")).to_have_attribute("href", f"{site.pages.url}/plain/checkout")
    visitor.page.evaluate("Onethread('page', { url: 'https://shop.example/thanks', title: 'Thank you' })")
    expect(ada.get_by_test_id("visited")).to_have_text("Thank you")
    visitor.page.evaluate(
        "Onethread('cart', { items: [{ name: 'Trail boots', quantity: 2 }], total: 438, currency: 'EUR' })"
    )
    expect(ada.get_by_test_id("visit")).to_contain_text("Trail boots")


def test_what_the_page_updates_is_with_the_agent_within_two_seconds(
    ada: Page, shop: Shop, site: Site, visit: Visit
) -> None:
    visitor = visit(calls="Onethread('boot', { attributes: { plan: 'silver', visits: 3 } })").opens()
    delivered(visitor.says("Can I change my plan?"))
    shop.open(ada, f"/inbox/open/{site.thread_of('Can I change my plan?')}")
    facts = ada.get_by_test_id("attributes").locator("dl")
    expect(facts).to_have_text("plansilvervisits3")
    started = time.monotonic()
    visitor.page.evaluate(
        "Onethread('update', { attributes: { plan: 'gold', visits: null, trial: true }, theme: 'dark' })"
    )
    expect(facts).to_have_text("plangoldtrialyes")
    assert time.monotonic() - started < 2
    expect(visitor.panel.locator("html")).to_have_attribute("data-theme", "dark")
    expect(ada.get_by_test_id("attributes")).to_contain_text("not proved")


def test_w15_one_is_asked_once_and_it_counts_for_the_right_request(
    shop: Shop, site: Site, visit: Visit
) -> None:
    visitor = visit(calls=HEARD).opens()
    delivered(visitor.says("My zip is broken"))
    thread = site.thread_of("My zip is broken")
    site.reply(thread, "We send a new one.")
    expect(visitor.bubble("We send a new one.")).to_be_visible()
    expect(visitor.part("rating")).to_have_count(0)
    shop.change(thread, status="resolved")
    expect(visitor.part("rating")).to_be_visible()
    episode = rows(shop.ctx, Episode, Episode.thread_id == thread)[0]
    expect(visitor.part("rating")).to_have_attribute("data-episode", str(episode.id))
    visitor.part("star-4").check(force=True)
    wait_until(lambda: visitor.heard("csat") == [{"score": 4}], 10, "the event")
    visitor.part("comment").fill("Quick and kind")
    visitor.part("comment-send").click()
    expect(visitor.part("comment")).to_have_count(0)
    expect(visitor.part("rating")).to_contain_text("Thank you")
    wait_until(lambda: _ratings(shop, episode.id) == [(4, "Quick and kind")], 10, "the rating")
    visitor.page.reload()
    visitor.is_ready()
    expect(visitor.bubble("We send a new one.")).to_be_visible()
    expect(visitor.part("rating")).to_have_count(0)


def _ratings(shop: Shop, episode_id: int) -> list[tuple[int | None, str]]:
    from inbox.insight.models import Rating

    return [(row.score, row.comment) for row in rows(shop.ctx, Rating, Rating.episode_id == episode_id)]

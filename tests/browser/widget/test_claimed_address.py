"""M5: an address that a visitor only types never shows him what its owner wrote, whoever suggests what."""

import pytest
from playwright.sync_api import expect

from tests.browser.shop import Shop, bubble
from tests.browser.widget.conftest import Visit
from tests.browser.widget.pages import HEARD
from tests.browser.widget.site import Site, delivered

pytestmark = pytest.mark.browser


def test_m5_a_typed_address_shows_no_history_in_the_widget(shop: Shop, site: Site, visit: Visit) -> None:
    owner = shop.customer("Olga Owner")
    thread = owner.writes("My card ends in 4321", subject="Secret order 77001")
    shop.reply(thread, "Your order 77001 is on its way.")
    thief = visit(calls=HEARD).opens()
    thief.page.evaluate(
        "email => Onethread('identify', { user: { name: 'Olga Owner', email } })", owner.address
    )
    delivered(thief.says("It is me, Olga. What did I order?"))
    stolen = site.thread_of("It is me, Olga. What did I order?")
    assert stolen != thread
    shop.reply(thread, "Anything else, Olga? (4321)")
    site.reply(stolen, "Who are you?")
    expect(thief.bubble("Who are you?")).to_be_visible()
    thief.page.reload()
    thief.is_ready()
    expect(thief.bubble("Who are you?")).to_be_visible()
    assert thief.texts() == ["It is me, Olga. What did I order?", "Who are you?"]
    for word in ("4321", "77001", "card ends"):
        assert word not in thief.part("log").inner_text()

    told = shop.api(f"/customers/{shop.api(f'/threads/{stolen}')['customer']['id']}")
    assert [claim["address"] for claim in told["claims"]] == [owner.address]
    assert owner.address not in [identity["address"] for identity in told["identities"]]


def test_m5_the_agent_sees_a_claim_and_a_suggestion_but_no_merge(
    shop: Shop, site: Site, visit: Visit, sign_in: object
) -> None:
    owner = shop.customer("Otis Owner")
    thread = owner.writes("Mine alone")
    visitor = visit().opens()
    visitor.page.evaluate("email => Onethread('identify', { user: { email } })", owner.address)
    delivered(visitor.says("I am Otis (typed)"))
    theirs = site.thread_of("I am Otis (typed)")
    page = sign_in().new_page()  # type: ignore[operator]
    page.goto(f"{shop.url}/customers/{shop.api(f'/threads/{theirs}')['customer']['id']}")
    expect(page.get_by_test_id("claim")).to_contain_text(owner.address)
    expect(page.get_by_test_id("claim")).to_contain_text("not verified")
    expect(page.get_by_test_id("duplicate")).to_contain_text("Otis Owner")
    shop.open(page, f"/inbox/open/{thread}")
    expect(bubble(page, "Mine alone")).to_be_visible()
    expect(bubble(page, "I am Otis (typed)")).to_have_count(0)

"""Merging on the pages, M1 to M4 of the design's checks. M5 is in widget/test_claimed_address.py."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inbox.customers.models import Identity
from tests.browser.conftest import SignIn
from tests.browser.lofts import Lofts, Person
from tests.browser.shop import Shop, bubble, composer, messages, row
from tests.browser.test_writing import is_saved
from tests.peers.browser import Watch

pytestmark = pytest.mark.browser


@pytest.fixture
def anna(lofts: Lofts) -> Person:
    """Somebody who wrote by post and by bird in turn, and is two customers so far."""
    made = lofts.person()
    for number in range(1, 4):
        made.writes("loft_post", f"Letter {number}")
        made.writes("loft_bird", f"Bird {number}")
    return made


def prove(person: Person, key: str, user: str) -> None:
    """The shop has proved an account of the customer's."""
    now = person.lofts.ctx.clock()
    seen = {"first_seen_at": now, "last_seen_at": now}
    name = {"namespace": "user", "account": "shop", "address": user, "display": user}
    with person.lofts.ctx.db.write() as session:
        session.add(Identity(customer_id=person.customer(key), level="verified", **name, **seen))


def merge_by_pages(page: Page, shop: Shop, keep: int, other: int) -> None:
    """All three steps, with what they offer."""
    page.goto(f"{shop.url}/customers/{keep}/merge?other={other}")
    page.locator(f'[data-testid=side][data-customer="{keep}"] input').check()
    page.get_by_test_id("next").click()
    page.get_by_test_id("next").click()
    page.get_by_test_id("merge").click()
    expect(page.get_by_test_id("merged")).to_be_visible()


def test_m1_two_become_one_thread_in_the_order_of_time_and_old_links_lead_on(
    ada: Page, anna: Person, shop: Shop
) -> None:
    stays, gone = anna.thread("loft_post"), anna.thread("loft_bird")
    keep, other = anna.customer("loft_post"), anna.customer("loft_bird")
    ada.goto(f"{shop.url}/customers/{keep}")
    ada.get_by_test_id("merge-start").click()
    ada.get_by_test_id("search").fill(anna.address)
    ada.keyboard.press("Enter")
    ada.locator(f'[data-testid=candidate][data-customer="{other}"]').get_by_test_id("choose").click()
    expect(ada.locator(f'[data-testid=side][data-customer="{keep}"] input')).to_be_checked()
    ada.get_by_test_id("next").click()
    ada.get_by_test_id("next").click()
    expect(ada.get_by_test_id("sum")).to_have_text("2 threads become 1, 6 messages.")
    ada.get_by_test_id("merge").click()
    expect(ada.get_by_test_id("merged")).to_contain_text("Merged with Anna Moretti.")
    expect(ada.get_by_test_id("identity")).to_have_count(2)

    texts = [message.body_text for message in messages(shop, stays)][:6]
    assert texts == ["Letter 1", "Bird 1", "Letter 2", "Bird 2", "Letter 3", "Bird 3"]
    assert [message.seq for message in messages(shop, stays)] == list(range(1, 8))
    assert messages(shop, gone) == []
    shop.open(ada, f"/inbox/open/{gone}")
    expect(ada).to_have_url(f"{shop.url}/inbox/open/{stays}")
    expect(bubble(ada, "Bird 3")).to_be_visible()
    expect(row(ada, stays).get_by_test_id("row-channel")).to_have_count(2)
    ada.goto(f"{shop.url}/customers/{other}")
    expect(ada).to_have_url(f"{shop.url}/customers/{keep}")


def test_m2_undo_restores_both_threads_exactly(ada: Page, anna: Person, shop: Shop) -> None:
    threads = [anna.thread("loft_post"), anna.thread("loft_bird")]
    keep, other = anna.customer("loft_post"), anna.customer("loft_bird")

    def told() -> list[Any]:
        return [
            [(message.id, message.seq, message.body_text) for message in messages(shop, thread)]
            for thread in threads
        ]

    before = told()
    merge_by_pages(ada, shop, keep, other)
    assert told() != before
    ada.get_by_test_id("undo-merge").click()
    expect(ada.get_by_test_id("alert")).to_contain_text("Undone.")
    after = told()
    written = [[entry for entry in thread if entry[2].startswith(("Letter", "Bird"))] for thread in after]
    assert written == before
    assert all([seq for _id, seq, _text in thread] == list(range(1, len(thread) + 1)) for thread in after)
    ada.goto(f"{shop.url}/customers/{other}")
    expect(ada).to_have_url(f"{shop.url}/customers/{other}")
    expect(ada.get_by_test_id("identity")).to_have_count(1)


def test_m3_different_proved_ids_are_for_supervisors_and_agents_can_only_suggest(
    ada: Page, mia: Page, anna: Person, shop: Shop, watch: Watch
) -> None:
    watch.allow("status of 422")
    keep, other = anna.customer("loft_post"), anna.customer("loft_bird")
    prove(anna, "loft_post", f"one-{anna.address}")
    prove(anna, "loft_bird", f"two-{anna.address}")
    preview = f"{shop.url}/customers/{keep}/merge?other={other}&survivor={keep}&step=preview"
    mia.goto(preview)
    expect(mia.get_by_test_id("conflict")).to_contain_text("probably two people")
    expect(mia.get_by_test_id("conflict")).to_contain_text(f"two-{anna.address}")
    expect(mia.get_by_test_id("merge")).to_have_count(0)
    mia.get_by_test_id("suggest").click()
    expect(mia.get_by_test_id("alert").first).to_contain_text("suggested")

    ada.goto(f"{shop.url}/customers/{other}")
    expect(ada.get_by_test_id("duplicate")).to_contain_text("hardly one person")
    ada.goto(preview)
    ada.get_by_test_id("f-typed").fill("Ann")
    ada.get_by_test_id("merge").click()
    expect(ada.get_by_text("Type the name as it is shown.")).to_be_visible()
    assert shop.api(f"/customers/{other}")["id"] == other
    ada.get_by_test_id("f-typed").fill("Anna Moretti")
    ada.keyboard.press("Enter")
    expect(ada.get_by_test_id("merged")).to_be_visible()
    assert shop.api(f"/customers/{other}")["id"] == keep


def test_m4_a_colleague_goes_on_writing_while_the_customer_is_merged(
    ada: Page, mia: Page, anna: Person, shop: Shop
) -> None:
    gone, stays = anna.thread("loft_bird"), anna.thread("loft_post")
    shop.open(mia, f"/inbox/open/{gone}")
    composer(mia).fill("We will send another one")
    is_saved(mia)
    merge_by_pages(ada, shop, anna.customer("loft_post"), anna.customer("loft_bird"))
    expect(mia).to_have_url(f"{shop.url}/inbox/open/{stays}")
    expect(bubble(mia, "Letter 1")).to_be_visible()
    expect(composer(mia)).to_have_value("We will send another one")
    expect(composer(mia)).to_be_focused()
    assert shop.api(f"/threads/{stays}", by="mia")["drafts"]["reply"]["body"] == "We will send another one"


def test_all_of_it_works_without_scripts(sign_in: SignIn, anna: Person, shop: Shop) -> None:
    page = sign_in(java_script_enabled=False).new_page()
    keep, other = anna.customer("loft_post"), anna.customer("loft_bird")
    merge_by_pages(page, shop, keep, other)
    expect(page.get_by_test_id("identity")).to_have_count(2)
    page.get_by_test_id("undo-merge").click()
    expect(page.get_by_test_id("identity")).to_have_count(1)
    merge_by_pages(page, shop, keep, other)
    page.get_by_test_id("split").last.click()
    expect(page.get_by_test_id("sum")).to_contain_text("3 messages go with it")
    page.get_by_test_id("split").click()
    expect(page.get_by_test_id("merged")).to_contain_text("customer of its own")
    expect(page.get_by_test_id("identity")).to_have_count(1)


def test_the_steps_by_keys_alone(ada: Page, anna: Person, shop: Shop) -> None:
    keep, other = anna.customer("loft_post"), anna.customer("loft_bird")
    ada.goto(f"{shop.url}/customers/{keep}/merge?other={other}")
    ada.locator("input[name=survivor]:checked").focus()
    ada.keyboard.press("ArrowDown")
    expect(ada.locator(f'[data-testid=side][data-customer="{other}"] input')).to_be_checked()
    ada.keyboard.press("Enter")
    expect(ada.locator("[aria-current=step]")).to_have_text("Whose details")
    ada.go_back()
    expect(ada.locator("[aria-current=step]")).to_have_text("Who stays")
    ada.go_forward()
    ada.get_by_test_id("next").focus()
    ada.keyboard.press("Enter")
    ada.get_by_test_id("merge").focus()
    ada.keyboard.press("Enter")
    expect(ada).to_have_url(re.compile(rf"/customers/{other}\?merged=\d+$"))
    ada.get_by_test_id("undo-merge").focus()
    ada.keyboard.press("Enter")
    expect(ada.get_by_test_id("alert")).to_contain_text("Undone.")

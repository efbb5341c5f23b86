"""People change under the agent's eyes: M4 merges and their undoing, who is writing, what is known of a customer."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from inbox.flows import people, signals
from inbox.flows.context import Context
from tests.browser.conftest import SignIn
from tests.browser.lofts import Lofts, Person
from tests.browser.shop import Shop, bubble, composer, row
from tests.browser.test_writing import is_saved
from tests.peers.browser import Watch
from tests.peers.process import wait_until

pytestmark = pytest.mark.browser

CARET = "field => [document.activeElement === field, field.selectionStart, field.selectionEnd]"
TOP_OF = """id => document.querySelector(`[data-message="${id}"]`).getBoundingClientRect().top"""
FIRST_IN_VIEW = """() => {
  const box = document.querySelector('[data-testid=stream]').getBoundingClientRect()
  return [...document.querySelectorAll('[data-testid=message]')]
    .map(message => [message.dataset.message, message.getBoundingClientRect().top])
    .find(([, top]) => top >= box.top)
}"""


@pytest.fixture
def anna(lofts: Lofts) -> Person:
    """Somebody who has written by post and by bird, and is two customers so far."""
    made = lofts.person()
    made.writes("loft_post", "Dear shop, a question about my order.")
    made.writes("loft_bird", "Here is my question again.")
    return made


def types(person: Person, key: str) -> None:
    """The network says that the person is writing."""
    ctx: Context = person.lofts.ctx
    wanted = [row.id for row in _identities(person, key)]
    ctx.db.run(lambda session: signals.customer_types(session, ctx, wanted[0]))


def _identities(person: Person, key: str) -> list[Any]:
    from tests.reading import Identity, rows

    return rows(person.lofts.ctx, Identity, Identity.namespace == key, Identity.address == person.address)


@pytest.mark.parametrize("mine", ["loft_bird", "loft_post"], ids=["the one that goes", "the one that stays"])
def test_m4_a_merge_reaches_an_open_thread_and_leaves_the_writer_alone(
    ada: Page, anna: Person, shop: Shop, mine: str
) -> None:
    gone, stays = anna.thread("loft_bird"), anna.thread("loft_post")
    shop.open(ada, f"/inbox/open/{anna.thread(mine)}")
    composer(ada).fill("We are looking into it")
    composer(ada).evaluate("field => field.setSelectionRange(3, 6)")
    is_saved(ada)
    anna.is_one("loft_post", "loft_bird")

    expect(ada).to_have_url(f"{shop.url}/inbox/open/{stays}")
    expect(row(ada, gone)).to_have_count(0)
    expect(row(ada, stays).get_by_test_id("row-channel")).to_have_count(2)
    for text in ("Dear shop", "my question again"):
        expect(bubble(ada, text)).to_be_visible()
    expect(ada.locator("[data-testid=system-line][data-code=merged]")).to_contain_text(
        "merged Anna Moretti into this customer"
    )
    expect(composer(ada)).to_have_value("We are looking into it")
    assert composer(ada).evaluate(CARET) == [True, 3, 6]
    wait_until(
        lambda: (
            (shop.api(f"/threads/{stays}")["drafts"]["reply"] or {}).get("body") == "We are looking into it"
        ),
        10,
        "the draft in the thread that stays",
    )

    composer(ada).press("Control+Enter")
    channel = "loft_bird" if mine == "loft_bird" else "loft_post"
    wait_until(lambda: anna.sent_on(channel) == ["We are looking into it"], 10, "the reply")
    expect(bubble(ada, "We are looking into it")).to_have_count(1)
    expect(composer(ada)).to_have_value("")
    ada.reload()
    expect(bubble(ada, "We are looking into it")).to_be_visible()
    expect(composer(ada)).to_have_value("")


def test_m4_what_is_being_typed_and_not_yet_saved_goes_along(ada: Page, anna: Person, shop: Shop) -> None:
    stays = anna.thread("loft_post")
    shop.open(ada, f"/inbox/open/{anna.thread('loft_bird')}")
    expect(bubble(ada, "my question again")).to_be_visible()
    ada.route("**/drafts/*", lambda route: route.abort())
    composer(ada).fill("Not saved anywhere")
    anna.is_one("loft_post", "loft_bird")
    expect(ada).to_have_url(f"{shop.url}/inbox/open/{stays}")
    expect(composer(ada)).to_have_value("Not saved anywhere")
    ada.unroute_all()
    composer(ada).press("End")
    composer(ada).press_sequentially("!")
    is_saved(ada)
    assert shop.api(f"/threads/{stays}")["drafts"]["reply"]["body"] == "Not saved anywhere!"
    ada.reload()
    expect(composer(ada)).to_have_value("Not saved anywhere!")


@pytest.fixture(autouse=True)
def refused(watch: Watch, request: pytest.FixtureRequest) -> None:
    """What tests cut off by themselves the browser may complain about."""
    if "not_yet_saved" in request.node.name:
        watch.allow("net::ERR_FAILED")


def test_m4_two_begun_answers_stand_one_below_the_other(ada: Page, anna: Person, shop: Shop) -> None:
    gone, stays = anna.thread("loft_bird"), anna.thread("loft_post")
    shop.open(ada, f"/inbox/open/{stays}")
    composer(ada).fill("To the letter")
    is_saved(ada)
    row(ada, gone).click()
    expect(bubble(ada, "my question again")).to_be_visible()
    composer(ada).fill("To the bird")
    is_saved(ada)
    anna.is_one("loft_post", "loft_bird")
    expect(ada).to_have_url(f"{shop.url}/inbox/open/{stays}")
    for text in ("To the letter", "To the bird"):
        expect(composer(ada)).to_have_value(re.compile(text))
    is_saved(ada)
    body = shop.api(f"/threads/{stays}")["drafts"]["reply"]["body"]
    assert (body.count("To the letter"), body.count("To the bird")) == (1, 1)


def test_m4_the_reader_keeps_his_place(ada: Page, anna: Person, shop: Shop) -> None:
    gone, stays = anna.thread("loft_bird"), anna.thread("loft_post")
    shop.lengthen(gone, 40)
    shop.open(ada, f"/inbox/open/{gone}")
    expect(bubble(ada, "Message number 39 ")).to_be_visible()
    ada.get_by_test_id("stream").evaluate("stream => { stream.scrollTop = 500 }")
    expect(ada.get_by_test_id("jump-latest")).to_be_visible()
    message, top = ada.evaluate(FIRST_IN_VIEW)
    anna.is_one("loft_post", "loft_bird")
    expect(ada).to_have_url(f"{shop.url}/inbox/open/{stays}")
    expect(ada.get_by_test_id("messages")).to_have_attribute("aria-busy", "false")
    expect(bubble(ada, "Dear shop")).to_have_count(1)
    assert abs(ada.evaluate(TOP_OF, message) - top) <= 2


def test_m4_a_reply_that_waited_for_the_network_goes_to_the_one_that_stays(
    sign_in: SignIn, anna: Person, shop: Shop, watch: Watch
) -> None:
    watch.allow("ERR_INTERNET_DISCONNECTED|WebSocket")
    context: BrowserContext = sign_in()
    page = context.new_page()
    shop.open(page, f"/inbox/open/{anna.thread('loft_bird')}")
    expect(bubble(page, "my question again")).to_be_visible()
    context.set_offline(True)
    composer(page).fill("Written in a tunnel")
    composer(page).press("Control+Enter")
    expect(bubble(page, "Written in a tunnel")).to_have_attribute("data-state", "queued")
    anna.is_one("loft_post", "loft_bird")
    context.set_offline(False)
    expect(page).to_have_url(f"{shop.url}/inbox/open/{anna.thread('loft_post')}")
    wait_until(lambda: anna.sent_on("loft_bird") == ["Written in a tunnel"], 15, "the reply, once")
    expect(bubble(page, "Written in a tunnel")).to_have_count(1)
    expect(bubble(page, "Written in a tunnel")).to_have_attribute("data-state", "sent")


def test_old_links_lead_to_the_thread_that_stays(ada: Page, anna: Person, shop: Shop) -> None:
    gone, stays = anna.thread("loft_bird"), anna.thread("loft_post")
    shop.open(ada, f"/inbox/open/{gone}")
    expect(bubble(ada, "my question again")).to_be_visible()
    row(ada, stays).click()
    expect(bubble(ada, "Dear shop")).to_be_visible()
    anna.is_one("loft_post", "loft_bird")
    expect(bubble(ada, "my question again")).to_be_visible()
    ada.go_back()
    expect(ada).to_have_url(f"{shop.url}/inbox/open/{stays}")
    expect(bubble(ada, "Dear shop")).to_be_visible()

    ada.goto(f"{shop.url}/inbox/open/{gone}")
    expect(ada).to_have_url(f"{shop.url}/inbox/open/{stays}")
    expect(bubble(ada, "Dear shop")).to_be_visible()
    composer(ada).fill("Still works")
    is_saved(ada)


def test_m2_an_undone_merge_parts_what_is_on_the_screen(
    ada: Page, mia: Page, anna: Person, shop: Shop
) -> None:
    merge = anna.is_one("loft_post", "loft_bird")
    stays = anna.thread("loft_post")
    for page in (ada, mia):
        shop.open(page, f"/inbox/open/{stays}")
        expect(bubble(page, "my question again")).to_be_visible()
    composer(ada).fill("Half an answer")
    people.undo(anna.lofts.ctx, anna.lofts.ada(), merge)
    for page in (ada, mia):
        expect(bubble(page, "my question again")).to_have_count(0)
        expect(bubble(page, "Dear shop")).to_be_visible()
    expect(composer(ada)).to_have_value("Half an answer")
    other = anna.thread("loft_bird")
    assert other != stays
    row(ada, other).click()
    expect(bubble(ada, "my question again")).to_be_visible()
    expect(bubble(ada, "Dear shop")).to_have_count(0)


def test_a_split_takes_an_address_and_its_messages_off_the_screen(
    ada: Page, anna: Person, shop: Shop
) -> None:
    anna.is_one("loft_post", "loft_bird")
    stays = anna.thread("loft_post")
    shop.open(ada, f"/inbox/open/{stays}")
    expect(bubble(ada, "my question again")).to_be_visible()
    expect(row(ada, stays).get_by_test_id("row-channel")).to_have_count(2)
    composer(ada).fill("Half an answer")
    (bird,) = _identities(anna, "loft_bird")
    people.split(anna.lofts.ctx, anna.lofts.ada(), bird.id)
    expect(bubble(ada, "my question again")).to_have_count(0)
    expect(bubble(ada, "Dear shop")).to_be_visible()
    expect(row(ada, stays).get_by_test_id("row-channels")).to_have_count(0)
    expect(composer(ada)).to_have_value("Half an answer")
    # It was meant for the address that is gone: where it goes now is the agent's decision.
    expect(ada.get_by_test_id("send")).to_have_attribute("aria-disabled", "true")
    ada.get_by_test_id("way-take").click()
    expect(ada.get_by_test_id("send")).to_have_attribute("aria-disabled", "false")
    expect(ada.get_by_test_id("via")).to_contain_text("post@shop")


def test_what_was_kept_in_the_browser_reaches_the_server_without_opening_the_thread(
    ada: Page, anna: Person, shop: Shop
) -> None:
    thread = anna.thread("loft_bird")
    shop.open(ada)
    me = shop.agent_id("ada")
    ada.evaluate(
        "([key, body]) => localStorage.setItem(key, JSON.stringify({body, channel: null, files: []}))",
        [f"onethread:draft:{me}:{thread}:note", "From a train"],
    )
    ada.reload()
    expect(row(ada, thread).get_by_test_id("row-draft")).to_be_visible(timeout=15_000)
    assert shop.api(f"/threads/{thread}")["drafts"]["note"]["body"] == "From a train"


def test_who_writes_is_seen_in_the_thread_and_in_the_list(
    ada: Page, mia: Page, anna: Person, shop: Shop
) -> None:
    thread = anna.thread("loft_bird")
    for page in (ada, mia):
        shop.open(page, f"/inbox/open/{thread}")
        expect(bubble(page, "my question again")).to_be_visible()
    types(anna, "loft_bird")
    expect(ada.get_by_test_id("typing")).to_have_text("Anna is writing…")
    expect(row(ada, thread).get_by_test_id("row-typing")).to_be_visible()
    anna.writes("loft_bird", "There!")
    expect(ada.get_by_test_id("typing")).to_have_count(0)

    composer(mia).press_sequentially("Let me")
    expect(ada.get_by_test_id("agent-typing")).to_have_text("Mia is writing a reply")
    expect(mia.get_by_test_id("agent-typing")).to_have_count(0)
    expect(ada.get_by_test_id("agent-typing")).to_have_count(0, timeout=10_000)


def test_what_is_known_of_a_customer_comes_apart_and_never_blocks(
    ada: Page, anna: Person, shop: Shop, watch: Watch
) -> None:
    watch.allow("status of 500")
    customer = anna.customer("loft_bird")
    shop.api(f"/customers/{customer}/notes", {"body": "Likes birds."})
    ada.route("**/api/v1/customers/**", lambda route: route.fulfill(status=500, body="{}"))
    shop.open(ada, f"/inbox/open/{anna.thread('loft_bird')}")
    expect(bubble(ada, "my question again")).to_be_visible()
    ada.get_by_test_id("customer-toggle").click()
    expect(ada.get_by_test_id("about-error")).to_be_visible()
    expect(ada.get_by_test_id("identity")).to_contain_text(f"@{anna.address}")
    ada.unroute_all()
    ada.get_by_test_id("about-retry").click()
    expect(ada.get_by_test_id("customer-note")).to_contain_text("Likes birds.")
    expect(ada.get_by_test_id("about-error")).to_have_count(0)
    expect(ada.get_by_test_id("customer-link")).to_have_attribute("href", f"/customers/{customer}")

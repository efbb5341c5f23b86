"""The pages about customers as people use them: by keys, with a reader's help, on a small screen, without scripts."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inbox.flows import people
from inbox.threads.words import Status
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.lofts import Lofts
from tests.browser.shop import Shop, bubble, has_focus
from tests.browser.storefront import Storefront, order, view
from tests.browser.storefront import shop as section
from tests.browser.test_accessibility import THEMES, shows
from tests.peers.browser import Watch

pytestmark = pytest.mark.browser


def customer_of(shop: Shop, thread: int) -> int:
    """Whose thread it is."""
    return int(shop.api(f"/threads/{thread}")["customer"]["id"])


def tab_to(page: Page, wanted: str, most: int = 60) -> None:
    """Press Tab until something has the focus."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if has_focus(page) == wanted:
            return
    raise AssertionError(f"{wanted} cannot be reached by Tab")


def test_notes_and_tags_by_keys_alone(ada: Page, shop: Shop) -> None:
    number = customer_of(shop, shop.customer("Keyla Board").writes("Hello"))
    ada.goto(f"{shop.url}/customers/{number}")
    tab_to(ada, "f-note")
    ada.keyboard.type("Prefers the telephone.")
    tab_to(ada, "add-note")
    ada.keyboard.press("Enter")
    expect(ada.get_by_test_id("note")).to_contain_text("Prefers the telephone.")

    tab_to(ada, "f-tag")
    ada.keyboard.type("Wholesale")
    ada.keyboard.press("Enter")
    expect(ada.get_by_test_id("tag")).to_contain_text("wholesale")
    tab_to(ada, "remove-tag")
    ada.keyboard.press("Enter")
    expect(ada.get_by_test_id("tag")).to_have_count(0)

    ada.get_by_test_id("note").locator("summary").focus()
    ada.keyboard.press("Enter")
    ada.on("dialog", lambda dialog: dialog.accept())
    tab_to(ada, "remove-note")
    ada.keyboard.press("Enter")
    expect(ada.get_by_test_id("note")).to_have_count(0)


def test_from_the_thread_to_the_page_and_back_to_the_place_of_a_request(ada: Page, shop: Shop) -> None:
    anna = shop.customer("Ida Longstory")
    thread = anna.writes("The very first question", subject="In the beginning")
    shop.lengthen(thread, 130)
    shop.open(ada, f"/inbox/open/{thread}")
    expect(bubble(ada, "Message number 129")).to_be_visible()
    ada.get_by_test_id("customer-toggle").click()
    ada.get_by_test_id("customer-link").click()
    expect(ada.get_by_test_id("name")).to_have_text("Ida Longstory")
    [request] = ada.get_by_test_id("episode").all()
    expect(request).to_contain_text("In the beginning")
    request.get_by_role("link").click()
    expect(ada.locator("html")).to_have_attribute("data-app-state", "ready")
    first = bubble(ada, "The very first question")
    expect(first).to_be_in_viewport()
    expect(first).to_be_focused()
    assert (
        not bubble(ada, "Message number 129").is_visible() or ada.get_by_test_id("jump-latest").is_visible()
    )
    ada.get_by_test_id("jump-latest").click()
    expect(bubble(ada, "Message number 129")).to_be_in_viewport()


@THEMES
def test_axe_finds_nothing_on_any_page_about_people(
    sign_in: SignIn, shop: Shop, lofts: Lofts, theme: str
) -> None:
    page = sign_in(color_scheme=theme).new_page()
    person = lofts.person(f"Axel {theme.title()}")
    for key in ("loft_post", "loft_bird", "loft_site"):
        person.writes(key, f"Hello from {key}")
    person.is_one("loft_post", "loft_bird")
    number, other = person.customer("loft_post"), person.customer("loft_site")
    shop.api("/suggestions", {"one_id": number, "other_id": other})
    shop.api(f"/customers/{number}/notes", {"body": "A note\nof two lines"})
    shop.api(
        f"/customers/{number}", {"tags": ["vip"], "time_zone": "Asia/Tokyo", "locale": "ja"}, method="PATCH"
    )
    consent = {"namespace": "loft_post", "purpose": "marketing", "granted": True, "source": "asked"}
    shop.api(f"/customers/{number}/consents", consent)
    identity = shop.api(f"/customers/{number}")["identities"][0]["id"]
    found = []
    for path in (
        "/customers",
        "/customers?q=nobody+like+that",
        f"/customers/{number}",
        f"/customers/{number}/merge",
        f"/customers/{number}/merge?q=axel",
        f"/customers/{number}/merge?other={other}",
        f"/customers/{number}/merge?other={other}&step=fields",
        f"/customers/{number}/merge?other={other}&step=preview",
        f"/customers/{number}/identities/{identity}/split",
        f"/customers/{number}/erase",
        "/settings/fields",
    ):
        answer = page.goto(shop.url + path)
        assert answer is not None
        assert answer.ok, path
        shows(page, theme)
        for summary in page.locator("summary").all():
            summary.click()
        found += violations(page)
    assert found == []


def test_right_to_left_names_stand_where_names_stand(ada: Page, shop: Shop) -> None:
    number = customer_of(shop, shop.customer("ليلى عمر").writes("مرحبا، أين طلبي؟", subject="طلب"))
    ada.goto(f"{shop.url}/customers/{number}")
    name = ada.get_by_test_id("name")
    assert name.evaluate("element => getComputedStyle(element).direction") == "rtl"
    picture = ada.locator(".person-head .avatar")
    left, right = picture.bounding_box(), name.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] < right["x"] < left["x"] + 200


def test_an_admin_takes_everything_about_a_customer_home(ada: Page, shop: Shop) -> None:
    number = customer_of(shop, shop.customer("Exa Porter").writes("Give me my data"))
    ada.goto(f"{shop.url}/customers/{number}")
    with ada.expect_download() as waiting:
        ada.get_by_test_id("export").click()
    assert waiting.value.suggested_filename == f"customer-{number}.zip"
    archive = zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    told = json.loads(archive.read("customer.json"))
    assert told["messages"][0]["body_text"].strip() == "Give me my data"


def test_an_erased_customer_leaves_the_screens_of_colleagues(
    ada: Page, mia: Page, shop: Shop, watch: Watch
) -> None:
    watch.allow("status of 422")
    vera = shop.customer("Vera Gone")
    thread = vera.writes("My secret question", subject="Secret subject")
    number = customer_of(shop, thread)
    stores = Storefront(mia, view(section(orders=[order("1042")])))
    shop.open(mia, f"/inbox/open/{thread}")
    expect(bubble(mia, "My secret question")).to_be_visible()
    expect(mia.get_by_test_id("order")).to_have_count(1)
    stores.shown = view()

    ada.goto(f"{shop.url}/customers/{number}")
    ada.get_by_test_id("erase-start").click()
    ada.get_by_test_id("f-typed").fill("Somebody else")
    ada.get_by_test_id("erase").click()
    expect(ada.get_by_text("Type the name as it is shown.")).to_be_visible()
    ada.get_by_test_id("f-typed").fill("vera gone")
    ada.get_by_test_id("erase").click()
    expect(ada.get_by_test_id("alert")).to_contain_text("Nothing of this person is left here")

    expect(mia.get_by_test_id("thread-title")).to_have_text("Erased customer")
    expect(bubble(mia, "My secret question")).to_have_count(0)
    expect(mia.locator("body")).not_to_contain_text("Vera Gone")
    expect(mia.locator("body")).not_to_contain_text("Secret subject")
    expect(mia.get_by_test_id("order")).to_have_count(0)
    ada.goto(f"{shop.url}/customers/{number}")
    expect(ada.get_by_test_id("alert")).to_contain_text("This customer was erased")
    assert vera.writes("Hello again") != thread


def test_fields_of_an_admin_are_on_every_page(ada: Page, shop: Shop) -> None:
    number = customer_of(shop, shop.customer("Fiona Fields").writes("Hello"))
    ada.goto(f"{shop.url}/customers")
    ada.get_by_test_id("customer-fields").click()
    ada.get_by_label("Label").last.fill("Shoe size")
    ada.get_by_label("Type").select_option("choice")
    ada.get_by_label("Choices").last.fill("38\n39\n40")
    ada.get_by_test_id("create-field").click()
    expect(ada.get_by_test_id("alert")).to_contain_text("Shoe size")
    ada.goto(f"{shop.url}/customers/{number}")
    ada.get_by_label("Shoe size").select_option("39")
    ada.get_by_test_id("save-customer").click()
    expect(ada.get_by_label("Shoe size")).to_have_value("39")
    assert shop.api(f"/customers/{number}")["fields"]["shoe_size"] == "39"
    ada.on("dialog", lambda dialog: dialog.accept())
    ada.goto(f"{shop.url}/settings/fields")
    ada.get_by_test_id("field").filter(has_text="shoe_size").get_by_test_id("remove-field").click()
    expect(ada.get_by_test_id("alert")).to_contain_text("gone from the page")


def test_a_second_customer_is_suggested_beside_the_thread_and_on_both_pages(
    ada: Page, shop: Shop, lofts: Lofts
) -> None:
    person = lofts.person("Doppel Ganger")
    person.writes("loft_post", "Once")
    person.writes("loft_bird", "Twice")
    one, other = person.customer("loft_post"), person.customer("loft_bird")
    people.propose(lofts.ctx, lofts.ada(), one, other)
    shop.open(ada, f"/inbox/open/{person.thread('loft_bird')}")
    ada.get_by_test_id("customer-toggle").click()
    ada.get_by_test_id("duplicate-open").click()
    expect(ada.get_by_test_id("side")).to_have_count(2)
    for number in (one, other):
        ada.goto(f"{shop.url}/customers/{number}")
        expect(ada.get_by_test_id("duplicate")).to_contain_text("Ada")
    ada.on("dialog", lambda dialog: dialog.accept())
    ada.get_by_test_id("reject").click()
    expect(ada.get_by_test_id("duplicates")).to_have_count(0)
    assert shop.api(f"/threads/{person.thread('loft_post')}")["status"] == Status.OPEN

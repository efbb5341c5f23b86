"""axe finds nothing to object to on any page in either theme: I17, L4."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from inbox.contract import Edit, Party, Reacted, Removal
from tests.browser.axe import violations
from tests.browser.conftest import SignIn
from tests.browser.lofts import Lofts
from tests.browser.shop import Shop, bubble, composer, has_focus
from tests.installation import Installation
from tests.peers.browser import Watch

pytestmark = pytest.mark.browser

THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation in which nobody has an account yet."""
    installation = Installation(tmp_path_factory.mktemp("fresh"))
    installation.serve()
    yield installation
    installation.close()


def shows(page: Page, theme: str) -> None:
    """The page is painted in the wanted theme."""
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 19, 22)"
    assert dark == (theme == "dark")


@THEMES
def test_i17_the_inbox_with_an_open_thread(sign_in: SignIn, shop: Shop, theme: str) -> None:
    page = sign_in(color_scheme=theme).new_page()
    anna = shop.customer()
    thread = anna.writes("Where is my parcel?", html="<p>Where is my <b>parcel</b>?</p>")
    shop.note(thread, "She is a good customer.")
    shop.reply(thread, "It leaves tomorrow.")
    anna.writes("Thank you!")
    shop.open(page, f"/inbox/open/{thread}")
    expect(bubble(page, "Thank you!")).to_be_visible()
    shows(page, theme)
    assert violations(page) == []

    page.get_by_test_id("message-details").first.click()
    page.get_by_test_id("mode-note").click()
    composer(page).fill("A note")
    assert violations(page) == []
    page.get_by_test_id("assignee").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_test_id("thread-title").focus()
    page.keyboard.press("?")
    expect(page.get_by_test_id("help")).to_be_visible()
    assert violations(page) == []


@THEMES
def test_i17_many_channels_and_all_that_comes_with_them(sign_in: SignIn, lofts: Lofts, theme: str) -> None:
    page = sign_in(color_scheme=theme).new_page()
    anna = lofts.person()
    claim = Party(namespace="loft_post", address="boss", display="@boss")
    anna.writes("loft_site", "From your site, with a claim.", claims=(claim,))
    anna.writes("loft_bird", "Taken back", number=1)
    anna.writes("loft_bird", "First words", number=2)
    sender = anna.at("loft_bird")
    anna.happens(
        "loft_bird",
        Removal(external_ids=(f"{anna.address}:1",)),
        Edit(external_id=f"{anna.address}:2", sender=sender, text="Second words"),
        Reacted(external_id=f"{anna.address}:2", sender=sender, emoji=("🎉",)),
    )
    anna.is_one("loft_site", "loft_bird")
    customer = anna.customer("loft_site")
    lofts.shop.api(f"/customers/{customer}/notes", {"body": "Likes birds."})
    lofts.shop.open(page, f"/inbox/open/{anna.thread('loft_site')}")
    expect(bubble(page, "Second words")).to_be_visible()
    shows(page, theme)
    page.get_by_test_id("edited").click()
    expect(page.get_by_test_id("version")).to_be_visible()
    page.get_by_test_id("react").last.focus()
    assert violations(page) == []
    page.get_by_test_id("react").last.click()
    assert violations(page) == []
    page.keyboard.press("Escape")

    composer(page).fill("a" * 4_100)
    page.get_by_test_id("split-preview").click()
    expect(page.get_by_test_id("preview-part")).to_have_count(2)
    page.get_by_test_id("via").click()
    assert violations(page) == []
    page.get_by_test_id("via-menu").get_by_role("menuitemradio", name="Post").click()
    expect(page.get_by_test_id("claim-warning")).to_be_visible()
    composer(page).press("Control+Enter")
    expect(page.get_by_test_id("claim-ask")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_test_id("customer-toggle").click()
    expect(page.get_by_test_id("customer-note")).to_be_visible()
    assert violations(page) == []


@THEMES
def test_i17_troubles_and_empty_places(sign_in: SignIn, shop: Shop, theme: str, watch: Watch) -> None:
    watch.allow("status of 404")
    page = sign_in("mia", color_scheme=theme).new_page()
    anna = shop.customer()
    thread = anna.writes("Hello")
    shop.sink.script.recipients[anna.address] = "550 5.1.1 No such user"
    shop.reply(thread, "Are you there?")
    shop.open(page, f"/inbox/open/{thread}")
    expect(page.get_by_test_id("delivery-retry")).to_be_visible()
    assert violations(page) == []
    for path in ("/inbox/drafts", "/inbox/open/999999", "/inbox/open?q=nothing+like+it"):
        shop.open(page, path)
        expect(page.get_by_test_id("list-empty").or_(page.get_by_test_id("thread-error"))).to_be_visible()
        assert violations(page) == []


@THEMES
def test_i17_all_settings(sign_in: SignIn, shop: Shop, theme: str) -> None:
    page = sign_in(color_scheme=theme).new_page()
    me = shop.agent_id("ada")
    found = []
    for path in (
        "channels",
        f"channels/{shop.mailbox}",
        f"channels/{shop.mailbox}/edit",
        "channels/new",
        "channels/new/email",
        "agents",
        "agents/new",
        f"agents/{me}",
        "teams",
        "profile",
    ):
        answer = page.goto(f"{shop.url}/settings/{path}")
        assert answer is not None
        assert answer.ok, path
        shows(page, theme)
        for summary in page.locator("summary").all():
            summary.click()
        found += violations(page)
    assert found == []


@THEMES
def test_l4_the_login(
    new_context: Callable[..., BrowserContext], shop: Shop, theme: str, watch: Watch
) -> None:
    watch.allow("status of 422")
    page = new_context(color_scheme=theme).new_page()
    page.goto(f"{shop.url}/login")
    shows(page, theme)
    assert violations(page) == []
    page.get_by_label("E-mail").fill("mia@shop.example")
    page.get_by_label("Password", exact=True).fill("wrong horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []


@THEMES
def test_the_first_page_of_a_fresh_installation(
    new_context: Callable[..., BrowserContext], fresh: Installation, theme: str, watch: Watch
) -> None:
    watch.allow("status of 422")
    page = new_context(color_scheme=theme).new_page()
    page.goto(f"http://127.0.0.1:{fresh.port}/")
    assert page.url.endswith("/setup")
    assert has_focus(page) == "f-name"
    assert violations(page) == []
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("E-mail").fill("ada@shop.example")
    page.get_by_label("Password", exact=True).fill("short")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    assert violations(page) == []

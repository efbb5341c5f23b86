"""One running product for all tests of the browser's part, and agents who are signed in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.lofts import Lofts, install
from tests.browser.shop import Shop
from tests.installation import PASSWORD, Installation
from tests.peers.smtp_sink import SmtpSink
from tests.services import require

SignIn = Callable[..., BrowserContext]

# Pages are quick; the machine that runs several tests at once may not be.
expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The embedded server with a mailbox; agents Ada (admin) and Mia. Replies go at once; 2 MB per file."""
    require("browser")
    installation = Installation(tmp_path_factory.mktemp("shop"), ONETHREAD_ATTACHMENT_MAX="2000000")
    installation.set_up()
    with SmtpSink() as sink, installation.context() as ctx:
        made = Shop(installation, sink, ctx)
        made.hire("Mia")
        installation.serve()
        yield made
        installation.close()


@pytest.fixture(scope="session")
def _states(shop: Shop, browser: Browser) -> Callable[[str], Any]:
    """The cookies of a signed-in agent; the password is typed once per agent and run."""
    known: dict[str, Any] = {}

    def state(email: str) -> Any:
        if email not in known:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{shop.url}/login")
            page.get_by_label("E-mail").fill(email)
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            expect(page.locator("html")).to_have_attribute("data-app-state", "ready")
            known[email] = context.storage_state()
            context.close()
        return known[email]

    return state


@pytest.fixture
def sign_in(new_context: Callable[..., BrowserContext], _states: Callable[[str], Any]) -> SignIn:
    """`sign_in("mia", **options)`: a browser in which an agent is signed in already."""

    def make(name: str = "ada", **options: Any) -> BrowserContext:
        wanted = {"viewport": {"width": 1280, "height": 800}, **options}
        return new_context(storage_state=_states(f"{name}@shop.example"), **wanted)

    return make


@pytest.fixture(scope="session")
def lofts(shop: Shop) -> Lofts:
    """Three more networks in the shop, as different as mail, a chat on a site and a messenger."""
    install(shop.installation.folder)
    return Lofts(shop)


@pytest.fixture
def ada(sign_in: SignIn) -> Page:
    """Ada's tab, 1280 × 800."""
    return sign_in().new_page()


@pytest.fixture
def mia(sign_in: SignIn) -> Page:
    """Mia's tab, in a browser of her own."""
    return sign_in("mia").new_page()

"""A shop with the widget in its pages, and browsers of people who look at them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.shop import Shop
from tests.browser.widget.pages import Pages
from tests.browser.widget.site import OPEN_ROOTS, Site, Visitor, connect, tab

Visit = Callable[..., Visitor]
NewVisitor = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def pages(shop: Shop) -> Iterator[Pages]:
    """The shop's own pages, on another site than the desk."""
    server = Pages(shop.url).start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def connect_site(shop: Shop, pages: Pages) -> Callable[..., Site]:
    """`connect_site(**settings)`: a widget with settings of its own."""

    def make(**values: Any) -> Site:
        return connect(shop, pages, **values)

    return make


@pytest.fixture(scope="session")
def site(connect_site: Callable[..., Site]) -> Site:
    """A widget as it comes, with an identity secret."""
    return connect_site()


@pytest.fixture
def new_visitor(new_context: Callable[..., BrowserContext]) -> NewVisitor:
    """A browser of somebody; `options` are Playwright's."""

    def make(**options: Any) -> BrowserContext:
        context = new_context(**{"viewport": {"width": 1200, "height": 800}, **options})
        context.add_init_script(OPEN_ROOTS)
        return context

    return make


@pytest.fixture
def visit(new_visitor: NewVisitor, site: Site) -> Visit:
    """`visit(kind, calls=…)`: somebody new on a page of the shop; `at` is another widget than `site`."""

    def make(
        kind: str = "plain", *, at: Site | None = None, browser: dict[str, Any] | None = None, **values: str
    ) -> Visitor:
        return tab(new_visitor(**(browser or {})), (at or site).page(kind, **values))

    return make

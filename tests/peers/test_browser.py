"""The browser fixtures notice what a page complains about."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.peers.browser import Watch

pytestmark = pytest.mark.browser


def serve(page: Page, body: str, **headers: str) -> None:
    """Show a page at a loopback address without any server behind it."""
    page.route(
        "http://127.0.0.1:9/**",
        lambda route: route.fulfill(
            body=body if route.request.resource_type == "document" else "",
            headers={"content-type": "text/html"} | headers,
        ),
    )
    page.goto("http://127.0.0.1:9/")


def test_a_quiet_page_passes(page: Page, watch: Watch) -> None:
    serve(page, "<title>Fine</title><script>console.log('hello')</script>")
    assert page.title() == "Fine"
    assert watch.unexpected() == []


@pytest.mark.parametrize(
    ("body", "headers", "complaint"),
    [
        ("<script>console.error('broken')</script>", {}, "console: broken"),
        ("<script>setTimeout(() => { throw new Error('lost') })</script>", {}, "uncaught: .*lost"),
        (
            "<body style='color: red'>",
            {"content-security-policy": "style-src 'self'"},
            "console: .*Content Security Policy",
        ),
        ("<img src='http://example.com/pixel.gif'>", {}, "request to http://example.com/pixel.gif"),
    ],
)
def test_complaints_are_collected(
    page: Page, watch: Watch, body: str, headers: dict[str, str], complaint: str
) -> None:
    serve(page, body, **headers)
    page.wait_for_timeout(100)
    assert any(re.search(complaint, problem) for problem in watch.unexpected()), watch.problems
    watch.allow(".")
    assert watch.unexpected() == []


def test_two_visitors_share_nothing(new_context: Callable[..., BrowserContext]) -> None:
    first, second = new_context(), new_context()
    first.add_cookies([{"name": "who", "value": "first", "url": "http://127.0.0.1:9"}])
    assert second.cookies() == []

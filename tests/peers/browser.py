"""Chromium through Playwright. What a page complains about fails the test that opened it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request, sync_playwright

from tests.peers.process import find

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ARGS = [
    "--no-sandbox",  # tests may run as root, who has none
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but loopback has a name.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
]


def chromium() -> str | None:
    """Path of an installed Chromium or Chrome."""
    return find("chromium", "chromium-browser", "google-chrome")


def missing() -> str | None:
    """Why no browser can be driven here, or None."""
    return None if chromium() else "Chromium is not installed (Debian: chromium)"


def launch() -> Iterator[Browser]:
    """Chromium for the length of the generator."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=_ARGS)
        yield browser
        browser.close()


class Watch:
    """Collects what goes wrong in the pages of a browser context: errors on the console (a violated content
    security policy is one), exceptions nobody caught, and requests that leave this machine."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._allowed: list[re.Pattern[str]] = []

    def over(self, context: BrowserContext) -> None:
        """Watch all pages of `context`, also those it opens later."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"uncaught: {error.error}"))
        context.on("request", self._request)

    def allow(self, pattern: str) -> None:
        """Expect problems that match the regular expression: the test provokes them."""
        self._allowed.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """Problems that nobody allowed."""
        return [text for text in self.problems if not any(known.search(text) for known in self._allowed)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            self.problems.append(f"console: {message.text} ({where})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in _LOOPBACK:
            self.problems.append(f"request to {request.url}")


def open_context(browser: Browser, watch: Watch, **options: Any) -> BrowserContext:
    """A fresh profile: no cookies, no storage; `options` are Playwright's (viewport, color_scheme, …)."""
    context = browser.new_context(**{"locale": "en-GB", "timezone_id": "UTC"} | options)
    context.set_default_timeout(10_000)
    watch.over(context)
    return context

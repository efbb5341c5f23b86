"""A channel whose customers write from a shop's pages, and the visitors who do."""

import itertools
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect
from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from tests.browser.shop import Shop
from tests.browser.widget.pages import Pages
from tests.peers.process import wait_until
from tests.reading import Message, rows

_numbers = itertools.count(1)
SECRET = "a secret that only the shop's server knows, and we"

OPEN_ROOTS = """{
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) { return attach.call(this, { ...options, mode: 'open' }) };
}"""
"""Lets a test look into the launcher's shadow root, which is closed to everybody else."""


@dataclass(frozen=True)
class Site:
    """A widget, connected and in the shop's pages."""

    shop: Shop
    pages: Pages
    channel_id: int
    key: str

    def page(self, kind: str = "plain", name: str = "", **values: str) -> str:
        """The address of a page of the shop."""
        path = f"{kind}/{name}" if name else kind
        return f"{self.pages.url}/{path}?{urlencode({'key': self.key, **values})}"

    def token(self, subject: str, *, seconds: int = 600, secret: str = SECRET, **claims: Any) -> str:
        """A signed identity of one of the shop's customers."""
        now = int(time.time())
        return jwt.encode({"sub": subject, "exp": now + seconds, **claims}, secret, algorithm="HS256")

    def messages(self, text: str) -> list[Message]:
        """Stored messages with a text."""
        return rows(self.shop.ctx, Message, Message.body_text == text)

    def thread_of(self, text: str) -> int:
        """The thread of the message with a text, once it is there."""
        wait_until(lambda: bool(self.messages(text)), 10, "the message in a thread")
        return self.messages(text)[0].thread_id

    def reply(self, thread_id: int, body: str, *, by: str = "mia") -> None:
        """An agent replies on this channel, elsewhere."""
        wanted = {"channel_id": self.channel_id, "body": body, "client_msg_id": f"site-{next(_numbers)}"}
        self.shop.api(f"/threads/{thread_id}/replies", wanted, by=by)


def connect(shop: Shop, pages: Pages, **values: Any) -> Site:
    """Another widget, for the shop on localhost."""
    key = f"site-{next(_numbers):04}"
    wanted = {
        "site_id": key,
        "domains": "localhost",
        "identity_secret": SECRET,
        "title": "Alpine Outfitters",
        **values,
    }

    def story(session: Session) -> int:
        registry, vault = shop.ctx.registry, shop.ctx.vault
        return channels.connect(session, registry, vault, "chat_widget", key, wanted).id

    return Site(shop, pages, shop.ctx.db.run(story), key)


class Visitor:
    """Somebody with a browser in which the shop's page is open."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def launcher(self) -> Locator:
        """The button."""
        return self.page.get_by_test_id("widget-launcher")

    @property
    def panel(self) -> FrameLocator:
        """The document in the frame."""
        return self.page.frame_locator("[data-testid=widget-frame]")

    @property
    def field(self) -> Locator:
        """Where one writes."""
        return self.panel.get_by_test_id("panel-input")

    def part(self, name: str) -> Locator:
        """Something of the panel, by its test id without "panel-"."""
        return self.panel.get_by_test_id(f"panel-{name}")

    def opens(self) -> "Visitor":
        """Click on the button, and wait until there is a session."""
        self.launcher.click()
        return self.is_ready()

    def is_ready(self) -> "Visitor":
        """There is a session."""
        expect(self.panel.locator("html")).to_have_attribute("data-app-state", "ready")
        return self

    def says(self, text: str) -> Locator:
        """Write and send; the bubble."""
        self.field.fill(text)
        self.field.press("Enter")
        return self.bubble(text)

    def bubble(self, text: str) -> Locator:
        """The message with a text."""
        return self.part("message").filter(has_text=text)

    def texts(self) -> list[str]:
        """All messages from top to bottom."""
        return self.part("text").all_inner_texts()

    def heard(self, name: str) -> list[Any]:
        """What the shop's page heard of an event (`pages.HEARD`)."""
        found: list[Any] = self.page.evaluate(
            "name => heard.filter(each => each[0] === name).map(each => each[1] ?? null)", name
        )
        return found

    def stored(self) -> dict[str, str]:
        """What the shop's origin keeps in this browser, and of that under "tab " in this tab alone."""
        found: dict[str, str] = self.page.evaluate(
            """() => ({
              ...localStorage,
              ...Object.fromEntries(Object.entries(sessionStorage).map(([name, value]) => [`tab ${name}`, value])),
            })"""
        )
        return found


def has_state(bubble: Locator, state: str) -> None:
    """How far a message got."""
    expect(bubble).to_have_attribute("data-state", state)


def delivered(bubble: Locator) -> None:
    """It is in the thread."""
    has_state(bubble, "delivered")


def tab(context: BrowserContext, address: str) -> Visitor:
    """Another tab of this browser."""
    page = context.new_page()
    page.goto(address)
    visitor = Visitor(page)
    expect(visitor.launcher).to_be_visible()
    return visitor

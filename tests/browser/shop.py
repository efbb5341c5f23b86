"""A shop's support desk on the real product: a running server, its mailboxes, its agents, its customers."""

import itertools
import json
import urllib.request
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Any

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.agents import actions as agents
from inbox.agents import queries as agent_queries
from inbox.agents import sessions
from inbox.agents.words import Role
from inbox.channels import actions as channels
from inbox.channels import envelopes
from inbox.contract import Raw, RawItem
from inbox.flows import receive
from inbox.flows.context import Context
from inbox.threads import actions as threads
from inbox.threads.words import Kind
from tests.fixtures_app import InlineParser
from tests.installation import PASSWORD, Installation
from tests.peers.process import free_port, wait_until
from tests.peers.smtp_sink import SmtpSink
from tests.reading import Identity, Message, Thread, rows

_numbers = itertools.count(1)


class Shop:
    """What happens around the browser. The server is a process of its own and finds out by itself."""

    def __init__(self, installation: Installation, sink: SmtpSink, ctx: Context) -> None:
        self.installation = installation
        self.sink = sink
        self.ctx = replace(ctx, parser=InlineParser(ctx.registry))  # type: ignore[arg-type]
        self.mailbox = self.connect("support@example.test")
        self._tokens = {"ada": installation.token}

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.installation.port}"

    def connect(self, address: str) -> int:
        """Another mailbox: mail goes out to the sink, and comes in by `Customer.writes` alone."""
        values = {
            "address": address,
            "imap_host": "127.0.0.1",
            "imap_port": str(free_port()),
            "imap_security": "plain",
            "imap_password": "secret",
            "smtp_host": "127.0.0.1",
            "smtp_port": str(self.sink.port),
            "smtp_security": "plain",
            "smtp_username": "",
        }

        def story(session: Session) -> int:
            registry, vault = self.ctx.registry, self.ctx.vault
            return channels.connect(session, registry, vault, "email", address, values).id

        return self.ctx.db.run(story)

    def hire(self, name: str, role: Role = Role.AGENT) -> str:
        """An agent who can sign in; returns the address."""
        email = f"{name.lower()}@shop.example"

        def story(session: Session) -> int:
            return agents.add_agent(
                session, email=email, name=name, role=role, password=PASSWORD, now=self.ctx.clock()
            )

        agent_id = self.ctx.db.run(story)
        self._tokens[name.lower()] = self.ctx.db.run(
            sessions.create_token, agent_id, "test", self.ctx.clock()
        )
        return email

    def dismiss_everywhere(self, email: str) -> None:
        """End all sessions of an agent."""

        def story(session: Session) -> None:
            agent = agent_queries.agent_by_email(session, email)
            assert agent is not None
            sessions.revoke_all(session, agent.id, self.ctx.clock())

        self.ctx.db.run(story)

    def customer(self, name: str = "Anna Moretti") -> "Customer":
        """Somebody new."""
        return Customer(self, name, f"c{next(_numbers)}@example.org")

    def api(self, path: str, body: Any = None, *, by: str = "ada", method: str | None = None) -> Any:
        """What an agent's script gets from the API: GET, or POST with a body."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._tokens[by]}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def reply(self, thread_id: int, body: str, *, by: str = "mia") -> None:
        """An agent replies elsewhere."""
        key = f"key-{next(_numbers)}"
        wanted = {"channel_id": self.mailbox, "body": body, "client_msg_id": key}
        self.api(f"/threads/{thread_id}/replies", wanted, by=by)

    def note(self, thread_id: int, body: str, *, by: str = "mia") -> None:
        """An agent writes a note elsewhere."""
        self.api(
            f"/threads/{thread_id}/notes", {"body": body, "client_msg_id": f"key-{next(_numbers)}"}, by=by
        )

    def change(self, thread_id: int, **changes: Any) -> None:
        """Ada assigns, resolves, … elsewhere."""
        self.api(f"/threads/{thread_id}", changes, method="PATCH")

    def agent_id(self, by: str) -> int:
        """The number of an agent."""
        return int(self.api("/me", by=by)["id"])

    def lengthen(self, thread_id: int, count: int) -> None:
        """So many more messages at the end of a thread, customer and notes in turn, numbered."""

        def story(session: Session) -> None:
            thread = threads.lock(session, thread_id)
            episode = threads.newest_episode(session, thread_id)
            assert episode is not None
            for number in range(count):
                inbound = number % 2 == 0
                new = threads.NewMessage(
                    Kind.INBOUND if inbound else Kind.NOTE,
                    f"Message number {number} of a long story." + " It goes on." * (number % 7),
                    channel_id=self.mailbox if inbound else None,
                    identity_id=thread.last_identity_id if inbound else None,
                    sender_name="Anna" if inbound else "Mia",
                )
                threads.append(session, thread, episode, new, self.ctx.clock())

        self.ctx.db.run(story)

    def mails_to(self, customer: "Customer") -> list[EmailMessage]:
        """The mails that reached a customer's server."""
        return [
            message_from_bytes(receipt.raw, policy=default)
            for receipt in self.sink.receipts
            if customer.address in receipt.recipients
        ]

    def open(self, page: Page, path: str = "/inbox/open", *, base: str = "") -> None:
        """Go to a page of the inbox, live."""
        page.goto((base or self.url) + path)
        expect(page.locator("html")).to_have_attribute("data-app-state", "ready")


@dataclass(frozen=True)
class Customer:
    """Somebody who writes to the shop."""

    shop: Shop
    name: str
    address: str

    def writes(self, text: str, *, html: str = "", at: datetime | None = None, **more: Any) -> int:
        """A mail of the customer comes in; returns the thread, once the mail is in it.

        `subject`, `channel` (another mailbox), `reply_to` and `files` ({name: PNG}) may be given.
        """
        shop = self.shop
        number, before = next(_numbers), self._written()
        mail = EmailMessage()
        mail["From"] = f"{self.name} <{self.address}>"
        mail["To"] = "support@example.test"
        mail["Subject"] = more.get("subject", "Order 10412")
        mail["Message-ID"] = f"<m{number}@example.org>"
        if "reply_to" in more:
            mail["Reply-To"] = more["reply_to"]
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        ctx = replace(shop.ctx, clock=lambda: at) if at else shop.ctx
        item = RawItem(dedupe_key=f"test/{number}", raw=Raw(body=mail.as_bytes(), meta={"role": "inbox"}))
        keep = partial(envelopes.keep, files=ctx.files, channel_id=more.get("channel", shop.mailbox))
        ctx.db.run(lambda session: keep(session, items=[item], now=ctx.clock()))
        receive.drain(ctx)
        # The server may have been quicker and be at it.
        wait_until(lambda: self._written() > before, 10, "mail in a thread")
        return self.thread_id

    @property
    def thread_id(self) -> int:
        """The customer's thread."""
        with self.shop.ctx.db.read() as session:
            mine = select(Identity.customer_id).where(Identity.address == self.address)
            return session.execute(select(Thread.id).where(Thread.customer_id.in_(mine))).scalar_one()

    def _written(self) -> int:
        with self.shop.ctx.db.read() as session:
            mine = select(Identity.id).where(Identity.address == self.address)
            count = select(func.count()).select_from(Message).where(Message.identity_id.in_(mine))
            return session.execute(count.where(Message.kind == Kind.INBOUND)).scalar_one()


def words(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def messages(shop: Shop, thread_id: int) -> list[Message]:
    """What is stored in a thread, by seq."""
    return sorted(rows(shop.ctx, Message, Message.thread_id == thread_id), key=lambda row: row.seq)


def bubble(page: Page, text: str) -> Locator:
    """The message with a text on the page."""
    return page.get_by_test_id("message").filter(has_text=text)


def row(page: Page, thread_id: int) -> Locator:
    """A thread's row in the list."""
    return page.locator(f'[data-testid=row][data-thread="{thread_id}"]')


def composer(page: Page) -> Locator:
    """The field to write in."""
    return page.get_by_test_id("composer-text")


def frozen_order(page: Page) -> list[str | None]:
    """Threads of the list from top to bottom."""
    found: list[str | None] = page.get_by_test_id("row").evaluate_all(
        "rows => rows.map(row => row.dataset.thread)"
    )
    return found


def has_focus(page: Page) -> str | None:
    """The test id of what has the focus."""
    found: str | None = page.evaluate("document.activeElement?.dataset.testid ?? null")
    return found


def is_narrow_enough(page: Page) -> bool:
    """Whether nothing can be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

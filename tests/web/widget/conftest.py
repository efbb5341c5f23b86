"""Fixtures: shops with a widget, and visitors who use its panel as a browser does."""

import hmac
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.flows import deliver, receive
from inbox.flows.context import Context
from inbox.flows.reply import ReplyRequest, reply
from tests.factories import Make
from tests.live.conftest import settle

SECRET = "a secret of the shop that is long enough"
KEY = "example-shop"
ORIGIN = "http://localhost"
_numbers = itertools.count(1)


@dataclass
class Panel:
    """A visitor's panel: keeps its token, and talks to the API as the browser's part does."""

    client: FlaskClient
    key: str = KEY
    token: str = ""
    boot: dict[str, Any] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            options["data"], options["content_type"] = json.dumps(body), "application/json"
        return self.client.open(f"/widget/v1/{self.key}{path}", method=method, headers=headers, **options)

    def open(self, **more: Any) -> dict[str, Any]:
        """Open the panel, or open it again with the token it has."""
        answer = self.call("POST", "/session", {**({"token": self.token} if self.token else {}), **more})
        assert answer.status_code == 200, answer.text
        self.boot = answer.get_json()
        self.token = self.boot["token"]
        return self.boot

    def post(self, path: str, body: Any = None, status: int = 204) -> Any:
        """The JSON of a POST that answers with `status`."""
        answer = self.call("POST", path, {} if body is None else body)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.get_json() if answer.data else None

    def write(self, text: str, **more: Any) -> str:
        """Write a message; returns its client_msg_id."""
        number = more.pop("client_msg_id", f"message-{next(_numbers)}")
        self.post("/messages", {"client_msg_id": number, "body": text, **more}, 202)
        return str(number)

    def look(self, **query: Any) -> dict[str, Any]:
        """Messages, and what is beside them."""
        answer = self.call("GET", "/messages", query_string=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def texts(self, **query: Any) -> list[str]:
        """What the visitor can read."""
        return [item["body"] for item in self.look(**query)["items"]]

    def refused(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        """Status and code of a call that is refused."""
        answer = self.call(method, path, body, **options)
        assert answer.content_type == "application/problem+json", (path, answer.status_code, answer.text)
        assert answer.get_json()["status"] == answer.status_code
        return answer.status_code, answer.get_json()["code"]


@dataclass
class Shop:
    """A shop with a widget: its agent reads and answers."""

    ctx: Context
    make: Make
    channel_id: int
    agent: AgentIdentity

    def receive(self) -> None:
        """Let everything kept come into its threads."""
        receive.drain(self.ctx)

    def settle(self) -> None:
        """Wait until everything that happened can be read from the feed."""
        settle(self.ctx)

    def answer(self, thread_id: int, text: str, *, send: bool = True, **more: Any) -> int:
        """An agent's reply, sent unless told otherwise; returns the message's id."""
        asked = ReplyRequest(more.pop("channel_id", self.channel_id), text, f"reply-{next(_numbers)}", **more)
        written = reply(self.ctx, self.agent, thread_id, asked)
        if send:
            deliver.drain(self.ctx)
        return written.message_id

    def token(self, sub: str = "4711", **claims: Any) -> str:
        """A signed identity as the shop's server makes it."""
        secret = claims.pop("secret", SECRET)
        until = self.ctx.clock() + claims.pop("lasts", timedelta(hours=1))
        payload = {"sub": sub, "exp": int(until.timestamp()), **claims}
        return jwt.encode({name: each for name, each in payload.items() if each is not None}, secret, "HS256")

    def user(self, number: str = "4711", **more: Any) -> dict[str, Any]:
        """The older form of a signed identity."""
        return {"id": number, "hmac": hmac.digest(SECRET.encode(), number.encode(), "sha256").hex(), **more}


@pytest.fixture
def connect(ctx: Context, make: Make) -> Callable[..., int]:
    """Connects a widget."""

    def make_channel(key: str = KEY, name: str = "Example shop", **values: Any) -> int:
        known = {"site_id": key, "domains": "shop.example, *.shop.example", "identity_secret": SECRET}
        return make.channel("chat_widget", name, **{**known, **values})

    return make_channel


@pytest.fixture
def shop(ctx: Context, make: Make, connect: Callable[..., int]) -> Shop:
    """A shop with a widget."""
    return Shop(ctx, make, connect(), make.agent("Ben", Role.ADMIN))


@pytest.fixture
def visit(app: Flask, shop: Shop) -> Callable[..., Panel]:
    """A browser on the shop's site; it opens the panel unless told otherwise."""

    def make_panel(*, opens: bool = True, key: str = KEY, **arrival: Any) -> Panel:
        panel = Panel(app.test_client(use_cookies=False), key)
        if opens:
            panel.open(**arrival)
        return panel

    return make_panel


@pytest.fixture
def panel(visit: Callable[..., Panel]) -> Panel:
    """A visitor who has opened the panel."""
    return visit()

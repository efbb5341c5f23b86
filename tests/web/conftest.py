"""Fixtures: browsers that sign in and send forms as people do."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from tests.factories import Make

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """A browser without JavaScript: keeps cookies, and fills in the hidden fields of the page it saw."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text

    def token(self, path: str = "/login") -> str:
        """The CSRF token of the first form on a page."""
        found = _TOKEN.search(self.get(path).text)
        assert found, f"no form on {path}"
        return unescape(found[1])

    def submit(self, page: str, /, to: str | None = None, **fields: Any) -> TestResponse:
        """Open `page` and send its form (to another address: `to`)."""
        return self.client.post(to or page, data={"csrf_token": self.token(page), **fields})

    def sign_in(self, email: str, password: str = PASSWORD, **fields: Any) -> TestResponse:
        return self.submit("/login", email=email, password=password, **fields)


@pytest.fixture
def browser(client: FlaskClient) -> Browser:
    """A browser of somebody unknown."""
    return Browser(client)


@pytest.fixture
def signed_in(app: Flask, make: Make) -> Callable[..., Browser]:
    """Makes an agent of a role and a browser in which he is signed in."""

    def sign_in(role: Role | AgentIdentity = Role.ADMIN) -> Browser:
        agent = make.agent(role.value.title(), role) if isinstance(role, Role) else role
        browser = Browser(app.test_client())
        answer = browser.sign_in(agent.email)
        assert answer.status_code == 303, answer.text
        return browser

    return sign_in


@pytest.fixture
def admin(signed_in: Callable[..., Browser]) -> Browser:
    """The browser of an admin."""
    return signed_in(Role.ADMIN)

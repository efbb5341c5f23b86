"""Fixtures: scripts that use the API with a token."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from inbox.agents import sessions
from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.flows.context import Context
from tests.factories import Make


@dataclass
class Api:
    """A script: calls /api/v1 as an agent."""

    client: FlaskClient
    agent: AgentIdentity
    token: str

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        if body is not None:
            options["data"], options["content_type"] = json.dumps(body), "application/json"
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that succeeds."""
        answer = self.call("GET", path, query_string=query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        """The JSON of a POST that answers with `status`."""
        answer = self.call("POST", path, body)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json

    def problem(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        """Status and slug of a call that is refused."""
        answer = self.call(method, path, body, **options)
        assert answer.content_type == "application/problem+json", (path, answer.status_code, answer.text)
        assert answer.json["status"] == answer.status_code
        return answer.status_code, answer.json["type"].removeprefix("/problems/")


@pytest.fixture
def api_of(app: Flask, ctx: Context) -> Callable[[AgentIdentity], Api]:
    """Makes a script that acts as an agent."""

    def make_api(agent: AgentIdentity) -> Api:
        token = ctx.db.run(sessions.create_token, agent.id, "test", ctx.clock())
        return Api(app.test_client(), agent, token)

    return make_api


@pytest.fixture
def api(make: Make, api_of: Callable[[AgentIdentity], Api]) -> Api:
    """The script of an admin."""
    return api_of(make.agent("Ada", Role.ADMIN))

"""Whatever is sent to the API, the answer is one that the OpenAPI document describes, and never a 5xx."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from inbox.web.api import routes
from inbox.web.api.table import Route
from tests.factories import Make
from tests.web.api.conftest import Api

EXAMPLES = 20
"""For each of some thirty operations and each kind of request, fitting and not."""

EXAMPLES_MORE = 10
"""The same on PostgreSQL, whose types take less than SQLite's: no NUL in a text, no number beyond 64 bits."""

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize(
    "backend", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def schema(app: Flask, api: Api, make: Make) -> Any:
    """The document over an application with something in it, as an admin sees it."""
    channel = make.channel()
    for sender in ("anna", "bruno"):
        make.inbound(channel, sender=sender, html="<p>Hi</p>")
    api.post("/threads/1/replies", {"channel_id": channel, "body": "Soon", "client_msg_id": "r1"})
    api.call("POST", "/attachments?name=a.txt", data=b"hello", content_type="text/plain")
    found = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    found.config.headers = {"Authorization": f"Bearer {api.token}"}
    return found


SETTINGS = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def takes_something(entry: Route) -> bool:
    """Whether a request can be wrong at all."""
    return bool(entry.query or entry.body or "<" in entry.path)


CASES = [
    pytest.param(entry, mode, id=f"{entry.name}-{mode.value}")
    for entry in routes()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or takes_something(entry)
]


@on_sqlite
@pytest.mark.parametrize(("entry", "mode"), CASES)
def test_no_request_breaks_the_server_or_the_promise(schema: Any, entry: Route, mode: GenerationMode) -> None:
    fuzz(schema, entry, mode, EXAMPLES)


@on_postgresql
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_nor_does_one_on_postgresql(schema: Any) -> None:
    """All of them on one database."""
    for case in CASES:
        entry, mode = case.values
        fuzz(schema, entry, mode, EXAMPLES_MORE)


def fuzz(schema: Any, entry: Route, mode: GenerationMode, examples: int) -> None:
    """Send so many requests of one operation."""
    operation = schema.find_operation_by_id(entry.name)

    @settings(SETTINGS, max_examples=examples)
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        # A document cannot say which cursors we gave out, nor which channels there are.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    send()

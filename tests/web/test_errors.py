"""Answers when something is wrong: useful to people, silent about the inside."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from inbox.errors import Conflict, Invalid, NotAllowed, NotFound, SetupError
from inbox.files import StoreFull
from inbox.flows.context import Context
from inbox.web.auth import public
from tests.web.conftest import Browser

CANARY = "canary-in-the-exception"
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def broken(app: Flask) -> Any:
    """Adds a route that raises; gives a client that sees what a browser would."""
    app.config.update(TESTING=False)

    def add(error: Exception, path: str = "/broken") -> Any:
        def view() -> str:
            raise error

        app.add_url_rule(path, path.strip("/").replace("/", "_"), public(view))
        return app.test_client()

    return add


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError(CANARY), 500),
        (KeyError(CANARY), 500),
        (OperationalError(CANARY, {}, Exception(CANARY)), 503),
        (SetupError(CANARY), 500),
        (StoreFull(CANARY), 507),
        (NotFound(CANARY), 404),
        (NotAllowed(CANARY), 403),
    ],
)
@pytest.mark.parametrize("path", ["/broken", "/api/v1/broken"])
def test_no_exceptions_text_leaves_the_house(broken: Any, error: Exception, status: int, path: str) -> None:
    answer = broken(error, path).get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert CANARY not in answer.text
    assert "Traceback" not in answer.text
    expected = "application/problem+json" if path.startswith("/api") else "text/html"
    assert answer.mimetype == expected
    if status == 503:
        assert answer.headers["Retry-After"]


def test_an_unexpected_error_has_a_number_that_is_in_the_log_too(
    broken: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = broken(RuntimeError(CANARY)).get("/broken", headers={"Accept": "text/html"})
    found = re.search(r"<code>(\w{10})</code>", answer.text)
    assert found
    logged = caplog.text + "".join(capsys.readouterr())
    assert found[1] in logged
    assert CANARY in logged


@pytest.mark.parametrize(
    ("error", "status"), [(Invalid("Too short.", "/name"), 422), (Conflict("Somebody was faster."), 409)]
)
def test_what_can_be_mended_is_said(broken: Any, error: Exception, status: int) -> None:
    client = broken(error, "/api/v1/broken")
    answer = client.get("/api/v1/broken")
    assert (answer.status_code, answer.get_json()["detail"]) == (status, str(error))
    if status == 422:
        assert answer.get_json()["errors"] == [{"pointer": "/name", "detail": "Too short."}]


def test_programs_get_problems_and_people_pages(admin: Browser) -> None:
    assert admin.get("/nothing", headers={"Accept": "text/html"}).mimetype == "text/html"
    assert (
        admin.get("/nothing", headers={"Accept": "application/json"}).mimetype == "application/problem+json"
    )
    assert (
        admin.get("/api/v1/nothing", headers={"Accept": "text/html"}).mimetype == "application/problem+json"
    )


def test_a_method_that_is_not_offered_is_told_which_are(admin: Browser) -> None:
    answer = admin.client.delete("/api/v1/me")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_without_a_token_programs_are_told_how(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_without_its_database_the_server_says_so_and_lives(
    app: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config.update(TESTING=False)

    def away(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("SELECT canary", {}, Exception("connection refused canary"))

    monkeypatch.setattr(ctx.db, "_read", away)
    client = app.test_client()
    client.set_cookie("onethread_session", "x")
    for path in ("/", "/login", "/settings/profile", "/api/v1/me", "/inbox/mine"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 503, path
        assert answer.headers["Retry-After"]
        assert "canary" not in answer.text
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["reasons"]) == (503, ["database: cannot be reached"])


def test_ready_means_database_schema_and_files(app: Flask, ctx: Context) -> None:
    client = app.test_client()
    assert client.get("/readyz").get_json() == {"ready": True, "reasons": []}
    ctx.files.root.rename(ctx.files.root.with_name("away"))
    ctx.files.root.write_text("a file where the folder was")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["reasons"]) == (503, ["files: the store cannot be written"])


def test_a_schema_that_is_behind_is_not_ready(app: Flask, ctx: Context) -> None:
    with ctx.db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    reasons = app.test_client().get("/readyz").get_json()["reasons"]
    assert len(reasons) == 1
    assert reasons[0].startswith("database: the schema is not current")


def test_client_addresses_are_believed_as_far_as_proxies_are_trusted(ctx: Context) -> None:
    from inbox.app import create_app
    from inbox.web.security import client_address

    seen = {}
    for hops in (0, 1, 2):
        ctx.settings = ctx.settings.model_copy(update={"trusted_proxies": hops})
        app = create_app(ctx)
        app.add_url_rule("/address", "address", public(client_address))
        headers = {"X-Forwarded-For": "6.6.6.6, 198.51.100.2, 203.0.113.9"}
        seen[hops] = app.test_client().get("/address", headers=headers).text
        strange = app.test_client().get("/address", headers={"X-Forwarded-For": "<b>evil\tX, <i>"}).text
        assert strange in ("", "127.0.0.1")
    assert seen == {0: "127.0.0.1", 1: "203.0.113.9", 2: "198.51.100.2"}

"""Headers and sizes: every route, every status."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from inbox.flows.context import Context
from tests.web.conftest import Browser
from tests.web.routes import routes

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def check(answer: TestResponse) -> None:
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe" not in policy
    assert "*" not in policy
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Cache-Control"]


def test_every_route_has_them_for_everybody(app: Flask, admin: Browser) -> None:
    for route in routes(app):
        for client in (app.test_client(), admin.client):
            check(client.open(route.example, method=route.method))


def test_errors_have_them(app: Flask, admin: Browser) -> None:
    for path in (
        "/nothing",
        "/api/v1/nothing",
        "/hooks/x",
        "/static/nothing.js",
        "/%00",
        "/settings/agents/0",
    ):
        check(admin.get(path))
    check(admin.client.put("/login"))


def test_pages_allow_no_inline_script_and_have_none(app: Flask, admin: Browser) -> None:
    for route in routes(app):
        if route.method == "GET" and route.rule.startswith(("/settings", "/login", "/setup")):
            page = admin.get(route.example).text.lower()
            assert " style=" not in page, route.rule
            assert " onclick=" not in page, route.rule
            assert "<style" not in page, route.rule
            assert "<script>" not in page, route.rule


def test_pages_about_people_are_kept_by_nobody(admin: Browser) -> None:
    assert admin.get("/settings/profile").headers["Cache-Control"] == "no-store"


def test_built_files_are_kept_for_good(admin: Browser) -> None:
    import re

    path = re.search(r'href="(/static/dist/app-[^"]+\.css)"', admin.text("/settings/profile"))
    assert path
    with admin.get(path[1]) as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_hsts_only_with_https(admin: Browser) -> None:
    assert "Strict-Transport-Security" not in admin.get("/login").headers


def test_a_body_that_is_too_large_is_refused(app: Flask, admin: Browser, ctx: Context) -> None:
    form = {"csrf_token": admin.token("/settings/profile"), "name": "x" * 2_000_000}
    answer = admin.client.post("/settings/profile", data=form, headers={"Accept": "text/html"})
    assert answer.status_code == 413
    assert "larger than this server takes" in answer.text
    check(answer)


def test_a_form_of_ten_thousand_parts_is_refused(admin: Browser) -> None:
    body = b"".join(
        b'--B\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % number for number in range(10_000)
    )
    answer = admin.client.post(
        "/settings/profile", data=body + b"--B--\r\n", content_type="multipart/form-data; boundary=B"
    )
    assert answer.status_code == 413

"""Requests that other sites make a browser send."""

from typing import Any

import pytest
from flask import Flask

from inbox.agents import sessions
from inbox.flows.context import Context
from tests.factories import Make
from tests.web.conftest import PASSWORD, Browser

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
FOREIGN_ORIGINS = [
    "null", "", "https://evil.example", "http://evil.example", "http://localhost.evil.example", "http://localhost:81",
    "http://localhost@evil.example", "http://evil.example/http://localhost", "http://127.0.0.1", "file://", "http://",
    "javascript://localhost", "http://localhost\\.evil.example", "http://[::1]", "ws://localhost", "//localhost",
    "http://localhostx", "http://xlocalhost", "HTTP://LOCALHOST:8080", "http://localhost:0x50",
]  # fmt: skip


def rename(browser: Browser, token: str | None, headers: dict[str, str], **where: Any) -> int:
    """Try to change the profile; the answer's status."""
    data = {"name": "Mallory", "locale": "en", "time_zone": "UTC", "theme": "dark", "signature": ""}
    if token is not None:
        data["csrf_token"] = token
    return browser.client.post("/settings/profile", data=data, headers=headers, **where).status_code


@pytest.mark.parametrize("headers", [{}, OWN, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost:80"}])
def test_our_own_form_is_taken(admin: Browser, headers: dict[str, str]) -> None:
    assert rename(admin, admin.token("/settings/profile"), headers) == 303


@pytest.mark.parametrize("headers", [{}, OWN])
@pytest.mark.parametrize("token", [None, "", "x", "AAAA", "ä", "A" * 5000, "=" * 44])
def test_without_its_token_it_is_not(admin: Browser, headers: dict[str, str], token: str | None) -> None:
    assert rename(admin, token, headers) == 403
    assert "Mallory" not in admin.text("/settings/profile")


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_another_origin_is_refused_even_with_a_stolen_token(admin: Browser, origin: str) -> None:
    assert rename(admin, admin.token("/settings/profile"), {"Origin": origin}) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin", "x"])
def test_another_site_is_refused_by_the_browsers_word(admin: Browser, site: str) -> None:
    assert rename(admin, admin.token("/settings/profile"), {"Sec-Fetch-Site": site}) == 403


def test_the_header_serves_as_well_as_the_field(admin: Browser) -> None:
    token = admin.token("/settings/profile")
    assert rename(admin, None, {"X-CSRF-Token": token, **OWN}) == 303


def test_a_token_belongs_to_one_session(admin: Browser, app: Flask, make: Make) -> None:
    other = Browser(app.test_client())
    assert other.sign_in(make.agent("Eve").email).status_code == 303
    assert rename(admin, other.token("/settings/profile"), OWN) == 403


def test_a_token_differs_on_every_page_and_all_of_them_work(admin: Browser) -> None:
    tokens = {admin.token("/settings/profile") for _ in range(5)}
    assert len(tokens) == 5
    assert {rename(admin, token, OWN) for token in tokens} == {303}


def test_nobody_is_signed_in_to_an_account_that_another_site_chose(app: Flask, make: Make) -> None:
    """Login CSRF: the attacker has an account and a token of his own browser."""
    agent = make.agent()
    attacker, victim = Browser(app.test_client()), Browser(app.test_client())
    victim.get("/login")
    form = {"csrf_token": attacker.token(), "email": agent.email, "password": PASSWORD}
    answer = victim.client.post("/login", data=form)
    assert answer.status_code == 403
    assert not victim.client.get_cookie("onethread_session")


def test_a_token_from_before_signing_in_is_worthless_after(browser: Browser, make: Make) -> None:
    agent = make.agent()
    before = browser.token()
    assert browser.sign_in(agent.email).status_code == 303
    assert rename(browser, before, OWN) == 403


def test_the_public_address_counts_behind_a_proxy_that_changes_the_host(ctx: Context, make: Make) -> None:
    from inbox.app import create_app

    ctx.settings = ctx.settings.model_copy(update={"public_url": "http://desk.example.com/"})
    browser = Browser(create_app(ctx).test_client())
    browser.sign_in(make.agent().email)
    assert rename(browser, browser.token("/settings/profile"), {"Origin": "http://desk.example.com"}) == 303
    assert (
        rename(
            browser, browser.token("/settings/profile"), {"Origin": "http://desk.example.com.evil.example"}
        )
        == 403
    )


def test_programs_with_a_bearer_token_need_none(app: Flask, ctx: Context, make: Make) -> None:
    token = ctx.db.run(sessions.create_token, make.agent().id, "import", ctx.clock())
    client = app.test_client()
    sent = client.post(
        "/api/v1/attachments?name=a.txt", data=b"a", headers={"Authorization": f"Bearer {token}"}
    )
    assert sent.status_code == 201, sent.text


def test_a_wrong_bearer_token_does_not_fall_back_on_the_cookie(admin: Browser) -> None:
    """Else a foreign page could spare itself the token with a header of its own making."""
    assert rename(admin, None, {"Authorization": "Bearer ot_wrong"}) == 401
    assert admin.get("/api/v1/me", headers={"Authorization": "Bearer ot_wrong"}).status_code == 401


def test_the_password_of_a_proxy_in_front_is_not_taken_for_a_token(admin: Browser) -> None:
    basic = {"Authorization": "Basic c3RhZ2luZzpzZWNyZXQ="}
    assert admin.get("/settings/profile", headers=basic).status_code == 200
    assert rename(admin, None, basic) == 403


def test_a_forged_request_is_explained(admin: Browser) -> None:
    page = admin.client.post("/settings/profile", data={"name": "x"}, headers={"Accept": "text/html"})
    assert "Reload it and try again" in page.text
    problem = admin.client.post("/api/v1/attachments?name=a", data=b"a")
    assert (problem.status_code, problem.get_json()["type"]) == (403, "/problems/csrf")

"""Signing in and out, in a browser without JavaScript."""

import re

import pytest
from flask import Flask

from inbox.agents.words import Role
from inbox.flows.context import Context
from inbox.web.security import safe_next
from tests.factories import Make, ManualClock
from tests.web.conftest import PASSWORD, Browser


def test_an_agent_signs_in_and_goes_where_he_wanted(browser: Browser, make: Make) -> None:
    agent = make.agent("Ben", Role.AGENT)
    closed = browser.get("/settings/profile?tab=1")
    assert (closed.status_code, closed.location) == (302, "/login?next=/settings/profile?tab%3D1")
    page = browser.text(closed.location)
    assert 'name="next" value="/settings/profile?tab=1"' in page
    answer = browser.sign_in(agent.email.upper(), next="/settings/profile?tab=1")
    assert (answer.status_code, answer.location) == (303, "/settings/profile?tab=1")
    assert agent.name in browser.text("/settings/profile")


def test_the_form_works_with_password_managers_and_screen_readers(browser: Browser, make: Make) -> None:
    make.agent()
    page = browser.text("/login")
    for part in (
        'autocomplete="username"',
        'autocomplete="current-password"',
        'for="email"',
        'for="password"',
        "autofocus",
    ):
        assert part in page
    assert "<script>" not in page
    assert 'role="alert"' not in page


def test_a_wrong_password_and_an_unknown_address_look_the_same(browser: Browser, make: Make) -> None:
    agent = make.agent()
    pages = []
    for email in (agent.email, "nobody@shop.example"):
        answer = browser.sign_in(email, "not the password")
        assert answer.status_code == 422
        assert not browser.client.get_cookie("onethread_session")
        pages.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert pages[0] == pages[1]
    assert re.search(r'role="alert".*E-mail address and password do not match', pages[0], re.DOTALL)
    assert re.search(r'<input[^>]*id="password"[^>]*autofocus', pages[0]), "the focus is where the mistake is"


def test_too_many_guesses_are_told_when_to_come_back(
    browser: Browser, make: Make, clock: ManualClock
) -> None:
    agent = make.agent()
    for _ in range(5):
        browser.sign_in(agent.email, "not the password")
    answer = browser.sign_in(agent.email)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "5"
    assert "Too many attempts. Try again in 5 seconds." in answer.text
    clock.forward(seconds=6)
    assert browser.sign_in(agent.email).status_code == 303


def test_the_password_is_never_sent_back(browser: Browser, make: Make) -> None:
    assert "canary-password" not in browser.sign_in(make.agent().email, "canary-password").text


def test_signing_out_ends_the_session_on_the_server(admin: Browser, app: Flask) -> None:
    stolen = admin.client.get_cookie("onethread_session")
    assert stolen
    answer = admin.submit("/settings/profile", "/logout")
    assert (answer.status_code, answer.location) == (303, "/login")
    thief = app.test_client()
    thief.set_cookie("onethread_session", stolen.value)
    assert thief.get("/settings/profile").status_code == 302


def test_signing_out_needs_a_form_not_a_link(admin: Browser) -> None:
    assert admin.get("/logout").status_code == 405
    assert admin.client.post("/logout").status_code == 403
    assert admin.get("/settings/profile").status_code == 200


def test_a_new_sign_in_makes_a_new_session(app: Flask, make: Make) -> None:
    agent, browser = make.agent(), Browser(app.test_client())
    browser.client.set_cookie("onethread_session", "chosen-by-an-attacker")
    assert browser.sign_in(agent.email).status_code == 303
    made = browser.client.get_cookie("onethread_session")
    assert made
    assert made.value != "chosen-by-an-attacker"


def test_the_cookie_is_for_this_server_only(browser: Browser, make: Make) -> None:
    cookie = browser.sign_in(make.agent().email, remember="1").headers.getlist("Set-Cookie")
    found = next(each for each in cookie if each.startswith("onethread_session="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(found.split("; "))
    assert "Domain" not in found
    assert "Max-Age" in found


def test_with_https_the_cookie_is_bound_to_host_and_tls(ctx: Context, make: Make) -> None:
    from inbox.app import create_app

    ctx.settings = ctx.settings.model_copy(update={"public_url": "https://desk.example.com"})
    app = create_app(ctx)
    agent, browser = make.agent(), Browser(app.test_client())
    page = browser.get("/login", base_url="https://localhost").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = browser.client.post(
        "/login",
        data={"csrf_token": token[1], "email": agent.email, "password": PASSWORD},
        base_url="https://localhost",
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    found = [each for each in cookies if each.startswith("__Host-onethread_session=")]
    assert len(found) == 1
    assert "Secure" in found[0]
    assert "Max-Age" not in found[0], "without “keep me signed in” it goes when the browser is closed"


def test_a_session_ends_after_its_days_without_use(admin: Browser, clock: ManualClock, ctx: Context) -> None:
    for _ in range(3):
        clock.forward(days=ctx.settings.session_days - 1)
        assert admin.get("/settings/profile").status_code == 200
    clock.forward(days=ctx.settings.session_days, seconds=1)
    assert admin.get("/settings/profile").status_code == 302


def test_who_is_signed_in_needs_no_login_page(admin: Browser) -> None:
    answer = admin.get("/login?next=/settings/teams")
    assert (answer.status_code, answer.location) == (302, "/settings/teams")


# Open redirects

HOSTS = (
    "evil.example",
    "evil.example/path",
    "user@evil.example",
    "127.0.0.1@evil.example",
    "[::1]",
    "evil.example:80",
)
PREFIXES = (
    "//", "///", "////", "/\\", "\\\\", "\\/", "/\\/", "http://", "https://", "HTTPS://", "http:", "https:",
    "http:///", "//\t", "/\t/", "/\n/", "\t//", " //", "\x00//", "\u00a0//", "\u2028//", "javascript:", "data:,",
    "ftp://", "./", "../", "/./\\", "/.//", "/..//", "/%2e//", "/%2E%2e//", "/a/..//", "?next=//", "#//", "",
)  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("host", HOSTS)
def test_the_way_on_never_leaves_this_server(prefix: str, host: str) -> None:
    assert safe_next(prefix + host) == "/"


@pytest.mark.parametrize(
    "target", ["/", "/inbox/mine", "/inbox/open/7?q=a%20b&x=//y", "/settings/profile#tokens"]
)
def test_own_addresses_are_followed(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize("target", [None, "", "/" + "a" * 3000])
def test_no_target_leads_home(target: str | None) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_neither_page_nor_redirect_carries_a_foreign_address(
    browser: Browser, make: Make, target: str
) -> None:
    agent = make.agent()
    assert "evil.example" not in browser.get("/login", query_string={"next": target}).text
    assert browser.sign_in(agent.email, next=target).location == "/"

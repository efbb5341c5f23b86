"""The first run: one account, made by whoever started the server."""

import threading
from collections import Counter

import pytest
from flask import Flask

from inbox.agents import queries
from inbox.agents.words import Role
from inbox.flows.context import Context
from inbox.web.pages.setup import code_for
from tests.factories import Make, ManualClock
from tests.web.conftest import PASSWORD, Browser

FORM = {"name": "Anna", "email": "anna@shop.example", "password": PASSWORD}
AWAY = {"REMOTE_ADDR": "203.0.113.7"}


def away(app: Flask) -> Browser:
    browser = Browser(app.test_client())
    browser.client.environ_base.update(AWAY)
    return browser


def test_a_fresh_installation_leads_to_the_first_run_page(browser: Browser) -> None:
    answer = browser.get("/", follow_redirects=True)
    assert answer.request.path == "/setup"
    assert "Setup code" not in answer.text, "on this machine no code is asked for"


def test_the_first_account_is_an_admin_and_signed_in(browser: Browser, ctx: Context) -> None:
    answer = browser.submit("/setup", **FORM)
    assert (answer.status_code, answer.location) == (303, "/settings/channels")
    assert "No channel yet" in browser.text("/settings/channels")
    with ctx.db.read() as session:
        found = queries.agent_by_email(session, FORM["email"])
    assert found
    assert found.role is Role.ADMIN


def test_afterwards_the_page_does_not_exist(browser: Browser, make: Make, app: Flask) -> None:
    token = browser.token("/setup")
    make.agent()
    assert browser.get("/setup").status_code == 404
    assert browser.client.post("/setup", data={"csrf_token": token, **FORM}).status_code == 404


def test_mistakes_are_told_at_their_fields(browser: Browser) -> None:
    answer = browser.submit("/setup", name="", email="anna@shop.example", password=PASSWORD)
    assert answer.status_code == 422
    assert "Enter a name" in answer.text
    answer = browser.submit("/setup", name="Anna", email="anna@shop.example", password="short-canary"[:7])
    assert "at least 8 characters" in answer.text
    assert "anna@shop.example" in answer.text
    assert "short-c" not in answer.text


def test_from_elsewhere_it_needs_the_code_from_the_log(app: Flask, ctx: Context) -> None:
    browser = away(app)
    assert "Setup code" in browser.text("/setup")
    for wrong in ("", "AAAA-AAAA-AAAA", "ä", code_for(ctx.vault)[:-1]):
        assert browser.submit("/setup", **FORM, code=wrong).status_code == 422
    assert browser.submit("/setup", **FORM, code=f" {code_for(ctx.vault).lower()} ").status_code == 303


def test_the_code_cannot_be_guessed_by_trying(app: Flask, clock: ManualClock) -> None:
    statuses = Counter(
        away(app).submit("/setup", **FORM, code=f"AAAA-AAAA-{n:04}").status_code for n in range(12)
    )
    assert statuses == {422: 5, 429: 7}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Host": "rebound.example"},
    ],
)
def test_a_proxy_or_a_rebound_name_is_not_this_machine(browser: Browser, headers: dict[str, str]) -> None:
    assert "Setup code" in browser.get("/setup", headers=headers).text


def test_of_many_at_once_one_makes_the_account(app: Flask, ctx: Context) -> None:
    start, statuses = threading.Barrier(4), Counter[int]()

    def claim(number: int) -> None:
        browser = Browser(app.test_client())
        token = browser.token("/setup")
        start.wait()
        form = {**FORM, "email": f"a{number}@shop.example", "csrf_token": token}
        statuses[browser.client.post("/setup", data=form).status_code] += 1

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == {303: 1, 404: 3}
    with ctx.db.read() as session:
        assert len(queries.agents(session)) == 1

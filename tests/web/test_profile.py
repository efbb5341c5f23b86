"""An agent's own settings."""

import re
from collections.abc import Callable

from flask import Flask

from inbox.agents import queries
from inbox.agents.words import Role
from inbox.flows.context import Context
from tests.factories import Make
from tests.web.conftest import PASSWORD, Browser

PROFILE = {
    "name": "Ben",
    "locale": "en",
    "time_zone": "Europe/Berlin",
    "theme": "dark",
    "signature": "Best,\r\nBen",
}


def test_a_profile_is_saved_and_takes_effect(
    signed_in: Callable[..., Browser], make: Make, ctx: Context
) -> None:
    agent = make.agent("Ben")
    browser = signed_in(agent)
    assert browser.submit("/settings/profile", **PROFILE).status_code == 303
    with ctx.db.read() as session:
        found = queries.agent(session, agent.id)
    assert (found.locale, found.time_zone, found.theme) == ("en", "Europe/Berlin", "dark")
    assert found.signature == "Best,\nBen"
    page = browser.text("/settings/profile")
    assert 'data-theme="dark"' in page


def test_values_that_no_list_offers_are_refused(admin: Browser) -> None:
    for wrong in (
        {"locale": "xx"},
        {"time_zone": "Mars/Olympus"},
        {"theme": "neon"},
        {"name": ""},
        {"signature": "x" * 2001},
    ):
        answer = admin.submit("/settings/profile", **{**PROFILE, **wrong})
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text


def test_nobody_promotes_himself_by_a_field_that_the_form_has_not(
    signed_in: Callable[..., Browser], make: Make, ctx: Context
) -> None:
    """Mass assignment: every column of the table, and some that sound right."""
    agent = make.agent("Ben")
    browser = signed_in(agent)
    for field in (
        "id",
        "email",
        "role",
        "password_hash",
        "is_active",
        "is_demo",
        "created_at",
        "is_admin",
        "team_ids",
    ):
        answer = browser.submit("/settings/profile", **PROFILE, **{field: "admin"})
        assert answer.status_code == 422, field
    with ctx.db.read() as session:
        found = queries.agent(session, agent.id)
    assert (found.role, found.email, found.locale) == (Role.AGENT, agent.email, "en")


def test_the_password_is_changed_with_the_current_one_only(
    app: Flask, signed_in: Callable[..., Browser], make: Make
) -> None:
    agent = make.agent("Ben")
    here, there = signed_in(agent), signed_in(agent)
    wrong = here.submit(
        "/settings/profile", "/settings/profile/password", current="guess", password="another long one"
    )
    assert wrong.status_code == 422
    assert "not your current password" in wrong.text
    weak = here.submit("/settings/profile", "/settings/profile/password", current=PASSWORD, password="short")
    assert weak.status_code == 422
    done = here.submit(
        "/settings/profile", "/settings/profile/password", current=PASSWORD, password="another long one"
    )
    assert done.status_code == 303
    assert here.get("/settings/profile").status_code == 200
    assert there.get("/settings/profile").status_code == 302
    assert Browser(app.test_client()).sign_in(agent.email).status_code == 422


def test_guessing_the_current_password_is_slowed_down(admin: Browser) -> None:
    statuses = [
        admin.submit(
            "/settings/profile", "/settings/profile/password", current=f"guess {n}", password=PASSWORD
        ).status_code
        for n in range(7)
    ]
    assert statuses == [422] * 5 + [429] * 2


def test_other_browsers_are_listed_and_signed_out(signed_in: Callable[..., Browser], make: Make) -> None:
    agent = make.agent("Ben")
    here, there = signed_in(agent), signed_in(agent)
    page = here.text("/settings/profile")
    assert page.count("this one") == 1
    others = re.findall(r'action="(/settings/profile/sessions/\d+/end)"', page)
    assert len(others) == 1
    assert here.submit("/settings/profile", others[0]).status_code == 303
    assert there.get("/settings/profile").status_code == 302
    assert here.get("/settings/profile").status_code == 200


def test_nobody_ends_the_sessions_of_another(signed_in: Callable[..., Browser]) -> None:
    ben, eve = signed_in(Role.AGENT), signed_in(Role.AGENT)
    assert eve.submit("/settings/profile", "/settings/profile/sessions/1/end").status_code == 404
    assert ben.get("/settings/profile").status_code == 200


def test_a_token_is_shown_once_and_works_until_it_is_revoked(admin: Browser, app: Flask) -> None:
    page = admin.submit("/settings/profile", "/settings/profile/tokens", name="Import")
    found = re.search(r"ot_[\w-]{43}", page.text)
    assert page.status_code == 201
    assert found
    bearer = {"Authorization": f"Bearer {found[0]}"}
    program = app.test_client()
    assert program.get("/api/v1/me", headers=bearer).status_code == 200
    again = admin.text("/settings/profile")
    assert found[0] not in again
    assert "Import" in again
    assert "just now" in again, "when it was last used"
    revoke = re.search(r'action="(/settings/profile/tokens/\d+/revoke)"', again)
    assert revoke
    assert admin.submit("/settings/profile", revoke[1]).status_code == 303
    assert program.get("/api/v1/me", headers=bearer).status_code == 401


def test_a_token_without_a_name_is_not_made(admin: Browser) -> None:
    answer = admin.submit("/settings/profile", "/settings/profile/tokens", name=" ")
    assert answer.status_code == 422
    assert not re.search(r"ot_[\w-]{43}", answer.text)

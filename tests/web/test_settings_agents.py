"""Looking after agents and teams."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from inbox.agents import queries
from inbox.agents.words import Role
from inbox.flows.context import Context
from tests.factories import Make
from tests.web.conftest import PASSWORD, Browser


def test_an_admin_adds_an_agent_who_can_sign_in(admin: Browser, app: Flask) -> None:
    form = {"name": "Cora", "email": "Cora@Shop.Example", "role": "supervisor", "password": PASSWORD}
    answer = admin.submit("/settings/agents/new", "/settings/agents", **form)
    assert (answer.status_code, answer.location) == (303, "/settings/agents")
    assert "cora@shop.example" in admin.text("/settings/agents")
    assert Browser(app.test_client()).sign_in("cora@shop.example").status_code == 303


def test_a_made_up_password_is_shown_once(admin: Browser, app: Flask) -> None:
    form = {"name": "Cora", "email": "cora@shop.example", "role": "agent", "password": ""}
    answer = admin.submit("/settings/agents/new", "/settings/agents", **form)
    found = re.search(r'data-testid="made-up">([\w-]{16})<', answer.text)
    assert answer.status_code == 201
    assert found
    assert Browser(app.test_client()).sign_in("cora@shop.example", found[1]).status_code == 303


def test_mistakes_come_back_with_what_was_typed(admin: Browser) -> None:
    form = {"name": "Cora", "email": "cora@shop.example", "role": "king", "password": "canary-password"}
    answer = admin.submit("/settings/agents/new", "/settings/agents", **form)
    assert answer.status_code == 422
    assert 'value="cora@shop.example"' in answer.text
    assert "canary-password" not in answer.text


def test_teams_and_roles_are_changed(admin: Browser, make: Make, ctx: Context) -> None:
    agent = make.agent("Ben")
    assert admin.submit("/settings/teams", name="Returns").status_code == 303
    with ctx.db.read() as session:
        team = queries.teams(session)[0]
    form = {
        "name": "Benjamin",
        "email": agent.email,
        "role": "supervisor",
        "team_ids": [str(team.id)],
        "is_active": "1",
    }
    assert admin.submit(f"/settings/agents/{agent.id}", **form).status_code == 303
    with ctx.db.read() as session:
        found = queries.agent(session, agent.id)
    assert (found.name, found.role, found.team_ids) == ("Benjamin", Role.SUPERVISOR, {team.id})
    assert admin.submit("/settings/teams", f"/settings/teams/{team.id}", name="Repairs").status_code == 303
    with ctx.db.read() as session:
        assert [(each.name, each.member_ids) for each in queries.teams(session)] == [("Repairs", frozenset())]


def test_who_is_made_inactive_is_signed_out_at_once(
    admin: Browser, signed_in: Callable[..., Browser], make: Make
) -> None:
    agent = make.agent("Ben")
    browser = signed_in(agent)
    admin.submit(f"/settings/agents/{agent.id}", name="Ben", email=agent.email, role="agent")
    assert browser.get("/settings/profile").status_code == 302


def test_a_reset_signs_out_and_sets_a_new_password(
    admin: Browser, signed_in: Callable[..., Browser], make: Make, app: Flask
) -> None:
    agent = make.agent("Ben")
    browser = signed_in(agent)
    page, action = f"/settings/agents/{agent.id}", f"/settings/agents/{agent.id}/password"
    assert admin.submit(page, action, password="a brand new sentence").status_code == 303
    assert browser.get("/settings/profile").status_code == 302
    assert Browser(app.test_client()).sign_in(agent.email, "a brand new sentence").status_code == 303
    assert "made-up" in admin.submit(page, action, password="").text


def test_the_last_admin_cannot_lock_everybody_out(signed_in: Callable[..., Browser], make: Make) -> None:
    agent = make.agent("Anna", Role.ADMIN)
    answer = signed_in(agent).submit(
        f"/settings/agents/{agent.id}", name="Anna", email=agent.email, role="agent", is_active="1"
    )
    assert answer.status_code == 422
    assert "One active admin must remain" in answer.text


@pytest.mark.parametrize("field", ["id", "password_hash", "is_demo", "created_at", "locale", "signature"])
def test_no_other_column_can_be_set(admin: Browser, make: Make, field: str) -> None:
    agent = make.agent("Ben")
    form = {"name": "Ben", "email": agent.email, "role": "agent", "is_active": "1", field: "1"}
    assert admin.submit(f"/settings/agents/{agent.id}", **form).status_code == 422


@pytest.mark.parametrize("team_ids", ["99", "-1", "x", str(1 << 70), "1.5", ""])
def test_strange_numbers_are_refused(admin: Browser, make: Make, team_ids: str) -> None:
    agent = make.agent("Ben")
    form = {"name": "Ben", "email": agent.email, "role": "agent", "is_active": "1", "team_ids": team_ids}
    assert admin.submit(f"/settings/agents/{agent.id}", **form).status_code == 422


def test_names_cannot_carry_markup(admin: Browser) -> None:
    form = {"name": "<b>x</b>&\"'", "email": "x@shop.example", "role": "agent", "password": PASSWORD}
    admin.submit("/settings/agents/new", "/settings/agents", **form)
    page = admin.text("/settings/agents")
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page

"""Agents, as admins look after them."""

import secrets
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.agents import actions, queries
from inbox.agents.words import Role
from inbox.errors import Invalid
from inbox.web import auth
from inbox.web.context import context
from inbox.web.forms import Errors, Form, Number, complaint, read
from inbox.web.i18n import gettext as _

pages = Blueprint("agents", __name__, url_prefix="/settings/agents")


class NewForm(Form):
    """A new agent."""

    name: str = ""
    email: str = ""
    role: str = "agent"
    team_ids: tuple[Number, ...] = ()
    password: str = ""


class ChangeForm(Form):
    """What an admin may change about an agent."""

    name: str = ""
    email: str = ""
    role: str = "agent"
    team_ids: tuple[Number, ...] = ()
    is_active: str = ""


class PasswordForm(Form):
    """A new password for somebody else; empty asks for a made-up one."""

    password: str = ""


@pages.get("")
@auth.require_role(Role.ADMIN)
def overview() -> str:
    """All agents."""
    with context().db.read() as session:
        agents, teams = queries.agents(session), queries.teams(session)
    return render_template("settings/agents.html", agents=agents, teams=teams, now=context().clock())


@pages.get("/new")
@auth.require_role(Role.ADMIN)
def new() -> Response:
    """The form for a new agent."""
    return _new_page(NewForm(), {}, 200)


@pages.post("")
@auth.require_role(Role.ADMIN)
def create() -> Response:
    """Add an agent; a password that we made up is shown once."""
    sent, ctx = read(NewForm), context()
    password = sent.password or _made_up()
    try:
        agent_id = ctx.db.run(
            actions.add_agent,
            **sent.model_dump(exclude={"password"}),
            password=password,
            now=ctx.clock(),
            actor_id=auth.me().id,
        )
    except Invalid as error:
        return _new_page(sent, complaint(error), 422)
    if not sent.password:
        return _page(agent_id, password=password, status=201)
    flash(_("%(name)s can sign in now.", name=sent.name), "ok")
    return redirect(url_for("agents.overview"), code=303)


@pages.get("/<id:agent_id>")
@auth.require_role(Role.ADMIN)
def show(agent_id: int) -> Response:
    """One agent."""
    return _page(agent_id)


@pages.post("/<id:agent_id>")
@auth.require_role(Role.ADMIN)
def save(agent_id: int) -> Response:
    """Change an agent. Making him inactive signs him out everywhere."""
    sent, ctx = read(ChangeForm), context()
    values = {**sent.model_dump(), "is_active": bool(sent.is_active)}

    def story(session: Session) -> None:
        actions.change_agent(session, agent_id, **values, now=ctx.clock(), actor_id=auth.me().id)

    try:
        ctx.db.run(story)
    except Invalid as error:
        return _page(agent_id, values=values, errors=complaint(error), status=422)
    flash(_("Saved."), "ok")
    return redirect(url_for("agents.overview"), code=303)


@pages.post("/<id:agent_id>/password")
@auth.require_role(Role.ADMIN)
def set_password(agent_id: int) -> Response:
    """Set an agent's password and sign him out everywhere."""
    sent, ctx = read(PasswordForm), context()
    password = sent.password or _made_up()
    me = auth.me().id
    keep = auth.session_id() if agent_id == me else None
    try:
        ctx.db.run(actions.set_password, agent_id, password, ctx.clock(), keep_session=keep, actor_id=me)
    except Invalid as error:
        return _page(agent_id, errors=complaint(error), status=422)
    if not sent.password:
        return _page(agent_id, password=password)
    flash(_("The password is changed, and all browsers of this agent are signed out."), "ok")
    return redirect(url_for("agents.show", agent_id=agent_id), code=303)


def roles() -> list[tuple[str, str]]:
    """Roles to choose from, in words."""
    return [
        (Role.AGENT.value, _("Agent: answers customers")),
        (Role.SUPERVISOR.value, _("Supervisor: also sees queues and unreadable mail")),
        (Role.ADMIN.value, _("Admin: also connects channels and adds agents")),
    ]


def _made_up() -> str:
    return secrets.token_urlsafe(12)


def _new_page(sent: NewForm, errors: Errors, status: int) -> Response:
    with context().db.read() as session:
        teams = queries.teams(session)
    page = render_template(
        "settings/agent_new.html", values=sent.model_dump(), errors=errors, teams=teams, roles=roles()
    )
    return make_response(page, status)


def _page(
    agent_id: int,
    *,
    values: dict[str, Any] | None = None,
    errors: Errors | None = None,
    password: str = "",
    status: int = 200,
) -> Response:
    with context().db.read() as session:
        agent, teams = queries.agent(session, agent_id), queries.teams(session)
    known = {name: getattr(agent, name) for name in ChangeForm.model_fields}
    page = render_template(
        "settings/agent.html",
        agent=agent,
        values=values or {**known, "role": agent.role.value},
        errors=errors or {},
        password=password,
        teams=teams,
        roles=roles(),
    )
    return make_response(page, status)

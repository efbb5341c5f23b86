"""Teams: who shares a queue."""

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from inbox.agents import actions, queries
from inbox.agents.words import Role
from inbox.errors import Invalid
from inbox.web import auth
from inbox.web.context import context
from inbox.web.forms import Errors, Form, Number, read
from inbox.web.i18n import gettext as _

pages = Blueprint("teams", __name__, url_prefix="/settings/teams")


class TeamForm(Form):
    """A team's name and members."""

    name: str = ""
    member_ids: tuple[Number, ...] = ()


class NewForm(Form):
    """A new team."""

    name: str = ""


@pages.get("")
@auth.require_role(Role.ADMIN)
def overview() -> Response:
    """All teams, each with its form."""
    return _page({}, 200)


@pages.post("")
@auth.require_role(Role.ADMIN)
def create() -> Response:
    """Add a team."""
    sent = read(NewForm)
    try:
        team_id = context().db.run(actions.add_team, sent.name, context().clock())
    except Invalid as error:
        return _page({"new": _(error.detail)}, 422, new=sent.name)
    return redirect(url_for("teams.overview", _anchor=f"team-{team_id}"), code=303)


@pages.post("/<id:team_id>")
@auth.require_role(Role.ADMIN)
def save(team_id: int) -> Response:
    """Rename a team and set its members."""
    sent = read(TeamForm)
    try:
        context().db.run(actions.change_team, team_id, sent.name, sent.member_ids, actor_id=auth.me().id)
    except Invalid as error:
        return _page({str(team_id): _(error.detail)}, 422)
    flash(_("Saved."), "ok")
    return redirect(url_for("teams.overview"), code=303)


def _page(errors: Errors, status: int, *, new: str = "") -> Response:
    with context().db.read() as session:
        teams, agents = queries.teams(session), queries.agents(session, active_only=True)
    page = render_template("settings/teams.html", teams=teams, agents=agents, errors=errors, new=new)
    return make_response(page, status)

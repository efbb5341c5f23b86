"""What waits for a second person, as a list for those who decide."""

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from inbox.agents.identity import Role
from inbox.commerce import act_lists
from inbox.commerce.shapes import ActView
from inbox.errors import Invalid
from inbox.flows import act_decisions
from inbox.web import auth
from inbox.web.context import context
from inbox.web.forms import Form, read
from inbox.web.i18n import gettext as _

pages = Blueprint("approvals", __name__, url_prefix="/approvals")


class DecisionForm(Form):
    """A yes has no reason."""

    reason: str = ""


@pages.get("")
@auth.require_role(Role.SUPERVISOR)
def overview() -> Response:
    """Everything that waits, oldest first."""
    return _page({}, 200)


@pages.post("/<id:act_id>/approve")
@auth.require_role(Role.SUPERVISOR)
def approve(act_id: int) -> Response:
    """Agree; what came of it is shown on the list."""
    read(DecisionForm)
    try:
        act_decisions.approve(context(), auth.me(), act_id)
    except Invalid as error:
        return _page({act_id: _(error.detail)}, 422)
    with context().db.read() as session:
        act = act_lists.view(session, auth.me(), act_id)
    flash(*_said(act))
    return redirect(url_for("approvals.overview"), code=303)


@pages.post("/<id:act_id>/refuse")
@auth.require_role(Role.SUPERVISOR)
def refuse(act_id: int) -> Response:
    """Refuse, with a reason."""
    sent = read(DecisionForm)
    try:
        act_decisions.refuse(context(), auth.me(), act_id, sent.reason)
    except Invalid as error:
        return _page({act_id: _(error.detail)}, 422)
    flash(_("Refused."), "ok")
    return redirect(url_for("approvals.overview"), code=303)


def _said(act: ActView) -> tuple[str, str]:
    if act["state"] in ("done", "pending"):
        return _("Approved, and done."), "ok"
    if act["state"] == "refused":
        return _("The order has changed; nothing was done. %(why)s", why=act["error"] or ""), "bad"
    if act["state"] == "failed":
        return _("Approved, but the shop did not do it. %(why)s", why=act["error"] or ""), "bad"
    return _("Approved. The shop takes its time; the thread tells what comes of it."), "warn"


def _page(errors: dict[int, str], status: int) -> Response:
    with context().db.read() as session:
        waiting = act_lists.proposed(session, auth.me())
    page = render_template(
        "approvals.html", waiting=waiting, errors=errors, kinds=_kinds(), own_id=auth.me().id
    )
    return make_response(page, status)


def _kinds() -> dict[str, str]:
    return {
        "refund": _("Refund"),
        "cancel": _("Cancel the order"),
        "reship": _("Send again"),
        "coupon": _("Coupon code"),
    }

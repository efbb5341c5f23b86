"""Handing out everything about a customer, and erasing him."""

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inbox.agents.words import Role
from inbox.flows import privacy
from inbox.live import person
from inbox.web import auth, dossier
from inbox.web.archive import archive
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.i18n import gettext as _

pages = dossier.blueprint("privacy")


@pages.post("/<id:customer_id>/export")
@auth.require_role(Role.SUPERVISOR)
def export(customer_id: int) -> Response:
    """Everything about a customer, as an archive."""
    return archive(customer_id)


@pages.get("/<id:customer_id>/erase")
@auth.require_role(Role.ADMIN)
def confirm(customer_id: int) -> Response:
    """What erasing means, and the name to type before it is done."""
    return _page(customer_id, "", 200)


@pages.post("/<id:customer_id>/erase")
@auth.require_role(Role.ADMIN)
def erase(customer_id: int) -> Response:
    """Erase a customer for good."""
    with context().db.read() as session:
        name = person.detail(session, me(), customer_id)["name"]
    if not dossier.is_typed(request.form.get("typed", ""), name):
        return _page(customer_id, _("Type the name as it is shown."), 422)
    if privacy.erase(context(), me(), customer_id):
        flash(_("Erased. Nothing of this person is left here; copies in backups go with the backups."), "ok")
    else:
        flash(
            _("This person is gone from all pages. The rest is being removed and takes some minutes."), "ok"
        )
    return redirect(url_for("customers.overview"), code=303)


def _page(customer_id: int, error: str, status: int) -> Response:
    with context().db.read() as session:
        customer = person.detail(session, me(), customer_id)
    page = render_template("customers/erase.html", customer=customer, error=error)
    return make_response(page, status)

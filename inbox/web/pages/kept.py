"""What agents keep about a customer on his page: notes, and what he allowed or refused."""

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from inbox.errors import Invalid
from inbox.flows import profile
from inbox.web import auth, dossier
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.forms import Form, read
from inbox.web.i18n import gettext as _

pages = dossier.blueprint("kept")


class NoteForm(Form):
    """A note."""

    body: str = ""


class ConsentForm(Form):
    """What a customer decided."""

    namespace: str = ""
    purpose: str = ""
    granted: str = ""
    source: str = ""


@pages.post("/<id:customer_id>/notes")
@auth.require_login
def add_note(customer_id: int) -> Response:
    """Write a note about a customer."""
    sent = read(NoteForm)
    try:
        living, _note_id = profile.write_note(context(), me(), customer_id, sent.body)
    except Invalid as error:
        return dossier.render(customer_id, errors={"note": _(error.detail)}, sent=request.form, status=422)
    return redirect(url_for("customers.show", customer_id=living, _anchor="notes"), code=303)


@pages.post("/<id:customer_id>/notes/<id:note_id>")
@auth.require_login
def edit_note(customer_id: int, note_id: int) -> Response:
    """Change a note."""
    sent = read(NoteForm)
    try:
        living = profile.edit_note(context(), me(), note_id, sent.body)
    except Invalid as error:
        errors = {f"note-{note_id}": _(error.detail)}
        return dossier.render(customer_id, errors=errors, sent=request.form, status=422)
    return redirect(url_for("customers.show", customer_id=living, _anchor="notes"), code=303)


@pages.post("/<id:customer_id>/notes/<id:note_id>/remove")
@auth.require_login
def remove_note(customer_id: int, note_id: int) -> Response:
    """Remove a note for good."""
    profile.remove_note(context(), me(), note_id)
    flash(_("The note is gone."), "ok")
    return redirect(url_for("customers.show", customer_id=customer_id, _anchor="notes"), code=303)


@pages.post("/<id:customer_id>/consents")
@auth.require_login
def add_consent(customer_id: int) -> Response:
    """Note what a customer allowed or refused."""
    sent = read(ConsentForm)
    try:
        living = _note_consent(customer_id, sent)
    except Invalid as error:
        return dossier.render(customer_id, errors=dossier.complaint(error), sent=request.form, status=422)
    return redirect(url_for("customers.show", customer_id=living, _anchor="consents"), code=303)


def _note_consent(customer_id: int, sent: ConsentForm) -> int:
    if sent.granted not in ("yes", "no"):
        raise Invalid("Say whether the customer allowed or refused it.", "/granted")
    if sent.namespace not in dossier.titles(context()):
        raise Invalid("Choose a kind of address from the list.", "/namespace")
    return profile.note_consent(
        context(),
        me(),
        customer_id,
        namespace=sent.namespace,
        purpose=sent.purpose,
        granted=sent.granted == "yes",
        source=sent.source,
    )

"""The fields that admins add to the customer page."""

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.agents.words import Role
from inbox.customers import fields
from inbox.customers.words import FieldType
from inbox.errors import Conflict, Invalid
from inbox.web import auth
from inbox.web.context import context
from inbox.web.forms import Errors, Form, complaint, read
from inbox.web.i18n import gettext as _
from inbox.web.numbers import know_ids

pages = Blueprint("fields", __name__, url_prefix="/settings/fields")
pages.record(know_ids)


class NewForm(Form):
    """A new field. `options` are the choices of a choice field, one on each line."""

    label: str = ""
    key: str = ""
    type: str = "text"
    options: str = ""


class ChangeForm(Form):
    """What can be changed about a field: its type and key stay, as scripts and values depend on them."""

    label: str = ""
    options: str = ""


class MoveForm(Form):
    """Where a field goes."""

    up: str = ""


@pages.get("")
@auth.require_role(Role.ADMIN)
def overview() -> Response:
    """All fields, each with its form."""
    return _page({}, 200)


@pages.post("")
@auth.require_role(Role.ADMIN)
def create() -> Response:
    """Add a field."""
    sent = read(NewForm)

    def story(session: Session) -> int:
        return fields.add(
            session, key=sent.key, label=sent.label, kind=sent.type, options=sent.options.splitlines()
        )

    try:
        context().db.run(story)
    except Invalid as error:
        return _page(complaint(error), 422, new=sent)
    except Conflict as error:
        return _page({"": _(str(error))}, 409, new=sent)
    flash(_("“%(label)s” is on the page of every customer now.", label=sent.label), "ok")
    return redirect(url_for("fields.overview"), code=303)


@pages.post("/<id:field_id>")
@auth.require_role(Role.ADMIN)
def save(field_id: int) -> Response:
    """Change a field's label and choices."""
    sent = read(ChangeForm)

    def story(session: Session) -> None:
        fields.change(session, field_id, label=sent.label, options=sent.options.splitlines())

    try:
        context().db.run(story)
    except Invalid as error:
        return _page({f"{field_id}/{name}": text for name, text in complaint(error).items()}, 422)
    flash(_("Saved."), "ok")
    return redirect(url_for("fields.overview"), code=303)


@pages.post("/<id:field_id>/move")
@auth.require_role(Role.ADMIN)
def move(field_id: int) -> Response:
    """Move a field up or down by one place."""
    sent = read(MoveForm)
    context().db.run(lambda session: fields.move(session, field_id, up=bool(sent.up)))
    return redirect(url_for("fields.overview", _anchor=f"field-{field_id}"), code=303)


@pages.post("/<id:field_id>/remove")
@auth.require_role(Role.ADMIN)
def remove(field_id: int) -> Response:
    """Take a field from the page."""
    context().db.run(fields.remove, field_id)
    flash(
        _("The field is gone from the page. Its values stay, and come back with a field of the same key."),
        "ok",
    )
    return redirect(url_for("fields.overview"), code=303)


def types() -> dict[str, str]:
    """Types to choose from, in words."""
    return {
        FieldType.TEXT.value: _("Text"),
        FieldType.NUMBER.value: _("Number"),
        FieldType.DATE.value: _("Day"),
        FieldType.CHOICE.value: _("Choice"),
        FieldType.CHECK.value: _("Yes or no"),
    }


def _page(errors: Errors, status: int, *, new: NewForm | None = None) -> Response:
    with context().db.read() as session:
        known = fields.fields(session)
    page = render_template(
        "settings/fields.html", fields=known, types=types(), errors=errors, new=new or NewForm()
    )
    return make_response(page, status)

"""Customers: finding them, and the page of each with what is known of him."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inbox.customers import fields, queries
from inbox.customers import profile as kept
from inbox.customers import profile_rules as rules
from inbox.errors import Invalid
from inbox.flows import profile
from inbox.live import person
from inbox.threads.search import customer_visible_to
from inbox.web import auth, dossier
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.forms import Form, read
from inbox.web.i18n import gettext as _

pages = dossier.blueprint("customers")

SHOWN = 50
_FIELD = "field."


class TagForm(Form):
    """A tag to add or to take off."""

    tag: str = ""


@pages.get("")
@auth.require_login
def overview() -> str:
    """Customers by name, or those that a search finds."""
    q, tag = request.args.get("q", "")[:200], request.args.get("tag", "")[:50]
    with context().db.read() as session:
        found = queries.page(
            session,
            customer_visible_to(me()),
            q=q,
            tag=tag,
            cursor=request.args.get("cursor"),
            limit=SHOWN,
        )
        tags = kept.tags(session, [item["id"] for item in found["items"]])
    return render_template(
        "customers/list.html", page=found, tags=tags, q=q, tag=tag, titles=dossier.titles(context())
    )


@pages.get("/<id:customer_id>")
@auth.require_login
def show(customer_id: int) -> Response:
    """One customer; the address of one who was merged away leads to the survivor."""
    with context().db.read() as session:
        living = profile.seen_by(session, me(), customer_id)
    if living != customer_id:
        return redirect(url_for("customers.show", customer_id=living))
    return dossier.render(customer_id)


@pages.post("/<id:customer_id>")
@auth.require_login
def save(customer_id: int) -> Response:
    """Save name, language, time zone and the values of custom fields."""
    try:
        living = profile.change(context(), me(), customer_id, _sent(customer_id))
    except Invalid as error:
        return dossier.render(customer_id, errors=dossier.complaint(error), sent=request.form, status=422)
    flash(_("Saved."), "ok")
    return redirect(url_for("customers.show", customer_id=living), code=303)


@pages.post("/<id:customer_id>/tags")
@auth.require_login
def add_tag(customer_id: int) -> Response:
    """Put a tag on a customer."""
    sent = read(TagForm)
    try:
        living = profile.tag(context(), me(), customer_id, sent.tag, on=True)
    except Invalid as error:
        return dossier.render(customer_id, errors={"tag": _(error.detail)}, sent=request.form, status=422)
    return redirect(url_for("customers.show", customer_id=living, _anchor="tags"), code=303)


@pages.post("/<id:customer_id>/tags/remove")
@auth.require_login
def remove_tag(customer_id: int) -> Response:
    """Take a tag off a customer."""
    living = profile.tag(context(), me(), customer_id, read(TagForm).tag, on=False)
    return redirect(url_for("customers.show", customer_id=living, _anchor="tags"), code=303)


def _sent(customer_id: int) -> dict[str, Any]:
    """The sent form as a change: what is as it was is left out, so that values that fit no more may stay.

    Raises Invalid, also for a field that the page does not show.
    """
    with context().db.read() as session:
        known = {field.key: field for field in fields.fields(session)}
        before = person.detail(session, me(), customer_id)["fields"]
    texts = {name: value for name, value in request.form.items() if name != "csrf_token"}
    custom = {name.removeprefix(_FIELD): texts.pop(name) for name in list(texts) if name.startswith(_FIELD)}
    strange = [*(custom.keys() - known.keys()), *(texts.keys() - {"name", "locale", "time_zone"})]
    if strange or "name" not in texts:
        raise Invalid(_("The form has a field that is missing or not expected."), f"/{strange or 'name'}")
    values = {}
    for key, field in known.items():
        value = rules.typed_value(field.type, custom.get(key, ""), f"/fields/{key}")
        if value != before.get(key):
            values[key] = value
    place = {name: texts.get(name) or None for name in ("locale", "time_zone")}
    return {"name": texts["name"], **place, "fields": values}

"""Merging two customers in three steps, taking a merge back, and giving an address a customer of its own.

Each step is an address of its own: Back works, nothing is kept between them, and no script is needed.
"""

from collections.abc import Mapping

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inbox.customers import fields, queries
from inbox.customers.shapes import CustomerDetail
from inbox.errors import Invalid, NotFound
from inbox.flows import blocking, people
from inbox.live import person
from inbox.shapes import IdentityView, MergeField, MergePreview
from inbox.threads.search import customer_visible_to
from inbox.threads.timeline import messages_with
from inbox.web import auth, choices, dossier
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.i18n import gettext as _

pages = dossier.blueprint("merging")

FOUND = 20
TAKE = "take."
STEPS = ("survivor", "fields", "preview")


@pages.get("/<id:customer_id>/merge")
@auth.require_login
def choose(customer_id: int) -> Response:
    """Choose whom to merge with; then who survives, whose values are kept, and what comes of it."""
    sent = request.args
    other_id = _number(sent.get("other"))
    with context().db.read() as session:
        customer = person.detail(session, me(), customer_id)
    if other_id is None:
        return _candidates(customer, sent.get("q", "")[:200])
    step = sent.get("step", STEPS[0])
    if step not in STEPS:
        raise NotFound("There is no such step.")
    survivor_id = _number(sent.get("survivor")) or customer["id"]
    return _step(customer, step, survivor_id, other_id, _taken(sent))


@pages.post("/<id:customer_id>/merge")
@auth.require_login
def merge(customer_id: int) -> Response:
    """Merge them."""
    sent = request.form
    survivor_id, other_id = _number(sent.get("survivor")), _number(sent.get("other"))
    if survivor_id is None or other_id is None or customer_id not in (survivor_id, other_id):
        raise Invalid(_("The form has a field that is missing or not expected."), "/survivor")
    ctx, take = context(), _taken(sent)
    preview = people.preview(ctx, me(), survivor_id, other_id)
    confirmed = bool(preview["conflicts"])
    if confirmed and not dossier.is_typed(sent.get("typed", ""), preview["other"]["name"]):
        wrong = _("Type the name as it is shown.")
        with ctx.db.read() as session:
            customer = person.detail(session, me(), customer_id)
        partner = other_id if survivor_id == customer["id"] else survivor_id
        return _step(customer, "preview", survivor_id, partner, take, error=wrong)
    merged = people.merge(ctx, me(), survivor_id, other_id, take=take, confirmed=confirmed)
    return redirect(
        url_for("customers.show", customer_id=merged.customer_id, merged=merged.merge_id), code=303
    )


@pages.post("/<id:customer_id>/merge/suggest")
@auth.require_login
def suggest(customer_id: int) -> Response:
    """Suggest a merge that one may not do oneself."""
    other_id = _number(request.form.get("other"))
    if other_id is None:
        raise Invalid(_("The form has a field that is missing or not expected."), "/other")
    people.propose(context(), me(), customer_id, other_id)
    flash(_("It is suggested on the pages of both. A supervisor can decide it."), "ok")
    return redirect(url_for("customers.show", customer_id=customer_id, _anchor="duplicates"), code=303)


@pages.post("/<id:customer_id>/suggestions/<id:suggestion_id>/reject")
@auth.require_login
def reject(customer_id: int, suggestion_id: int) -> Response:
    """Decide for good that two are not the same person."""
    people.reject(context(), me(), suggestion_id)
    flash(_("Noted: these are two people. They are not suggested again."), "ok")
    return redirect(url_for("customers.show", customer_id=customer_id), code=303)


@pages.post("/<id:customer_id>/merges/<id:merge_id>/undo")
@auth.require_login
def undo(customer_id: int, merge_id: int) -> Response:
    """Undo a merge or a split."""
    people.undo(context(), me(), merge_id)
    flash(_("Undone. What was written since then went to whose it is."), "ok")
    return redirect(url_for("customers.show", customer_id=customer_id), code=303)


@pages.get("/<id:customer_id>/identities/<id:identity_id>/split")
@auth.require_login
def split_preview(customer_id: int, identity_id: int) -> Response:
    """What moving an address to a customer of its own would do."""
    customer, identity = _identity(customer_id, identity_id)
    with context().db.read() as session:
        moves = messages_with(session, identity_id)
    page = render_template(
        "customers/split.html",
        customer=customer,
        identity=identity,
        moves=moves,
        titles=dossier.titles(context()),
    )
    return make_response(page)


@pages.post("/<id:customer_id>/identities/<id:identity_id>/split")
@auth.require_login
def split(customer_id: int, identity_id: int) -> Response:
    """Move an address, with its messages, to a customer of its own."""
    _identity(customer_id, identity_id)
    done = people.split(context(), me(), identity_id)
    return redirect(url_for("customers.show", customer_id=done.customer_id, merged=done.merge_id), code=303)


@pages.post("/<id:customer_id>/identities/<id:identity_id>/block")
@auth.require_login
def block(customer_id: int, identity_id: int) -> Response:
    """Take nothing from an address any more on the site it belongs to."""
    living = blocking.block(context(), me(), customer_id, identity_id, on=True)
    flash(_("Blocked: whoever writes from there can read what was said, and write no more."), "ok")
    return redirect(url_for("customers.show", customer_id=living, _anchor="addresses"), code=303)


@pages.post("/<id:customer_id>/identities/<id:identity_id>/unblock")
@auth.require_login
def unblock(customer_id: int, identity_id: int) -> Response:
    """Take messages from an address again."""
    living = blocking.block(context(), me(), customer_id, identity_id, on=False)
    flash(_("Who writes from there can write again."), "ok")
    return redirect(url_for("customers.show", customer_id=living, _anchor="addresses"), code=303)


def _identity(customer_id: int, identity_id: int) -> tuple[CustomerDetail, IdentityView]:
    """A customer and one of his addresses. Raises NotFound."""
    with context().db.read() as session:
        customer = person.detail(session, me(), customer_id)
    identity = next((each for each in customer["identities"] if each["id"] == identity_id), None)
    if identity is None:
        raise NotFound("There is no such address.")
    return customer, identity


def _candidates(customer: CustomerDetail, q: str) -> Response:
    """Whom to merge with: who may be the same person, or whom a search finds."""
    with context().db.read() as session:
        suggested = person.duplicates(session, me(), customer["id"])
        found = []
        if q.strip():
            visible = customer_visible_to(me())
            found = queries.page(session, visible, q=q, limit=FOUND + 1)["items"]
    page = render_template(
        "customers/merge_choose.html",
        customer=customer,
        suggested=suggested,
        found=[each for each in found if each["id"] != customer["id"]][:FOUND],
        q=q,
        titles=dossier.titles(context()),
    )
    return make_response(page)


def _step(
    customer: CustomerDetail,
    step: str,
    survivor_id: int,
    other_id: int,
    take: Mapping[str, str],
    *,
    error: str = "",
) -> Response:
    """A step of merging `customer` with `other_id`, of whom `survivor_id` stays."""
    if survivor_id not in (customer["id"], other_id):
        raise NotFound("There is no such customer.")
    gone_id = other_id if survivor_id == customer["id"] else customer["id"]
    preview = people.preview(context(), me(), survivor_id, gone_id)
    page = render_template(
        "customers/merge.html",
        customer=customer,
        other_id=other_id,
        step=step,
        preview=preview,
        differing=[each for each in preview["fields"] if each["survivor"] != each["other"]],
        take=take,
        label=_labels(),
        shown=_shown,
        kept=_kept(preview, take),
        titles=dossier.titles(context()),
        error=error,
    )
    return make_response(page, 422 if error else 200)


def _kept(preview: MergePreview, take: Mapping[str, str]) -> list[tuple[str, str]]:
    """The values that are kept of the fields that differ, by their keys."""
    return [
        (each["key"], _shown(each, take.get(each["key"], each["take"])))
        for each in preview["fields"]
        if each["survivor"] != each["other"]
    ]


def _shown(field: MergeField, side: str) -> str:
    """A side's value of a field in words."""
    value = field["survivor"] if side == "survivor" else field["other"]
    if not value:
        return "–"
    return choices.language(value) if field["key"] == "locale" else value


def _labels() -> dict[str, str]:
    """What the fields of a customer are called, by the keys of a merge."""
    with context().db.read() as session:
        custom = {f"fields.{field.key}": field.label for field in fields.fields(session)}
    return {"name": _("Name"), "locale": _("Language"), "time_zone": _("Time zone"), **custom}


def _taken(sent: Mapping[str, str]) -> dict[str, str]:
    """Whose value of each field is kept, out of a form or an address. Raises Invalid."""
    take = {name.removeprefix(TAKE): side for name, side in sent.items() if name.startswith(TAKE)}
    if not set(take.values()) <= {"survivor", "other"}:
        raise Invalid(_("The form has a field that is missing or not expected."), "/take")
    return take


def _number(text: str | None) -> int | None:
    """A number of a row, or None. Raises NotFound for what is none."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1 << 63):
        raise NotFound("There is no such customer.")
    return int(text)

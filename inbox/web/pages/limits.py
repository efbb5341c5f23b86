"""Settings: what agents and supervisors may have done in shops without a second person."""

import re
from decimal import Decimal

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from inbox.agents.identity import Role
from inbox.commerce import limits
from inbox.commerce.act_rules import MONEY, PER_DAY, PERCENT, ROLES, parse_most
from inbox.errors import Invalid
from inbox.web import auth
from inbox.web.context import context
from inbox.web.forms import Errors, Form, read
from inbox.web.i18n import gettext as _

pages = Blueprint("limits", __name__, url_prefix="/settings/limits")

CURRENCIES_MAX = 20
_CURRENCY = re.compile(r"[A-Z]{3}")


class LimitsForm(Form):
    """Every limit on the page: `key` is "role/kind/currency", `most` what stands in its field."""

    key: tuple[str, ...] = ()
    most: tuple[str, ...] = ()


@pages.get("")
@auth.require_role(Role.ADMIN)
def overview() -> Response:
    """All limits; `currency` adds a column that nothing is known of yet."""
    return _page({}, {}, 200)


@pages.post("")
@auth.require_role(Role.ADMIN)
def save() -> Response:
    """Set all limits at once."""
    sent = read(LimitsForm)
    typed = dict(zip(sent.key, sent.most, strict=False))
    found: dict[tuple[str, str, str], Decimal | None] = {}
    errors: Errors = {}
    for key, text in typed.items():
        role, _sep, rest = key.partition("/")
        kind, _sep, currency = rest.partition("/")
        try:
            found[role, kind, currency] = parse_most(text)
        except Invalid as error:
            errors[key] = _(error.detail)
    if errors:
        return _page(errors, typed, 422)
    context().db.run(limits.replace, {cell: most for cell, most in found.items() if _says(cell, most, found)})
    flash(_("Saved."), "ok")
    return redirect(url_for("limits.overview"), code=303)


def _says(
    cell: tuple[str, str, str], most: Decimal | None, found: dict[tuple[str, str, str], Decimal | None]
) -> bool:
    """Whether a field says anything: that a currency has no limit does so only where another one has."""
    role, kind, currency = cell
    if most is not None or currency in (PERCENT, PER_DAY):
        return most is not None
    return any(
        other is not None
        for (its_role, its_kind, code), other in found.items()
        if (its_role, its_kind) == (role, kind) and code not in (PERCENT, PER_DAY)
    )


def _page(errors: Errors, typed: dict[str, str], status: int) -> Response:
    with context().db.read() as session:
        table, currencies = limits.table(session), limits.currencies(session)
    more = request.args.get("currency", "").strip().upper()
    if _CURRENCY.fullmatch(more):
        currencies = sorted({*currencies, more})
    shown = {
        f"{role}/{kind}/{code}": f"{most:f}" for (role, kind, code), most in table.items() if most is not None
    }
    currencies = sorted(
        {*currencies, *(key.rpartition("/")[2] for key in typed if _CURRENCY.fullmatch(key[-3:]))}
    )
    page = render_template(
        "settings/limits.html",
        roles=[(role.value, _role(role)) for role in ROLES],
        kinds=[(kind, _kind(kind)) for kind in MONEY],
        currencies=currencies[:CURRENCIES_MAX],
        shown={**shown, **typed},
        errors=errors,
    )
    return make_response(page, status)


def _role(role: Role) -> str:
    return {Role.AGENT: _("Agents"), Role.SUPERVISOR: _("Supervisors")}[role]


def _kind(kind: str) -> str:
    return {
        "refund": _("Refunds"),
        "cancel": _("Cancelled orders"),
        "reship": _("Orders sent again"),
        "coupon": _("Coupon codes"),
    }[kind]

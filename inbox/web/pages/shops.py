"""Shops: how each one does, and what an admin can do about it. Connecting is in `connect_shop`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from inbox.agents.words import Role
from inbox.channels import rules as forms
from inbox.commerce import actions, ledger, queries, rules
from inbox.commerce.queries import ShopDetail
from inbox.commerce.words import ShopState
from inbox.contract.commerce import Can
from inbox.errors import Invalid, SetupError
from inbox.flows import shops
from inbox.web import auth
from inbox.web.context import context
from inbox.web.guide import shop_guide
from inbox.web.i18n import gettext as _
from inbox.web.i18n import ngettext

pages = Blueprint("shops", __name__, url_prefix="/settings/shops")


@dataclass(frozen=True)
class Status:
    """A shop with everything that tells how it does."""

    shop: ShopDetail
    title: str
    tone: rules.Tone
    word: str


@pages.get("")
@auth.require_role(Role.ADMIN)
def overview() -> str:
    """All shops with their lights."""
    now = context().clock()
    with context().db.read() as session:
        rows = [_status(shop, now) for shop in queries.shops(session)]
    return render_template("settings/shops.html", rows=rows, now=now)


@pages.get("/<id:shop_id>")
@auth.require_role(Role.ADMIN)
def show(shop_id: int) -> str:
    """One shop: health, events that could not be worked off, and what can be done."""
    ctx = context()
    with ctx.db.read() as session:
        shop, row = queries.shop(session, shop_id), queries.row(session, shop_id)
        failed = ledger.failed(session, shop_id)
    adapter = ctx.shops.get(shop.kind)
    model, config = adapter.manifest.config, actions.public_config(ctx.shops, row)
    hook_url = rules.hook_url(ctx.settings.public_url, shop_id)
    kept, texts = stored_secrets(row), forms.to_form(model, shop.config)
    shown = [(field, texts[field.name]) for field in forms.fields(model) if texts.get(field.name)]
    return render_template(
        "settings/shop.html",
        row=_status(shop, ctx.clock()),
        failed=failed,
        hook_url=hook_url,
        guide=shop_guide(shop.kind, config, hook_url),
        can=[title for can, title in abilities().items() if can in adapter.can(config, dict(shop.facts))],
        polls=adapter.manifest.polls,
        settings=[(field.title, told(field, text)) for field, text in shown],
        secrets=[field.title for field in forms.fields(model) if field.name in kept],
        now=ctx.clock(),
    )


@pages.post("/<id:shop_id>/pause")
@auth.require_role(Role.ADMIN)
def pause(shop_id: int) -> Response:
    """Ask nothing of it until it is resumed."""
    shops.pause(context(), shop_id, actor=auth.me())
    flash(_("The shop is paused. It is not asked, and what it tells waits until it goes on."), "ok")
    return _back(shop_id)


@pages.post("/<id:shop_id>/resume")
@auth.require_role(Role.ADMIN)
def resume(shop_id: int) -> Response:
    """Go on."""
    problem = shops.resume(context(), shop_id, actor=auth.me())
    flash(_("The shop goes on."), "ok")
    tell_arranged(problem)
    return _back(shop_id)


@pages.post("/<id:shop_id>/test")
@auth.require_role(Role.ADMIN)
def test(shop_id: int) -> Response:
    """Try the shop for real, now."""
    tested = shops.retest(context(), shop_id, actor=auth.me())
    if tested.health.ok:
        flash(_("The test succeeded: the shop can be used."), "ok")
    for problem in tested.health.problems:
        flash(_(problem), "bad")
    tell_arranged(tested.problem)
    return _back(shop_id)


@pages.post("/<id:shop_id>/remove")
@auth.require_role(Role.ADMIN)
def remove(shop_id: int) -> Response:
    """Disconnect the shop and erase what was kept of it."""
    problem = shops.remove(context(), shop_id, actor=auth.me())
    flash(_("The shop is removed, and what was kept of its customers, carts and orders is erased."), "ok")
    if problem:
        flash(_("The shop could not be told: %(problem)s", problem=problem), "warn")
    return redirect(url_for("shops.overview"), code=303)


@pages.post("/<id:shop_id>/events/retry")
@auth.require_role(Role.ADMIN)
def retry_events(shop_id: int) -> Response:
    """Work again on what could not be worked off."""
    again = shops.retry_events(context(), shop_id, actor=auth.me())
    flash(
        ngettext(
            "%(num)s event is being worked on again. If it fails once more, it comes back to this list.",
            "%(num)s events are being worked on again. Those that fail once more come back to this list.",
            again,
        ),
        "ok",
    )
    return _back(shop_id)


@pages.post("/<id:shop_id>/events/drop")
@auth.require_role(Role.ADMIN)
def drop_events(shop_id: int) -> Response:
    """Forget what could not be worked off."""
    dropped = shops.drop_events(context(), shop_id, actor=auth.me())
    flash(ngettext("%(num)s event is forgotten.", "%(num)s events are forgotten.", dropped), "ok")
    return _back(shop_id)


def abilities() -> dict[Can, str]:
    """What shops can do, in words."""
    return {
        Can.CART_READ: _("show carts"),
        Can.CART_PUSH: _("tell of carts at once"),
        Can.ORDER_SEARCH: _("find orders by number"),
        Can.PRODUCT_SEARCH: _("find products"),
        Can.STOCK: _("tell the stock of each store"),
        Can.LOYALTY: _("show points"),
        Can.CART_LINK: _("make cart links"),
        Can.DRAFT: _("make orders to be paid"),
        Can.COUPON: _("make coupons"),
        Can.REFUND: _("refund orders"),
        Can.REFUND_LINES: _("refund single lines"),
        Can.CANCEL: _("cancel orders"),
        Can.EDIT_ADDRESS: _("change addresses of orders"),
        Can.RESHIP: _("send orders again"),
        Can.NOTE: _("add notes to orders"),
        Can.RETURN: _("ask for returns"),
    }


def told(field: forms.Field, text: str) -> str:
    """A setting as the page tells it."""
    if field.control == "check":
        return _("yes")  # one that is off has no text
    return next((name for value, name in field.choices if value == text), text)


def tell_arranged(problem: str) -> None:
    """Tell what could not be arranged at the shop, if anything."""
    if problem:
        flash(
            _("The shop is saved, but not everything could be arranged: %(problem)s", problem=problem), "bad"
        )


def stored_secrets(row: Any) -> set[str]:
    """Names of the secrets that a shop has."""
    ctx = context()
    hidden = forms.secret_names(ctx.shops.get(row.kind).manifest.config)
    try:
        values = actions.known_values(ctx.shops, ctx.vault, row)
    except SetupError:
        return set()
    return {name for name in hidden if values.get(name)}


def _status(shop: ShopDetail, now: datetime) -> Status:
    tone = rules.light(
        shop.state,
        error_at=shop.last_error_at,
        worked_at=(shop.last_event_at, shop.last_fetch_at),
        failing=shop.failing_since is not None,
        stuck=shop.failed,
        now=now,
    )
    try:
        title = context().shops.get(shop.kind).manifest.title
    except Invalid:  # its package is not installed any more
        title = shop.kind
    return Status(shop, title, tone, _word(shop.state, tone))


def _word(state: ShopState, tone: rules.Tone) -> str:
    """The light in words; colour never stands alone."""
    if state is ShopState.NEEDS_REAUTH:
        return _("Sign-in refused")
    if state is ShopState.PAUSED:
        return _("Paused")
    return {"ok": _("Working"), "warn": _("Needs a look"), "bad": _("Not working")}.get(tone, "")


def _back(shop_id: int) -> Response:
    return redirect(url_for("shops.show", shop_id=shop_id), code=303)

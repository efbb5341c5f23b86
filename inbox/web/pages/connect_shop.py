"""Connecting a shop and changing its settings: a form made from the configuration of its kind, tested live."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from pydantic import BaseModel
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from inbox.agents.words import Role
from inbox.channels import rules as forms
from inbox.channels.actions import BadConfig
from inbox.commerce import actions, queries, rules
from inbox.commerce.queries import ShopDetail
from inbox.contract import Health
from inbox.errors import Invalid, SetupError
from inbox.flows import shops
from inbox.web import auth, config_form
from inbox.web.config_form import Sent, as_error, complaint
from inbox.web.context import context
from inbox.web.guide import shop_guide
from inbox.web.i18n import gettext as _
from inbox.web.pages.shops import stored_secrets, tell_arranged

pages = Blueprint("connect_shop", __name__, url_prefix="/settings/shops")


@pages.get("/new")
@auth.require_role(Role.ADMIN)
def kinds() -> str:
    """The kinds of shop to choose from."""
    registry = context().shops
    return render_template(
        "settings/shop_kinds.html", kinds=[registry.get(kind).manifest for kind in registry.kinds()]
    )


@pages.get("/new/<kind>")
@auth.require_role(Role.ADMIN)
def new(kind: str) -> Response:
    """The form of a kind."""
    model = _model(kind)
    texts = {each.name: each.default for each in forms.fields(model)}
    return _page(kind, None, Sent(texts=texts, made=forms.generated(model)), {}, None, 200)


@pages.post("/new/<kind>")
@auth.require_role(Role.ADMIN)
def create(kind: str) -> Response:
    """Test the shop and connect it."""
    ctx, sent = context(), config_form.read(_purpose(kind), _model(kind), {})
    try:
        health = shops.check(ctx, kind, sent.values)
        if not health.ok and not sent.anyway:
            return _page(kind, None, sent, {}, health, 422)
        made = shops.connect(ctx, kind, sent.name, sent.values, health, actor=auth.me())
    except BadConfig as error:
        return _page(kind, None, sent, error.problems, None, 422)
    except Invalid as error:
        return _page(kind, None, sent, complaint(error), None, 422)
    if not health.ok:
        flash(_("Saved without a working test. See below what was wrong."), "warn")
    elif not made.problem:
        flash(_("Connected. Carts and orders appear beside the threads from now on."), "ok")
    tell_arranged(made.problem)
    return redirect(url_for("shops.show", shop_id=made.shop_id), code=303)


@pages.get("/<id:shop_id>/edit")
@auth.require_role(Role.ADMIN)
def edit(shop_id: int) -> Response:
    """The form with a shop's settings; secrets are not in it."""
    shop = _shop(shop_id)
    texts = forms.to_form(_model(shop.kind), shop.config)
    return _page(shop.kind, shop, Sent(name=shop.name, texts=texts), {}, None, 200)


@pages.post("/<id:shop_id>/edit")
@auth.require_role(Role.ADMIN)
def save(shop_id: int) -> Response:
    """Test the changed settings and save them; empty secrets stay as they are."""
    ctx, shop = context(), _shop(shop_id)
    with ctx.db.read() as session:
        row = queries.row(session, shop_id)
    try:
        known = actions.known_values(ctx.shops, ctx.vault, row)
    except SetupError:
        known = {}  # the key is lost; whoever types all secrets again mends it here
    sent = config_form.read(_purpose(shop.kind), _model(shop.kind), known)
    try:
        health = shops.check(ctx, shop.kind, sent.values, row.facts)
        if not health.ok and not sent.anyway:
            return _page(shop.kind, shop, sent, {}, health, 422)
        ctx.db.run(
            actions.reconfigure,
            ctx.shops,
            ctx.vault,
            shop_id,
            sent.name,
            sent.values,
            {**row.facts, **health.facts},
            actor_id=auth.me().id,
            problem=as_error(health),
        )
    except BadConfig as error:
        return _page(shop.kind, shop, sent, error.problems, None, 422)
    except Invalid as error:
        return _page(shop.kind, shop, sent, complaint(error), None, 422)
    flash(_("Saved.") if health.ok else _("Saved without a working test."), "ok" if health.ok else "warn")
    if health.ok:
        tell_arranged(shops.arrange(ctx, shop_id))
    return redirect(url_for("shops.show", shop_id=shop_id), code=303)


def _page(
    kind: str,
    shop: ShopDetail | None,
    sent: Sent,
    errors: dict[str, str],
    health: Health | None,
    status: int,
) -> Response:
    ctx, model = context(), _model(kind)
    kept = config_form.typed_secrets(model, sent)
    row: Any = None
    if shop is not None:
        with ctx.db.read() as session:
            row = queries.row(session, shop.id)
    groups = config_form.groups(model, () if health is None else health.problems)
    page = render_template(
        "settings/shop_form.html",
        manifest=ctx.shops.get(kind).manifest,
        shop=shop,
        sent=sent,
        groups=groups,
        errors={name: _(text) for name, text in errors.items()},
        failed=health is not None,
        has_secret=set(kept) | (stored_secrets(row) if row is not None else set()),
        kept=config_form.seal(_purpose(kind), kept) if kept and status != 200 else "",
        guide=shop_guide(kind)
        if shop is None
        else shop_guide(
            kind, actions.public_config(ctx.shops, row), rules.hook_url(ctx.settings.public_url, shop.id)
        ),
    )
    return make_response(page, status)


def _purpose(kind: str) -> str:
    return f"form:shop:{kind}"


def _shop(shop_id: int) -> ShopDetail:
    with context().db.read() as session:
        return queries.shop(session, shop_id)


def _model(kind: str) -> type[BaseModel]:
    registry = context().shops
    if kind not in registry.kinds():
        raise NotFound
    return registry.get(kind).manifest.config

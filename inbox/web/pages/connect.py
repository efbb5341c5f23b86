"""Connecting an account and changing its settings: a form made from the adapter's configuration, tested live."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from inbox.agents import queries as agents
from inbox.agents.words import Role
from inbox.channels import actions, arranging, queries, rules
from inbox.channels.queries import ChannelDetail
from inbox.contract import ChannelConfig, Health
from inbox.errors import Invalid, SetupError
from inbox.web import auth, config_form
from inbox.web.config_form import Sent, as_error, complaint
from inbox.web.context import context
from inbox.web.guide import guide_for, guide_of
from inbox.web.i18n import gettext as _

pages = Blueprint("connect", __name__, url_prefix="/settings/channels")


@pages.get("/new")
@auth.require_role(Role.ADMIN)
def kinds() -> str:
    """The kinds of channel to choose from."""
    registry = context().registry
    return render_template(
        "settings/channel_kinds.html", kinds=[registry.get(kind).manifest for kind in registry.kinds()]
    )


@pages.get("/new/<kind>")
@auth.require_role(Role.ADMIN)
def new(kind: str) -> Response:
    """The form of a kind."""
    model = _model(kind)
    texts = {each.name: each.default for each in rules.fields(model)}
    return _page(kind, None, Sent(texts=texts, made=rules.generated(model)), {}, None, 200)


@pages.post("/new/<kind>")
@auth.require_role(Role.ADMIN)
def create(kind: str) -> Response:
    """Test the account and connect it."""
    ctx, sent = context(), _read(kind, {})
    try:
        health = actions.check(ctx.registry, ctx.make_io, kind, sent.values)
        if not health.ok and not sent.anyway:
            return _page(kind, None, sent, {}, health, 422)

        def story(session: Session) -> int:
            return actions.connect(
                session,
                ctx.registry,
                ctx.vault,
                kind,
                sent.name,
                sent.values,
                health.facts,
                team_id=_known_team(session, sent.team_id),
                actor_id=auth.me().id,
                problem=as_error(health),
                paused=True,
            ).id

        made = arranging.enrol(ctx, health, story)
    except actions.BadConfig as error:
        return _page(kind, None, sent, error.problems, None, 422)
    except Invalid as error:
        return _page(kind, None, sent, complaint(error), None, 422)
    if not health.ok:
        flash(_("Saved without a working test. See below what was wrong."), "warn")
    elif not made.problem:
        flash(_("Connected. What is sent there appears in the inbox from now on."), "ok")
    tell_arranged(made.problem)
    return redirect(url_for("channels.show", channel_id=made.channel_id), code=303)


@pages.get("/<id:channel_id>/edit")
@auth.require_role(Role.ADMIN)
def edit(channel_id: int) -> Response:
    """The form with a channel's settings; secrets are not in it."""
    channel = _channel(channel_id)
    texts = rules.to_form(_model(channel.kind), channel.config)
    sent = Sent(name=channel.name, team_id=channel.team_id, texts=texts)
    return _page(channel.kind, channel, sent, {}, None, 200)


@pages.post("/<id:channel_id>/edit")
@auth.require_role(Role.ADMIN)
def save(channel_id: int) -> Response:
    """Test the changed settings and save them; empty secrets stay as they are."""
    ctx, channel = context(), _channel(channel_id)
    with ctx.db.read() as session:
        row = queries.row(session, channel_id)
    try:
        known = actions.known_values(ctx.registry, ctx.vault, row)
    except SetupError:
        known = {}  # the key is lost; whoever types all secrets again mends it here
    sent = _read(channel.kind, known)
    try:
        health = actions.check(ctx.registry, ctx.make_io, channel.kind, sent.values, facts=row.facts)
        if not health.ok and not sent.anyway:
            return _page(channel.kind, channel, sent, {}, health, 422)

        def story(session: Session) -> None:
            actions.reconfigure(
                session,
                ctx.registry,
                ctx.vault,
                channel_id,
                sent.name,
                sent.values,
                {**row.facts, **health.facts},
                team_id=_known_team(session, sent.team_id),
                actor_id=auth.me().id,
                problem=as_error(health),
            )

        ctx.db.run(story)
    except actions.BadConfig as error:
        return _page(channel.kind, channel, sent, error.problems, None, 422)
    except Invalid as error:
        return _page(channel.kind, channel, sent, complaint(error), None, 422)
    flash(_("Saved.") if health.ok else _("Saved without a working test."), "ok" if health.ok else "warn")
    if health.ok:
        tell_arranged(arranging.arrange(ctx, channel_id))
    return redirect(url_for("channels.show", channel_id=channel_id), code=303)


def tell_arranged(problem: str) -> None:
    """Tell what could not be arranged at the provider, if anything."""
    if problem:
        flash(
            _("The account is saved, but not everything could be arranged: %(problem)s", problem=problem),
            "bad",
        )


def _read(kind: str, known: dict[str, Any]) -> Sent:
    return config_form.read(_purpose(kind), _model(kind), known, {"team_id"})


def _page(
    kind: str,
    channel: ChannelDetail | None,
    sent: Sent,
    errors: dict[str, str],
    health: Health | None,
    status: int,
) -> Response:
    ctx = context()
    model = _model(kind)
    kept = config_form.typed_secrets(model, sent)
    groups = config_form.groups(model, () if health is None else health.problems)
    with ctx.db.read() as session:
        teams = agents.teams(session)
        stored = queries.row(session, channel.id) if channel else None
    page = render_template(
        "settings/channel_form.html",
        manifest=ctx.registry.get(kind).manifest,
        channel=channel,
        sent=sent,
        groups=groups,
        general=[problem for group in groups if not group.key for problem in group.problems],
        errors={name: _(text) for name, text in errors.items()},
        failed=health is not None,
        has_secret=set(kept) | (stored_secrets(stored) if stored else set()),
        kept=config_form.seal(_purpose(kind), kept) if kept and status != 200 else "",
        presets=_presets(kind),
        guide=guide_for(channel, stored) if channel and stored else guide_of(kind),
        teams=[("", _("Nobody in particular")), *((team.id, team.name) for team in teams)],
    )
    return make_response(page, status)


def _presets(kind: str) -> list[tuple[str, str]]:
    """Known providers to choose from, if the adapter has some."""
    presets = getattr(context().registry.get(kind), "presets", ())
    if not presets:
        return []
    return [("", _("By the address")), *((preset.key, preset.title) for preset in presets)]


def stored_secrets(row: Any) -> set[str]:
    """Names of the secrets that a channel has."""
    ctx = context()
    hidden = rules.secret_names(_model(row.kind))
    try:
        values = actions.known_values(ctx.registry, ctx.vault, row)
    except SetupError:
        return set()
    return {name for name in hidden if values.get(name)}


def _purpose(kind: str) -> str:
    return f"form:{kind}"


def _known_team(session: Session, team_id: int | None) -> int | None:
    if team_id is not None and team_id not in {team.id for team in agents.teams(session)}:
        raise Invalid("Choose a team from the list.", "/team_id")
    return team_id


def _channel(channel_id: int) -> ChannelDetail:
    with context().db.read() as session:
        return queries.channel(session, channel_id)


def _model(kind: str) -> type[ChannelConfig]:
    registry = context().registry
    if kind not in registry.kinds():
        raise NotFound
    return registry.get(kind).manifest.config

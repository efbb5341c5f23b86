"""Connecting an account and changing its settings: a form made from the adapter's configuration, tested live.

Secrets travel one way. What was typed is never written into a page again; while a form is mended, they are
kept in it sealed, for the same admin and for an hour.
"""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from inbox.agents import queries as agents
from inbox.agents.words import Role
from inbox.channels import actions, arranging, queries, rules
from inbox.channels.queries import ChannelDetail
from inbox.channels.rules import Field
from inbox.contract import ChannelConfig, Health
from inbox.errors import Invalid, SetupError
from inbox.web import auth
from inbox.web.context import context
from inbox.web.guide import guide_for, guide_of
from inbox.web.i18n import gettext as _

pages = Blueprint("connect", __name__, url_prefix="/settings/channels")

_PREFIX = "c_"
_CLEAR = "clear_"
_KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Group:
    """Inputs that belong together: those that everybody fills in, and `more`.

    `problems` are the live test's findings about them.
    """

    key: str
    title: str
    first: list[Field]
    more: list[Field]
    problems: list[str]


@dataclass
class Sent:
    """A sent form: what the operator chose, and the values for the adapter, secrets included.

    `made` are secrets of ours which the provider has yet to be told: the only ones that a form shows.
    """

    name: str = ""
    team_id: int | None = None
    anyway: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)


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
                problem=_as_error(health),
                paused=True,
            ).id

        made = arranging.enrol(ctx, health, story)
    except actions.BadConfig as error:
        return _page(kind, None, sent, error.problems, None, 422)
    except Invalid as error:
        return _page(kind, None, sent, _complaint(error), None, 422)
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
                problem=_as_error(health),
            )

        ctx.db.run(story)
    except actions.BadConfig as error:
        return _page(channel.kind, channel, sent, error.problems, None, 422)
    except Invalid as error:
        return _page(channel.kind, channel, sent, _complaint(error), None, 422)
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
    """The sent form. Raises Invalid for a field that it does not have.

    A secret comes from the input, else from the form's sealed part, else from `known` unless it was to go.
    """
    model = _model(kind)
    hidden = rules.secret_names(model)
    allowed = {"csrf_token", "name", "team_id", "anyway", "kept"}
    allowed |= {_PREFIX + name for name in model.model_fields} | {_CLEAR + name for name in hidden}
    if unknown := set(request.form) - allowed:
        raise Invalid("The form has a field that is missing or not expected.", f"/{min(unknown)}")
    texts = {
        name.removeprefix(_PREFIX): text for name, text in request.form.items() if name.startswith(_PREFIX)
    }
    values = rules.from_form(model, texts)
    kept = {name: text for name, text in known.items() if name in hidden and text}
    kept |= _unseal(kind, request.form.get("kept", ""))
    for name in hidden:
        if request.form.get(_CLEAR + name):
            kept.pop(name, None)
    team = request.form.get("team_id", "")
    return Sent(
        name=request.form.get("name", "").strip(),
        team_id=int(team) if team.isascii() and team.isdigit() and len(team) < 19 else None,
        anyway=bool(request.form.get("anyway")),
        values={**{name: text for name, text in kept.items() if name in hidden}, **values},
        texts={name: text for name, text in texts.items() if name not in hidden},
        made={
            each.name: texts[each.name]
            for each in rules.fields(model)
            if each.generate and texts.get(each.name)
        },
    )


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
    hidden = rules.secret_names(model)
    kept = {name: value for name, value in sent.values.items() if name in hidden and value}
    groups = _groups(rules.fields(model), () if health is None else health.problems)
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
        kept=_seal(kind, kept) if kept and status != 200 else "",
        presets=_presets(kind),
        guide=guide_for(channel, stored) if channel and stored else guide_of(kind),
        teams=[("", _("Nobody in particular")), *((team.id, team.name) for team in teams)],
    )
    return make_response(page, status)


def _groups(fields: list[Field], problems: tuple[str, ...]) -> list[Group]:
    """Inputs by the prefix that they share; those without one come first."""
    keys = list(dict.fromkeys(["", *(each.group for each in fields)]))
    placed = rules.place(problems, keys)
    groups = []
    for key in keys:
        first = [each for each in fields if each.group == key and each.essential]
        more = [each for each in fields if each.group == key and not each.essential]
        groups.append(Group(key, rules.title_of(key) if key else "", first, more, placed.get(key, [])))
    return groups


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


def _seal(kind: str, secrets: dict[str, Any]) -> str:
    data = {"at": context().clock().timestamp(), "secrets": secrets}
    return base64.urlsafe_b64encode(context().vault.seal(json.dumps(data).encode(), _purpose(kind))).decode()


def _unseal(kind: str, text: str) -> dict[str, str]:
    """The secrets that a form carried along; nothing when they are too old or were tampered with."""
    if not text:
        return {}
    try:
        data = json.loads(context().vault.open(base64.urlsafe_b64decode(text), _purpose(kind)))
    except (SetupError, ValueError):
        return {}
    age = context().clock().timestamp() - data["at"]
    secrets: dict[str, str] = data["secrets"]
    return secrets if 0 <= age <= _KEPT_SECONDS else {}


def _purpose(kind: str) -> str:
    return f"form:{kind}:{auth.me().id}"


def _as_error(health: Health) -> str | None:
    return None if health.ok else " ".join(health.problems)


def _complaint(error: Invalid) -> dict[str, str]:
    name = error.pointer.strip("/")
    return {("name!" if name == "name" else ""): error.detail}


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

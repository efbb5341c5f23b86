"""Channels: how each one does, and what an admin can do about it. Connecting is in `connect`."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Blueprint, Response, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from inbox.agents import queries as agents
from inbox.agents.words import Role
from inbox.channels import actions, arranging, queries, rules
from inbox.channels.queries import ChannelDetail, PayloadCounts
from inbox.channels.words import ChannelState
from inbox.contract import Adapter
from inbox.flows import receive
from inbox.flows.disconnect import disconnect
from inbox.flows.telling import team_place
from inbox.notify import queries as notices
from inbox.notify.actions import again
from inbox.outbox import channel as outbox
from inbox.web import auth
from inbox.web.context import context
from inbox.web.guide import guide_for
from inbox.web.i18n import gettext as _
from inbox.web.i18n import ngettext
from inbox.web.pages.connect import stored_secrets, tell_arranged

log = structlog.get_logger(__name__)

pages = Blueprint("channels", __name__, url_prefix="/settings/channels")


@dataclass(frozen=True)
class Status:
    """A channel with everything that tells how it does."""

    channel: ChannelDetail
    title: str
    payloads: PayloadCounts
    replies: outbox.Counts
    tone: rules.Tone
    word: str


@dataclass(frozen=True)
class Told:
    """Where the team is told of customers who wait, "" when it is not; after how many minutes; and how that goes."""

    place: str
    after: int
    overdue: int
    summary: notices.Summary


@pages.get("")
@auth.require_role(Role.ADMIN)
def overview() -> str:
    """All channels with their lights."""
    with context().db.read() as session:
        rows = _statuses(session, queries.channels(session), context().clock())
    return render_template("settings/channels.html", rows=rows, now=context().clock())


@pages.get("/<id:channel_id>")
@auth.require_role(Role.ADMIN)
def show(channel_id: int) -> str:
    """One channel: health, unreadable payloads, and what can be done."""
    ctx = context()
    with ctx.db.read() as session:
        channel = queries.channel(session, channel_id)
        row = _statuses(session, [channel], ctx.clock())[0]
        failed = queries.failed_payloads(session, channel_id)
        stored = queries.row(session, channel_id)
        kept, guide = stored_secrets(stored), guide_for(channel, stored)
        told = _told_team(session, channel_id)
        team = next((team.name for team in agents.teams(session) if team.id == channel.team_id), None)
    manifest = ctx.registry.get(channel.kind).manifest
    model, can = manifest.config, manifest.can
    texts = rules.to_form(model, channel.config)
    shown = [
        (field, _told(field, texts[field.name])) for field in rules.fields(model) if texts.get(field.name)
    ]
    return render_template(
        "settings/channel.html",
        row=row,
        failed=failed,
        team=team,
        told=told,
        settings=[(field.title, text) for field, text in shown if field.essential],
        more=[(field.title, text) for field, text in shown if not field.essential],
        secrets=[field.title for field in rules.fields(model) if field.name in kept],
        hook_url=_hook_url(channel),
        guide=guide,
        needs_address=bool(guide.after) and not (ctx.settings.public_url or can.poll),
        can=can,
        now=ctx.clock(),
    )


@pages.post("/<id:channel_id>/pause")
@auth.require_role(Role.ADMIN)
def pause(channel_id: int) -> AnyResponse:
    """Stop receiving and hold replies."""
    context().db.run(actions.pause, channel_id, actor_id=auth.me().id)
    flash(_("The channel is paused. Replies on it wait until it goes on."), "ok")
    return _back(channel_id)


@pages.post("/<id:channel_id>/resume")
@auth.require_role(Role.ADMIN)
def resume(channel_id: int) -> AnyResponse:
    """Go on."""
    ctx = context()
    ctx.db.run(actions.resume, channel_id, actor_id=auth.me().id)
    flash(_("The channel goes on."), "ok")
    tell_arranged(arranging.arrange(ctx, channel_id))
    return _back(channel_id)


@pages.post("/<id:channel_id>/test")
@auth.require_role(Role.ADMIN)
def test(channel_id: int) -> AnyResponse:
    """Try the account for real, now."""
    ctx = context()
    health = actions.retest(ctx.db, ctx.registry, ctx.vault, ctx.make_io, channel_id, actor_id=auth.me().id)
    if health.ok:
        flash(_("The test succeeded: the account can be used."), "ok")
        ctx.db.run(again, channel_id)
        tell_arranged(arranging.arrange(ctx, channel_id))
    for problem in health.problems:
        flash(problem, "bad")
    return _back(channel_id)


@pages.post("/<id:channel_id>/remove")
@auth.require_role(Role.ADMIN)
def remove(channel_id: int) -> AnyResponse:
    """Disconnect the account; what was written over it stays."""
    done = disconnect(context(), auth.me(), channel_id)
    flash(_("The channel is removed. Everything that was written over it stays."), "ok")
    if done.problem:
        flash(_("The provider could not be told: %(problem)s", problem=done.problem), "warn")
    if done.given_up:
        flash(
            ngettext(
                "%(num)s queued reply was not sent. It is in the list of failed ones.",
                "%(num)s queued replies were not sent. They are in the list of failed ones.",
                done.given_up,
            ),
            "warn",
        )
    return redirect(url_for("channels.overview"), code=303)


@pages.get("/<id:channel_id>/payloads/<id:payload_id>/raw")
@auth.require_role(Role.ADMIN)
def raw_payload(channel_id: int, payload_id: int) -> Response:
    """A payload's bytes as they came, as a download that no browser opens by itself."""
    with context().db.read() as session:
        queries.channel(session, channel_id)
        body = queries.raw_payload(session, context().files, channel_id, payload_id)
    log.info("payload.downloaded", payload=payload_id, agent=auth.me().id)
    answer = Response(body, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="payload-{payload_id}.bin"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@pages.post("/<id:channel_id>/payloads/<id:payload_id>/retry")
@auth.require_role(Role.ADMIN)
def retry_payload(channel_id: int, payload_id: int) -> AnyResponse:
    """Read a payload again."""
    with context().db.read() as session:
        queries.payload(session, channel_id, payload_id)
    receive.retry(context(), auth.me(), payload_id)
    flash(_("It is being read again. If it fails once more, it comes back to this list."), "ok")
    return _back(channel_id)


@pages.post("/<id:channel_id>/payloads/retry")
@auth.require_role(Role.ADMIN)
def retry_payloads(channel_id: int) -> AnyResponse:
    """Read again all payloads that could not be read."""
    again = receive.retry_all(context(), auth.me(), channel_id)
    flash(
        ngettext(
            "%(num)s payload is being read again. If it fails once more, it comes back to this list.",
            "%(num)s payloads are being read again. Those that fail once more come back to this list.",
            again,
        ),
        "ok",
    )
    return _back(channel_id)


def state_word(state: ChannelState, tone: rules.Tone) -> str:
    """The light in words; colour never stands alone."""
    if state is ChannelState.NEEDS_REAUTH:
        return _("Sign-in refused")
    if state is ChannelState.PAUSED:
        return _("Paused")
    return {"ok": _("Working"), "warn": _("Needs a look"), "bad": _("Not working")}.get(tone, "")


def _told_team(session: Session, channel_id: int) -> Told | None:
    """How a channel tells the team, if it is of a kind that can."""
    ctx = context()
    row = queries.row(session, channel_id)
    if not ctx.registry.get(row.kind).manifest.can.team:
        return None
    settings, summary = ctx.settings, notices.summary(session, channel_id)
    return Told(team_place(ctx, row), settings.team_after_minutes, settings.team_overdue_minutes, summary)


def _told(field: rules.Field, text: str) -> str:
    """A setting as the page tells it."""
    if field.control == "check":
        return _("yes")  # one that is off has no text
    return next((name for value, name in field.choices if value == text), text)


def _statuses(session: Session, channels: list[ChannelDetail], now: datetime) -> list[Status]:
    payloads, replies = queries.payload_counts(session), outbox.counts(session)
    rows = []
    for channel in channels:
        waiting = payloads.get(channel.id, PayloadCounts())
        sending = replies.get(channel.id, outbox.Counts())
        tone = rules.light(
            channel.state,
            error_at=channel.last_error_at,
            worked_at=(channel.last_in_at, channel.last_out_at, channel.last_poll_at),
            stuck=waiting.failed + sending.dead,
            now=now,
        )
        title = context().registry.get(channel.kind).manifest.title
        rows.append(Status(channel, title, waiting, sending, tone, state_word(channel.state, tone)))
    return rows


def _hook_url(channel: ChannelDetail) -> str | None:
    """Where the provider has to send to, for channels whose webhook is entered at the provider by hand."""
    ctx = context()
    adapter = ctx.registry.get(channel.kind)
    if not adapter.manifest.can.webhook or type(adapter).connected is not Adapter.connected:
        return None
    return rules.hook_url(ctx.settings.public_url or "https://…", channel.kind, channel.id)


def _back(channel_id: int) -> AnyResponse:
    return redirect(url_for("channels.show", channel_id=channel_id), code=303)

"""Providers' webhooks: prove, keep, answer. Nothing is parsed here (rules R1 and I2)."""

import re

import structlog
from flask import Blueprint, Flask, Response, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from inbox.channels import actions, queries, rights
from inbox.channels.envelopes import body_key, keep
from inbox.channels.words import ChannelState
from inbox.contract import Accept, ChannelConfig, HookRequest, NotAuthentic, Raw, RawItem
from inbox.errors import Invalid
from inbox.errors import NotFound as Missing
from inbox.flows.context import Context
from inbox.web.auth import machine
from inbox.web.context import context
from inbox.web.errors import problem

log = structlog.get_logger(__name__)

BODY_MAX = 5 * 1024 * 1024
"""Bytes of a webhook's body; no provider sends more than a fraction of it."""
METHODS = ["GET", "POST"]
"""Some providers test an endpoint by GET before they use it."""

# Headers are kept beside the body for `parse`; those that are credentials in themselves are left out.
_SECRET = re.compile(r"authorization|cookie|token|secret|password|api-?key")

hooks = Blueprint("hooks", __name__, url_prefix="/hooks")


def register(app: Flask) -> None:
    """Add the webhook route."""
    app.register_blueprint(hooks)


@hooks.route("/<kind>/<id:channel_id>", methods=METHODS)
@machine
def receive(kind: str, channel_id: int) -> Response:
    """Take a provider's request. 200 means that it is stored; anything else makes the provider repeat it."""
    request.max_content_length = BODY_MAX
    body = request.get_data(cache=False)
    ctx = context()
    config = _open(ctx, kind, channel_id)
    sent = HookRequest(
        method=request.method,
        body=body,
        headers={name.lower(): value for name, value in request.headers.items()},
        args=request.args.to_dict(),
    )
    try:
        verdict = ctx.registry.get(kind).verify(config, sent)
    except NotAuthentic as error:
        log.warning("hook.not_authentic", channel=channel_id, reason=error.reason)
        return problem(401, "Unauthorized", "The request does not prove where it comes from.")
    if isinstance(verdict, Accept):
        _keep(ctx, channel_id, sent, verdict)
        return Response(status=200)
    answer = Response(verdict.body, content_type=verdict.media_type)
    answer.headers["Content-Disposition"] = "attachment"  # it echoes what was sent
    return answer


def _open(ctx: Context, kind: str, channel_id: int) -> ChannelConfig:
    """The channel's configuration; every reason why there is none looks the same from outside."""
    try:
        with ctx.db.read() as session:
            channel = queries.row(session, channel_id)
        if channel.kind != kind or not rights.can(ctx.registry, channel).webhook:
            raise NotFound
    except (Missing, Invalid) as error:
        raise NotFound from error
    if channel.state is ChannelState.PAUSED:
        # Kept all the same: a paused channel holds its replies, but what customers wrote is not lost.
        log.info("hook.while_paused", channel=channel_id)
    return actions.open_config(ctx.registry, ctx.vault, channel)


def _keep(ctx: Context, channel_id: int, sent: HookRequest, verdict: Accept) -> None:
    headers = {name: value for name, value in sent.headers.items() if not _SECRET.search(name)}
    key = verdict.dedupe_key or body_key(sent.body)
    item = RawItem(dedupe_key=key, raw=Raw(body=sent.body, headers=headers, meta=verdict.meta))
    kept = ctx.db.run(_store, ctx, channel_id, item)
    log.debug("hook.kept", channel=channel_id, new=kept)


def _store(session: Session, ctx: Context, channel_id: int, item: RawItem) -> int:
    kept = keep(session, ctx.files, channel_id, [item], ctx.clock())
    actions.note_in(session, channel_id)
    return kept

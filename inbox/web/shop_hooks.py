"""Shops' webhooks: prove, keep, answer. Nothing is read here, and everything that is wrong looks the same."""

import re

import structlog
from flask import Blueprint, Flask, Response, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from inbox.commerce import actions, health, ledger, queries
from inbox.contract import Accept, Challenge, HookRequest, NotAuthentic, Raw
from inbox.errors import Invalid, NotFound
from inbox.flows.context import Context
from inbox.web.auth import machine
from inbox.web.context import context
from inbox.web.errors import problem

log = structlog.get_logger(__name__)

BODY_MAX = 1024 * 1024
"""Bytes of an event; shops that tell more tell what we ask for anyway."""

# Headers are kept beside the body for `parse`; those that are credentials in themselves are left out.
_SECRET = re.compile(r"authorization|cookie|token|secret|password|api-?key|signature|hmac")

shop_hooks = Blueprint("shop_hooks", __name__, url_prefix="/hooks/shop")


def register(app: Flask) -> None:
    """Add the route of shops' webhooks."""
    app.register_blueprint(shop_hooks)


@shop_hooks.route("/<id:shop_id>", methods=["GET", "POST"])
@machine
def receive(shop_id: int) -> Response:
    """Take a shop's request. 200 means that it is stored, or was before; anything else makes the shop repeat it."""
    request.max_content_length = BODY_MAX
    ctx = context()
    try:
        sent = HookRequest(
            method=request.method,
            body=request.get_data(cache=False),
            headers={name.lower(): value for name, value in request.headers.items()},
            args=request.args.to_dict(),
        )
        verdict = _verify(ctx, shop_id, sent)
    except (NotAuthentic, NotFound, Invalid, RequestEntityTooLarge) as error:
        log.warning("shop_hook.refused", shop=shop_id, kind=type(error).__name__, reason=str(error))
        return problem(404, "Not Found", "There is nothing here for this request.")
    if isinstance(verdict, Accept):
        ctx.db.run(_store, ctx, shop_id, sent, verdict)
        return Response(status=200)
    answer = Response(verdict.body, content_type=verdict.media_type)
    answer.headers["Content-Disposition"] = "attachment"  # it echoes what was sent
    return answer


def _verify(ctx: Context, shop_id: int, sent: HookRequest) -> Accept | Challenge:
    """What the shop's adapter says. A paused shop's events are kept all the same, until it takes part again."""
    with ctx.db.read() as session:
        row = queries.row(session, shop_id)
    config = actions.open_config(ctx.shops, ctx.vault, row)
    return ctx.shops.get(row.kind).verify(config, sent)


def _store(session: Session, ctx: Context, shop_id: int, sent: HookRequest, verdict: Accept) -> None:
    headers = {name: value for name, value in sent.headers.items() if not _SECRET.search(name)}
    raw = Raw(body=sent.body, headers=headers, meta=verdict.meta)
    ledger.keep(session, shop_id, [ledger.Told(raw, "hook", verdict.dedupe_key)], ctx.clock())
    health.note_event(session, shop_id)

"""Asking shops what has changed, where their webhooks are lost now and then (`ShopManifest.polls`).

What came and how far we got are committed together, so that a crash anywhere repeats a question and never skips a
change. Many processes share the shops by leases in the database.
"""

import json

import structlog
from pydantic import JsonValue
from sqlalchemy.orm import Session

from inbox.commerce import ledger, polling
from inbox.contract import AdapterError, Raw
from inbox.contract.commerce import ShopEvent
from inbox.errors import OnethreadError
from inbox.flows import shop_events
from inbox.flows.context import Context
from inbox.flows.shop_calls import call

log = structlog.get_logger(__name__)

DEADLINE = 20.0
"""Seconds for one question."""


def sweep(ctx: Context) -> None:
    """Ask every shop that is due and that no other process asks just now."""
    with ctx.db.read() as session:
        due = [
            row.id
            for row in polling.due(session)
            if row.kind in ctx.shops.kinds() and ctx.shops.get(row.kind).manifest.polls
        ]
    for shop_id in due:
        if ctx.stop.is_set():
            return
        if ctx.db.run(polling.take, shop_id, ctx.owner):
            ask(ctx, shop_id)


def ask(ctx: Context, shop_id: int) -> None:
    """Ask a shop whose lease we hold. What goes wrong is noted with the shop."""
    try:
        with call(ctx, shop_id, DEADLINE) as (row, shop, config, io):
            events, since = shop.changes(config, row.since, io)
    except (AdapterError, OnethreadError) as error:
        log.info("shop.changes_failed", shop=shop_id, reason=str(error))
        ctx.db.run(polling.give_back, shop_id, ctx.owner)
        return
    told = [
        ledger.Told(Raw(body=shop_events.encode([event])), "changes", _name(row.since, number, event))
        for number, event in enumerate(events)
    ]
    ctx.db.run(_keep, ctx, shop_id, told, since)


def _keep(session: Session, ctx: Context, shop_id: int, told: list[ledger.Told], since: JsonValue) -> None:
    if polling.advance(session, shop_id, ctx.owner, since):
        ledger.keep(session, shop_id, told, ctx.clock())


def _name(since: JsonValue, number: int, event: ShopEvent) -> str:
    """Names a change by where we stood: asked again after a crash it is known, and the same later is another."""
    return f"{json.dumps(since)}/{number}/{event.topic}/{event.id}/{event.at}"

"""Working off what shops told: several events about one thing cost one question.

What cannot be read, or is refused, is kept as failed for a person to see. A shop that does not answer is asked again
later; its events wait meanwhile, and those of others do not.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from pydantic import TypeAdapter, ValidationError

from inbox.commerce import actions, cart_rules, ledger, queries
from inbox.commerce.words import ShopEventState
from inbox.contract import AdapterError, NeedsReauth, Rejected, TryLater, Unreadable
from inbox.contract.commerce import ShopEvent
from inbox.errors import NotFound, OnethreadError
from inbox.flows import shop_news
from inbox.flows.context import Context
from inbox.flows.shop_news import Came

if TYPE_CHECKING:
    from inbox.commerce.models import ShopEventRow

log = structlog.get_logger(__name__)

BATCH = 50
ATTEMPTS_MAX = 12
"""Tries after which an event that always meets trouble is shown to a person: half an hour of them."""
AGAIN = 1.0
"""Seconds until a second look where the first found nothing new: shops tell of things before these are committed."""
COALESCE = 0.25
"""Seconds for which whoever works waits after the bell: what one click changes is told in several events."""
UNFORESEEN = "This failed in an unforeseen way; the log of the server tells how."
_BACKOFF_MAX = 300.0
_events = TypeAdapter(tuple[ShopEvent, ...])


@dataclass
class _Work:
    """A claimed event while it is worked on: what it says, what came of its parts, or what went wrong.

    `open` counts parts that were begun and not ended.
    """

    row: "ShopEventRow"
    events: tuple[ShopEvent, ...] | None = None
    open: int = 0
    came: list[Came] = field(default_factory=list)
    error: Exception | None = None


def drain(ctx: Context, shop_id: int, limit: int = 500) -> int:
    """Work off due events of a shop, up to `limit`; returns how many were taken."""
    taken = 0
    while taken < limit and not ctx.stop.is_set():
        batch = claim(ctx, shop_id)
        if not batch:
            break
        for step in steps(ctx, shop_id, batch):
            step()
        taken += len(batch)
    return taken


def claim(ctx: Context, shop_id: int) -> "list[ShopEventRow]":
    """Take some due events of a shop; none when there is nothing to do."""
    return ctx.db.run(ledger.claim, shop_id, ctx.owner, BATCH)


def steps(ctx: Context, shop_id: int, batch: Sequence["ShopEventRow"]) -> Iterator[Callable[[], None]]:
    """What has to be done for claimed events, in steps of which each can fail without the others.

    Whoever takes the steps catches what is unforeseen; the last ones see what was not done and try it again later.
    """
    works = {row.id: _Work(row) for row in batch}
    for work in works.values():
        yield functools.partial(_read, ctx, shop_id, work)
    numbered = [(work.row.id, event) for work in works.values() for event in work.events or ()]
    for touched in cart_rules.coalesce(numbered):
        concerned = [works[place] for place in touched.places]
        for work in concerned:
            work.open += 1
        yield functools.partial(_look, ctx, shop_id, touched.event, concerned)
    for work in works.values():
        yield functools.partial(_finish, ctx, shop_id, work)


def encode(events: Sequence[ShopEvent]) -> bytes:
    """Events that were asked for rather than told, as they are kept."""
    return _events.dump_json(tuple(events))


def recover(ctx: Context) -> None:
    """Give back the claims of a dead predecessor: this process alone works on the database."""
    ctx.db.run(ledger.release, ctx.owner)


def _read(ctx: Context, shop_id: int, work: _Work) -> None:
    """Find out what an event says."""
    told = ledger.told(work.row)
    try:
        if told.via == "changes":
            work.events = _events.validate_json(told.raw.body)
            return
        with ctx.db.read() as session:
            shop = queries.row(session, shop_id)
        config = actions.public_config(ctx.shops, shop)
        work.events = ctx.shops.get(shop.kind).parse(config, told.raw)
    except ValidationError:
        work.error = Unreadable("A change that was asked for was kept in the form of another version.")
    except (Unreadable, OnethreadError) as error:
        work.error = error


def _look(ctx: Context, shop_id: int, event: ShopEvent, works: Sequence[_Work]) -> None:
    first = works[0].row
    finally_ = all(work.row.attempts > 1 for work in works)
    try:
        came = shop_news.apply(ctx, shop_id, event, first.received_at, finally_=finally_)
    except (AdapterError, OnethreadError) as error:
        for work in works:
            work.error = error
        return
    for work in works:
        work.came.append(came)
        work.open -= 1


def _finish(ctx: Context, shop_id: int, work: _Work) -> None:
    row, error = work.row, work.error
    if error is None and (work.events is None or work.open):
        error = TryLater(UNFORESEEN, code="unforeseen")
    reason = None if error is None else str(error)
    match error:
        case None if row.attempts == 1 and any(came is not Came.CHANGED for came in work.came):
            ctx.db.run(ledger.put_back, [row.id], ctx.owner, AGAIN, None)
        case None if Came.CHANGED in work.came:
            _end(ctx, row, ShopEventState.DONE, None)
        case None:
            _end(ctx, row, ShopEventState.IGNORED, None)
        case NotFound():
            _end(ctx, row, ShopEventState.IGNORED, reason)
        case NeedsReauth():
            ctx.db.run(ledger.put_back, [row.id], ctx.owner, 0.0, reason, counts=False)  # waits for the shop
        case TryLater(code="closed"):
            ctx.db.run(ledger.put_back, [row.id], ctx.owner, 5.0, reason, counts=False)
        case TryLater() if row.attempts < ATTEMPTS_MAX:
            seconds = min(2.0**row.attempts, _BACKOFF_MAX)
            ctx.db.run(ledger.put_back, [row.id], ctx.owner, seconds, reason)
        case Rejected(code="paused"):
            ctx.db.run(ledger.put_back, [row.id], ctx.owner, 0.0, reason, counts=False)  # waits for the shop
        case _:
            log.warning("shop.event_failed", shop=shop_id, row=row.id, reason=reason)
            _end(ctx, row, ShopEventState.FAILED, reason)


def _end(ctx: Context, row: "ShopEventRow", state: ShopEventState, reason: str | None) -> None:
    ctx.db.run(ledger.finish, [row.id], ctx.owner, state, reason)

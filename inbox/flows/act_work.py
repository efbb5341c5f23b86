"""Acts, second half: one that is claimed is done in its shop, and what came of it is recorded.

An act counts as *sending* from the commit right before the deciding request. Whoever takes over after a crash asks
the shop with the act's key: what was done is recorded, what certainly was not is done, and what nobody knows is shown
to people.
"""

import random
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from inbox.clock import utc_now
from inbox.commerce import act_claims, act_words, acts
from inbox.commerce import act_rules as rules
from inbox.commerce.words import ActState
from inbox.contract import AdapterError, NeedsReauth, Rejected, TryLater, Uncertain, Unreadable
from inbox.contract.commerce import Changed, Done
from inbox.errors import OnethreadError
from inbox.flows import act_told, shop_calls
from inbox.flows.context import Context
from inbox.flows.wire import ClaimLost

log = structlog.get_logger(__name__)


def drain(ctx: Context, limit: int = 20) -> int:
    """Do what is due, up to `limit` acts; returns how many were tried."""
    tried = 0
    while tried < limit and not ctx.stop.is_set():
        act_id = ctx.db.run(act_claims.claim, ctx.owner)
        if act_id is None:
            break
        ctx.checkpoint("after_claim")
        work(ctx, act_id, rules.BY_WORKER)
        tried += 1
    return tried


def sweep(ctx: Context) -> int:
    """Take back the claims of processes that died, end what nobody got done, and forget proposals that nobody decided;
    returns how many."""
    return ctx.db.run(_take_back, ctx)


def recover(ctx: Context) -> int:
    """Take back every claim but our own: this process alone works on the database and has just started."""
    return ctx.db.run(_take_back, ctx, of_others=ctx.owner)


def work(ctx: Context, act_id: int, seconds: float) -> None:
    """Go on with an act that this process has claimed, for at most so many seconds."""
    with ctx.db.read() as session:
        state = acts.get(session, act_id).state
    if state is ActState.APPROVED:
        perform(ctx, act_id, seconds)
    else:
        look(ctx, act_id, seconds)


def begin(ctx: Context, act_id: int) -> None:
    """Do an act that this process holds already."""
    with ctx.db.read() as session:
        row = acts.get(session, act_id)
    if row.state is ActState.APPROVED and row.owner == ctx.owner:
        ctx.checkpoint("after_claim")
        perform(ctx, act_id, rules.IN_REQUEST)


def perform(ctx: Context, act_id: int, seconds: float) -> None:
    """Do a claimed act and record what came of it."""
    with ctx.db.read() as session:
        row = acts.get(session, act_id)
    act = acts.act_of(row)
    wire = _Wire(ctx, act_id)
    try:
        with shop_calls.call(ctx, row.shop_id, seconds, acting=True) as (_row, shop, config, io):
            io.checkpoint = wire.checkpoint
            result = shop.perform(config, act, io, key=row.key, version=row.version, reason=row.reason)
    except ClaimLost:
        log.warning("act.claim_lost", act=act_id)
    except Changed as error:
        said = error.difference or act_words.difference(acts.preview_of(row), error.now)
        _record(ctx, act_id, act_claims.changed, error.now, said, " ".join(said) or str(error))
    except (TryLater, NeedsReauth) as error:
        _put_off(ctx, act_id, row.attempts, error)
    except (Uncertain, Unreadable) as error:
        if wire.began:
            log.warning("act.uncertain", act=act_id, reason=error.reason, code=error.code)
            _record(ctx, act_id, act_claims.uncertain, error.reason)
        else:  # rubbish before anything was asked for
            _put_off(ctx, act_id, row.attempts, error)
    except Rejected as error:
        log.warning("act.rejected", act=act_id, reason=error.reason, code=error.code)
        if error.code == "paused" and not wire.began:
            _put_off(ctx, act_id, row.attempts, error)
        else:
            _record(ctx, act_id, act_claims.failed, error.reason)
    except OnethreadError as error:  # the shop was removed meanwhile, or its kind is not installed any more
        _record(ctx, act_id, act_claims.failed, str(error))
    else:
        ctx.checkpoint("before_ack")
        _record(ctx, act_id, act_claims.done, result)


def look(ctx: Context, act_id: int, seconds: float) -> None:
    """Ask the shop what became of a claimed act, and record it."""
    with ctx.db.read() as session:
        row = acts.get(session, act_id)
    pending = row.state is ActState.PENDING
    later = rules.next_look(rules.PENDING_UPS if pending else rules.LOOK_UPS, row.looks)
    unknown = ""
    found: Done | None = None
    try:
        with shop_calls.call(ctx, row.shop_id, seconds) as (_row, shop, config, io):
            try:
                found = shop.performed(config, acts.act_of(row), io, key=row.key)
            except Uncertain as error:  # the shop is well, and cannot tell
                unknown = error.reason
    except (AdapterError, OnethreadError) as error:
        unknown = str(error)
    if unknown:
        log.info("act.unknown", act=act_id, reason=unknown)
        ctx.db.run(act_claims.look_later, act_id, ctx.owner, later, unknown)
    elif found is not None and (not pending or not found.pending):
        _record(ctx, act_id, act_claims.done, found)
    elif found is None and not pending:
        log.info("act.again", act=act_id)
        _record(ctx, act_id, act_claims.put_off, 0.0, "It had not been done.")
    elif found is None or utc_now() - row.created_at > timedelta(days=rules.PENDING_DAYS):
        _record(ctx, act_id, act_claims.failed, "The shop took it up and has not done it. Look there.")
    else:
        ctx.db.run(act_claims.look_later, act_id, ctx.owner, later, None)


class _Wire:
    """What the adapter's checkpoints do: "before_wire" commits the second stage of the claim, and ends the act when
    the claim was lost."""

    def __init__(self, ctx: Context, act_id: int) -> None:
        self._ctx, self._act_id = ctx, act_id
        self.began = False

    def checkpoint(self, name: str) -> None:
        if name == "before_wire" and not self.began:
            if not self._ctx.db.run(act_claims.start_sending, self._act_id, self._ctx.owner):
                raise ClaimLost("The claim was lost before anything was done.")
            self.began = True
        self._ctx.checkpoint(name)


def _record(ctx: Context, act_id: int, change: Callable[..., bool], *args: object) -> None:
    if not act_told.recorded(ctx, act_id, lambda session: change(session, act_id, ctx.owner, *args)):
        log.warning("act.late", act=act_id)


def _put_off(ctx: Context, act_id: int, attempts: int, error: AdapterError) -> None:
    wish = error.after if isinstance(error, TryLater) else None
    seconds = rules.backoff(attempts, random.random(), wish)  # noqa: S311  jitter, no secret
    log.info("act.put_off", act=act_id, reason=error.reason, code=error.code)
    _record(ctx, act_id, act_claims.put_off, seconds, error.reason)


def _take_back(session: Session, ctx: Context, of_others: str | None = None) -> int:
    lost = act_claims.expire(session, of_others=of_others)
    for act_id in lost:
        act_told.tell(session, ctx, act_id, ActState.SENDING)
    late = act_claims.give_up(session)
    for act_id in late:
        act_told.tell(session, ctx, act_id, ActState.APPROVED)
    old = acts.forget_proposals(session, utc_now() - timedelta(days=rules.DECIDE_DAYS))
    for act_id in old:
        act_told.tell(session, ctx, act_id, ActState.PROPOSED)
    return len(lost) + len(late) + len(old)

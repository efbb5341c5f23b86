"""Connecting shops and looking after them: trying, arranging events, pausing, removing.

The network is reached outside of transactions. What goes wrong is a sentence for whoever asked, and is shown with the
shop; it is kept all the same, and the next test arranges it again.
"""

import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.commerce import actions, forgetting, health, ledger, queries, rules
from inbox.commerce.words import ShopState
from inbox.contract import AdapterError, Health, NeedsReauth, Setup
from inbox.errors import NotAllowed, SetupError
from inbox.flows import shop_calls
from inbox.flows.context import Context
from inbox.flows.shop_io import CallIo, ShopMemory

log = structlog.get_logger(__name__)

TEST_SECONDS = 15.0
ARRANGE_SECONDS = 20.0
SILENT = timedelta(hours=24)
"""A shop that told nothing for so long is asked for its events anew: some stop after failures of ours."""


@dataclass(frozen=True)
class Connected:
    """A new shop, and what could not be arranged for it, as a sentence, or ""."""

    shop_id: int
    problem: str = ""


@dataclass(frozen=True)
class Tested:
    """What a live test found, and what could not be arranged afterwards, as a sentence, or ""."""

    health: Health
    problem: str = ""


def check(
    ctx: Context, kind: str, values: MutableMapping[str, Any], facts: Mapping[str, Any] | None = None
) -> Health:
    """Try a shop for real before it is saved. Raises BadConfig.

    Secrets that the shop changes during the test are put into `values`: the old ones may be worthless afterwards.
    """
    config = actions.validate(ctx.shops, kind, values)
    io = CallIo(
        ctx.make_io(facts or {}, values.update),
        ctx.shop_memories,
        ShopMemory(""),
        deadline=time.monotonic() + TEST_SECONDS,
        acting=False,
    )
    found = ctx.shops.get(kind).health(config, io)
    return found.model_copy(update={"problems": shop_calls.concealed(found.problems, config, io.memory)})


def connect(
    ctx: Context,
    kind: str,
    name: str,
    values: Mapping[str, Any],
    health_found: Health | None,
    *,
    actor: AgentIdentity | None = None,
    is_demo: bool = False,
) -> Connected:
    """Save a shop and arrange what it needs; only then it takes part. Without a good test nothing is arranged.

    `actor` is None for the command line. Raises NotAllowed, BadConfig, or Invalid when it is connected already.
    """
    _admin(actor)
    good = health_found is not None and health_found.ok
    problem = None if good or health_found is None else " ".join(health_found.problems)

    def story(session: Session) -> int:
        return actions.connect(
            session,
            ctx.shops,
            ctx.vault,
            kind,
            name,
            values,
            {} if health_found is None else health_found.facts,
            actor_id=None if actor is None else actor.id,
            is_demo=is_demo,
            problem=problem,
            paused=True,
        ).id

    shop_id = ctx.db.run(story)
    trouble = arrange(ctx, shop_id) if good else ""
    ctx.db.run(_begin, shop_id, good=good)
    return Connected(shop_id, trouble)


def retest(ctx: Context, shop_id: int, *, actor: AgentIdentity | None = None) -> Tested:
    """Try a shop for real, note the result, and arrange anew what it needs. Raises NotAllowed, NotFound, SetupError."""
    _admin(actor)
    with ctx.db.read() as session:
        row = queries.row(session, shop_id)
    called = shop_calls.unguarded(ctx, row, TEST_SECONDS)
    found = called.shop.health(called.config, called.io)
    found = found.model_copy(
        update={"problems": shop_calls.concealed(found.problems, called.config, called.io.memory)}
    )
    ctx.db.run(actions.note_test, shop_id, found, actor_id=None if actor is None else actor.id)
    return Tested(found, arrange(ctx, shop_id) if found.ok else "")


def arrange(ctx: Context, shop_id: int) -> str:
    """Subscribe to the shop's events; what went wrong as a sentence, or "". Raises NotFound, SetupError.

    Shops of the demo are left alone: nobody is behind them.
    """
    with ctx.db.read() as session:
        row = queries.row(session, shop_id)
    if row.is_demo:
        return ""
    called = shop_calls.unguarded(ctx, row, ARRANGE_SECONDS)
    try:
        setup: Setup = called.shop.connected(
            called.config, rules.hook_url(ctx.settings.public_url, shop_id), called.io
        )
    except AdapterError as error:
        shop_calls.conceal(error, called.config, called.io.memory)
        log.warning("shop.not_arranged", shop=shop_id, reason=error.reason, code=error.code)
        if isinstance(error, NeedsReauth):
            ctx.db.run(health.needs_reauth, shop_id, error.reason)
        else:
            ctx.db.run(health.note_failure, shop_id, error.reason)
        return error.reason
    ctx.db.run(actions.arranged, shop_id, setup)
    return ""


def pause(ctx: Context, shop_id: int, *, actor: AgentIdentity | None = None) -> None:
    """Ask nothing of a shop until it is resumed; its events wait. Raises NotAllowed or NotFound."""
    _admin(actor)
    ctx.db.run(actions.pause, shop_id, actor_id=None if actor is None else actor.id)


def resume(ctx: Context, shop_id: int, *, actor: AgentIdentity | None = None) -> str:
    """Take part again; what could not be arranged as a sentence, or "". Raises NotAllowed, NotFound, SetupError."""
    _admin(actor)
    ctx.db.run(actions.resume, shop_id, actor_id=None if actor is None else actor.id)
    return arrange(ctx, shop_id)


def remove(ctx: Context, shop_id: int, *, actor: AgentIdentity | None = None) -> str:
    """Disconnect a shop and erase what was kept of it; what the shop could not be told as a sentence, or "".

    The journal of what agents did there stays, without what it says about people. Raises NotAllowed or NotFound.
    """
    _admin(actor)
    with ctx.db.read() as session:
        row = queries.row(session, shop_id)
    try:
        called = None if row.is_demo else shop_calls.unguarded(ctx, row, ARRANGE_SECONDS)
        problem = ""
    except SetupError as error:  # whoever removes a shop whose secrets are lost wants just that
        called, problem = None, str(error)
    ctx.db.run(_remove, shop_id, None if actor is None else actor.id)
    if called is not None:
        try:
            called.shop.disconnected(called.config, called.io)
        except AdapterError as error:
            shop_calls.conceal(error, called.config, called.io.memory)
            log.warning("shop.not_released", shop=shop_id, reason=error.reason, code=error.code)
            problem = error.reason
    return problem


def retry_events(ctx: Context, shop_id: int, *, actor: AgentIdentity) -> int:
    """Have all failed events of a shop worked on again; how many they are. Raises NotAllowed or NotFound."""
    _admin(actor)
    return ctx.db.run(_over_failed, shop_id, again=True)


def drop_events(ctx: Context, shop_id: int, *, actor: AgentIdentity) -> int:
    """Forget all failed events of a shop; how many they were. Raises NotAllowed or NotFound."""
    _admin(actor)
    return ctx.db.run(_over_failed, shop_id, again=False)


def look_after(ctx: Context) -> None:
    """Try every shop, so that lost rights show before somebody needs it; ask silent ones for their events anew."""
    with ctx.db.read() as session:
        found = [row for row in queries.active(session) if not row.is_demo and row.kind in ctx.shops.kinds()]
    for row in found:
        if ctx.stop.is_set():
            return
        try:
            called = shop_calls.unguarded(ctx, row, TEST_SECONDS)
        except SetupError as error:
            log.info("shop.not_examined", shop=row.id, reason=str(error))
            continue
        result = called.shop.health(called.config, called.io)
        reason = " ".join(shop_calls.concealed(result.problems, called.config, called.io.memory))
        if result.ok:
            ctx.db.run(health.note_success, row.id)
            if row.last_event_at is None or ctx.clock() - row.last_event_at > SILENT:
                arrange(ctx, row.id)
        elif result.refused:
            ctx.db.run(health.needs_reauth, row.id, reason)
        else:
            ctx.db.run(health.note_failure, row.id, reason)


def _begin(session: Session, shop_id: int, *, good: bool) -> None:
    """Let the new shop take part, unless it has refused us meanwhile. `good`: it has just answered a test."""
    if good:
        health.note_answer(session, shop_id)
    if queries.row(session, shop_id).state is ShopState.PAUSED:
        actions.resume(session, shop_id)


def _remove(session: Session, shop_id: int, actor_id: int | None) -> None:
    actions.remove(session, shop_id, actor_id=actor_id)
    forgetting.forget_shop(session, shop_id)


def _over_failed(session: Session, shop_id: int, *, again: bool) -> int:
    queries.row(session, shop_id)
    return (ledger.reopen_failed if again else ledger.drop_failed)(session, shop_id)


def _admin(actor: AgentIdentity | None) -> None:
    if actor is not None and not actor.is_admin:
        raise NotAllowed("Only admins connect shops and look after them.")

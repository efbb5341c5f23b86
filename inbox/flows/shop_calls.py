"""Calling a shop: within a deadline, not while it is left alone, and with what came of it noted for everybody."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import structlog

from inbox.channels import sealing
from inbox.commerce import actions, health, rules
from inbox.commerce.words import ShopState
from inbox.contract import AdapterError, NeedsReauth, Rejected, TryLater, Uncertain, Unreadable
from inbox.contract.commerce import AnyShop, ShopConfig
from inbox.errors import NotFound
from inbox.flows.context import Context
from inbox.flows.shop_io import CallIo

if TYPE_CHECKING:
    from inbox.commerce.models import ShopRow

log = structlog.get_logger(__name__)


class Called(NamedTuple):
    """A shop that may be asked: its row, its adapter, its whole configuration, and the network."""

    row: "ShopRow"
    shop: AnyShop
    config: ShopConfig
    io: CallIo


@contextmanager
def call(ctx: Context, shop_id: int, seconds: float, *, acting: bool = False) -> Iterator[Called]:
    """Ask a shop, all in all within `seconds`. Keep transactions out of the block: it waits for the network.

    Raises NotFound for an unknown or removed shop; Rejected for a paused one; NeedsReauth where its credentials are
    gone; TryLater while it is left alone (see `rules.pause`), was too slow, or cannot be reached; and what the adapter
    raises. Texts of errors carry no secrets. With `acting`, what may have been done raises Uncertain.
    """
    gate = _admitted(ctx, shop_id, seconds)
    called = _open(ctx, gate.row, seconds, acting=acting)
    try:
        yield called
    except AdapterError as error:
        conceal(error, called.config, called.io.memory)
        _note(ctx, shop_id, error)
        raise
    if gate.news:
        ctx.db.run(health.note_success, shop_id)


def unguarded(ctx: Context, row: "ShopRow", seconds: float) -> Called:
    """A shop to be tried or arranged whatever its state; nothing is noted. Raises SetupError."""
    return _open(ctx, row, seconds, acting=False)


def conceal(error: AdapterError, config: ShopConfig, memory: Mapping[str, object]) -> None:
    """Take out of an error's texts what it gave away of secrets, and of tokens in the connection's memory."""
    secrets = _secrets(config, memory)
    error.reason, error.code = rules.without(error.reason, secrets), rules.without(error.code, secrets)
    error.args = (error.reason,)


def concealed(sentences: Sequence[str], config: ShopConfig, memory: Mapping[str, object]) -> tuple[str, ...]:
    """Sentences without what they gave away of secrets."""
    secrets = _secrets(config, memory)
    return tuple(rules.without(sentence, secrets) for sentence in sentences)


def _secrets(config: ShopConfig, memory: Mapping[str, object]) -> list[str]:
    return [*sealing.secret_texts(config).values(), *(v for v in memory.values() if isinstance(v, str))]


def _admitted(ctx: Context, shop_id: int, seconds: float) -> health.Gate:
    """Whether the shop may be asked now; the one call that tries a failing one is this."""
    with ctx.db.read() as session:
        gate = health.gate(session, shop_id)
    if gate is None:
        raise NotFound("There is no such shop.")
    if gate.row.state is ShopState.PAUSED:
        raise Rejected("The shop is paused.", code="paused")
    if gate.row.state is ShopState.NEEDS_REAUTH:
        raise NeedsReauth(gate.row.last_error or "The shop has to be connected again.", code="needs_reauth")
    if gate.closed or (gate.trial and not ctx.db.run(health.take_trial, shop_id, seconds)):
        raise TryLater(gate.row.last_error or "The shop cannot be reached.", code="closed")
    return gate


def _open(ctx: Context, row: "ShopRow", seconds: float, *, acting: bool) -> Called:
    memory = ctx.shop_memories.of(row)

    def keep_secrets(updates: Mapping[str, str]) -> None:
        changed = ctx.db.run(actions.keep_secrets, ctx.shops, ctx.vault, row.id, dict(updates))
        memory.goes_on(changed)

    config = actions.open_config(ctx.shops, ctx.vault, row)
    io = CallIo(
        ctx.make_io(row.facts, keep_secrets),
        ctx.shop_memories,
        memory,
        deadline=time.monotonic() + seconds,
        acting=acting,
    )
    return Called(row, ctx.shops.get(row.kind), config, io)


def _note(ctx: Context, shop_id: int, error: AdapterError) -> None:
    """What an error says about the shop. One that refuses what was asked is there and well."""
    log.info(
        "shop.call_failed", shop=shop_id, kind=type(error).__name__, code=error.code, reason=error.reason
    )
    match error:
        case NeedsReauth():
            ctx.db.run(health.needs_reauth, shop_id, error.reason)
        case TryLater():
            ctx.db.run(health.note_failure, shop_id, error.reason, error.after)
        case Unreadable() | Uncertain():
            ctx.db.run(health.note_failure, shop_id, error.reason)

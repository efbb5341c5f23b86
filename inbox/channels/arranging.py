"""What is arranged at the provider around an account: when it is connected, changed or resumed, and when it goes.

The network is reached outside of transactions. What goes wrong is a sentence for whoever asked, and is shown with the
channel; the account is kept all the same, and the next test arranges it again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy.orm import Session

from inbox.channels import actions, queries, rules
from inbox.channels.actions import MakeIo
from inbox.channels.registry import Registry
from inbox.channels.secrets import Vault
from inbox.channels.words import ChannelState, Side
from inbox.contract import AdapterError, Health, Io, NeedsReauth, Setup
from inbox.db.work import Database
from inbox.errors import SetupError
from inbox.settings import Settings

log = structlog.get_logger(__name__)


class Parts(Protocol):
    """What it takes to reach providers; the stories' context has it."""

    @property
    def db(self) -> Database: ...

    @property
    def registry(self) -> Registry: ...

    @property
    def vault(self) -> Vault: ...

    @property
    def make_io(self) -> MakeIo: ...

    @property
    def settings(self) -> Settings: ...


@dataclass(frozen=True)
class Enrolled:
    """A new channel, and what could not be arranged for it, as a sentence, or ""."""

    channel_id: int
    problem: str = ""


def enrol(ctx: Parts, health: Health | None, make: Callable[[Session], int]) -> Enrolled:
    """Connect an account by the transaction `make`, which leaves it paused, and arrange what it needs.

    Only then does it take part, so that nobody works with it half arranged. Without a good `health` nothing is
    arranged: the account is saved as it is. Raises what `make` raises.
    """
    channel_id = ctx.db.run(make)
    if health is None or not health.ok:
        ctx.db.run(_begin, channel_id)
        return Enrolled(channel_id)
    problem = arrange(ctx, channel_id)
    ctx.db.run(_begin, channel_id)
    return Enrolled(channel_id, problem)


def arrange(ctx: Parts, channel_id: int) -> str:
    """Arrange what the account needs; returns what went wrong as a sentence, or "". Raises NotFound, SetupError.

    Channels of the demo are left alone: nobody is behind them.
    """
    with ctx.db.read() as session:
        channel = queries.row(session, channel_id)
    if channel.is_demo:
        return ""
    adapter = ctx.registry.get(channel.kind)
    config = actions.open_config(ctx.registry, ctx.vault, channel)
    url = _hook_url(ctx, channel.kind, channel_id) if adapter.manifest.can.webhook else ""
    try:
        setup = adapter.connected(config, url, io_of(ctx, channel_id, channel.facts))
    except NeedsReauth as error:
        ctx.db.run(actions.needs_reauth, channel_id, error.reason)
        return error.reason
    except AdapterError as error:
        log.warning("channel.not_arranged", channel=channel_id, reason=error.reason, code=error.code)
        ctx.db.run(actions.note_error, channel_id, error.reason, Side.IN)
        return error.reason
    ctx.db.run(_keep, channel_id, setup)
    return ""


def farewell(ctx: Parts, channel_id: int) -> Callable[[], str]:
    """A call that takes back what was arranged, for after the channel is removed and its secrets are gone.

    The call returns what went wrong as a sentence, or "". Raises NotFound.
    """
    with ctx.db.read() as session:
        channel = queries.row(session, channel_id)
    if channel.is_demo:
        return lambda: ""
    adapter = ctx.registry.get(channel.kind)
    try:
        config = actions.open_config(ctx.registry, ctx.vault, channel)
    except SetupError as error:
        # Whoever removes a channel whose secrets are lost wants just that.
        reason = str(error)
        return lambda: reason

    def leave() -> str:
        try:
            adapter.disconnected(config, io_of(ctx, channel_id, channel.facts))
        except AdapterError as error:
            log.warning("channel.not_released", channel=channel_id, reason=error.reason, code=error.code)
            return error.reason
        return ""

    return leave


def _hook_url(ctx: Parts, kind: str, channel_id: int) -> str:
    return rules.hook_url(ctx.settings.public_url, kind, channel_id)


def io_of(ctx: Parts, channel_id: int, facts: Mapping[str, Any]) -> Io:
    """The network as an adapter may reach it for a channel; what it changes of the secrets is stored at once."""

    def keep_secrets(updates: Mapping[str, str]) -> None:
        actions.keep_secrets(ctx.db, ctx.registry, ctx.vault, channel_id, updates)

    return ctx.make_io(facts, keep_secrets)


def _keep(session: Session, channel_id: int, setup: Setup) -> None:
    channel = queries.row(session, channel_id)
    told = {"next_step": setup.next_step, "next_url": setup.next_url}
    channel.facts = {**channel.facts, **setup.facts, **told}
    actions.heal(session, channel_id, Side.IN)


def _begin(session: Session, channel_id: int) -> None:
    """Let the new channel take part, unless the provider has refused it meanwhile."""
    channel = queries.row(session, channel_id)
    if channel.state is ChannelState.PAUSED:
        actions.resume(session, channel_id)

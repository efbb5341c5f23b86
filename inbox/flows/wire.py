"""The network as an adapter has it while it sends something that a process has claimed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from inbox.channels import actions as channels
from inbox.contract import Io
from inbox.errors import OnethreadError
from inbox.flows.context import Context

if TYPE_CHECKING:
    from inbox.channels.models import Channel


class ClaimLost(OnethreadError):
    """Another process took over what was claimed; nothing was sent."""


def network(ctx: Context, channel: "Channel") -> Io:
    """The network as a channel's adapter has it, outside of any claim."""
    return ctx.make_io(
        channel.facts,
        lambda updates: channels.keep_secrets(ctx.db, ctx.registry, ctx.vault, channel.id, updates),
    )


class WireIo:
    """The adapter's network during one send. Its "before_wire" calls `start`, which commits the second stage of the
    claim, and ends the send when that says False."""

    def __init__(self, ctx: Context, channel: "Channel", start: Callable[[], bool]) -> None:
        self._ctx, self._start = ctx, start
        self._io = network(ctx, channel)

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        return self._io.facts

    def now(self) -> datetime:
        return self._io.now()

    def connect(self, host: str, port: int, *, timeout: float) -> Any:
        return self._io.connect(host, port, timeout=timeout)

    def http(self, method: str, url: str, **options: Any) -> Any:
        return self._io.http(method, url, **options)

    def keep_secrets(self, updates: Mapping[str, str]) -> None:
        self._io.keep_secrets(updates)

    def stopping(self) -> bool:
        return self._io.stopping()

    def checkpoint(self, name: str) -> None:
        if name == "before_wire" and not self._start():
            raise ClaimLost("The claim was lost before anything was sent.")
        self._ctx.checkpoint(name)

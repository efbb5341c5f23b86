"""The outside world of the demo, inside this process: a mail server, a Bot API server, and the shop's bridge.

Whatever the demo sends ends here and nowhere else. None of them has a port, and any process without them finds that
their names do not exist.
"""

import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from inbox.contract import HttpResponse, Io
from inbox.demo import botserver, postoffice, shop
from inbox.demo.arrivals import Arrivals
from inbox.demo.botserver import BotServer
from inbox.demo.postoffice import PostOffice
from inbox.demo.shop import bridge
from inbox.demo.shop.bridge import Bridge
from inbox.demo.shop.ledger import Ledger
from inbox.flows.context import Context, MakeIo


class Peers:
    """Makes adapters' ways to the network, with three more hosts in them. `ledger` are the shop's books."""

    def __init__(
        self,
        make_io: MakeIo,
        trouble: Mapping[str, str],
        stopping: Callable[[], bool],
        ledger: Ledger,
        token: str,
    ) -> None:
        self.arrivals = Arrivals()
        self.ledger = ledger
        self._make_io = make_io
        self._mail = PostOffice(self.arrivals, trouble)
        self._shop = Bridge(ledger, token)
        self.bot = BotServer(self.arrivals, stopping)

    def __call__(
        self, facts: Mapping[str, JsonValue], keep_secrets: Callable[[Mapping[str, str]], None]
    ) -> Io:
        return _PeerIo(self._make_io(facts, keep_secrets), self._mail, self.bot, self._shop)


def attach(ctx: Context, trouble: Mapping[str, str] | None = None) -> Peers:
    """Have what this process sends to the demo's servers reach them. All other hosts stay as they are."""
    if isinstance(ctx.make_io, Peers) and trouble is None:
        return ctx.make_io
    ledger = Ledger(bridge.BASE, ctx.clock)
    peers = Peers(ctx.make_io, trouble or {}, ctx.stop.is_set, ledger, shop.token(ctx))
    ctx.make_io = peers
    return peers


class _PeerIo:
    """An adapter's way to the network, with the demo's servers in it."""

    def __init__(self, io: Io, mail: PostOffice, bot: BotServer, shop: Bridge) -> None:
        self._io, self._mail, self._bot, self._shop = io, mail, bot, shop
        self.keep_secrets: Callable[[Mapping[str, str]], None] = io.keep_secrets
        self.checkpoint: Callable[[str], None] = io.checkpoint
        self.stopping: Callable[[], bool] = io.stopping

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        return self._io.facts

    def now(self) -> datetime:
        return self._io.now()

    def connect(self, host: str, port: int, *, timeout: float) -> socket.socket:
        if (host, port) == (postoffice.HOST, postoffice.PORT):
            return self._mail.connect(timeout)
        return self._io.connect(host, port, timeout=timeout)

    def http(self, method: str, url: str, **options: Any) -> HttpResponse:
        if url.startswith(f"{botserver.BASE}/"):
            return self._bot.answer(url, options.get("headers") or {}, options.get("body") or b"")
        if url.startswith(f"{bridge.BASE}/"):
            return self._shop.answer(method, url, options.get("headers") or {}, options.get("body") or b"")
        return self._io.http(method, url, **options)

"""The made-up shop's own site, on a port of its own: the place where a newcomer is the customer."""

import socket
from typing import TYPE_CHECKING

from inbox.demo.arrivals import Arrivals

if TYPE_CHECKING:
    from inbox.flows.context import Context

KEY = "alpe-demo"
"""The widget's public key."""
DOMAINS = ("localhost", "127.0.0.1")


def secret(ctx: "Context") -> str:
    """What the shop signs its customers with: of this installation only."""
    return ctx.vault.derive("demo-shop-identity").hex()


def open_doors(ctx: "Context", listener: socket.socket, base: str, address: str, arrivals: Arrivals) -> None:
    """Serve the shop at `address` in the background. `base` is the inbox's address."""
    from inbox.demo import desk
    from inbox.demo.shop.newcomer import Newcomer
    from inbox.demo.shop.server import Member, Shop, ShopServer

    channels = ctx.db.run(desk.reopen, f"{address}telegram")
    mailbox, bot = channels.get(desk.MAIL), channels.get(desk.TELEGRAM)
    newcomer = Newcomer(ctx, mailbox, bot, arrivals) if mailbox and bot else None
    member = Member("giulia", "Giulia Ferrari", "giulia.ferrari@posta.example")
    ShopServer(Shop(base, KEY, secret(ctx), member, arrivals, ctx.clock, newcomer), listener).start()

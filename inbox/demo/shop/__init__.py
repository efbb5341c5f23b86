"""The made-up shop: its own site, on a port of its own, where a newcomer is the customer, and its books."""

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inbox.demo.peer import Peers
    from inbox.flows.context import Context

KEY = "alpe-demo"
"""The widget's public key."""
DOMAINS = ("localhost", "127.0.0.1")


def secret(ctx: "Context") -> str:
    """What the shop signs its customers with: of this installation only."""
    return ctx.vault.derive("demo-shop-identity").hex()


def token(ctx: "Context") -> str:
    """What the inbox shows to the shop's bridge: of this installation only."""
    return ctx.vault.derive("demo-shop-bridge").hex()


def hook_secret(ctx: "Context") -> str:
    """What the shop signs its events with: of this installation only."""
    return ctx.vault.derive("demo-shop-events").hex()


def open_doors(ctx: "Context", listener: socket.socket, base: str, address: str, peers: "Peers") -> None:
    """Serve the shop at `address` in the background, and tell the inbox at `base` what happens in it."""
    from inbox.demo import desk
    from inbox.demo.shop.newcomer import Newcomer
    from inbox.demo.shop.server import Member, Shop, ShopServer
    from inbox.demo.shop.teller import Teller

    channels = ctx.db.run(desk.reopen, f"{address}telegram")
    mailbox, bot = channels.get(desk.MAIL), channels.get(desk.TELEGRAM)
    newcomer = Newcomer(ctx, mailbox, bot, peers.arrivals) if mailbox and bot else None
    connected = ctx.db.run(desk.connected_shop)
    if connected is not None:
        peers.ledger.open(address.rstrip("/"), connected.opened_at)
        hook = f"{base.rstrip('/')}/hooks/shop/{connected.id}"
        peers.ledger.listen(Teller(hook, hook_secret(ctx)).tell)
    member = Member("giulia", "Giulia Ferrari", "giulia.ferrari@posta.example")
    site = Shop(base, KEY, secret(ctx), member, peers.arrivals, ctx.clock, peers.ledger, newcomer)
    ShopServer(site, listener).start()

"""`onethread demo`: a made-up shop's support desk to try things on."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import click

from inbox.cli import serve as serving
from inbox.cli.common import load_settings, opened, quiet_settings
from inbox.cli.server import listen
from inbox.errors import SetupError
from inbox.settings import Settings

if TYPE_CHECKING:
    from inbox.flows.context import Context


@click.command()
@click.option("--host", default=serving.HOST, show_default=True, help="Address to listen on.")
@click.option("--port", default=serving.PORT, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--shop-port",
    type=click.IntRange(0, 65535),
    help="Port of the made-up shop's own site; the one after --port, if it is free, unless told otherwise.",
)
@click.option("--remove", is_flag=True, help="Take the demo's people, threads and mailbox out again.")
@click.option(
    "--write",
    nargs=2,
    metavar="NAME TEXT",
    help="While the demo runs: let one of its customers write. The beginning of a name is enough.",
)
def demo(host: str, port: int, shop_port: int | None, remove: bool, write: tuple[str, str] | None) -> None:
    """Run with a support desk that looks alive, and the shop it belongs to, where you are the customer.

    What the demo sends ends in a mail server and a Telegram server inside this process, and nowhere else.
    """
    if write is not None:
        _write(*write)
    elif remove:
        _remove()
    else:
        _serve(load_settings(), host, port, shop_port)


def _serve(settings: Settings, host: str, port: int, shop_port: int | None) -> None:
    from inbox.demo import fill, peer, shop
    from inbox.demo.remove import remove

    listener = serving.claim(settings, host, port)
    counter = _open_shop(host, listener.getsockname()[1], shop_port)
    site = serving.url(host, counter, "localhost")
    ctx = serving.prepare(settings)
    if not fill.is_filled(ctx):
        click.echo("Filling the demo …")
        sys.stdout.flush()
        remove(ctx)  # what an interrupted start may have left
        fill.fill(ctx, site.rstrip("/"))
    peers = peer.attach(ctx)
    address = ctx.settings.public_url or serving.url(host, listener)
    shop.open_doors(ctx, counter, address, site, peers)
    serving.run(ctx, listener, lambda: _say(ctx, address, site))


def _open_shop(host: str, port: int, wanted: int | None) -> socket.socket:
    """The shop's port: the wanted one, else the one after ours, else any. Raises SetupError."""
    if wanted is not None:
        return listen(host, wanted, "--shop-port")
    try:
        return listen(host, port + 1 if port < 65535 else 0)
    except SetupError:
        return listen(host, 0)


def _say(ctx: Context, address: str, site: str) -> None:
    from inbox.demo import desk
    from inbox.demo.script import AGENTS

    click.echo(f"Onethread is at {address}")
    click.echo(f"Sign in as {AGENTS[0][2]} with the password {desk.password(ctx)}")
    click.echo(f"Colleagues with the same password: {', '.join(email for _, _, email, _ in AGENTS[1:])}")
    click.echo(f"Be a customer yourself: the shop is at {site}")
    click.echo('Let a customer write: onethread demo --write Giulia "Grazie!"')
    click.echo("Stop it with Ctrl-C. Remove the demo with: onethread demo --remove")
    sys.stdout.flush()


def _remove() -> None:
    from inbox.demo.remove import remove

    with opened(quiet_settings()) as ctx:
        threads = remove(ctx)
    click.echo(f"The demo is removed: {threads} threads." if threads else "There was no demo.")


def _write(name: str, text: str) -> None:
    from inbox.demo.write import write

    with opened(quiet_settings()) as ctx:
        who = write(ctx, name, text)
    click.echo(f"{who} has written.")

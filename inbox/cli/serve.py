"""`onethread serve`: everything in one process."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import click

from inbox.cli import lock
from inbox.cli.common import load_settings
from inbox.cli.server import Server, listen
from inbox.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from inbox.flows.context import Context

HOST = "127.0.0.1"
PORT = 8000


@click.command()
@click.option("--host", default=HOST, show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
def serve(host: str, port: int) -> None:
    """Run everything in one process: the web pages, the channels, the work in the background.

    Nothing needs to be set up first: without settings the database is a file in var/. Stop it with Ctrl-C.
    """
    settings = load_settings()
    listener = claim(settings, host, port)
    ctx = prepare(settings)
    run(ctx, listener, lambda: say(ctx, url(host, listener)))


def claim(settings: Settings, host: str, port: int) -> socket.socket:
    """Make sure that this process is the only one, and open its port. Raises SetupError."""
    lock.hold(settings.data_dir)
    return listen(host, port)


def prepare(settings: Settings) -> Context:
    """The product's parts on a database of the newest schema, freed from what a dead predecessor held."""
    from inbox.app import build
    from inbox.channels import polling, queries
    from inbox.db.migrate import upgrade
    from inbox.flows import act_work, deliver, notices, receive, shop_events

    upgrade(settings.database)
    ctx = build(settings)
    if settings.embedded:
        # The lock says that nobody else works on this file: no lease but ours can be alive.
        receive.recover(ctx)
        deliver.recover(ctx)
        act_work.recover(ctx)
        notices.recover(ctx)
        shop_events.recover(ctx)
        ctx.db.run(polling.release_others, ctx.owner)
    with ctx.db.read() as session:
        has_demo = any(channel.is_demo for channel in queries.channels(session))
    if has_demo:
        from inbox.demo import peer

        peer.attach(ctx)
    return ctx


def run(ctx: Context, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve and work until SIGTERM or SIGINT, then finish what is in hand. Calls `ready` when all is loaded."""
    import os

    from inbox.app import create_app
    from inbox.jobs import loops

    app = create_app(ctx)
    crew = loops.Crew(ctx, [*loops.working(ctx), *loops.polling(), *loops.keeping()])
    crew.start()
    ready()
    try:
        Server(app, listener, ctx.settings.max_sockets, ctx.stop.set).serve()
    finally:
        late = crew.stop()
        ctx.parser.close()
        ctx.db.dispose()
    if late:
        # Their leases are found by the next start; waiting longer would get us killed in the middle instead.
        click.echo(f"Stopped while these were busy: {', '.join(late)}.", err=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def url(host: str, listener: socket.socket, local: str = "127.0.0.1") -> str:
    """The address to open in a browser on this machine, which is `local` if it is nothing else."""
    port = listener.getsockname()[1]
    name = local if host in ("", "0.0.0.0", "::", "127.0.0.1") else host  # noqa: S104  a comparison
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def say(ctx: Context, address: str) -> None:
    """Tell where it is, and how to get in the first time."""
    from inbox.agents import queries
    from inbox.web.pages.setup import code_for

    click.echo(f"Onethread is at {ctx.settings.public_url or address}")
    with ctx.db.read() as session:
        known = queries.any_agent(session)
    if not known:
        click.echo(f"Nobody has an account yet. Make the first one at {address}setup")
        click.echo(f"From another machine that page asks for this code: {code_for(ctx.vault)}")
    click.echo("Stop it with Ctrl-C.")
    sys.stdout.flush()

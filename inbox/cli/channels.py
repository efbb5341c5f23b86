"""`onethread channel`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from inbox.cli.common import opened, pairs_of, quiet_settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from inbox.contract import Health


@click.group()
def channel() -> None:
    """Connect accounts and look after them."""


@channel.command()
@click.argument("kind")
@click.option("--name", required=True, help="What agents call it.")
@click.option(
    "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A setting of the channel; KEY=- reads a line."
)
@click.option("--no-test", is_flag=True, help="Save it without trying it first.")
def add(kind: str, name: str, pairs: Sequence[str], no_test: bool) -> None:
    """Connect an account and print its id. Problems go to standard error, and then nothing is saved.

    KEY=- takes the value from the next line of standard input, so that a password is not on the command line.
    """
    from inbox.channels import actions, arranging

    values = pairs_of(pairs)
    with opened(quiet_settings()) as ctx:
        health: Health | None = None
        if no_test:
            actions.validate(ctx.registry, kind, values)
        else:
            health = actions.check(ctx.registry, ctx.make_io, kind, values)
            _report(health)
            if not health.ok:
                sys.exit(1)
        facts = {} if health is None else health.facts

        def story(session: Session) -> int:
            return actions.connect(
                session, ctx.registry, ctx.vault, kind, name, values, facts, paused=True
            ).id

        made = arranging.enrol(ctx, health, story)
    if made.problem:
        click.echo(f"It is saved, but not everything could be arranged: {made.problem}", err=True)
    click.echo(made.channel_id)


@channel.command("list")
def list_channels() -> None:
    """List all channels with their health."""
    from inbox.channels import queries

    with opened(quiet_settings()) as ctx, ctx.db.read() as session:
        for row in queries.channels(session):
            problem = f"\t{row.last_error}" if row.last_error else ""
            click.echo(f"{row.id}\t{row.kind}\t{row.state}\t{row.name}\t{row.known_as}{problem}")


@channel.command()
@click.argument("channel_id", metavar="ID", type=int)
def test(channel_id: int) -> None:
    """Try a channel for real, and say what is wrong with it."""
    from inbox.channels import actions, arranging

    with opened(quiet_settings()) as ctx:
        health = actions.retest(ctx.db, ctx.registry, ctx.vault, ctx.make_io, channel_id)
        problem = arranging.arrange(ctx, channel_id) if health.ok else ""
    _report(health)
    if problem:
        click.echo(problem, err=True)
    if problem or not health.ok:
        sys.exit(1)
    click.echo("It works.")


@channel.command()
@click.argument("channel_id", metavar="ID", type=int)
def pause(channel_id: int) -> None:
    """Stop receiving, and hold replies until it is resumed."""
    from inbox.channels import actions

    with opened(quiet_settings()) as ctx:
        ctx.db.run(actions.pause, channel_id)
    click.echo("Paused. Replies on it are held.")


@channel.command()
@click.argument("channel_id", metavar="ID", type=int)
def resume(channel_id: int) -> None:
    """Receive again, and send what was held."""
    from inbox.channels import actions, arranging

    with opened(quiet_settings()) as ctx:
        ctx.db.run(actions.resume, channel_id)
        problem = arranging.arrange(ctx, channel_id)
    if problem:
        click.echo(problem, err=True)
        sys.exit(1)
    click.echo("Resumed.")


def _report(health: Health) -> None:
    for problem in health.problems:
        click.echo(problem, err=True)

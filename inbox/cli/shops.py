"""`onethread shop`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from inbox.cli.common import opened, pairs_of, quiet_settings

if TYPE_CHECKING:
    from inbox.contract import Health


@click.group()
def shop() -> None:
    """Connect shops and look after them."""


@shop.command()
@click.argument("kind")
@click.option("--name", required=True, help="What agents call it.")
@click.option(
    "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A setting of the shop; KEY=- reads a line."
)
@click.option("--no-test", is_flag=True, help="Save it without trying it first.")
def add(kind: str, name: str, pairs: Sequence[str], no_test: bool) -> None:
    """Connect a shop and print its id. Problems go to standard error, and then nothing is saved.

    KEY=- takes the value from the next line of standard input, so that a secret is not on the command line.
    """
    from inbox.commerce import actions
    from inbox.flows import shops

    values = pairs_of(pairs)
    with opened(quiet_settings()) as ctx:
        health: Health | None = None
        if no_test:
            actions.validate(ctx.shops, kind, values)
        else:
            health = shops.check(ctx, kind, values)
            _report(health)
            if not health.ok:
                sys.exit(1)
        made = shops.connect(ctx, kind, name, values, health)
    if made.problem:
        click.echo(f"It is saved, but not everything could be arranged: {made.problem}", err=True)
    click.echo(made.shop_id)


@shop.command("list")
def list_shops() -> None:
    """List all shops with their health."""
    from inbox.commerce import queries

    with opened(quiet_settings()) as ctx, ctx.db.read() as session:
        for row in queries.shops(session):
            problem = f"\t{row.last_error}" if row.last_error else ""
            click.echo(f"{row.id}\t{row.kind}\t{row.state}\t{row.name}\t{row.account}{problem}")


@shop.command()
@click.argument("shop_id", metavar="ID", type=int)
def test(shop_id: int) -> None:
    """Try a shop for real, and say what is wrong with it."""
    from inbox.flows import shops

    with opened(quiet_settings()) as ctx:
        tested = shops.retest(ctx, shop_id)
    _report(tested.health)
    if tested.problem:
        click.echo(tested.problem, err=True)
    if tested.problem or not tested.health.ok:
        sys.exit(1)
    click.echo("It works.")


@shop.command()
@click.argument("shop_id", metavar="ID", type=int)
def pause(shop_id: int) -> None:
    """Ask nothing of it, and let what it tells wait, until it is resumed."""
    from inbox.flows import shops

    with opened(quiet_settings()) as ctx:
        shops.pause(ctx, shop_id)
    click.echo("Paused. What it tells waits.")


@shop.command()
@click.argument("shop_id", metavar="ID", type=int)
def resume(shop_id: int) -> None:
    """Ask it again, and work off what it told meanwhile."""
    from inbox.flows import shops

    with opened(quiet_settings()) as ctx:
        problem = shops.resume(ctx, shop_id)
    if problem:
        click.echo(problem, err=True)
        sys.exit(1)
    click.echo("Resumed.")


@shop.command()
@click.argument("shop_id", metavar="ID", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(shop_id: int, yes: bool) -> None:
    """Disconnect it, and erase what was kept of its customers, carts and orders."""
    from inbox.flows import shops

    if not yes:
        click.confirm("Disconnect this shop and erase what was kept of it?", abort=True, err=True)
    with opened(quiet_settings()) as ctx:
        problem = shops.remove(ctx, shop_id)
    if problem:
        click.echo(f"It is removed, but the shop could not be told: {problem}", err=True)
    click.echo("Removed.")


def _report(health: Health) -> None:
    for problem in health.problems:
        click.echo(problem, err=True)

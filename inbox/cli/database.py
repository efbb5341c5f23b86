"""`onethread db`."""

import click

from inbox.cli.common import quiet_settings


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema. May be run any time, from several machines at once."""
    from inbox.db.migrate import upgrade

    settings = quiet_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database)
    click.echo("The database has the newest schema.")

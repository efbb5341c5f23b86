"""`onethread agent` and `onethread token`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from inbox.cli.common import opened, quiet_settings
from inbox.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROLES = ("agent", "supervisor", "admin")


@click.group()
def agent() -> None:
    """Look after the people who answer."""


@agent.command()
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--name", required=True, help="What colleagues and customers see.")
@click.option("--role", type=click.Choice(ROLES), default="agent", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(email: str, name: str, role: str, password_stdin: bool) -> None:
    """Add an agent."""
    from inbox.agents import actions

    password = _password(password_stdin)
    with opened(quiet_settings()) as ctx:
        ctx.db.run(actions.add_agent, email=email, name=name, role=role, password=password, now=ctx.clock())
    click.echo(f"{name} can sign in as {email}.")


@agent.command("list")
def list_agents() -> None:
    """List all agents."""
    from inbox.agents import queries

    with opened(quiet_settings()) as ctx, ctx.db.read() as session:
        for row in queries.agents(session):
            state = "" if row.is_active else "  (inactive)"
            click.echo(f"{row.id}\t{row.role}\t{row.email}\t{row.name}{state}")


@agent.command()
@click.option("--email", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the new password from standard input.")
def password(email: str, password_stdin: bool) -> None:
    """Set an agent's password and sign all their browsers out."""
    from inbox.agents import actions

    new = _password(password_stdin)
    with opened(quiet_settings()) as ctx:
        ctx.db.run(lambda session: actions.set_password(session, _find(session, email), new, ctx.clock()))
    click.echo("The password is changed; all browsers are signed out.")


@click.group()
def token() -> None:
    """Look after API tokens."""


@token.command()
@click.option("--agent", "email", required=True, help="The e-mail address of the agent the token acts as.")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
def create(email: str, name: str) -> None:
    """Print a new API token, which is shown this once only."""
    from inbox.agents import sessions

    with opened(quiet_settings()) as ctx:
        text = ctx.db.run(
            lambda session: sessions.create_token(session, _find(session, email), name, ctx.clock())
        )
    click.echo(text)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    entered: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return entered


def _find(session: Session, email: str) -> int:
    from inbox.agents import queries

    found = queries.agent_by_email(session, email)
    if found is None:
        raise NotFound(f"There is no agent with the e-mail address {email}. See: onethread agent list")
    return found.id

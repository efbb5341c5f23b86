"""`onethread …`: the commands. Each loads only what it needs, so that a command answers at once."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

COMMANDS = {
    "serve": ("inbox.cli.serve", "Run everything in one process."),
    "demo": ("inbox.cli.demo", "Run with a shop's support desk to try things on."),
    "db": ("inbox.cli.database", "Look after the database."),
    "doctor": ("inbox.cli.doctor", "Check the installation and say what to mend."),
    "agent": ("inbox.cli.agents", "Look after the people who answer."),
    "token": ("inbox.cli.agents", "Look after API tokens."),
    "channel": ("inbox.cli.channels", "Connect accounts and look after them."),
    "shop": ("inbox.cli.shops", "Connect shops and look after them."),
    "new-adapter": ("inbox.cli.new_adapter", "Begin a channel for another network."),
    "worker": ("inbox.cli.processes", "Process what came in and send replies (one of several processes)."),
    "poller": ("inbox.cli.processes", "Fetch from polled channels (one of several processes)."),
    "clock": ("inbox.cli.processes", "Sweep and tidy up (one of several processes)."),
}
"""Command → module that has a click command of that name, and its line in the list of commands."""


class Commands(click.Group):
    """The commands, imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="onethread", prog_name="onethread", message="%(prog)s %(version)s")
def commands() -> None:
    """Onethread: one person, one lifelong thread, whatever the channel."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 a problem that standard error tells in words, 2 wrong usage."""
    try:
        result: Any = commands.main(arguments, prog_name="onethread", standalone_mode=False)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except Exception as error:
        from inbox.cli.problems import explain

        text = explain(error)
        if text is None:
            raise
        click.echo(f"Error: {text}", err=True)
        sys.exit(1)
    sys.exit(result if isinstance(result, int) else 0)

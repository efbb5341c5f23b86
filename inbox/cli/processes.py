"""`onethread worker`, `poller` and `clock`: the background processes of an installation of many."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING

import click

from inbox.cli.common import load_settings
from inbox.errors import SetupError
from inbox.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from inbox.flows.context import Context
    from inbox.jobs.loops import Loop


@click.command()
def worker() -> None:
    """Process what came in and send replies. Run as many as are needed."""
    settings = _settings()

    def loops(ctx: Context) -> list[Loop]:
        from inbox.jobs import loops

        return loops.working(ctx)

    def before(ctx: Context) -> None:
        if settings.redis_url:
            from inbox.jobs.doorman import answer

            threading.Thread(
                target=answer, args=(settings.redis_url, ctx.bell, ctx.stop), name="doorman", daemon=True
            ).start()

    _run(settings, loops, before)


@click.command()
def poller() -> None:
    """Fetch from polled channels. Several share the channels among them."""

    def loops(_ctx: Context) -> list[Loop]:
        from inbox.jobs import loops

        return loops.polling()

    _run(_settings(), loops)


@click.command()
def clock() -> None:
    """Take back the work of processes that died, and tidy up. One is enough, more do no harm."""

    def loops(_ctx: Context) -> list[Loop]:
        from inbox.jobs import loops

        return loops.keeping()

    _run(_settings(), loops)


def _settings() -> Settings:
    settings = load_settings()
    if settings.embedded:
        raise SetupError(
            "On SQLite everything runs in one process: onethread serve. Set DATABASE_URL to a PostgreSQL "
            "database to run several."
        )
    return settings


def _run(
    settings: Settings,
    loops: Callable[[Context], list[Loop]],
    before: Callable[[Context], None] | None = None,
) -> None:
    """Run loops until SIGTERM or SIGINT, then let them finish what is in hand."""
    from inbox.app import build
    from inbox.db.migrate import is_current
    from inbox.jobs.loops import Crew

    if not is_current(settings.database):
        # Never work on a schema that this program does not know.
        raise SetupError("The database does not have this program's schema. Run: onethread db upgrade")
    ctx = build(settings)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        ctx.stop.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if before is not None:
        before(ctx)
    crew = Crew(ctx, loops(ctx))
    crew.start()
    while not ctx.stop.wait(60):
        continue
    late = crew.stop()
    ctx.parser.close()
    ctx.db.dispose()
    if late:
        click.echo(f"Stopped while these were busy: {', '.join(late)}.", err=True)

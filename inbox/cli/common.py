"""What the commands share: settings, logging, and the parts of the product."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from inbox import log
from inbox.errors import SetupError
from inbox.settings import Settings

if TYPE_CHECKING:
    from inbox.flows.context import Context


def load_settings() -> Settings:
    """The settings. Raises pydantic's ValidationError, or SetupError for a database of another kind."""
    settings = Settings()
    if not settings.database.startswith(("sqlite:", "postgresql+psycopg:")):
        raise SetupError(
            "DATABASE_URL names a database of a kind that is not supported. It looks like "
            "postgresql://user:password@host/database; without it Onethread keeps an SQLite file."
        )
    return settings


def quiet_settings() -> Settings:
    """As `load_settings`, for commands whose answer matters more than their log: warnings and errors only."""
    settings = load_settings()
    if settings.log_level == "info":
        settings = settings.model_copy(update={"log_level": "warning"})
    log.set_up(settings)
    return settings


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Context]:
    """The product's parts for one short command."""
    from inbox.app import build

    ctx = build(settings)
    try:
        yield ctx
    finally:
        ctx.bell.close()
        ctx.parser.close()
        ctx.db.dispose()


def pairs_of(pairs: Sequence[str]) -> dict[str, Any]:
    """Settings given as `key=value`; “key=-” takes the next line of standard input. Raises BadParameter."""
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"“{pair}” is not of the form key=value.", param_hint="--set")
        values[key] = sys.stdin.readline().rstrip("\r\n") if value == "-" else value
    return values

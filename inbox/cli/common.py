"""What the commands share: settings, logging, and the parts of the product."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

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

"""Bringing a database to the newest schema. One history serves SQLite and PostgreSQL."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from inbox.db.engine import make_engine

LOCK_KEY = 0x6F6E6574  # any number of our own: only one process migrates at a time


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at the SQLAlchemy `url` up to `revision`. Idempotent, safe to run from many processes."""
    command.upgrade(_config(url), revision)


def is_current(url: str) -> bool:
    """Whether the database at `url` has exactly the newest schema."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            heads = set(ScriptDirectory.from_config(_config(url)).get_heads())
            return set(MigrationContext.configure(connection).get_current_heads()) == heads
    finally:
        engine.dispose()

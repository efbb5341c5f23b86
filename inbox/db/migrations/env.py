"""Alembic environment: called by `inbox.db.migrate` with the URL in the configuration's attributes."""

from alembic import context
from sqlalchemy import text

from inbox.db.comparison import include_object
from inbox.db.engine import WRITE, make_engine
from inbox.db.migrate import LOCK_KEY
from inbox.db.tables import metadata


def run() -> None:
    """Run the migrations in one transaction, alone."""
    engine = make_engine(context.config.attributes["url"]).execution_options(**{WRITE: True})
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # Others who migrate right now are waited for: they hold up nobody but us.
                connection.execute(text("SET lock_timeout = '60s'"))
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
                # Never queue behind a long transaction with an exclusive lock: everyone else would queue behind us.
                connection.execute(text("SET lock_timeout = '2s'"))
                connection.commit()
            context.configure(
                connection=connection,
                target_metadata=metadata(),
                include_object=include_object,
                render_as_batch=False,
            )
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
    finally:
        engine.dispose()


run()

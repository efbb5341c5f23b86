"""One history of migrations builds the same schema on SQLite and PostgreSQL, and it is the one of the tables."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, insert, inspect, text
from sqlalchemy.exc import OperationalError

from inbox.db.comparison import include_object
from inbox.db.engine import make_engine
from inbox.db.migrate import _config, is_current, upgrade
from inbox.db.tables import metadata
from inbox.db.work import Database

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """A connection, and no trace of it afterwards."""
    engine = make_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_migrations_build_exactly_the_tables(bare_database_url: str) -> None:
    assert not is_current(bare_database_url)
    upgrade(bare_database_url)
    assert is_current(bare_database_url)
    with opened(bare_database_url) as connection:
        options = {"include_object": include_object, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata()) == []


def names(url: str) -> dict[str, tuple[list[str], list[str]]]:
    """Columns and indexes of each table, without what is kept for full-text search only."""
    with opened(url) as connection:
        found = inspect(connection)
        return {
            table: (
                sorted(column["name"] for column in found.get_columns(table) if column["name"] != "search"),
                sorted(
                    str(index["name"])
                    for index in found.get_indexes(table)
                    if not index.get("duplicates_constraint") and "_search" not in str(index["name"])
                ),
            )
            for table in found.get_table_names()
            if "_fts" not in table
        }


def test_both_databases_have_the_same_names(bare_sqlite_url: str, bare_postgres_url: str) -> None:
    for url in (bare_sqlite_url, bare_postgres_url):
        upgrade(url)
    assert names(bare_sqlite_url) == names(bare_postgres_url)


def test_migrating_twice_and_at_once_is_harmless(bare_database_url: str) -> None:
    program = "import sys; from inbox.db.migrate import upgrade; upgrade(sys.argv[1])"
    racers = [
        subprocess.Popen([sys.executable, "-c", program, bare_database_url], env=ENVIRONMENT)
        for _ in range(3)
    ]
    assert [racer.wait(60) for racer in racers] == [0, 0, 0]
    upgrade(bare_database_url)
    assert is_current(bare_database_url)


@pytest.mark.postgres
def test_a_migration_gives_up_soon_when_somebody_holds_the_lock(bare_postgres_url: str) -> None:
    """Waiting for an exclusive lock, it would make everybody else wait behind it."""
    engine = create_engine(bare_postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)"))
    with engine.connect() as holder:
        holder.execute(text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        with pytest.raises(OperationalError, match="lock timeout"):
            upgrade(bare_postgres_url)
        assert time.monotonic() - began < 6
    upgrade(bare_postgres_url)
    engine.dispose()


def test_the_databases_clock_decides_about_due_times(database_url: str) -> None:
    from sqlalchemy import select

    from inbox.db.time import utc_in, utcnow

    database = Database(database_url)
    with database.read() as session:
        now, later = session.execute(select(utcnow(), utc_in(90))).one()
        assert (later - now).total_seconds() == pytest.approx(90, abs=0.1)
        assert session.execute(select(utc_in(-1) < utcnow())).scalar()
    database.dispose()


def test_addresses_of_business_chats_become_those_of_their_people(bare_database_url: str) -> None:
    """What bore a connection in its address keeps it as the place of its messages; two rows never become one."""
    upgrade(bare_database_url, before(bare_database_url, "0005"))
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    with opened(bare_database_url) as connection:
        tables = MetaData()
        tables.reflect(connection, only=("customer", "identity"))
        customer, identity = tables.tables["customer"], tables.tables["identity"]
        person = {"name": "Anna", "sort_name": "anna", "is_demo": False, "created_at": moment}
        connection.execute(insert(customer).values(id=1, **person))
        for number, address in enumerate(("BC1:777", "BC1:888", "888", "-5/44"), 1):
            known = {"display": "Anna", "name": "", "level": "channel", "level_reason": "", "account": ""}
            row = {"id": number, "customer_id": 1, "namespace": "telegram", "address": address, **known}
            connection.execute(insert(identity).values(first_seen_at=moment, last_seen_at=moment, **row))
        connection.commit()
    upgrade(bare_database_url)
    with opened(bare_database_url) as connection:
        found = connection.execute(text("SELECT address FROM identity ORDER BY id")).scalars().all()
    assert found == ["777", "BC1:888", "888", "-5/44"]


def before(url: str, revision: str) -> str:
    """The revision before another one."""
    found = ScriptDirectory.from_config(_config(url)).get_revision(revision).down_revision
    assert isinstance(found, str)
    return found

"""Fixtures: databases. Every test that asks for one gets its own, on SQLite and on PostgreSQL.

The schema comes from the migrations, run once per process into a template that each test copies.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.postgres import ADMIN_URL, DEFAULT_ADMIN_URL, Databases, PrivatePostgres, refusal
from tests.services import require

BACKENDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """ "sqlite", then "postgres": a test that uses it runs on both."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest) -> str:
    """SQLAlchemy URL of an empty, migrated database of the test's own, on both backends."""
    return str(request.getfixturevalue(f"{backend}_url"))


@pytest.fixture
def bare_database_url(backend: str, request: pytest.FixtureRequest) -> str:
    """SQLAlchemy URL of a database without any table, on both backends."""
    return str(request.getfixturevalue(f"bare_{backend}_url"))


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """As `database_url`, on SQLite only."""
    shutil.copyfile(_sqlite_template, tmp_path / "onethread.db")
    return f"sqlite:///{tmp_path / 'onethread.db'}"


@pytest.fixture
def bare_sqlite_url(tmp_path: Path) -> str:
    """As `bare_database_url`, on SQLite only."""
    return f"sqlite:///{tmp_path / 'bare.db'}"


@pytest.fixture
def postgres_url(_postgres_databases: Databases, _postgres_template: str) -> Iterator[str]:
    """As `database_url`, on PostgreSQL only."""
    with _postgres_databases.lent(_postgres_template) as url:
        yield url


@pytest.fixture
def bare_postgres_url(_postgres_databases: Databases) -> Iterator[str]:
    """As `bare_database_url`, on PostgreSQL only."""
    with _postgres_databases.scratch() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_admin_url() -> Iterator[str]:
    """A superuser's URL: ONETHREAD_TEST_POSTGRES, else the usual local server, else a private one."""
    require("postgres")
    if ADMIN_URL:
        yield ADMIN_URL
    elif refusal(DEFAULT_ADMIN_URL) is None:
        yield DEFAULT_ADMIN_URL
    else:
        with PrivatePostgres(durable=False) as server:
            yield server.admin_url


@pytest.fixture
def private_postgres() -> Iterator[PrivatePostgres]:
    """A PostgreSQL server of the test's own, to crash and restart (about 2 s to make)."""
    require("postgres")
    with PrivatePostgres() as server:
        yield server


@pytest.fixture(scope="session")
def _postgres_databases(postgres_admin_url: str) -> Iterator[Databases]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    databases = Databases(postgres_admin_url, f"onethread_test_{os.getpid()}_{worker}")
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def _postgres_template(_postgres_databases: Databases) -> Iterator[str]:
    from inbox.db.migrate import upgrade

    name = _postgres_databases.create()
    try:
        upgrade(_postgres_databases.url(name))
        yield name
    finally:
        _postgres_databases.drop(name)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from inbox.db.migrate import upgrade

    folder = tmp_path_factory.mktemp("sqlite")
    upgrade(f"sqlite:///{folder / 'migrated.db'}")
    # A copy made by SQLite itself holds what may still stand in the write-ahead log.
    with sqlite3.connect(folder / "migrated.db") as source, sqlite3.connect(folder / "copy.db") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return folder / "copy.db"

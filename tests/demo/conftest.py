"""Fixtures: the demo, filled once per database system and copied for each test."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inbox.channels.registry import Registry
from inbox.demo import fill
from inbox.flows.context import Context
from inbox.settings import Settings
from tests.factories import ManualClock
from tests.fixtures_app import make_context
from tests.peers.postgres import Databases
from tests.pigeon import Pigeon


@contextmanager
def opened(url: str, data_dir: Path, clock: ManualClock) -> Iterator[Context]:
    """A context over a database and a folder, until the block ends."""
    settings = Settings(
        database_url=url, data_dir=data_dir, secret_key="a key that only tests use", undo_seconds=0
    )
    context = make_context(settings, Registry({"pigeon": Pigeon()}), clock)
    try:
        yield context
    finally:
        context.stop.set()
        context.db.dispose()


@pytest.fixture(scope="session")
def filled_at() -> datetime:
    """When the demo was filled."""
    return datetime.now(UTC)


@pytest.fixture
def clock(filled_at: datetime) -> ManualClock:
    """The time at which the demo was filled."""
    return ManualClock(filled_at)


@pytest.fixture(scope="session")
def _sqlite_demo(
    _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, filled_at: datetime
) -> tuple[Path, Path]:
    """A database file with the demo in it, and the folder of its files."""
    folder = tmp_path_factory.mktemp("demo-sqlite")
    shutil.copyfile(_sqlite_template, folder / "demo.db")
    with opened(f"sqlite:///{folder / 'demo.db'}", folder / "var", ManualClock(filled_at)) as context:
        fill.fill(context)
    with sqlite3.connect(folder / "demo.db") as source, sqlite3.connect(folder / "copy.db") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return folder / "copy.db", folder / "var"


@pytest.fixture(scope="session")
def _postgres_demo(
    _postgres_databases: Databases,
    _postgres_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    filled_at: datetime,
) -> Iterator[tuple[str, Path]]:
    """A database's name with the demo in it, and the folder of its files."""
    folder = tmp_path_factory.mktemp("demo-postgres")
    name = _postgres_databases.create(_postgres_template)
    try:
        with opened(_postgres_databases.url(name), folder / "var", ManualClock(filled_at)) as context:
            fill.fill(context)
        yield name, folder / "var"
    finally:
        _postgres_databases.drop(name)


@pytest.fixture
def filled(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[Context]:
    """A context with the demo in its database, a copy of the test's own, on both backends."""
    if backend == "sqlite":
        database, data_dir = request.getfixturevalue("_sqlite_demo")
        shutil.copytree(data_dir, tmp_path / "demo")
        shutil.copyfile(database, tmp_path / "demo" / "demo.db")
        with opened(f"sqlite:///{tmp_path / 'demo' / 'demo.db'}", tmp_path / "demo", clock) as context:
            yield context
    else:
        name, data_dir = request.getfixturevalue("_postgres_demo")
        shutil.copytree(data_dir, tmp_path / "demo")
        databases: Databases = request.getfixturevalue("_postgres_databases")
        with databases.scratch(name) as url, opened(url, tmp_path / "demo", clock) as context:
            yield context

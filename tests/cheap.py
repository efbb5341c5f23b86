"""What costs much and is the same for every test costs little: the real work has tests of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy
from argon2 import PasswordHasher
from sqlalchemy import Dialect, Engine, event

import inbox.db.engine
from inbox.agents import passwords

_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_NOBODY = _CHEAP.hash("nobody has this password")
_known: dict[str, tuple[Dialect, Any]] = {}
"""By the name of the database system: its dialect, and the statements compiled for it."""


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Passwords are hashed with almost no memory, but in tests about what OWASP asks for."""
    if "owasp" not in request.node.name:
        monkeypatch.setattr(passwords, "HASHER", _CHEAP)
        monkeypatch.setattr(passwords, "_NOBODY", _NOBODY)


@pytest.fixture(scope="session", autouse=True)
def _cheap_databases() -> Iterator[None]:
    """Engines of this process do as `make_engine` says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox.db.engine, "create_engine", make_engine)
        yield


def make_engine(url: str, **options: Any) -> Engine:
    """An engine that knows the statements which earlier ones compiled, as that of a running server does after a while.

    Its commits do not wait for the disk: nothing of a test's database is wanted after the machine has failed.
    """
    engine = sqlalchemy.create_engine(url, query_cache_size=5000, **options)
    name = engine.dialect.name
    if name not in _known or _known[name][0].server_version_info is None:  # which nobody has connected yet
        _known[name] = engine.dialect, engine._compiled_cache
    # Compiled statements are kept under the dialect that compiled them.
    engine.dialect, engine._compiled_cache = _known[name]
    if name == "sqlite":
        # After the pragmas of the product, whose listener is added once this has returned.
        event.listen(engine, "checkout", _no_sync)
    return engine


def _no_sync(connection: Any, record: Any, _proxy: Any) -> None:
    if record.info.setdefault("syncs", True):
        connection.execute("PRAGMA synchronous=OFF")
        record.info["syncs"] = False

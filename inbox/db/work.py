"""The unit of work: one story, one transaction, and what happens after it."""

import contextlib
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from inbox.db.engine import WRITE, make_engine

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_DISK_FULL = "53100"
_TRANSIENT = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "08000", "08003", "08006"}

REFUSED = 30.0
"""Seconds for which a full disk is told of after it refused something."""


class Database:
    """The database and its two kinds of transaction."""

    def __init__(
        self, url: str, *, pool_size: int = 10, ring: Callable[[str], None] = lambda _name: None
    ) -> None:
        self.url = url
        self.ring = ring
        """Told after a commit what is new; see `ring` below."""
        self._refused: float | None = None
        self.engine: Engine = make_engine(url, pool_size=pool_size)
        self._read = sessionmaker(self.engine, expire_on_commit=False, autoflush=False)
        self._write = sessionmaker(self.engine.execution_options(**{WRITE: True}), expire_on_commit=False)

    @property
    def is_postgresql(self) -> bool:
        """Whether this is PostgreSQL; otherwise it is SQLite."""
        return self.engine.dialect.name == "postgresql"

    @property
    def full(self) -> bool:
        """Whether a transaction of this process found no space left in the last REFUSED seconds.

        Later ones may have succeeded all the same: those that wrote nothing, or fitted into what was free.
        """
        return self._refused is not None and time.monotonic() - self._refused < REFUSED

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing it changes is kept."""
        with self._read() as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises.

        What `after_commit` registered runs after the commit and only then.
        """
        with self._write() as session:
            session.info["ring"] = self.ring
            try:
                with session.begin():
                    yield session
            except DBAPIError as error:
                if is_full(error):
                    self._refused = time.monotonic()
                raise
            for call in session.info.pop("after_commit", {}).values():
                call()

    def run(self, story: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `story(session, …)` as one transaction, again from the start when the database asks for it.

        Serialisation failures, deadlocks, lock time-outs and lost connections are tried three times. A lost
        connection may hide a successful commit: stories are therefore idempotent by their unique keys.
        """
        for attempt in range(3):
            try:
                with self.write() as session:
                    return story(session, *args, **kwargs)
            except DBAPIError as error:
                if attempt == 2 or not is_transient(error):
                    raise
                log.warning("transaction.retry", attempt=attempt + 1, cause=type(error.orig).__name__)
                time.sleep(random.uniform(0.02, 0.1) * (attempt + 1))  # noqa: S311  jitter, no secret
        raise AssertionError("unreachable")

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def after_commit(session: Session, key: str, call: Callable[[], None]) -> None:
    """Have `call` run once the transaction of `session` is committed; a later call with the same key replaces it."""
    session.info.setdefault("after_commit", {})[key] = call


def ring(session: Session, name: str) -> None:
    """Have the bell `name` ring once the transaction of `session` is committed."""
    bell: Callable[[str], None] = session.info.get("ring", lambda _name: None)
    after_commit(session, f"ring:{name}", lambda: bell(name))


def is_transient(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when it is run again."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state in _TRANSIENT:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return "locked" in str(error.orig)
    return isinstance(error, OperationalError) and state is None  # the connection never came about


def is_full(error: BaseException) -> bool:
    """Whether the database refused to write because its disk has no space left. Nothing of the transaction is kept."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _DISK_FULL

"""PostgreSQL: scratch databases on a shared server, and a private server that tests may kill."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.peers.process import Peer, find, free_port

ADMIN_URL = os.environ.get("ONETHREAD_TEST_POSTGRES", "")
DEFAULT_ADMIN_URL = "postgresql://postgres@127.0.0.1:5432/postgres"

# Newest first; Debian keeps the server's programs out of PATH.
_FOLDERS = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def refusal(url: str) -> str | None:
    """Why the server at `url` does not let us in, or None."""
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[0]
    return None


def missing() -> str | None:
    """Why no PostgreSQL can be had here, or None. A server named by ONETHREAD_TEST_POSTGRES must answer."""
    if ADMIN_URL:
        reason = refusal(ADMIN_URL)
        return reason and f"the server of ONETHREAD_TEST_POSTGRES does not answer: {reason}"
    if missing_private() is None:
        return None
    reason = refusal(DEFAULT_ADMIN_URL)
    return reason and f"no PostgreSQL answers and none is installed (Debian: postgresql): {reason}"


def missing_private() -> str | None:
    """Why no private server can be started here, or None."""
    if find("initdb", also=_FOLDERS) and find("postgres", also=_FOLDERS):
        return None
    return "initdb and postgres are not installed (Debian: postgresql)"


class PrivatePostgres(Peer):
    """A server of our own, to be stopped, crashed and restarted.

    `durable`, as in production, or with data that a failure of the machine may take.
    """

    name = "postgres"

    def __init__(self, *, durable: bool = True) -> None:
        super().__init__()
        self.port = free_port()
        self._options = () if durable else ("-c", "fsync=off", "-c", "full_page_writes=off")

    @property
    def admin_url(self) -> str:
        """The superuser's connection to the database postgres."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        self.account.owns(self.folder)
        self.run(
            str(find("initdb", also=_FOLDERS)),
            *("-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust"),
            *("-E", "UTF8", "--locale=C", "--no-instructions"),
        )

    def command(self) -> list[str]:
        return [
            str(find("postgres", also=_FOLDERS)),
            *("-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder)),
            *("-h", "127.0.0.1", "-c", "max_connections=200"),
            *self._options,
        ]

    def ready(self) -> bool:
        return refusal(self.admin_url) is None

    def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """Fast shutdown, which breaks open connections; SIGQUIT crashes, so that the start recovers."""
        super().halt(how)

    def crash(self) -> None:
        """End at once, without writing anything more."""
        self.halt(signal.SIGQUIT)


_SHAPE = """
    SELECT (SELECT count(*) FROM pg_class), (SELECT max(oid::bigint) FROM pg_class),
           (SELECT count(*) FROM pg_attribute), (SELECT count(*) FROM pg_constraint),
           (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_proc),
           (SELECT count(*) FROM pg_statistic WHERE starelid >= 16384)
"""
"""What a test that changes no more than rows leaves as it was; statistics would steer the plans of the next one."""

_EMPTY = """
    DO $$
    DECLARE one record;
    BEGIN
        PERFORM set_config('session_replication_role', 'replica', true);  -- no foreign key stands in the way
        FOR one IN SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'r'
                   AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' LOOP
            EXECUTE format('DELETE FROM %s', one.name);
        END LOOP;
        PERFORM setval(seqrelid::regclass, seqstart, false) FROM pg_sequence;
    END $$
"""


class Databases:
    """Makes and drops scratch databases on the server at `admin_url`."""

    def __init__(self, admin_url: str, prefix: str) -> None:
        self.admin_url = admin_url
        self.prefix = prefix
        self._count = 0
        self._free: list[str] = []
        self._shape: tuple[object, ...] | None = None

    def create(self, template: str | None = None) -> str:
        """Create a database, empty or as a copy of the one named `template`; returns its name."""
        name = self._new_name()
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(statement.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return name

    def drop(self, name: str) -> None:
        """Drop a database, and whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """SQLAlchemy URL of a database, for DATABASE_URL as well."""
        parts = urlsplit(self.admin_url)
        return urlunsplit(("postgresql+psycopg", parts.netloc, f"/{name}", parts.query, ""))

    @contextlib.contextmanager
    def scratch(self, template: str | None = None) -> Iterator[str]:
        """The URL of a database that exists within the block."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    @contextlib.contextmanager
    def lent(self, template: str) -> Iterator[str]:
        """As `scratch`, of one and the same migrated template without rows, and ten times as fast.

        The next borrower gets the same database: emptied, counting from one again, and under a new name, so that
        nobody who still knows the old one comes in.
        """
        name = self._free.pop() if self._free else self._make_lendable(template)
        try:
            yield self.url(name)
        finally:
            self._take_back(name)

    def close(self) -> None:
        """Drop what was kept for the next borrower."""
        while self._free:
            self.drop(self._free.pop())

    def _make_lendable(self, template: str) -> str:
        name = self.create(template)
        # Nobody wants a test's data after the machine has failed.
        self._run(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))
        if self._shape is None:
            with self._connect(name) as connection:
                self._shape = connection.execute(_SHAPE).fetchone()
        return name

    def _take_back(self, name: str) -> None:
        new = self._new_name()
        with self._connect() as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            try:
                admin.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(name), sql.Identifier(new)
                    )
                )
            except psycopg.errors.ObjectInUse:  # somebody came in again
                self.drop(name)
                return
        with self._connect(new) as connection:
            is_same = connection.execute(_SHAPE).fetchone() == self._shape
            if is_same:
                connection.execute(_EMPTY)
        if is_same:
            self._free.append(new)
        else:
            self.drop(new)

    def _new_name(self) -> str:
        self._count += 1
        return f"{self.prefix}_{self._count}"

    def _run(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self, name: str | None = None) -> psycopg.Connection:
        parts = urlsplit(self.admin_url)
        url = self.admin_url if name is None else urlunsplit(parts._replace(path=f"/{name}"))
        return psycopg.connect(url, autocommit=True, connect_timeout=60)

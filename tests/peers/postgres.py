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
    """A server of our own, to be stopped, crashed and restarted. Durable settings, as in production."""

    name = "postgres"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

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
        ]

    def ready(self) -> bool:
        return refusal(self.admin_url) is None

    def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """Fast shutdown, which breaks open connections; SIGQUIT crashes, so that the start recovers."""
        super().halt(how)

    def crash(self) -> None:
        """End at once, without writing anything more."""
        self.halt(signal.SIGQUIT)


class Databases:
    """Makes and drops scratch databases on the server at `admin_url`."""

    def __init__(self, admin_url: str, prefix: str) -> None:
        self.admin_url = admin_url
        self.prefix = prefix
        self._count = 0

    def create(self, template: str | None = None) -> str:
        """Create a database, empty or as a copy of the one named `template`; returns its name."""
        self._count += 1
        name = f"{self.prefix}_{self._count}"
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

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.admin_url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement)

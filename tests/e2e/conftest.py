"""The whole product on real parts: Exim, Dovecot, the processes, Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import ROOT, Installation

BOTH = ["embedded", pytest.param("procfile", marks=[pytest.mark.postgres, pytest.mark.redis])]


class Product(Installation):
    """An installation that starts as an operator would: by `onethread serve`, or by the Procfile's processes."""

    embedded = True

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def start_all(self) -> None:
        """Start every process and wait until pages are served."""
        if self.embedded:
            self.serve()
            return
        bind = ("--bind", f"127.0.0.1:{self.port}", "--workers", "1")
        web = self.start("-c", str(ROOT / "gunicorn.conf.py"), *bind, "wsgi:app", program="gunicorn")
        for name in ("worker", "poller", "clock"):
            self.start(name)
        self.wait_ready(web)


@pytest.fixture(params=BOTH)
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Product]:
    """The product on SQLite in one process, then as the Procfile's processes on PostgreSQL and Redis."""
    if request.param == "embedded":
        made = Product(tmp_path)
    else:
        database = str(request.getfixturevalue("bare_postgres_url"))
        redis = request.getfixturevalue("redis_server")
        made = Product(tmp_path, DATABASE_URL=database, REDIS_URL=redis.url)
        made.embedded = False
    yield made
    made.close()

"""Fixtures: installations of real processes, and what a fault must not have changed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from inbox.flows.context import Context
from tests.installation import Installation, Process
from tests.peers.postgres import PrivatePostgres
from tests.peers.process import wait_until
from tests.peers.smtp_sink import SmtpSink


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Installation]:
    """An installation on SQLite, with a database and an admin."""
    installation = Installation(tmp_path)
    installation.set_up()
    yield installation
    installation.close()


@dataclass
class Desk:
    """An installation with a mailbox whose mail goes to a sink."""

    installation: Installation
    sink: SmtpSink
    channel_id: int

    def customers_write(self, count: int, *, first: int = 0) -> list[int]:
        """So many customers' mails, received here or by a running process; the ids of their threads."""
        from inbox.channels import envelopes
        from inbox.contract import Raw, RawItem
        from inbox.flows import receive

        with self.installation.context() as ctx:
            items = [
                RawItem(dedupe_key=f"test/{n}", raw=Raw(body=mail(n), meta={"role": "inbox"}))
                for n in range(first, first + count)
            ]
            last = max(self._threads(ctx, 0), default=0)
            ctx.db.run(envelopes.keep, ctx.files, self.channel_id, items, ctx.clock())
            receive.drain(ctx)
            wait_until(lambda: len(self._threads(ctx, last)) == count, 60, "every mail in its thread")
            return self._threads(ctx, last)

    def _threads(self, ctx: Context, after: int) -> list[int]:
        with ctx.db.read() as session:
            found = session.execute(
                text("SELECT id FROM thread WHERE id > :after ORDER BY id"), {"after": after}
            )
            return [int(row[0]) for row in found]

    def reply(self, thread_id: int, words: str) -> None:
        """An agent replies, through the API."""
        self.installation.api(
            f"/threads/{thread_id}/replies",
            {"channel_id": self.channel_id, "body": words, "client_msg_id": words.replace(" ", "-")},
        )

    def states(self) -> Counter[str]:
        """How many deliveries are in which state."""
        with self.installation.context() as ctx, ctx.db.read() as session:
            return Counter(str(s) for s in session.execute(text("SELECT state FROM delivery")).scalars())

    def wait_settled(self, seconds: float = 30) -> Counter[str]:
        """The states, once no delivery is under way any more."""
        moving = {"queued", "claimed", "sending"}
        wait_until(lambda: not moving & set(self.states()), seconds, "deliveries settled")
        return self.states()

    def receipts(self) -> Counter[str]:
        """How often each message arrived, by its id."""
        return Counter(str(message_from_bytes(r.raw)["Message-ID"]) for r in self.sink.receipts)

    def assert_sequences_have_no_gaps(self) -> None:
        """In every thread messages are numbered 1 to n (I3)."""
        with self.installation.context() as ctx, ctx.db.read() as session:
            rows = session.execute(
                text("SELECT thread_id, count(*), min(seq), max(seq) FROM message GROUP BY thread_id")
            ).all()
            assert all(low == 1 and high == n for _, n, low, high in rows), rows


def mail(number: int) -> bytes:
    """A customer's mail; every number is another customer."""
    return (
        f"From: Customer {number} <c{number}@example.org>\r\nTo: support@example.test\r\n"
        f"Subject: Question {number}\r\nMessage-ID: <q{number}@example.org>\r\n"
        "Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n\r\n"
        f"Where is my order {number}?\r\n"
    ).encode()


@pytest.fixture
def desk(embedded: Installation, smtp_sink: SmtpSink) -> Desk:
    """The embedded installation with its mailbox."""
    return Desk(embedded, smtp_sink, embedded.add_mailbox(smtp_sink.port))


@pytest.fixture
def database(private_postgres: PrivatePostgres) -> str:
    """URL of an empty database on a server of the test's own."""
    with psycopg.connect(private_postgres.admin_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop")
    return private_postgres.admin_url.rpartition("/")[0] + "/shop"


@pytest.fixture
def make_desk(tmp_path: Path, database: str, smtp_sink: SmtpSink) -> Iterator[object]:
    """`make_desk(redis_url, imap_port)`: an installation on PostgreSQL, of which nothing runs yet."""
    made: list[Installation] = []

    def make(redis_url: str = "", imap_port: int | None = None) -> Desk:
        installation = Installation(tmp_path, DATABASE_URL=database, REDIS_URL=redis_url)
        made.append(installation)
        installation.set_up()
        return Desk(installation, smtp_sink, installation.add_mailbox(smtp_sink.port, imap_port))

    yield make
    for installation in made:
        installation.close()


def start_web(desk: Desk) -> Process:
    """Gunicorn with gevent, as in the Procfile."""
    web = desk.installation.start(
        *("-c", "gunicorn.conf.py", "wsgi:app"),
        program="gunicorn",
        PORT=str(desk.installation.port),
        WEB_CONCURRENCY="1",
    )
    desk.installation.wait_ready(web)
    return web

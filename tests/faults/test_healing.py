"""The Procfile's processes with a mailbox and an open browser: each server goes and returns, and mail still shows.

The promise is ten seconds. A test gets twice that: on a busy machine a process may wait for its turn for seconds.
"""

import mailbox
import re
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import socketio

from tests.faults.conftest import Desk, mail, start_web
from tests.live.conftest import cut
from tests.peers.dovecot import SUPPORT, Dovecot
from tests.peers.postgres import PrivatePostgres
from tests.peers.process import wait_until
from tests.peers.redis import Redis

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.dovecot,
    pytest.mark.slow,
    pytest.mark.timeout(300),
]

HEALED = 2 * 10.0
"""Seconds from the return of a server to a mail's arrival in an open browser."""

BACKLOG = 450
"""Mails that wait when a poller starts: several of its batches."""


class Window:
    """An open browser: hears deltas, and asks for what it missed when it was cut off and is connected again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cursor = ""
        self._closed = False
        self.heard: set[str] = set()
        self.client = socketio.Client(reconnection_delay=0.2, reconnection_delay_max=1)
        self.client.on("feed", self._hear)
        self.client.on("connect", self._catch_up)
        url = f"http://127.0.0.1:{desk.installation.port}"
        self.client.connect(url, transports=["websocket"], auth={"token": desk.installation.token})

    def _hear(self, delta: dict[str, Any]) -> None:
        self._cursor = delta["cursor"]
        for message in delta["messages"]:
            self.heard |= set(re.findall(r"order (\d+)", str(message["body_text"])))

    def _catch_up(self) -> None:
        if self._cursor:
            wait_until(lambda: self._closed or self._caught_up(), 30, "what was missed")

    def _caught_up(self) -> bool:
        # The server that lets the line in may still miss one of its own, or go again: ask until it answers.
        try:
            self._hear(self._desk.installation.api(f"/sync?since={self._cursor}"))
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Go, whether the line is there, is cut off or is about to come back."""
        self._closed = True
        self.client.reconnection = False
        if self.client._reconnect_abort is not None:  # made when the line is lost for the first time
            self.client._reconnect_abort.set()
        cut(self.client)

    def waits_for(self, number: int, seconds: float) -> None:
        """Until the mail with that number was pushed."""
        wait_until(lambda: str(number) in self.heard, seconds, f"mail {number} in the browser")


@pytest.fixture
def desk(make_desk: Callable[..., Desk], redis_server: Redis, dovecot: Dovecot) -> Desk:
    """Everything of the Procfile, with a mailbox on Dovecot."""
    made = make_desk(redis_server.url, dovecot.port)
    for name in ("worker", "poller", "clock"):
        made.installation.start(name)
    start_web(made)
    return made


@pytest.fixture
def window(desk: Desk) -> Iterator[Window]:
    """An open browser of Ada's."""
    opened = Window(desk)
    yield opened
    opened.close()


def test_mail_reaches_the_browser_after_each_server_went_and_returned(
    desk: Desk, window: Window, private_postgres: PrivatePostgres, redis_server: Redis, dovecot: Dovecot
) -> None:
    dovecot.deliver(mail(1))
    window.waits_for(1, 40)

    private_postgres.crash()
    time.sleep(2)
    private_postgres.start()
    dovecot.deliver(mail(2))
    window.waits_for(2, HEALED)

    redis_server.halt(signal.SIGKILL)
    time.sleep(2)
    redis_server.start()
    dovecot.deliver(mail(3))
    window.waits_for(3, HEALED)

    dovecot.halt()
    time.sleep(2)
    dovecot.start()
    dovecot.deliver(mail(4))
    window.waits_for(4, HEALED)

    assert len(desk.installation.api("/threads?view=all")["items"]) == 4
    desk.assert_sequences_have_no_gaps()
    for process in desk.installation.processes:
        assert process.popen.poll() is None, process.output


def test_a_poller_killed_in_the_middle_of_a_backlog_loses_and_doubles_nothing(
    desk: Desk, dovecot: Dovecot
) -> None:
    poller = next(process for process in desk.installation.processes if "poller" in process.log.name)
    poller.stop()
    fill(dovecot)
    url = desk.installation.settings["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as watching:
        victim = desk.installation.start("poller")
        deadline = time.monotonic() + 60
        while not kept(watching) and time.monotonic() < deadline:
            time.sleep(0.01)
        victim.kill()
        assert 0 < kept(watching) < BACKLOG, "in the middle"

        desk.installation.start("poller")
        wait_until(lambda: kept(watching) == BACKLOG, 90, "all, once the lease of the dead one has ended")
        wait_until(lambda: len(subjects(watching)) >= BACKLOG, 120, "all messages")
        time.sleep(1)
        assert sorted(subjects(watching)) == sorted(f"Question {number}" for number in range(BACKLOG))
        assert kept(watching) == BACKLOG
    desk.assert_sequences_have_no_gaps()


def fill(dovecot: Dovecot) -> None:
    """Put a backlog into the mailbox's folder, as if it had come while nobody looked."""
    home = dovecot.folder / "home" / SUPPORT / "Maildir"
    home.parent.mkdir(parents=True, exist_ok=True)
    maildir = mailbox.Maildir(home, create=True)
    for number in range(BACKLOG):
        maildir.add(mail(number))
    dovecot.account.owns(home.parent)


def kept(connection: psycopg.Connection) -> int:
    """How many payloads were kept."""
    row = connection.execute("SELECT count(*) FROM envelope").fetchone()
    return 0 if row is None else int(row[0])


def subjects(connection: psycopg.Connection) -> list[str]:
    """The subjects of all messages that came in."""
    return [row[0] for row in connection.execute("SELECT subject FROM message WHERE kind = 'inbound'")]

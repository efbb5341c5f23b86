"""Mail comes in through real processes that are killed, and from a real server that goes away (F01, F03)."""

import time

import pytest
from sqlalchemy import text

from tests.faults.conftest import Desk, mail
from tests.installation import Installation
from tests.peers.dovecot import Dovecot
from tests.peers.process import wait_until
from tests.peers.smtp_sink import SmtpSink

pytestmark = pytest.mark.dovecot


@pytest.fixture
def mailbox(embedded: Installation, smtp_sink: SmtpSink, dovecot: Dovecot) -> Desk:
    """The embedded installation with a mailbox on Dovecot."""
    return Desk(embedded, smtp_sink, embedded.add_mailbox(smtp_sink.port, dovecot.port))


def inbound(desk: Desk) -> list[str]:
    """The ids of all mails that became messages."""
    with desk.installation.context() as ctx, ctx.db.read() as session:
        rows = session.execute(text("SELECT external_id FROM message WHERE kind = 'inbound'")).scalars()
        return sorted(str(row) for row in rows)


def test_mail_is_in_the_thread_within_two_seconds(mailbox: Desk, dovecot: Dovecot) -> None:
    mailbox.installation.serve()
    dovecot.deliver(mail(0))
    wait_until(lambda: len(inbound(mailbox)) == 1, 15, "the connection stands")
    started = time.monotonic()
    dovecot.deliver(mail(1))
    wait_until(lambda: len(inbound(mailbox)) == 2, 10, "the mail")
    assert time.monotonic() - started < 2 * 2, "twice the promise, for busy machines"


def test_killing_the_server_while_a_backlog_comes_in(mailbox: Desk, dovecot: Dovecot) -> None:
    for number in range(60):
        dovecot.deliver(mail(number))
    for _ in range(4):
        server = mailbox.installation.serve()
        time.sleep(0.7)
        server.kill()
    mailbox.installation.serve()
    wait_until(lambda: len(inbound(mailbox)) >= 60, 40, "all mails")
    time.sleep(1)
    found = inbound(mailbox)
    assert len(found) == len(set(found)) == 60
    mailbox.assert_sequences_have_no_gaps()


def test_polling_heals_soon_after_the_mail_server_returns(mailbox: Desk, dovecot: Dovecot) -> None:
    mailbox.installation.serve()
    dovecot.deliver(mail(0))
    wait_until(lambda: len(inbound(mailbox)) == 1, 15, "the connection stands")
    dovecot.halt()
    time.sleep(5)
    dovecot.start()
    returned = time.monotonic()
    dovecot.deliver(mail(1))
    wait_until(lambda: len(inbound(mailbox)) == 2, 15, "healed")
    assert time.monotonic() - returned < 10
    [channel] = mailbox.installation.api("/channels")["items"]
    assert channel["state"] == "active"


def test_new_numbers_of_the_mailbox_lose_and_double_nothing(mailbox: Desk, dovecot: Dovecot) -> None:
    mailbox.installation.serve()
    for number in range(5):
        dovecot.deliver(mail(number))
    wait_until(lambda: len(inbound(mailbox)) == 5, 15, "the first ones")
    dovecot.recreate_inbox()
    dovecot.deliver(mail(5))
    wait_until(lambda: len(inbound(mailbox)) >= 6, 20, "the new one")
    time.sleep(2)
    assert len(inbound(mailbox)) == 6

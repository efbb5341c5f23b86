"""A real mailbox through the stories: nothing is lost, nothing is doubled, one bad mail stops nobody."""

import mailbox
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest

from inbox.channels import envelopes
from inbox.channels import lookup as channels
from inbox.channels.actions import open_config
from inbox.contract import TryLater
from inbox.flows import receive
from inbox.flows.context import Context
from inbox.threads.words import Kind
from tests.factories import Make
from tests.peers.dovecot import CUSTOMER, SUPPORT, Dovecot
from tests.reading import Envelope, Identity, Message, Thread, rows, the

pytestmark = pytest.mark.dovecot


def mail(number: int, **headers: str) -> bytes:
    """A customer's mail with its own Message-ID."""
    message = EmailMessage()
    message["From"] = f"Anna <{CUSTOMER}>"
    message["To"] = SUPPORT
    message["Subject"] = f"Mail {number}"
    message["Message-ID"] = f"<mail{number}@example.org>"
    message["Date"] = format_datetime(datetime(2026, 3, 1, 8, 0, tzinfo=UTC) + timedelta(minutes=number))
    for name, value in headers.items():
        del message[name]
        message[name] = value
    message.set_content(f"This is mail {number}.")
    return message.as_bytes()


class Box:
    """The support mailbox, connected; `fetch` polls until nothing more comes and works it all off."""

    def __init__(self, ctx: Context, make: Make, dovecot: Dovecot) -> None:
        self.ctx, self.dovecot = ctx, dovecot
        self.cursor = None
        self.channel = make.channel(
            "email",
            "Support",
            address=SUPPORT,
            imap_host="127.0.0.1",
            imap_port=dovecot.port,
            imap_security="plain",
            imap_password="secret",
            smtp_host="127.0.0.1",
            smtp_port=9,
            smtp_security="plain",
            backfill_days=3650,
        )

    def fetch(self) -> None:
        ctx = self.ctx
        with ctx.db.read() as session:
            channel = channels.usable(session, self.channel)
        config = open_config(ctx.registry, ctx.vault, channel)
        poller = ctx.registry.get(channel.kind).poller(config, ctx.make_io({}, lambda _updates: None))
        try:
            more = True
            while more:
                batch = poller.fetch(self.cursor)
                ctx.db.run(envelopes.keep, ctx.files, self.channel, batch.items, ctx.clock())
                self.cursor, more = batch.cursor, batch.more
        finally:
            poller.close()
        receive.drain(ctx, 10_000)

    def subjects(self) -> list[str]:
        return [message.subject for message in rows(self.ctx, Message, Message.kind != Kind.SYSTEM)]


@pytest.fixture
def box(ctx: Context, make: Make, dovecot: Dovecot) -> Box:
    return Box(ctx, make, dovecot)


def test_polling_again_brings_nothing_twice(box: Box) -> None:
    for number in range(3):
        box.dovecot.deliver(mail(number))
    for _ in range(5):
        box.fetch()
    assert box.subjects() == ["Mail 0", "Mail 1", "Mail 2"]


def test_a_recreated_folder_with_the_same_uids_loses_and_doubles_nothing(box: Box) -> None:
    for number in range(2):
        box.dovecot.deliver(mail(number))
    box.fetch()
    before = box.dovecot.uidvalidity()
    box.dovecot.recreate_inbox()
    for number in (0, 1, 2, 3):
        box.dovecot.deliver(mail(number))
    assert box.dovecot.uidvalidity() != before
    box.fetch()
    assert sorted(box.subjects()) == ["Mail 0", "Mail 1", "Mail 2", "Mail 3"]
    assert len(rows(box.ctx, Thread)) == 1


def test_a_backlog_of_ten_days_arrives_whole_and_in_order(box: Box) -> None:
    home = box.dovecot.folder / "home" / SUPPORT / "Maildir"
    box.dovecot.deliver(mail(0))
    folder = mailbox.Maildir(home)
    for number in range(1, 300):
        folder.add(mail(number))
    box.dovecot.account.owns(home)
    box.fetch()
    assert sorted(box.subjects()) == sorted(f"Mail {number}" for number in range(300))
    assert the(box.ctx, Thread).last_seq == 300


def test_what_somebody_read_elsewhere_comes_all_the_same(box: Box) -> None:
    box.dovecot.deliver(mail(1))
    with box.dovecot.imap() as client:
        client.add_flags(client.search(), [b"\\Seen"])
    box.fetch()
    assert box.subjects() == ["Mail 1"]


def test_mails_without_or_with_the_same_message_id_are_all_kept(box: Box) -> None:
    bare = mail(1).replace(b"Message-ID: <mail1@example.org>\n", b"")
    reused = mail(2, **{"Message-ID": "<same@example.org>"}), mail(3, **{"Message-ID": "<same@example.org>"})
    for raw in (bare, *reused):
        box.dovecot.deliver(raw)
    box.fetch()
    assert box.subjects() == ["Mail 1", "Mail 2", "Mail 3"]


def test_the_same_mail_in_two_places_is_one_message(box: Box) -> None:
    for _ in range(2):
        box.dovecot.append("INBOX", mail(1))
    box.fetch()
    assert box.subjects() == ["Mail 1"]
    assert sorted(envelope.state for envelope in rows(box.ctx, Envelope)) == ["done", "ignored"]


def test_a_poison_mail_stands_between_two_good_ones_and_stops_neither(box: Box) -> None:
    deep = b"Content-Type: message/rfc822\r\n\r\n" * 3000
    box.dovecot.append("INBOX", mail(1))
    box.dovecot.append("INBOX", b"From: x@example.org\r\n" + deep)
    box.dovecot.append("INBOX", mail(2))
    box.fetch()
    assert [s for s in box.subjects() if s.startswith("Mail")] == ["Mail 1", "Mail 2"]
    assert all(envelope.state != "new" for envelope in rows(box.ctx, Envelope))


def test_an_answer_written_in_another_mail_program_appears(box: Box) -> None:
    box.dovecot.deliver(mail(1))
    box.fetch()
    answer = mail(2, From=f"Shop <{SUPPORT}>", To=CUSTOMER)
    box.dovecot.append("Sent", answer)
    box.fetch()
    assert [message.kind for message in rows(box.ctx, Message)] == [Kind.INBOUND, Kind.REPLY]
    assert the(box.ctx, Thread).waiting_since is None


def test_a_forged_mail_from_ourselves_is_no_answer_of_ours(box: Box) -> None:
    box.dovecot.deliver(mail(1))
    box.dovecot.deliver(mail(2, From=f"Shop <{SUPPORT}>", To=CUSTOMER))
    box.fetch()
    annas = the(box.ctx, Identity, Identity.address == CUSTOMER)
    theirs = the(box.ctx, Thread, Thread.customer_id == annas.customer_id)
    assert theirs.waiting_since is not None
    assert [m.kind for m in rows(box.ctx, Message, Message.thread_id == theirs.id)] == [Kind.INBOUND]


def test_a_dead_server_says_so_and_heals(box: Box) -> None:
    box.dovecot.deliver(mail(1))
    box.fetch()
    box.dovecot.halt()
    with pytest.raises(TryLater):
        box.fetch()
    box.dovecot.start()
    box.dovecot.deliver(mail(2))
    box.fetch()
    assert box.subjects() == ["Mail 1", "Mail 2"]

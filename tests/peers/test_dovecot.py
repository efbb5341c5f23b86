"""Dovecot does what the tests of others rely on."""

import smtplib
import ssl

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from tests.peers.dovecot import CUSTOMER, PASSWORD, SUPPORT, Dovecot, token

pytestmark = pytest.mark.dovecot

MAIL = b"From: cust@example.org\r\nTo: support@example.test\r\nSubject: %s\r\n\r\nHello.\r\n"


def test_a_delivered_mail_is_read_by_imap(dovecot: Dovecot) -> None:
    dovecot.deliver(MAIL % b"Where is my order?")
    [mail] = dovecot.mails(SUPPORT)
    assert b"Subject: Where is my order?" in mail
    assert dovecot.mails(CUSTOMER) == []


def test_a_plus_address_reaches_the_mailbox_and_keeps_its_tag(dovecot: Dovecot) -> None:
    dovecot.deliver(MAIL % b"tagged", to="support+r1234@example.test")
    [mail] = dovecot.mails(SUPPORT)
    assert b"Delivered-To: support+r1234@example.test" in mail


def test_an_unknown_mailbox_is_refused(dovecot: Dovecot) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
        dovecot.deliver(MAIL % b"lost", to="nobody@example.test")


def test_folders_have_their_special_use(dovecot: Dovecot) -> None:
    with dovecot.imap(folder=None) as client:
        uses = {name: flags for flags, _, name in client.list_folders()}
    assert b"\\Sent" in uses["Sent"]
    assert b"\\Trash" in uses["Trash"]
    dovecot.append("Sent", MAIL % b"answered elsewhere")
    assert len(dovecot.mails(SUPPORT, "Sent")) == 1


def test_a_new_mail_is_announced_to_an_idle_session(dovecot: Dovecot) -> None:
    with dovecot.imap() as client:
        client.idle()
        dovecot.deliver(MAIL % b"now")
        announced = client.idle_check(timeout=5)
        client.idle_done()
    assert (1, b"EXISTS") in announced


def test_a_token_logs_in_and_a_stale_or_forged_one_does_not(dovecot: Dovecot) -> None:
    with IMAPClient("127.0.0.1", dovecot.port, ssl=False, timeout=10) as client:
        client.oauth2_login(SUPPORT, token(SUPPORT))
        assert client.select_folder("INBOX")[b"EXISTS"] == 0
    for bad in (token(SUPPORT, expires_in=-60), token(SUPPORT, key=b"forged")):
        client = IMAPClient("127.0.0.1", dovecot.port, ssl=False, timeout=10)
        with pytest.raises(LoginError):
            client.oauth2_login(SUPPORT, bad)
        client.shutdown()


@pytest.mark.parametrize("how", ["tls", "starttls"])
def test_tls_is_checked_against_the_test_authority(dovecot: Dovecot, how: str) -> None:
    context = ssl.create_default_context(cafile=str(dovecot.ca))
    tls = how == "tls"
    port = dovecot.tls_port if tls else dovecot.port
    with IMAPClient("localhost", port, ssl=tls, ssl_context=context if tls else None, timeout=10) as client:
        if not tls:
            client.starttls(context)
        client.login(SUPPORT, PASSWORD)
    with pytest.raises(ssl.SSLCertVerificationError):
        IMAPClient("localhost", dovecot.tls_port, ssl_context=ssl.create_default_context(), timeout=10)


def test_uidvalidity_changes_and_uids_start_again(dovecot: Dovecot) -> None:
    for subject in (b"one", b"two"):
        dovecot.deliver(MAIL % subject)
    with dovecot.imap() as client:
        client.delete_messages([1])
        client.expunge()
        assert client.search() == [2]
    before = dovecot.uidvalidity()
    dovecot.recreate_inbox()
    assert dovecot.uidvalidity() != before
    with dovecot.imap() as client:
        assert client.search() == [1]


def test_sessions_can_be_cut_off(dovecot: Dovecot) -> None:
    client = IMAPClient("127.0.0.1", dovecot.port, ssl=False, timeout=10)
    client.login(SUPPORT, PASSWORD)
    assert dovecot.kill_imap_children() == 1
    with pytest.raises((IMAPClient.AbortError, OSError)):
        client.noop()
    client.shutdown()


def test_mail_outlives_a_restart(dovecot: Dovecot) -> None:
    dovecot.deliver(MAIL % b"kept")
    dovecot.restart()
    assert len(dovecot.mails(SUPPORT)) == 1

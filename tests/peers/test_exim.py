"""Exim does what the tests of others rely on."""

import smtplib
import ssl
from email import message_from_bytes

import pytest

from tests.peers.dovecot import CUSTOMER, PASSWORD, SUPPORT, Dovecot
from tests.peers.exim import Exim

pytestmark = [pytest.mark.exim, pytest.mark.dovecot]

MAIL = (
    b"From: support@example.test\r\nTo: %s\r\nSubject: Re\r\nMessage-ID: <m1@example.test>\r\n\r\nHello.\r\n"
)


def test_a_mail_goes_through_to_the_mailbox(exim: Exim, dovecot: Dovecot) -> None:
    exim.send(MAIL % CUSTOMER.encode(), to=CUSTOMER, sender=SUPPORT)
    exim.wait_empty()
    [mail] = dovecot.mails(CUSTOMER)
    assert b"Message-ID: <m1@example.test>" in mail
    assert b"Return-Path: <support@example.test>" in mail


def test_an_unknown_recipient_bounces_to_the_tagged_sender(exim: Exim, dovecot: Dovecot) -> None:
    exim.send(MAIL % b"gone@example.org", to="gone@example.org", sender="bounce+d42@example.test")
    exim.wait_empty()
    [mail] = dovecot.mails("bounce@example.test")
    bounce = message_from_bytes(mail)
    assert bounce["Delivered-To"] == "bounce+d42@example.test"
    assert bounce["Return-Path"] == "<>"
    assert bounce.get_content_type() == "multipart/report"
    assert bounce.get_param("report-type") == "delivery-status"
    assert b"<m1@example.test>" in mail


@pytest.mark.parametrize(("who", "code"), [("refused", 550), ("greylisted", 451)])
def test_two_addresses_are_turned_away_at_the_door(exim: Exim, who: str, code: int) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        exim.send(MAIL % b"x", to=f"{who}@example.org", sender=SUPPORT)
    assert refusal.value.recipients[f"{who}@example.org"][0] == code


def test_mail_waits_while_dovecot_is_away(exim: Exim, dovecot: Dovecot) -> None:
    dovecot.halt()
    exim.send(MAIL % CUSTOMER.encode(), to=CUSTOMER, sender=SUPPORT)
    assert exim.queued() == 1
    dovecot.start()
    exim.run_queue()
    exim.wait_empty()
    assert len(dovecot.mails(CUSTOMER)) == 1


@pytest.mark.parametrize("how", ["tls", "starttls"])
def test_passwords_are_checked_over_tls(exim: Exim, how: str) -> None:
    context = ssl.create_default_context(cafile=str(exim.ca))
    if how == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL("localhost", exim.tls_port, context=context)
    else:
        client = smtplib.SMTP("localhost", exim.port)
        client.starttls(context=context)
    with client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(SUPPORT, "wrong")
        assert client.login(SUPPORT, PASSWORD)[0] == 235


def test_the_queue_outlives_a_restart(exim: Exim, dovecot: Dovecot) -> None:
    dovecot.halt()
    exim.send(MAIL % CUSTOMER.encode(), to=CUSTOMER, sender=SUPPORT)
    exim.restart()
    dovecot.start()
    exim.run_queue()
    exim.wait_empty()
    assert len(dovecot.mails(CUSTOMER)) == 1

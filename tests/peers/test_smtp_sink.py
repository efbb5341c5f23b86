"""The scripted SMTP server fails where it is told to, and only there."""

import smtplib
import threading

import pytest

from tests.peers.smtp_sink import Script, SmtpSink

MAIL = b"From: a@example.test\r\nMessage-ID: <ours@example.test>\r\nSubject: Hi\r\n\r\n.dotted\r\nHello.\r\n"
A, B = "a@example.org", "b@example.org"


def send(sink: SmtpSink, *to: str, timeout: float = 5) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP(sink.host, sink.port, timeout=timeout) as client:
        return client.sendmail("support@example.test", to or (A,), MAIL)


def test_it_takes_and_keeps_mail_byte_by_byte(smtp_sink: SmtpSink) -> None:
    assert send(smtp_sink, A, B) == {}
    [receipt] = smtp_sink.wait()
    assert receipt.sender == "support@example.test"
    assert receipt.recipients == [A, B]
    assert receipt.raw == MAIL


def test_recipients_are_refused_one_by_one(smtp_sink: SmtpSink) -> None:
    smtp_sink.script = Script(recipients={B: "550 5.1.1 unknown"})
    assert send(smtp_sink, A, B) == {B: (550, b"5.1.1 unknown")}
    assert smtp_sink.receipts[0].recipients == [A]


@pytest.mark.parametrize(
    ("stage", "reply", "error"),
    [
        ("connect", "554 5.3.2 not now", smtplib.SMTPConnectError),
        ("mail", "451 4.3.0 later", smtplib.SMTPSenderRefused),
        ("data", "421 4.3.0 closing", smtplib.SMTPDataError),
        ("dot", "552 5.3.4 too big", smtplib.SMTPDataError),
    ],
)
def test_every_stage_can_be_refused(
    smtp_sink: SmtpSink, stage: str, reply: str, error: type[smtplib.SMTPResponseException]
) -> None:
    smtp_sink.script = Script(replies={stage: reply})
    with pytest.raises(error) as refusal:
        send(smtp_sink)
    assert refusal.value.smtp_code == int(reply[:3])
    assert smtp_sink.receipts == []


def test_it_closes_after_the_dot_with_the_mail_in_hand(smtp_sink: SmtpSink) -> None:
    smtp_sink.script = Script(after_dot="close")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_sink)
    assert len(smtp_sink.receipts) == 1


def test_it_falls_silent_after_the_dot_with_the_mail_in_hand(smtp_sink: SmtpSink) -> None:
    smtp_sink.script = Script(after_dot="silence")
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        send(smtp_sink, timeout=0.3)
    assert len(smtp_sink.receipts) == 1


def test_it_can_give_the_mail_its_own_message_id(smtp_sink: SmtpSink) -> None:
    smtp_sink.script = Script(rewrite_message_id=True)
    send(smtp_sink)
    [receipt] = smtp_sink.receipts
    assert b"Message-ID: <0001@relay.example.test>\r\n" in receipt.raw
    assert b"ours@example.test" not in receipt.raw


def test_it_asks_for_a_login(smtp_sink: SmtpSink) -> None:
    smtp_sink.script = Script(login=("support", "right"))
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port, timeout=5) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
            client.login("support", "wrong")
        assert refusal.value.smtp_code == 535
        client.login("support", "right")
        assert client.sendmail("support@example.test", [A], MAIL) == {}


def test_a_message_above_the_announced_size_gets_552(smtp_sink: SmtpSink) -> None:
    smtp_sink.script = Script(size=50)
    with pytest.raises(smtplib.SMTPResponseException) as refusal:
        send(smtp_sink)
    assert refusal.value.smtp_code == 552


def test_two_clients_are_served_at_once(smtp_sink: SmtpSink) -> None:
    threads = [threading.Thread(target=send, args=(smtp_sink,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(smtp_sink.receipts) == smtp_sink.connections == 4

"""Sending: what was not accepted, what never will be, and what nobody knows, told apart at every stage."""

import email
import email.policy
import io as iolib
import resource
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from adapters.email import ADAPTER
from adapters.email.smtp import substitutes
from inbox.contract import AdapterError, NeedsReauth, OutFile, Party, Receipt, Rejected, TryLater, Uncertain
from tests.adapters.email.fake_smtp import EHLO, FakeSmtp
from tests.adapters.email.mailbox import RecordingIo, configured, reply
from tests.peers.dovecot import CUSTOMER, SUPPORT, Dovecot
from tests.peers.exim import Exim
from tests.peers.proxy import FaultProxy
from tests.peers.smtp_sink import Script, SmtpSink

ADDRESSES = ("one@example.org", "two@example.org", "three@example.org")


def party(address: str) -> Party:
    return Party(namespace="email", address=address)


def to_three(**changes: Any) -> Any:
    return reply(to=party(ADDRESSES[0]), cc=(party(ADDRESSES[1]),), bcc=(party(ADDRESSES[2]),), **changes)


def send(port: int, message: Any = None, io: RecordingIo | None = None, **changes: Any) -> Receipt:
    return ADAPTER.send(configured(smtp_port=port, **changes), message or reply(), io or RecordingIo())


class TestAccepted:
    """A mail that the server took."""

    def test_the_receipt_bears_the_message_id_made_from_the_key(self, smtp_sink: SmtpSink) -> None:
        receipt = send(smtp_sink.port)
        assert receipt.external_id == "<k3yk3yk3y.abcdefghijkl@example.test>"
        assert (receipt.refused, receipt.aliases) == ((), ())
        (taken,) = smtp_sink.receipts
        assert (taken.sender, taken.recipients) == (SUPPORT, [CUSTOMER])
        assert email.message_from_bytes(taken.raw)["Message-ID"] == receipt.external_id

    def test_everybody_gets_it_and_hidden_recipients_stay_hidden(self, smtp_sink: SmtpSink) -> None:
        send(smtp_sink.port, to_three())
        (taken,) = smtp_sink.receipts
        assert taken.recipients == list(ADDRESSES)
        assert ADDRESSES[1].encode() in taken.raw
        assert ADDRESSES[2].encode() not in taken.raw

    def test_somebody_named_twice_is_asked_for_once(self, smtp_sink: SmtpSink) -> None:
        send(smtp_sink.port, reply(cc=(party(CUSTOMER),)))
        assert smtp_sink.receipts[0].recipients == [CUSTOMER]

    def test_dots_at_line_starts_arrive(self, smtp_sink: SmtpSink) -> None:
        send(smtp_sink.port, reply(text=".\n.. two\n.end", signature="."))
        found = email.message_from_bytes(smtp_sink.receipts[0].raw, policy=email.policy.default)
        plain = found.get_body(("plain",))
        assert plain is not None
        assert plain.get_content().splitlines()[:3] == [".", ".. two", ".end"]

    def test_the_checkpoints_are_passed_in_order(self, smtp_sink: SmtpSink) -> None:
        io = RecordingIo()
        send(smtp_sink.port, io=io)
        assert io.points == ["before_wire", "mid_body", "after_wire"]

    def test_tagged_addresses_are_used_where_they_arrive(self, smtp_sink: SmtpSink) -> None:
        send(smtp_sink.port, plus_addressing="on")
        send(smtp_sink.port, io=RecordingIo({"plus_addressing": True}))
        send(smtp_sink.port, io=RecordingIo({"plus_addressing": True}), plus_addressing="off")
        on, auto, off = smtp_sink.receipts
        for taken in (on, auto):
            assert taken.sender == "support+b.mnopqrstuvwx@example.test"
            assert b"Reply-To: support+r.abcdefghijkl@example.test\r\n" in taken.raw
        assert off.sender == SUPPORT
        assert b"Reply-To" not in off.raw

    def test_a_login_is_made_where_one_is_offered(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(login=(SUPPORT, "secret"))
        assert send(smtp_sink.port).external_id

    def test_a_login_may_differ_from_the_one_for_reading(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(login=("relay", "ünlike"))
        assert send(smtp_sink.port, smtp_username="relay", smtp_password="ünlike").external_id

    def test_a_server_that_breaks_off_after_its_last_word_has_taken_the_mail(self) -> None:
        with FakeSmtp({"QUIT": ""}) as fake:
            assert send(fake.port).external_id
            assert len(fake.messages) == 1

    def test_a_sender_the_provider_does_not_know_is_replaced_by_the_plain_address(self) -> None:
        with FakeSmtp({"MAIL FROM:<SUPPORT+B.": "553 5.7.1 not owned by user"}) as fake:
            send(fake.port, plus_addressing="on")
            assert [line for line in fake.commands if line.upper().startswith(("MAIL", "RSET"))] == [
                *[line for line in fake.commands if line.startswith("mail FROM:<support+b.mnop")],
                "rset",
                *[line for line in fake.commands if line.startswith("mail FROM:<support@example.test>")],
            ]
            assert len(fake.messages) == 1

    def test_large_files_stream_through(self, smtp_sink: SmtpSink) -> None:
        size = 20_000_000
        block = bytes(range(256)) * 4

        class Endless(iolib.RawIOBase):
            left = size

            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any) -> int:
                # Never as much as was asked for, as streams from a network do.
                amount = min(len(buffer), self.left, 1021)
                buffer[:amount] = block[:amount]
                self.left -= amount
                return amount

        with FakeSmtp({"EHLO": "250-fake\r\n250 SIZE 50000000"}) as fake:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            file = OutFile(name="big.bin", media_type="application/zip", size=size, open=Endless)  # type: ignore[arg-type]
            fake.on_data = lambda _line: None
            begun = time.monotonic()
            send(fake.port, reply(files=(file,)))
            assert time.monotonic() - begun < 20
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            announced = int(
                next(line for line in fake.commands if "SIZE=" in line).split("SIZE=")[1].split()[0]
            )
            (taken,) = fake.messages
            assert announced == len(taken.replace(b"\r\n..", b"\r\n."))
            found = email.message_from_bytes(taken.replace(b"\r\n..", b"\r\n."))
            content = found.get_payload()[1].get_payload(decode=True)  # type: ignore[index, union-attr]
            assert len(content) == size  # type: ignore[arg-type]
        # The fake keeps two copies in this very process; the sender itself none.
        assert grown < 200_000


class TestStages:
    """R4, stage by stage."""

    @pytest.mark.parametrize(
        ("stage", "answer", "error"),
        [
            ("CONNECT", "421 busy", TryLater),
            ("CONNECT", "554 no service", TryLater),
            ("CONNECT", "", TryLater),
            ("CONNECT", "gibberish", TryLater),
            ("EHLO", "421 busy", TryLater),
            ("EHLO", "", TryLater),
            ("AUTH", "454 4.7.0 temporary failure", TryLater),
            ("AUTH", "421 bye", TryLater),
            ("AUTH", "535 5.7.8 wrong", NeedsReauth),
            ("AUTH", "534 5.7.9 app password needed", NeedsReauth),
            ("AUTH", "504 unknown mechanism", NeedsReauth),
            ("AUTH", "", TryLater),
            ("MAIL", "421 bye", TryLater),
            ("MAIL", "450 slow down", TryLater),
            ("MAIL", "451 later", TryLater),
            ("MAIL", "452 full", TryLater),
            ("MAIL", "530 5.7.0 log in first", NeedsReauth),
            ("MAIL", "550 sender unknown", Rejected),
            ("MAIL", "552 too large", Rejected),
            ("MAIL", "", TryLater),
            ("MAIL", "hello there", TryLater),
            ("RCPT", "421 bye", TryLater),
            ("RCPT", "450 greylisted", TryLater),
            ("RCPT", "452 too many", TryLater),
            ("RCPT", "530 log in first", NeedsReauth),
            ("RCPT", "550 unknown", Rejected),
            ("RCPT", "553 bad name", Rejected),
            ("RCPT", "", TryLater),
            ("RCPT", "nonsense", TryLater),
            ("DATA", "421 bye", TryLater),
            ("DATA", "451 later", TryLater),
            ("DATA", "554 no", Rejected),
            ("DATA", "", TryLater),
            ("DATA", "???", TryLater),
            (".", "421 bye", TryLater),
            (".", "450 later", TryLater),
            (".", "451 later", TryLater),
            (".", "452 full", TryLater),
            (".", "550 spam", Rejected),
            (".", "552 too large", Rejected),
            (".", "554 no", Rejected),
            (".", "", Uncertain),
            (".", "what?", Uncertain),
            (".", "150 hm", Uncertain),
        ],
    )
    def test_a_reply_means(self, stage: str, answer: str, error: type[AdapterError]) -> None:
        hello = {} if stage == "EHLO" else {"EHLO": EHLO.replace("8BITMIME", "AUTH PLAIN LOGIN")}
        with FakeSmtp({**hello, stage: answer}) as fake, pytest.raises(AdapterError) as caught:
            send(fake.port)
        assert type(caught.value) is error
        if answer[:3].isdecimal():
            assert answer[:3] in caught.value.reason
            assert caught.value.code == answer[:3]
        assert "secret" not in caught.value.reason

    def test_a_server_of_the_old_kind_is_greeted_its_way(self) -> None:
        with FakeSmtp({"EHLO": "500 what?"}) as fake:
            assert send(fake.port).external_id
            assert [line for line in fake.commands if line.startswith("mail")] == [
                "mail FROM:<support@example.test>"
            ]

    def test_a_name_nobody_knows(self) -> None:
        with pytest.raises(TryLater, match="not known to the DNS"):
            send(25, smtp_host="no-such-host.invalid")

    def test_a_port_nobody_listens_on(self) -> None:
        with pytest.raises(TryLater, match="refused the connection"):
            send(9)

    @pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
    def test_silence_before_the_message_is_try_later(
        self, stage: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("adapters.email.dialogue.COMMAND_SECONDS", 0.3)
        with FakeSmtp({stage: None}) as fake, pytest.raises(TryLater, match="did not answer in time"):
            send(fake.port)

    def test_silence_after_the_final_dot_is_uncertain_and_the_mail_was_taken_once(
        self, smtp_sink: SmtpSink
    ) -> None:
        smtp_sink.script = Script(after_dot="silence")
        io = RecordingIo()
        begun = time.monotonic()
        with pytest.raises(Uncertain, match="may have been delivered"):
            send(smtp_sink.port, io=io, smtp_final_timeout=1)
        assert 0.9 < time.monotonic() - begun < 4
        assert len(smtp_sink.receipts) == 1
        assert io.points == ["before_wire", "mid_body"]

    def test_a_hang_up_after_the_final_dot_is_uncertain(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(after_dot="close")
        with pytest.raises(Uncertain):
            send(smtp_sink.port)
        assert len(smtp_sink.receipts) == 1

    def test_a_line_cut_within_the_message_is_uncertain(
        self, smtp_sink: SmtpSink, fault_proxy: Callable[[int], FaultProxy]
    ) -> None:
        proxy = fault_proxy(smtp_sink.port)
        proxy.reset_after(30_000)
        with pytest.raises(Uncertain):
            send(proxy.port, reply(text="word " * 20_000))
        assert smtp_sink.receipts == []

    def test_a_refusal_within_the_message_is_believed(self) -> None:
        with FakeSmtp(
            on_data=lambda line: "552 5.3.4 too large" if line.startswith(b"word") else None
        ) as fake:
            with pytest.raises(Rejected, match="552"):
                send(fake.port, reply(text="word " * 2_000))

    def test_an_oversized_mail_is_not_even_begun(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(size=100_000)
        with pytest.raises(Rejected, match=r"0\.4 MB as mail; 127\.0\.0\.1 takes 0\.1 MB at most"):
            send(smtp_sink.port, reply(text="word " * 40_000))
        assert smtp_sink.receipts == []

    def test_a_file_that_is_gone_stops_the_sending_before_anybody_is_called(self) -> None:
        def gone() -> Any:
            raise FileNotFoundError("gone")

        io = RecordingIo()
        file = OutFile(name="a.pdf", media_type="application/pdf", size=10, open=gone)
        with FakeSmtp() as fake:
            with pytest.raises(Rejected, match=r'"a\.pdf" cannot be read'):
                send(fake.port, reply(files=(file,)), io)
            assert fake.commands == []
        assert io.points == []

    def test_a_file_that_breaks_in_the_middle_ends_nothing_properly(self) -> None:
        class Broken(iolib.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                if self.tell() > 0:
                    raise OSError("disk")
                return super().read(size)

        file = OutFile(
            name="a.pdf", media_type="application/pdf", size=200_000, open=lambda: Broken(b"x" * 200_000)
        )
        with FakeSmtp() as fake:
            with pytest.raises(Rejected, match="cannot be read"):
                send(fake.port, reply(files=(file,)))
            assert fake.messages == []

    def test_a_missing_starttls_is_not_gone_without(self) -> None:
        with FakeSmtp() as fake:
            with pytest.raises(Rejected, match="offers no STARTTLS"):
                send(fake.port, smtp_security="starttls")
            assert not any(line.upper().startswith(("AUTH", "MAIL")) for line in fake.commands)

    @pytest.mark.parametrize("answer", ["454 not now", "501 syntax", ""])
    def test_a_refused_starttls_is_not_gone_without(self, answer: str) -> None:
        with FakeSmtp({"EHLO": "250-fake\r\n250 STARTTLS", "STARTTLS": answer}) as fake:
            with pytest.raises((TryLater, Rejected)):
                send(fake.port, smtp_security="starttls")
            assert not any(line.upper().startswith(("AUTH", "MAIL")) for line in fake.commands)

    def test_a_login_that_is_asked_for_and_not_offered_is_explained(self) -> None:
        with FakeSmtp() as fake, pytest.raises(Rejected, match="offers no login"):
            send(fake.port, smtp_username="somebody", smtp_password="x")

    def test_a_refused_password_is_tried_once(self) -> None:
        with FakeSmtp({"EHLO": "250-fake\r\n250 AUTH PLAIN LOGIN CRAM-MD5", "AUTH": "535 no"}) as fake:
            with pytest.raises(NeedsReauth):
                send(fake.port)
            assert sum(line.upper().startswith("AUTH") for line in fake.commands) == 1

    def test_login_by_the_older_mechanism(self) -> None:
        replies: dict[str, str | None] = {
            "EHLO": "250-fake\r\n250 AUTH LOGIN",
            "AUTH LOGIN": "334 VXNlcm5hbWU6",
            "C3VWCG9YDEBLEGFTCGXLLNRLC3Q=": "334 UGFzc3dvcmQ6",
            "C2VJCMV0": "235 welcome",
        }
        with FakeSmtp(replies) as fake:
            assert send(fake.port).external_id


class TestPartialRefusals:
    """Some recipients were refused while the mail went to others."""

    def test_they_are_told_one_by_one(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(
            recipients={ADDRESSES[1]: "550 5.1.1 unknown here", ADDRESSES[2]: "451 4.7.1 greylisted"}
        )
        receipt = send(smtp_sink.port, to_three())
        assert smtp_sink.receipts[0].recipients == [ADDRESSES[0]]
        assert [(entry.address, entry.code, entry.permanent) for entry in receipt.refused] == [
            (ADDRESSES[1], "550", True),
            (ADDRESSES[2], "451", False),
        ]
        assert receipt.refused[0].reason == "5.1.1 unknown here."

    def test_all_refused_for_good_is_rejected_naming_each(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(recipients=dict.fromkeys(ADDRESSES, "550 5.1.1 unknown"))
        with pytest.raises(Rejected) as caught:
            send(smtp_sink.port, to_three())
        assert all(address in caught.value.reason for address in ADDRESSES)
        assert smtp_sink.receipts == []

    def test_all_refused_and_one_for_now_is_try_later(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(recipients=dict.fromkeys(ADDRESSES, "550 no") | {ADDRESSES[1]: "450 later"})
        with pytest.raises(TryLater):
            send(smtp_sink.port, to_three())

    def test_nothing_sent_is_hidden_when_the_message_itself_is_refused(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(recipients={ADDRESSES[1]: "550 no"}, replies={"dot": "451 later"})
        with pytest.raises(TryLater):
            send(smtp_sink.port, to_three())


class TestSubstitutedIds:
    """Providers that put their own Message-ID in the place of ours."""

    def test_an_id_in_the_last_word_becomes_an_alias(self, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(rewrite_message_id=True)
        receipt = send(smtp_sink.port)
        assert receipt.aliases == ("<0001@relay.example.test>",)
        assert b"Message-ID: <0001@relay.example.test>" in smtp_sink.receipts[0].raw

    def test_our_own_id_is_no_alias(self) -> None:
        with FakeSmtp({".": "250 2.0.0 OK <k3yk3yk3y.abcdefghijkl@example.test> queued"}) as fake:
            assert send(fake.port).aliases == ()

    def test_amazon_tells_the_bare_id(self) -> None:
        bare = "0102018f6b2c3d4e-5a6b7c8d-9e0f-1a2b-3c4d-5e6f7a8b9c0d-000000"
        found = substitutes("email-smtp.eu-west-1.amazonaws.com", f"250 Ok {bare}")
        assert found == (f"<{bare}@eu-west-1.amazonses.com>", f"<{bare}@email.amazonses.com>")
        assert substitutes("mail.example.org", f"250 Ok {bare}") == ()


@pytest.mark.exim
@pytest.mark.dovecot
class TestExim:
    """Through a real mail server into a real mailbox."""

    @pytest.mark.parametrize("mode", ["plain", "starttls", "ssl"])
    def test_a_reply_arrives(self, exim: Exim, dovecot: Dovecot, mode: str) -> None:
        port = exim.tls_port if mode == "ssl" else exim.port
        changes = {
            "smtp_host": "localhost",
            "smtp_security": mode,
            "tls_ca": str(exim.ca),
            "plus_addressing": "on",
        }
        receipt = send(port, **changes)
        exim.wait_empty()
        (raw,) = dovecot.mails(CUSTOMER)
        found = email.message_from_bytes(raw, policy=email.policy.default)
        assert found["Message-ID"] == receipt.external_id
        assert found["Return-Path"] == "<support+b.mnopqrstuvwx@example.test>"
        assert found["Reply-To"] == "support+r.abcdefghijkl@example.test"

    def test_a_bounce_comes_back_under_the_bounce_address(self, exim: Exim, dovecot: Dovecot) -> None:
        send(exim.port, reply(to=party("nobody@example.org")), plus_addressing="on")
        exim.wait_empty()
        (bounce,) = dovecot.mails(SUPPORT)
        assert b"Delivered-To: support+b.mnopqrstuvwx@example.test" in bounce
        assert b"<k3yk3yk3y.abcdefghijkl@example.test>" in bounce

    def test_a_wrong_password_is_told(self, exim: Exim) -> None:
        with pytest.raises(NeedsReauth, match="refused the login"):
            send(exim.port, imap_password="wrong")

    def test_a_certificate_of_an_unknown_authority_is_told(self, exim: Exim) -> None:
        with pytest.raises(TryLater, match="authority that is not known here"):
            send(exim.port, smtp_host="localhost", smtp_security="starttls")


def test_no_socket_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[socket.socket] = []
    io = RecordingIo()
    connect = io.connect

    def remembered(host: str, port: int, *, timeout: float) -> socket.socket:
        opened.append(connect(host, port, timeout=timeout))
        return opened[-1]

    io.connect = remembered  # type: ignore[method-assign]
    for answer in ({}, {"MAIL": "550 no"}, {".": ""}, {"CONNECT": "421 busy"}):
        with FakeSmtp(dict(answer)) as fake:
            try:
                send(fake.port, io=io)
            except AdapterError:
                assert answer
    assert len(opened) == 4
    assert all(sock.fileno() == -1 for sock in opened)

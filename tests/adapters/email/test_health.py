"""The live test of a mailbox: what it finds, and the sentence for everything that can be wrong."""

import time
from typing import Any

import pytest

from adapters.email import ADAPTER, EmailConfig, oauth
from inbox.contract import Health
from inbox.net import Guard, NetIo
from tests.adapters.email.fake_imap import FakeImap, Session
from tests.adapters.email.fake_smtp import FakeSmtp
from tests.adapters.email.mailbox import RecordingIo, configured, mail
from tests.adapters.email.token_service import TokenService
from tests.peers.dovecot import SUPPORT, Dovecot, token
from tests.peers.exim import Exim
from tests.peers.smtp_sink import Script, SmtpSink

TAGGED = "support+r.probe@example.test"


def check(config: EmailConfig) -> Health:
    begun = time.monotonic()
    health = ADAPTER.health(config, RecordingIo())
    assert time.monotonic() - begun < 15
    assert health.ok == (not health.problems)
    return health


def only_problem(config: EmailConfig) -> str:
    (problem,) = check(config).problems
    assert "secret" not in problem
    return problem


@pytest.mark.dovecot
class TestFindings:
    """What the servers can do, kept as facts."""

    def test_a_sound_mailbox(self, dovecot: Dovecot, exim: Exim) -> None:
        health = check(configured(dovecot, exim.port))
        assert (health.ok, health.problems) == (True, ())
        assert health.facts["idle"] is True
        assert health.facts["sent_folder"] == "Sent"
        assert health.facts["size_max"] == 40 * 1024 * 1024

    def test_nothing_is_sent_read_or_changed(self, dovecot: Dovecot, smtp_sink: SmtpSink) -> None:
        dovecot.deliver(mail(1))
        check(configured(dovecot, smtp_sink.port))
        assert smtp_sink.receipts == []
        with dovecot.imap() as client:
            assert client.get_flags([1]) == {1: (b"\\Recent",)} or client.get_flags([1]) == {1: ()}

    def test_the_name_of_the_checking_server_is_suggested(
        self, dovecot: Dovecot, smtp_sink: SmtpSink
    ) -> None:
        for number, name in enumerate(["mx.example.test", "mx.example.test", "other.example"]):
            dovecot.deliver(f"Authentication-Results: {name}; dmarc=pass\r\n".encode() + mail(number))
        facts = check(configured(dovecot, smtp_sink.port)).facts
        assert facts["authserv_candidates"] == ["mx.example.test", "other.example"]
        assert "authserv_candidates" not in check(configured(dovecot, smtp_sink.port, authserv_id="x")).facts

    def test_a_missing_sent_folder_is_told(self, dovecot: Dovecot, smtp_sink: SmtpSink) -> None:
        problem = only_problem(configured(dovecot, smtp_sink.port, sent_folder="Nowhere"))
        assert problem == 'IMAP: 127.0.0.1 has no folder "Nowhere".'

    def test_a_missing_folder_is_told(self, dovecot: Dovecot, smtp_sink: SmtpSink) -> None:
        assert 'has no folder "Nowhere"' in only_problem(
            configured(dovecot, smtp_sink.port, imap_folder="Nowhere")
        )

    def test_wrong_passwords_are_told_for_each_server(self, dovecot: Dovecot, smtp_sink: SmtpSink) -> None:
        smtp_sink.script = Script(login=(SUPPORT, "secret"))
        imap, smtp = check(configured(dovecot, smtp_sink.port, imap_password="wr0ng")).problems
        assert imap.startswith(f"IMAP: 127.0.0.1 refused the password for {SUPPORT}: ")
        assert smtp.startswith(f"SMTP: 127.0.0.1 refused the login of {SUPPORT}: 535 ")
        assert "wr0ng" not in imap + smtp

    def test_tokens_are_tried(self, dovecot: Dovecot, smtp_sink: SmtpSink) -> None:
        config = configured(dovecot, smtp_sink.port, auth="xoauth2", oauth_access_token=token(SUPPORT))
        assert check(config).ok

    def test_one_part_failing_leaves_the_facts_of_the_other(self, dovecot: Dovecot) -> None:
        health = check(configured(dovecot))
        assert health.facts["idle"] is True
        assert health.problems == ("SMTP: 127.0.0.1 refused the connection on port 9. Check the port.",)


class TestPlusAddressing:
    """Whether mail to a tagged form of our address arrives. A wrong yes would lose customers' answers."""

    def found(self, replies: dict[str, str | None], **changes: Any) -> object:
        with FakeImap() as imap, FakeSmtp(replies) as smtp:
            health = check(configured(imap_port=imap.port, smtp_port=smtp.port, **changes))
            assert health.ok
            assert smtp.messages == []
            assert "data" not in [line.lower() for line in smtp.commands]
            return health.facts["plus_addressing"]

    def test_a_server_that_takes_the_tagged_form_and_not_just_anything(self) -> None:
        assert self.found({"RCPT TO:<NO-SUCH-": "550 unknown"}) is True

    def test_a_server_that_takes_anything_proves_nothing(self) -> None:
        assert self.found({}) is False

    def test_a_server_that_takes_anything_is_believed_where_the_provider_is_known(self) -> None:
        assert self.found({}, provider="fastmail") is True

    def test_a_server_that_refuses_the_tagged_form(self) -> None:
        assert self.found({f"RCPT TO:<{TAGGED.upper()}": "550 unknown"}, provider="fastmail") is False


class TestSentences:
    """Every problem names the part, the host, and what to do."""

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({}, "refused the connection on port 9. Check the port."),
            (
                {"imap_host": "no-such.invalid", "smtp_host": "no-such.invalid"},
                "The name no-such.invalid is not known to the DNS. Check its spelling.",
            ),
        ],
    )
    def test_unreachable_servers(self, changes: dict[str, Any], sentence: str) -> None:
        imap, smtp = check(configured(**changes)).problems
        assert imap.startswith("IMAP: ")
        assert smtp.startswith("SMTP: ")
        assert sentence in imap
        assert sentence in smtp

    def test_addresses_inside_are_forbidden_unless_allowed(self) -> None:
        health = ADAPTER.health(configured(), NetIo(Guard()))
        assert health.problems == (
            "IMAP: 127.0.0.1 is an address inside a private network.",
            "SMTP: 127.0.0.1 is an address inside a private network.",
        )

    @pytest.mark.parametrize(
        ("imap", "smtp", "changes", "expected"),
        [
            (
                {"capabilities": "IMAP4rev1 LOGINDISABLED"},
                {},
                {},
                "IMAP: 127.0.0.1 takes no password without encryption. Choose ssl or starttls.",
            ),
            (
                {},
                {},
                {"imap_security": "starttls"},
                (
                    "IMAP: 127.0.0.1 offers no STARTTLS on port {imap}. "
                    "Choose ssl with port 993, or plain on a closed network."
                ),
            ),
            (
                {},
                {},
                {"smtp_security": "starttls"},
                (
                    "SMTP: 127.0.0.1 offers no STARTTLS on port {smtp}. "
                    "Choose ssl with port 465, or plain on a closed network."
                ),
            ),
            (
                {},
                {},
                {"smtp_security": "ssl"},
                "SMTP: 127.0.0.1 does not speak TLS on this port. Check the port, or choose starttls.",
            ),
            (
                {},
                {"MAIL": "553 5.7.1 not yours"},
                {},
                "SMTP: 127.0.0.1 refused support@example.test as sender: 553 5.7.1 not yours.",
            ),
            (
                {},
                {"MAIL": "530 5.7.0 login needed"},
                {},
                (
                    "SMTP: 127.0.0.1 refused support@example.test as sender: 530 5.7.0 login needed. "
                    "Check the login and reconnect the mailbox."
                ),
            ),
            ({}, {"CONNECT": "421 busy"}, {}, "SMTP: 127.0.0.1 does not take mail now: 421 busy."),
            ({}, {}, {"imap_password": ""}, f"IMAP: the password of {SUPPORT} is missing."),
        ],
    )
    def test_what_a_server_says_becomes_a_sentence(
        self, imap: dict[str, str], smtp: dict[str, str | None], changes: dict[str, Any], expected: str
    ) -> None:
        with FakeImap(**imap) as imap_server, FakeSmtp(smtp) as smtp_server:
            config = configured(imap_port=imap_server.port, smtp_port=smtp_server.port, **changes)
            assert only_problem(config) == expected.format(imap=imap_server.port, smtp=smtp_server.port)

    def test_a_server_that_never_answers_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("adapters.email.health.TEST_SECONDS", 1.0)
        monkeypatch.setattr("adapters.email.health._STEP_SECONDS", 1.0)

        def silent(session: Session, tag: str, command: str) -> bool:
            return True

        with FakeImap(hook=silent) as imap, FakeSmtp({"EHLO": None}) as smtp:
            begun = time.monotonic()
            problems = check(configured(imap_port=imap.port, smtp_port=smtp.port)).problems
            assert time.monotonic() - begun < 4
        assert problems == (
            "IMAP: 127.0.0.1 did not answer in time.",
            "SMTP: 127.0.0.1 did not answer in time.",
        )

    def test_a_resolver_that_hangs_is_left_behind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("adapters.email.health.TEST_SECONDS", 0.2)

        def slow(*_arguments: object, **_named: object) -> Any:
            time.sleep(3)
            raise OSError

        begun = time.monotonic()
        health = ADAPTER.health(configured(), NetIo(Guard(allow_private=True, resolve=slow)))
        assert time.monotonic() - begun < 2.9
        assert [problem[:4] for problem in health.problems] == ["IMAP", "SMTP"]
        assert all("did not answer within" in problem for problem in health.problems)

    def test_a_withdrawn_consent_is_told_once(self) -> None:
        oauth._fresh.clear()
        with TokenService({"error": "invalid_grant"}, status=400) as service:
            config = configured(
                auth="xoauth2",
                oauth_token_url=service.url,
                oauth_client_id="c",
                oauth_refresh_token="secret-r",
            )
            assert only_problem(config) == (
                f"OAuth: the consent for {SUPPORT} no longer holds (invalid_grant). Reconnect the mailbox."
            )

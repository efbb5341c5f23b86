"""Access tokens: used while they hold, renewed in time, and a withdrawn consent told as such."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.email import ADAPTER, EmailConfig, oauth
from adapters.email.oauth import Tokens
from inbox.contract import NeedsReauth, TryLater
from tests.adapters.email.fake_smtp import FakeSmtp
from tests.adapters.email.mailbox import RecordingIo, configured, drain, mail, numbers, reply
from tests.adapters.email.token_service import TokenService
from tests.peers.dovecot import SUPPORT, Dovecot, token


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    oauth._fresh.clear()


@pytest.fixture
def service() -> Iterator[TokenService]:
    with TokenService({"access_token": "fresh", "expires_in": 3600}) as running:
        yield running


def by_token(
    dovecot: Dovecot | None = None, service: TokenService | None = None, **changes: Any
) -> EmailConfig:
    values: dict[str, Any] = {"auth": "xoauth2", "imap_password": "", "oauth_client_id": "client"}
    if service:
        values |= {"oauth_token_url": service.url, "oauth_refresh_token": "refresh-1"}
    return configured(dovecot, **values | changes)


def expires(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


class TestTokens:
    """Keeping and renewing."""

    def test_a_token_that_holds_is_used_as_it_is(self, service: TokenService) -> None:
        config = by_token(service=service, oauth_access_token="kept", oauth_access_expires=expires(600))
        assert Tokens(config, RecordingIo()).access() == "kept"
        assert service.forms == []

    def test_a_token_about_to_end_is_renewed_and_stored(self, service: TokenService) -> None:
        config = by_token(
            service=service,
            oauth_access_token="kept",
            oauth_access_expires=expires(200),
            oauth_client_secret="hush",
            oauth_scope="mail",
        )
        io = RecordingIo()
        assert Tokens(config, io).access() == "fresh"
        assert service.forms == [
            {
                "grant_type": "refresh_token",
                "refresh_token": "refresh-1",
                "client_id": "client",
                "client_secret": "hush",
                "scope": "mail",
            }
        ]
        assert io.secrets["oauth_access_token"] == "fresh"
        left = datetime.fromisoformat(io.secrets["oauth_access_expires"]) - datetime.now(UTC)
        assert timedelta(minutes=59) < left <= timedelta(hours=1)
        assert "oauth_refresh_token" not in io.secrets

    def test_a_rotated_refresh_token_is_stored(self, service: TokenService) -> None:
        service.answer["refresh_token"] = "refresh-2"
        io = RecordingIo()
        Tokens(by_token(service=service), io).access()
        assert io.secrets["oauth_refresh_token"] == "refresh-2"

    def test_many_at_once_refresh_once(self, service: TokenService) -> None:
        service.delay.clear()
        config = by_token(service=service)
        found: list[str] = []
        threads = [
            threading.Thread(target=lambda: found.append(Tokens(config, RecordingIo()).access()))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        service.delay.set()
        for thread in threads:
            thread.join()
        assert found == ["fresh"] * 8
        assert len(service.forms) == 1

    @pytest.mark.parametrize(
        ("status", "answer"),
        [
            (400, {"error": "invalid_grant", "error_description": "revoked"}),
            (401, {"error": "invalid_client"}),
            (403, {}),
            (400, "no object"),
        ],
    )
    def test_a_withdrawn_consent_asks_for_a_new_one(
        self, service: TokenService, status: int, answer: Any
    ) -> None:
        service.status, service.answer = status, answer
        with pytest.raises(NeedsReauth, match="Reconnect the mailbox") as caught:
            Tokens(by_token(service=service), RecordingIo()).access()
        assert "refresh-1" not in caught.value.reason

    @pytest.mark.parametrize("status", [429, 500, 503, 200])
    def test_a_service_out_of_order_is_try_later(self, service: TokenService, status: int) -> None:
        service.status, service.answer = status, {}
        with pytest.raises(TryLater, match="out of order"):
            Tokens(by_token(service=service), RecordingIo()).access()

    def test_a_service_that_cannot_be_reached_is_try_later(self) -> None:
        config = by_token(oauth_token_url="http://127.0.0.1:9/token", oauth_refresh_token="r")
        with pytest.raises(TryLater):
            Tokens(config, RecordingIo()).access()

    def test_without_any_token_the_mailbox_has_to_be_connected(self) -> None:
        with pytest.raises(NeedsReauth, match="there is no token"):
            Tokens(by_token(), RecordingIo()).access()


@pytest.mark.dovecot
class TestImap:
    """Logging in to a server that checks signed tokens."""

    def test_a_token_minted_elsewhere_logs_in(self, dovecot: Dovecot) -> None:
        dovecot.deliver(mail(1))
        items, _ = drain(by_token(dovecot, oauth_access_token=token(SUPPORT)))
        assert numbers(items) == [1]

    def test_both_mechanisms_log_in(self, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
        from adapters.email.imap import Connection

        offered = Connection.has_capability
        monkeypatch.setattr(
            Connection, "has_capability", lambda self, name: name != "AUTH=XOAUTH2" and offered(self, name)
        )
        ADAPTER.poller(by_token(dovecot, oauth_access_token=token(SUPPORT)), RecordingIo()).close()

    def test_an_expired_token_without_a_refresh_token_asks_for_a_new_consent(self, dovecot: Dovecot) -> None:
        expired = token(SUPPORT, expires_in=-10)
        with pytest.raises(NeedsReauth, match="refused the access token") as caught:
            ADAPTER.poller(by_token(dovecot, oauth_access_token=expired), RecordingIo())
        assert expired not in caught.value.reason

    def test_a_token_refused_before_its_time_is_renewed_once(
        self, dovecot: Dovecot, service: TokenService
    ) -> None:
        service.answer["access_token"] = token(SUPPORT)
        revoked = token(SUPPORT, key=b"another")
        config = by_token(dovecot, service, oauth_access_token=revoked, oauth_access_expires=expires(3000))
        ADAPTER.poller(config, RecordingIo()).close()
        assert len(service.forms) == 1

    def test_a_fresh_token_that_is_refused_too_ends_it(self, dovecot: Dovecot, service: TokenService) -> None:
        with pytest.raises(NeedsReauth):
            ADAPTER.poller(by_token(dovecot, service), RecordingIo())
        assert len(service.forms) <= 2

    def test_after_a_new_consent_the_backlog_is_caught_up(self, dovecot: Dovecot) -> None:
        dovecot.deliver(mail(1))
        _, cursor = drain(by_token(dovecot, oauth_access_token=token(SUPPORT)))
        for number in range(2, 6):
            dovecot.deliver(mail(number))
        with pytest.raises(NeedsReauth):
            drain(by_token(dovecot, oauth_access_token=token(SUPPORT, expires_in=-10)), cursor)
        items, _ = drain(by_token(dovecot, oauth_access_token=token(SUPPORT)), cursor)
        assert numbers(items) == [2, 3, 4, 5]


class TestSmtp:
    """Logging in for sending."""

    HELLO = "250-fake\r\n250 AUTH XOAUTH2"

    def test_the_token_is_sent_in_one_line(self) -> None:
        with FakeSmtp({"EHLO": self.HELLO}) as fake:
            config = by_token(smtp_port=fake.port, oauth_access_token="tok")
            ADAPTER.send(config, reply(), RecordingIo())
            (line,) = [line for line in fake.commands if line.startswith("AUTH")]
            assert line == "AUTH XOAUTH2 dXNlcj1zdXBwb3J0QGV4YW1wbGUudGVzdAFhdXRoPUJlYXJlciB0b2sBAQ=="

    def test_a_refused_token_is_renewed_once(self, service: TokenService) -> None:
        fresh = "AUTH XOAUTH2 DXNLCJ1ZDXBWB3J0QGV4YW1WBGUUDGVZDAFHDXROPUJLYXJLCIBMCMVZAAEB"
        with FakeSmtp({"EHLO": self.HELLO, "AUTH": "535 5.7.3 no", fresh: "235 welcome"}) as fake:
            config = by_token(
                service=service,
                smtp_port=fake.port,
                oauth_access_token="old",
                oauth_access_expires=expires(3000),
            )
            ADAPTER.send(config, reply(), RecordingIo())
            assert len(service.forms) == 1
            assert len(fake.messages) == 1

    def test_a_challenge_that_explains_a_refusal_is_answered(self) -> None:
        with FakeSmtp({"EHLO": self.HELLO, "AUTH": "334 eyJzdGF0dXMiOiI0MDAifQ=="}) as fake:
            fake.to_empty_line = "535 5.7.3 no"
            config = by_token(smtp_port=fake.port, oauth_access_token="tok")
            with pytest.raises(NeedsReauth, match="535"):
                ADAPTER.send(config, reply(), RecordingIo())
            assert "" in fake.commands

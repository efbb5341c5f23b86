"""The live test, and how messages come in from then on."""

import time
from typing import Any

import pytest

from adapters.telegram import ADAPTER
from adapters.telegram.config import TelegramConfig
from adapters.telegram.hook import secret_of
from inbox.contract import Io, NeedsReauth, Rejected, Setup, TryLater
from tests.adapters.telegram.peer import config_of, net_io
from tests.peers.process import free_port
from tests.peers.telegram import TOKEN, Fault, Telegram

HOOK = "https://desk.example/hooks/telegram/1"
FACTS = {"username": "shop_bot"}


def connect(telegram: Telegram, url: str, io: Io | None = None, **fields: Any) -> Setup:
    return ADAPTER.connected(config_of(telegram, **fields), url, io or net_io(FACTS))


# Health


def test_it_finds_out_who_the_bot_is(telegram: Telegram) -> None:
    health = ADAPTER.health(config_of(telegram), net_io())
    assert health.ok
    assert health.facts["account_name"] == "@shop_bot"
    assert health.facts["username"] == "shop_bot"
    assert health.facts["can_read_all_group_messages"] is False
    assert [call.method for call in telegram.calls] == ["getMe"], "nothing is changed"


def test_a_wrong_token_is_told_in_words(telegram: Telegram) -> None:
    health = ADAPTER.health(config_of(telegram, token="7000000001:" + "w" * 35), net_io())
    assert not health.ok
    assert "does not accept the bot's token" in health.problems[0]
    assert "www" not in health.model_dump_json()


@pytest.mark.parametrize(
    ("fault", "said"),
    [(Fault("cut"), "broke off"), (Fault("say", status=502, answer=b"<html>"), "trouble of its own")],
)
def test_trouble_is_told_and_never_raised(telegram: Telegram, fault: Fault, said: str) -> None:
    telegram.fail("getMe", fault)
    health = ADAPTER.health(config_of(telegram), net_io())
    assert said in health.problems[0]


def test_nobody_there_is_told(telegram: Telegram) -> None:
    config = config_of(telegram, api_base=f"http://127.0.0.1:{free_port()}")
    assert "refused the connection" in ADAPTER.health(config, net_io()).problems[0]


def test_only_our_own_webhooks_trouble_is_ours(telegram: Telegram) -> None:
    telegram.updates.append({"update_id": 1})
    telegram.webhook = {"url": HOOK, "last_error_date": int(time.time()), "last_error_message": "SSL error"}
    assert ADAPTER.health(config_of(telegram), net_io()).ok, "somebody else's, which connecting replaces"
    health = ADAPTER.health(config_of(telegram), net_io({"hook_url": HOOK}))
    assert "SSL error" in health.problems[0]


# Connecting


def test_where_telegram_can_call_us_it_does(telegram: Telegram) -> None:
    kept: dict[str, str] = {}
    setup = connect(telegram, HOOK, net_io(FACTS, on_secrets=kept.update))
    assert setup.facts == {"mode": "webhook", "hook_url": HOOK}
    assert (setup.next_step, setup.next_url) == ("Write to @shop_bot in Telegram.", "https://t.me/shop_bot")
    [call] = telegram.calls
    assert call.params["url"] == HOOK
    assert "message_reaction" in call.json("allowed_updates")
    assert call.params["secret_token"] == secret_of(config_of(telegram)) == kept["webhook_secret"]
    assert "drop_pending_updates" not in call.params, "what waits there is wanted"


@pytest.mark.parametrize("url", ["", "http://desk.example/hooks/telegram/1"])
def test_where_it_cannot_we_ask(telegram: Telegram, url: str) -> None:
    telegram.webhook = {"url": "https://old.example/", "secret_token": ""}
    assert connect(telegram, url).facts == {"mode": "poll", "hook_url": ""}
    assert telegram.webhook["url"] == ""
    assert "drop_pending_updates" not in telegram.calls[-1].params


def test_who_wants_to_poll_polls(telegram: Telegram) -> None:
    assert connect(telegram, HOOK, mode="poll").facts["mode"] == "poll"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "Set ONETHREAD_PUBLIC_URL"),
        ("http://desk.example/hooks/telegram/1", "https addresses only"),
        (
            "https://desk.example:8000/hooks/telegram/1",
            "443, 80, 88 and 8443 only, and ONETHREAD_PUBLIC_URL says 8000",
        ),
    ],
)
def test_a_webhook_that_cannot_be_is_explained_without_asking_telegram(url: str, said: str) -> None:
    config = TelegramConfig.model_validate({"token": TOKEN, "mode": "webhook"})
    with pytest.raises(Rejected, match=said):
        ADAPTER.connected(config, url, net_io(FACTS))


@pytest.mark.parametrize("port", [443, 80, 88, 8443])
def test_these_ports_are_called(port: int) -> None:
    config = TelegramConfig.model_validate(
        {"token": TOKEN, "mode": "webhook", "api_base": "http://127.0.0.1:1"}
    )
    with pytest.raises(TryLater):  # it got as far as asking
        ADAPTER.connected(config, f"https://desk.example:{port}/x", net_io(FACTS))


def test_a_server_of_ones_own_calls_any_address(telegram: Telegram) -> None:
    url = "http://127.0.0.1:8000/hooks/telegram/1"
    assert connect(telegram, url, mode="webhook").facts == {"mode": "webhook", "hook_url": url}


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("bad webhook: An HTTPS URL must be provided for webhook", "https addresses only"),
        ("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443", "443, 80, 88 and 8443"),
        ("bad webhook: Failed to resolve host: Name or service not known", "does not find the name"),
        ("bad webhook: IP address 10.0.0.1 is reserved", "cannot be reached from the internet"),
    ],
)
def test_what_telegram_refuses_about_a_webhook_is_explained(
    telegram: Telegram, refusal: str, said: str
) -> None:
    telegram.refuse("setWebhook", 400, f"Bad Request: {refusal}")
    with pytest.raises(Rejected, match=said):
        connect(telegram, HOOK)


def test_the_secret_is_not_noted_before_telegram_has_it(telegram: Telegram) -> None:
    kept: dict[str, str] = {}
    telegram.refuse("setWebhook", 400, "Bad Request: no")
    with pytest.raises(Rejected):
        connect(telegram, HOOK, net_io(FACTS, on_secrets=kept.update))
    assert kept == {}


def test_connecting_can_be_repeated(telegram: Telegram) -> None:
    config = config_of(telegram, webhook_secret=secret_of(config_of(telegram)))
    kept: dict[str, str] = {}
    for _ in range(2):
        ADAPTER.connected(config, HOOK, net_io(FACTS, on_secrets=kept.update))
    assert kept == {}, "nothing new to keep"


def test_disconnecting_takes_the_webhook_away(telegram: Telegram) -> None:
    connect(telegram, HOOK)
    ADAPTER.disconnected(config_of(telegram), net_io())
    assert telegram.webhook["url"] == ""


def test_a_dead_token_cannot_be_arranged(telegram: Telegram) -> None:
    telegram.token = "7000000001:" + "n" * 30
    with pytest.raises(NeedsReauth):
        ADAPTER.connected(config_of(telegram, token=TOKEN), HOOK, net_io(FACTS))


def test_a_link_leads_to_the_bot_with_the_code() -> None:
    config = TelegramConfig.model_validate({"token": TOKEN})
    assert ADAPTER.link_url(config, FACTS, "abc") == "https://t.me/shop_bot?start=abc"
    assert ADAPTER.link_url(config, {}, "abc") == ""

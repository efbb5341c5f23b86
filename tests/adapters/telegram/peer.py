"""The other side for the conformance suite and the tests of this folder."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import JsonValue

from adapters.telegram.config import TelegramConfig
from adapters.telegram.hook import HEADER, secret_of
from inbox.contract import ChannelConfig, HookRequest, Io
from inbox.net import Guard, NetIo
from tests.peers.telegram import TOKEN, Telegram

# The secret proves that Telegram calls; what it says is protected by the encrypted connection only.
SIGNS_BODY = False


def config_of(telegram: Telegram, **more: Any) -> TelegramConfig:
    """A channel of the bot that `telegram` serves."""
    return TelegramConfig.model_validate({"token": telegram.token, "api_base": telegram.url, **more})


def net_io(facts: Mapping[str, JsonValue] | None = None, **more: Any) -> NetIo:
    """The real network, as far as loopback."""
    return NetIo(Guard(allow_private=True), facts=facts, **more)


class TelegramPeer:
    """The suite's `Peer` over our own Telegram."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram

    def config(self) -> ChannelConfig:
        """A configuration that reaches it."""
        return config_of(self._telegram, mode="poll")

    def io(self) -> Io:
        """An io that reaches it."""
        return net_io({"mode": "poll"})

    def deliver(self, number: int) -> None:
        """A customer writes."""
        self._telegram.write(self._telegram.person(4_000_000_000 + number), f"Message {number}")


def open_peer(request: pytest.FixtureRequest) -> TelegramPeer:
    """A Telegram that runs as long as the test."""
    telegram = Telegram().start()
    request.addfinalizer(telegram.stop)
    return TelegramPeer(telegram)


def signed_request() -> tuple[TelegramConfig, HookRequest]:
    """A bot's configuration, and a call of its webhook as Telegram makes it."""
    config = TelegramConfig.model_validate({"token": TOKEN, "mode": "webhook"})
    message = {
        "message_id": 7,
        "date": 1_700_000_000,
        "chat": {"id": 5, "type": "private", "first_name": "A"},
    }
    body = json.dumps({"update_id": 1, "message": {**message, "text": "Hello"}}).encode()
    headers = {"content-type": "application/json", HEADER: secret_of(config)}
    return config, HookRequest(method="POST", body=body, headers=headers, args={})

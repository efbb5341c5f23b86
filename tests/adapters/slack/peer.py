"""The other side for the conformance suite and the tests of this folder."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import JsonValue

from adapters.slack.config import SlackConfig
from inbox.contract import ChannelConfig, HookRequest, Io
from inbox.net import Guard, NetIo
from tests.peers.slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Slack, signed


def config_of(slack: Slack, **more: Any) -> SlackConfig:
    """A channel of the app that `slack` serves."""
    own = {"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET, "api_base": slack.url}
    return SlackConfig.model_validate({**own, **more})


def net_io(facts: Mapping[str, JsonValue] | None = None, **more: Any) -> NetIo:
    """The real network, as far as loopback."""
    return NetIo(Guard(allow_private=True), facts=facts, **more)


def hook_request(data: Any, *, secret: str = SIGNING_SECRET, at: float | None = None) -> HookRequest:
    """A call as Slack makes it; `data` are its bytes, or become JSON."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    headers = {name.lower(): value for name, value in signed(body, secret, at).items()}
    return HookRequest(method="POST", body=body, headers=headers, args={})


class SlackPeer:
    """The suite's `Peer` over our own Slack, in Socket Mode."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        slack.socket_mode = True

    def config(self) -> ChannelConfig:
        """A configuration that reaches it."""
        return config_of(self._slack, app_token=APP_TOKEN)

    def io(self) -> Io:
        """An io that reaches it."""
        return net_io()

    def deliver(self, number: int) -> None:
        """A customer writes."""
        anna = self._slack.person(f"Anna {number}")
        self._slack.say(anna, self._slack.chat(anna), f"Message {number}")


def open_peer(request: pytest.FixtureRequest) -> SlackPeer:
    """A Slack that runs as long as the test."""
    slack = Slack().start()
    request.addfinalizer(slack.stop)
    return SlackPeer(slack)


def signed_request() -> tuple[SlackConfig, HookRequest]:
    """An app's configuration, and a call of its webhook as Slack makes it."""
    config = SlackConfig.model_validate({"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET})
    slack = Slack()
    event = {
        "type": "message",
        "user": "U0ANNA",
        "text": "Hello",
        "ts": "1760000000.000100",
        "channel": "D0ANNA",
    }
    return config, hook_request(slack.payload(event))

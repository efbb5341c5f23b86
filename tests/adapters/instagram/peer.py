"""The other side for the conformance suite and the tests of this folder."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from adapters.meta.hook import HEADER
from adapters.meta.instagram.config import InstagramConfig
from inbox.contract import HookRequest
from inbox.net import Guard, NetIo
from tests.peers.graph import APP_ID, APP_SECRET, TOKEN, VERIFY_TOKEN, signed
from tests.peers.graph_page import IG_ID, PERSON, Account

SETTINGS = {
    "ig_id": IG_ID,
    "app_id": APP_ID,
    "access_token": TOKEN,
    "app_secret": APP_SECRET,
    "verify_token": VERIFY_TOKEN,
}


def config_of(account: Account, **more: Any) -> InstagramConfig:
    """A channel of the account that `account` serves."""
    given = {**SETTINGS, "access_token": account.graph.token, "api_base": account.url, **more}
    return InstagramConfig.model_validate(given)


def net_io(facts: Mapping[str, JsonValue] | None = None, **more: Any) -> NetIo:
    """The real network, as far as loopback."""
    return NetIo(Guard(allow_private=True), facts=facts, **more)


def signed_request() -> tuple[InstagramConfig, HookRequest]:
    """An account's configuration, and a call of its webhook as Meta makes it."""
    event = {
        "sender": {"id": PERSON},
        "recipient": {"id": IG_ID},
        "timestamp": 1_793_438_700_000,
        "message": {"mid": "m_1", "text": "ä"},
    }
    body = json.dumps(
        {"object": "instagram", "entry": [{"id": IG_ID, "time": 1, "messaging": [event]}]}
    ).encode()
    headers = {"content-type": "application/json", HEADER: signed(APP_SECRET, body)}
    return InstagramConfig.model_validate(SETTINGS), HookRequest(
        method="POST", body=body, headers=headers, args={}
    )

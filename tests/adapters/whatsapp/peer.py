"""The other side for the conformance suite and the tests of this folder."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from adapters.meta.hook import HEADER
from adapters.meta.whatsapp.config import WhatsAppConfig
from inbox.contract import HookRequest
from inbox.net import Guard, NetIo
from tests.peers.graph import APP_SECRET, TOKEN, VERIFY_TOKEN, signed
from tests.peers.graph_whatsapp import PHONE_NUMBER_ID, WABA_ID, WhatsApp

SETTINGS = {
    "phone_number_id": PHONE_NUMBER_ID,
    "waba_id": WABA_ID,
    "access_token": TOKEN,
    "app_secret": APP_SECRET,
    "verify_token": VERIFY_TOKEN,
}


def config_of(whatsapp: WhatsApp, **more: Any) -> WhatsAppConfig:
    """A channel of the number that `whatsapp` serves."""
    return WhatsAppConfig.model_validate({**SETTINGS, "api_base": whatsapp.url, **more})


def net_io(facts: Mapping[str, JsonValue] | None = None, **more: Any) -> NetIo:
    """The real network, as far as loopback."""
    return NetIo(Guard(allow_private=True), facts=facts, **more)


def signed_request() -> tuple[WhatsAppConfig, HookRequest]:
    """A number's configuration, and a call of its webhook as Meta makes it."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID},
        "messages": [
            {
                "from": "4915112345678",
                "id": "wamid.A",
                "timestamp": "1",
                "type": "text",
                "text": {"body": "ä"},
            }
        ],
    }
    entry = [{"id": WABA_ID, "changes": [{"field": "messages", "value": value}]}]
    body = json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()
    headers = {"content-type": "application/json", HEADER: signed(APP_SECRET, body)}
    config = WhatsAppConfig.model_validate(SETTINGS)
    return config, HookRequest(method="POST", body=body, headers=headers, args={})

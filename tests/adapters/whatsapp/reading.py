"""Payloads in few words, and what they mean."""

import json
from typing import Any

from adapters.meta.whatsapp import ADAPTER
from adapters.meta.whatsapp.config import WhatsAppConfig
from inbox.contract import Inbound, Item, Moved, Raw
from tests.adapters.whatsapp.peer import SETTINGS
from tests.peers.graph_whatsapp import PHONE_NUMBER_ID, WABA_ID

CONFIG = WhatsAppConfig.model_validate(SETTINGS)
METADATA = {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID}
USER_ID = "IT.77120934458812003"
NUMBER = "393331234567"
ANNA: dict[str, Any] = {"profile": {"name": "Anna Moretti"}, "wa_id": NUMBER, "user_id": USER_ID}


def message(kind: str = "text", about: Any = None, **more: Any) -> dict[str, Any]:
    """A message of Anna's; a text unless it is told otherwise."""
    told = {"body": "Hello"} if kind == "text" and about is None else about
    fields = {"id": "wamid.M1", "timestamp": "1780000000", "from": NUMBER, "type": kind, **more}
    return fields if told is None else {**fields, kind: told}


def call(*changes: dict[str, Any], **entry: Any) -> bytes:
    """A webhook's body."""
    found = [{"id": WABA_ID, "changes": list(changes), **entry}]
    return json.dumps({"object": "whatsapp_business_account", "entry": found}).encode()


def change(field: str = "messages", **value: Any) -> dict[str, Any]:
    """A change about the number."""
    return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": METADATA, **value}}


def read(body: bytes) -> tuple[Item, ...]:
    """What a webhook's body means."""
    return ADAPTER.parse(CONFIG, Raw(body=body))


def said(**value: Any) -> list[Item]:
    """What a value means, without the news about addresses."""
    return [
        item for item in read(call(change(**{"contacts": [ANNA], **value}))) if not isinstance(item, Moved)
    ]


def inbound(found: dict[str, Any], **value: Any) -> Inbound:
    """The one message that a payload with this one gives."""
    [item] = said(messages=[found], **value)
    assert isinstance(item, Inbound), item
    return item

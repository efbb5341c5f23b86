"""Every payload of the collection beside the checkout can be read, whoever made it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.meta.whatsapp import ADAPTER
from adapters.meta.whatsapp.config import WhatsAppConfig
from inbox.contract import Broken, Ignored, Inbound, Item, Raw
from inbox.contract.conformance import check_item
from tests.adapters.whatsapp.peer import SETTINGS
from tests.services import CORPORA

PAYLOADS = CORPORA / "whatsapp-pywa"
FILES = sorted(PAYLOADS.glob("*.json"))

pytestmark = pytest.mark.corpora

# Some stand there as the documentation has them, with words in place of numbers.
_PLACEHOLDERS = {
    "<BUSINESS_PHONE_NUMBER_ID>": "1122334455667",
    "<BUSINESS_DISPLAY_PHONE_NUMBER>": "972123456789",
    "<WHATSAPP_USER_PHONE_NUMBER>": "972987654321",
    "<USER_PHONE_NUMBER>": "972987654321",
    "<BSUID>": "US.13491208655302741918",
    "<PARENT_BSUID>": "US.ENT.11815799212886844830",
}


def calls(found: Any) -> Iterator[dict[str, Any]]:
    """All calls in a file, however deep."""
    if isinstance(found, dict) and isinstance(found.get("entry"), list):
        yield found
    elif isinstance(found, dict):
        for each in found.values():
            yield from calls(each)


def meanings(call: dict[str, Any]) -> tuple[Item, ...]:
    value = call["entry"][0]["changes"][0]["value"]
    number = value.get("metadata", {}).get("phone_number_id", "1")
    config = WhatsAppConfig.model_validate({**SETTINGS, "phone_number_id": number, "waba_id": ""})
    return ADAPTER.parse(config, Raw(body=json.dumps(call).encode()))


def contents(path: Path) -> Any:
    text = path.read_text("utf-8")
    for word, number in _PLACEHOLDERS.items():
        text = text.replace(word, number)
    return json.loads(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_payload_is_read_without_a_broken_part(path: Path) -> None:
    found = list(calls(contents(path)))
    assert found
    for call in found:
        items = meanings(call)
        for item in items:
            assert not isinstance(item, Broken), item.reason
            check_item(ADAPTER, item)
        assert not any("mean nothing here" in item.reason for item in items if isinstance(item, Ignored))


def test_every_kind_of_message_becomes_something_to_see() -> None:
    kinds = contents(PAYLOADS / "message.json")
    told = {kind: meanings(call) for kind, call in kinds.items() if "reaction" not in kind}
    for kind, items in told.items():
        item = next(item for item in items if isinstance(item, Inbound))
        assert item.text or item.files or item.notices, kind
    assert len(told) >= 20

"""Helpers: updates and what they mean."""

import itertools
import json
from typing import Any

from pydantic import SecretStr

from adapters.telegram import ADAPTER
from adapters.telegram.config import TelegramConfig
from inbox.contract import Inbound, Item, Raw
from tests.peers.telegram import TOKEN

CONFIG = TelegramConfig.model_validate({"token": TOKEN}).model_copy(update={"token": SecretStr("")})
"""As `parse` gets it: without secrets."""

ANNA = {
    "id": 5_000_000_001,
    "is_bot": False,
    "first_name": "Anna",
    "last_name": "Moretti",
    "username": "anna",
}
CHAT = {
    "id": 5_000_000_001,
    "type": "private",
    "first_name": "Anna",
    "last_name": "Moretti",
    "username": "anna",
}
GROUP = {"id": -1_001_234_567_890, "type": "supergroup", "title": "Berlin branch"}

_numbers = itertools.count(1)


def message(chat: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A message of Anna's."""
    head = {"message_id": 7, "date": 1_760_000_000, "chat": chat or CHAT, "from": ANNA}
    return {**head, **fields}


def read(kind: str, about: Any, *, update_id: int | None = None) -> tuple[Item, ...]:
    """What an update means."""
    number = next(_numbers) if update_id is None else update_id
    return ADAPTER.parse(CONFIG, Raw(body=json.dumps({"update_id": number, kind: about}).encode()))


def inbound(chat: dict[str, Any] | None = None, **fields: Any) -> Inbound:
    """A message of Anna's as the product gets it."""
    [item] = read("message", message(chat, **fields))
    assert isinstance(item, Inbound), item
    return item

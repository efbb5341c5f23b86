"""One update as it came: its bytes read, and the name under which it is kept once."""

import hashlib
import json
from typing import Any

from inbox.contract import Unreadable


def read(body: bytes) -> dict[str, Any]:
    """An update's fields. Raises Unreadable."""
    try:
        data = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("This is no update of Telegram's: it is not JSON.", code="json") from error
    if not isinstance(data, dict) or not isinstance(data.get("update_id"), int):
        raise Unreadable("This is no update of Telegram's: it has no number.", code="update_id")
    return data


def dedupe_key(update: dict[str, Any]) -> str:
    """The name of an update, the same whichever way it comes.

    Its number alone is not enough: after a week without updates Telegram goes on from a random one, which may have
    been there before. So the message it is about is named too.
    """
    kind = next((name for name in update if name != "update_id"), "")
    about = update.get(kind)
    key = f"{update['update_id']}:{kind}"
    if not isinstance(about, dict):
        return key[:200]
    chat = about.get("chat")
    if isinstance(chat, dict):
        key += f":{chat.get('id')}"
    if "message_id" in about:
        key += f":{about['message_id']}"
    return key[:200]


def nameless(body: bytes) -> str:
    """The name of something that is no update: the same bytes are the same thing."""
    return "sha256:" + hashlib.sha256(body).hexdigest()

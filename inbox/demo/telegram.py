"""Updates of the Bot API as Telegram sends them when the demo's customers write there."""

from datetime import datetime
from typing import Any

from inbox.demo import media
from inbox.demo.script import Customer


def message(
    customer: Customer, number: int, at: datetime, text: str, files: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A message, or a photo with a caption; `number` is the message's in the chat."""
    said = _message(customer, number, at, text)
    if files:
        said |= {"photo": _sizes(files[0]), "caption": said.pop("text")}
    return {"update_id": _update(customer, number), "message": said}


def start(customer: Customer, number: int, at: datetime, code: str) -> dict[str, Any]:
    """The press of "Start" with which somebody brings a one-time code."""
    said = _message(customer, number, at, f"/start {code}")
    return {
        "update_id": _update(customer, number),
        "message": {**said, "entities": [{"offset": 0, "length": 6, "type": "bot_command"}]},
    }


def edit(customer: Customer, number: int, written: int, at: datetime, text: str) -> dict[str, Any]:
    """The message `written` says something else now."""
    said = _message(customer, written, at, text)
    return {
        "update_id": _update(customer, number),
        "edited_message": {**said, "edit_date": int(at.timestamp())},
    }


def react(customer: Customer, number: int, about: int, at: datetime, emoji: str) -> dict[str, Any]:
    """A reaction to the message `about` of ours."""
    return {
        "update_id": _update(customer, number),
        "message_reaction": {
            "chat": _chat(customer),
            "message_id": about,
            "user": _user(customer),
            "date": int(at.timestamp()),
            "old_reaction": [],
            "new_reaction": [{"type": "emoji", "emoji": emoji}],
        },
    }


def _update(customer: Customer, number: int) -> int:
    return customer.telegram % 100_000 * 10_000 + number


def _message(customer: Customer, number: int, at: datetime, text: str) -> dict[str, Any]:
    return {
        "message_id": number,
        "date": int(at.timestamp()),
        "from": _user(customer),
        "chat": _chat(customer),
        "text": text,
    }


def _user(customer: Customer) -> dict[str, Any]:
    return {**_person(customer), "is_bot": False, "language_code": customer.locale}


def _chat(customer: Customer) -> dict[str, Any]:
    return {**_person(customer), "type": "private"}


def _person(customer: Customer) -> dict[str, Any]:
    first, _, last = customer.name.partition(" ")
    names = {"first_name": first, **({"last_name": last} if last else {})}
    if customer.username:
        names["username"] = customer.username
    return {"id": customer.telegram, **names}


def _sizes(name: str) -> list[dict[str, Any]]:
    size = len(media.make(name)[0])
    return [
        {
            "file_id": name,
            "file_unique_id": f"u-{name}",
            "file_size": size,
            "width": media.WIDTH,
            "height": media.HEIGHT,
        }
    ]

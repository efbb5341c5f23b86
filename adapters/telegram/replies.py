"""What a message refers to: the one it answers, where it was forwarded from, and what else comes along."""

from collections.abc import Callable
from typing import Any

from telegram import Message

from adapters.telegram.people import Place, line, name_of
from inbox.contract import Notice

QUOTED_MAX = 1000
"""Characters of the answered message that are shown with the answer."""


def answered(message: Message, place: Place) -> tuple[str, ...]:
    """The id of the message that this one answers."""
    earlier = message.reply_to_message
    # Within a topic, a message that answers none answers the line that opened the topic.
    if earlier is None or earlier.forum_topic_created is not None or not earlier.message_id:
        return ()
    return (place.external_id(earlier.message_id),)


def quoted_of(message: Message) -> str:
    """The words that are answered: the quoted ones, or the beginning of the message."""
    if message.quote is not None:
        return str(message.quote.text)[:QUOTED_MAX]
    earlier = message.reply_to_message
    return str((earlier.text or earlier.caption or "") if earlier is not None else "")[:QUOTED_MAX]


def notices_of(message: Message) -> tuple[Notice, ...]:
    """What an agent should know beside the words."""
    found = []
    for code, told in _NOTICES.items():
        text = told(message)
        if text:
            found.append(Notice(code=code, text=text))
    return tuple(found)


def _forwarded(message: Message) -> str:
    origin: Any = message.forward_origin
    if origin is None:
        return ""
    return f"Forwarded from {_origin(origin)}."


def _origin(origin: Any) -> str:
    user, chat = getattr(origin, "sender_user", None), getattr(origin, "sender_chat", None)
    chat = chat or getattr(origin, "chat", None)
    hidden = line(getattr(origin, "sender_user_name", None))
    name = name_of(user) if user is not None else hidden
    if chat is not None:
        name = line(chat.title) or name_of(chat)
    signed = line(getattr(origin, "author_signature", None))
    return " / ".join(part for part in (name, signed) if part) or "somebody"


def _elsewhere(message: Message) -> str:
    external: Any = message.external_reply
    return "" if external is None else f"Answers a message of {_origin(external.origin)} in another chat."


def _story(message: Message) -> str:
    story: Any = message.reply_to_story
    return "" if story is None else "Answers a story. It can be seen in Telegram."


def _via(message: Message) -> str:
    return "" if message.via_bot is None else f"Written with the help of {name_of(message.via_bot)}."


def _stars(message: Message) -> str:
    return f"Paid with {message.paid_star_count} Telegram Stars." if message.paid_star_count else ""


_NOTICES: dict[str, Callable[[Message], str]] = {
    "forwarded": _forwarded,
    "answers_elsewhere": _elsewhere,
    "answers_story": _story,
    "via_bot": _via,
    "paid": _stars,
}

"""Changing and taking back what has gone out. A reply may be several messages in Telegram."""

import re
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from telegram import LinkPreviewOptions

from adapters.telegram import business
from adapters.telegram.bot import Api, Wire
from adapters.telegram.config import TelegramConfig
from adapters.telegram.errors import SAME
from adapters.telegram.people import Place
from adapters.telegram.split import CAPTION_MAX, pieces
from adapters.telegram.styled import Styled, styled
from inbox.contract import AdapterError, Io, Posted, Rejected, Uncertain

SECONDS = 10.0
"""How long one call may take: an agent waits for it."""
DELETE_MAX = 100
"""Messages that one call deletes."""

_NO_RIGHT = "The business account does not let the bot delete messages. The owner can allow it in Telegram's settings."
_ID = re.compile(r"(?P<business>[^:]*):(?P<chat>-?[0-9]{1,19}):(?P<number>[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class _Messages:
    """The messages of a reply: where they are, and their numbers, which count upwards as they went out."""

    place: Place
    numbers: tuple[int, ...]


def edit(config: TelegramConfig, posted: Posted, text: str, io: Io) -> None:
    """Change what a reply says, message by message. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
    found = _messages(posted, io)
    whole = styled(text)
    texts = len(found.numbers) - posted.files
    if texts < 0:
        raise Rejected("Not all messages of this reply are known by their numbers.", code="edit")
    parts = list(pieces(whole)) if texts else [whole]
    if not texts and whole.units > CAPTION_MAX:
        raise Rejected(f"The text below a file may have {CAPTION_MAX} characters in Telegram.", code="edit")
    if texts and len(parts) != texts:
        raise Rejected(_other_length(texts, len(parts)), code="edit")
    api = Api(config, io, Wire(io, SECONDS))
    io.checkpoint("before_wire")
    for done, (number, part) in enumerate(zip(found.numbers, parts, strict=False)):
        try:
            call = _caption if not texts else _text if not done else _next_text
            _once(api, call(api, found.place, number, part))
        except AdapterError as error:
            if not done:
                raise
            raise Uncertain(
                f"{done} of {len(parts)} messages of this reply were changed. {error.reason}", code=error.code
            ) from error
        io.checkpoint("mid_body")
    io.checkpoint("after_wire")


def delete(config: TelegramConfig, posted: Posted, io: Io) -> None:
    """Delete a reply for both sides. Messages that are gone already are passed over by Telegram."""
    found = _messages(posted, io)
    api = Api(config, io, Wire(io, SECONDS))
    io.checkpoint("before_wire")
    for start in range(0, len(found.numbers), DELETE_MAX):
        numbers = list(found.numbers[start : start + DELETE_MAX])
        if found.place.business:
            _delete_in_business(api, found.place.business, numbers)
        else:
            api.change(api.bot.delete_messages(found.place.chat, numbers))
    io.checkpoint("after_wire")


def _messages(posted: Posted, io: Io) -> _Messages:
    """Where the reply is by its ids: a group may have got another number since. Raises Rejected."""
    known = [match for each in posted.external_ids if (match := _ID.fullmatch(each))]
    if not known:
        raise Rejected("It is not known which messages of Telegram's this reply became.", code="edit")
    place = Place(int(known[0]["chat"]), known[0]["business"])
    same = (match for match in known if match["chat"] == known[0]["chat"])
    numbers = tuple(sorted({int(match["number"]) for match in same}))
    return _Messages(business.current(place, io.facts), numbers)


def _text(api: Api, place: Place, number: int, part: Styled) -> Coroutine[Any, Any, Any]:
    return api.bot.edit_message_text(part.text, entities=part.entities(), **_where(place, number))


def _next_text(api: Api, place: Place, number: int, part: Styled) -> Coroutine[Any, Any, Any]:
    """As when it was sent, only the first message of a reply shows what is behind its link."""
    hidden = LinkPreviewOptions(is_disabled=True)
    return api.bot.edit_message_text(
        part.text, entities=part.entities(), link_preview_options=hidden, **_where(place, number)
    )


def _caption(api: Api, place: Place, number: int, part: Styled) -> Coroutine[Any, Any, Any]:
    return api.bot.edit_message_caption(
        caption=part.text, caption_entities=part.entities(), **_where(place, number)
    )


def _where(place: Place, number: int) -> dict[str, Any]:
    return {
        "chat_id": place.chat,
        "message_id": number,
        "business_connection_id": place.business or None,
    }


def _once(api: Api, call: Coroutine[Any, Any, Any]) -> None:
    """A call that may be made again: what says so already is done."""
    try:
        api.change(call)
    except Rejected as error:
        if error.code != SAME:
            raise


def _delete_in_business(api: Api, connection: str, numbers: list[int]) -> None:
    try:
        api.change(api.bot.delete_business_messages(connection, numbers))
    except Rejected as error:
        if error.code != "business":
            raise
        raise Rejected(_NO_RIGHT, code="business") from error


def _other_length(before: int, after: int) -> str:
    if after == 0:
        return "Telegram takes no empty message. Take the reply back instead."
    return (
        f"In Telegram this reply is {_count(before)}, and the new text would be {_count(after)}. Take it back and "
        "write anew, or keep about its length."
    )


def _count(messages: int) -> str:
    return "1 message" if messages == 1 else f"{messages} messages"

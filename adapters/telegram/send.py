"""Handing a reply to Telegram. What arrived of a reply of several messages is never sent again by itself."""

import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from typing import Any

from telegram import (
    InputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    LinkPreviewOptions,
    ReactionTypeEmoji,
    ReplyParameters,
)

from adapters.telegram import business
from adapters.telegram.bot import Api, Wire
from adapters.telegram.card import Card, Spot, card_of
from adapters.telegram.config import TelegramConfig
from adapters.telegram.errors import Call, Migrated, unclear
from adapters.telegram.kinds import DOUBTFUL
from adapters.telegram.outgoing import Piece, Step, plan
from adapters.telegram.people import Place, place_at
from adapters.telegram.styled import Styled
from inbox.contract import AdapterError, Io, Outgoing, Party, Receipt, Rejected, TryLater, Uncertain

PATIENCE = 30.0
"""Seconds that a reply may wait for Telegram between its messages."""
_QUICK = 5.0

_ALBUM: dict[str, Callable[..., Any]] = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "audio": InputMediaAudio,
    "document": InputMediaDocument,
}


def send(config: TelegramConfig, message: Outgoing, io: Io) -> Receipt:
    """Send a reply. Raises TryLater, Rejected, NeedsReauth or Uncertain."""
    place = business.current(place_at(message.to), io.facts)
    steps = plan(message)
    with ExitStack() as files:
        # All are open before the first byte goes out: what is missing is found while nothing has arrived.
        for file in message.files:
            files.enter_context(file.open())
        io.checkpoint("before_wire")
        ids = _Sender(Api(config, io), io, place, message).send(steps)
    io.checkpoint("after_wire")
    return Receipt(external_id=ids[0], aliases=tuple(ids[1:]))


def typing(config: TelegramConfig, to: Party, io: Io) -> None:
    """Show for five seconds that somebody writes."""
    place = business.current(place_at(to), io.facts)
    api = Api(config, io, Wire(io, _QUICK))
    api.ask(
        api.bot.send_chat_action(
            place.chat,
            "typing",
            message_thread_id=place.topic or None,
            business_connection_id=place.business or None,
        )
    )


def react(config: TelegramConfig, to: Party, external_id: str, emoji: Sequence[str], io: Io) -> None:
    """Put our reaction on a message; a bot has one at most."""
    place = business.current(place_at(to), io.facts)
    message_id = place.message_id(external_id)
    if message_id is None:
        raise Rejected("Telegram does not have this message in this chat.", code="reaction")
    if place.business:
        raise Rejected("Bots cannot react to messages of a business account.", code="reaction")
    if len(emoji) > 1:
        raise Rejected("A bot can put one reaction on a message.", code="reaction")
    api = Api(config, io)
    api.ask(
        api.bot.set_message_reaction(
            place.chat, message_id, reaction=[ReactionTypeEmoji(each) for each in emoji]
        )
    )


class _Sender:
    """Sends the messages of one reply, and knows how many have arrived."""

    def __init__(self, api: Api, io: Io, place: Place, message: Outgoing) -> None:
        self._api = api
        self._io = io
        self._place = place
        self._message = message
        self._ids: list[str] = []
        self._left = PATIENCE

    def send(self, steps: Sequence[Step]) -> list[str]:
        """The ids of all messages that went out."""
        total = sum(step.messages for step in steps)
        for step in steps:
            try:
                self._send_step(step)
            except AdapterError as error:
                if not self._ids:
                    raise
                raise _partly(error, len(self._ids), total) from error
            self._io.checkpoint("mid_body")
        return self._ids

    def _send_step(self, step: Step) -> None:
        """One call, made again only where Telegram has said that it did not take it."""
        while True:
            try:
                self._note(self._api.change(self._call(step)))
                return
            except Migrated as error:
                if error.chat == self._place.chat:
                    raise
                self._place = Place(error.chat)
            except TryLater as error:
                if not self._ids or not self._wait(error.after):
                    raise
            except Rejected as error:
                if error.code != "refused" or not any(piece.kind in DOUBTFUL for piece in step.pieces):
                    raise
                # Too long, too wide or damaged for a photo or a sticker; as a file it still says what it has to.
                step = step.as_documents()

    def _note(self, sent: Any) -> None:
        """Take down the ids of the messages that went out, one or those of an album. Raises Uncertain."""
        for message in sent if isinstance(sent, list) else [sent]:
            number = message.get("message_id") if isinstance(message, dict) else None
            if not isinstance(number, int):
                raise unclear(Call(self._api.wire.status, changes=True))
            # A large video gets its number later, and until then all have the same.
            suffix = "" if number else f"@{self._message.idem_key}-{len(self._ids)}"
            self._ids.append(self._place.external_id(number) + suffix)

    def _wait(self, seconds: float | None) -> bool:
        """Let Telegram have its pause, if it is a short one; False when it is not, or the process ends."""
        wish = 1.0 if seconds is None else seconds
        self._left -= wish
        until = time.monotonic() + wish
        while self._left >= 0 and not self._io.stopping():
            if (left := until - time.monotonic()) <= 0:
                return True
            time.sleep(min(left, 0.5))
        return False

    # One step as a call of the library's

    def _call(self, step: Step) -> Coroutine[Any, Any, Any]:
        bot, place = self._api.bot, self._place
        common: dict[str, Any] = {
            "reply_parameters": self._answers(),
            "business_connection_id": place.business or None,
            "message_thread_id": place.topic or None,
            "direct_messages_topic_id": place.direct or None,
        }
        if not step.pieces:
            return bot.send_message(
                place.chat,
                step.text.text,
                entities=step.text.entities(),
                link_preview_options=LinkPreviewOptions(is_disabled=True) if self._ids else None,
                **common,
            )
        if len(step.pieces) == 1:
            return self._file_call(step.pieces[0], {**common, **_caption(step.text)})
        media = [
            _ALBUM[piece.kind](
                _content(piece), filename=piece.file.name, **(_caption(step.text) if not number else {})
            )
            for number, piece in enumerate(step.pieces)
        ]
        return bot.send_media_group(place.chat, media, **common)

    def _file_call(self, piece: Piece, options: dict[str, Any]) -> Coroutine[Any, Any, Any]:
        bot = self._api.bot
        calls: dict[str, Callable[..., Coroutine[Any, Any, Any]]] = {
            "photo": bot.send_photo,
            "animation": bot.send_animation,
            "video": bot.send_video,
            "audio": bot.send_audio,
            "voice": bot.send_voice,
            "document": bot.send_document,
            "video_note": bot.send_video_note,
        }
        if piece.kind in ("contact", "place"):
            return self._card_call(piece, options)
        if piece.kind == "sticker":
            # The library's method takes no name, but what it is given as a file may have one.
            return bot.send_sticker(self._place.chat, InputFile(_content(piece), piece.file.name), **options)
        if piece.kind == "document":
            options["disable_content_type_detection"] = True
        return calls[piece.kind](self._place.chat, _content(piece), filename=piece.file.name, **options)

    def _card_call(self, piece: Piece, options: dict[str, Any]) -> Coroutine[Any, Any, Any]:
        bot, chat = self._api.bot, self._place.chat
        match card_of(piece.file):
            case Card() as card:
                return bot.send_contact(chat, card.number, card.name, vcard=card.whole or None, **options)
            case Spot(latitude, longitude, title, address) if address:
                return bot.send_venue(chat, latitude, longitude, title, address, **options)
            case Spot(latitude, longitude):
                return bot.send_location(chat, latitude, longitude, **options)
        raise Rejected(f"{piece.file.name} is no card any more.", code="no_file")

    def _answers(self) -> ReplyParameters | None:
        """The message that the first of ours answers. One that was deleted meanwhile is no obstacle."""
        number = self._place.message_id(self._message.in_reply_to) if not self._ids else None
        return None if number is None else ReplyParameters(number, allow_sending_without_reply=True)


def _caption(text: Styled) -> dict[str, Any]:
    return {"caption": text.text, "caption_entities": text.entities()} if text.text else {}


def _content(piece: Piece) -> bytes:
    with piece.file.open() as stream:
        return stream.read()


def _partly(error: AdapterError, arrived: int, total: int) -> AdapterError:
    """An error after a part has arrived: nobody but a person may send the whole again."""
    head = f"{arrived} of {total} messages of this reply arrived"
    if isinstance(error, Uncertain):
        return Uncertain(f"{head}; whether the next one did is not known. {error.reason}", code=error.code)
    unreachable = isinstance(error, Rejected) and error.unreachable
    return Rejected(f"{head}, the rest did not. {error.reason}", code=error.code, unreachable=unreachable)

"""What a message says: its kind's text, files and notices, by a table of kinds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from telegram import Message

from adapters.telegram import files, rich, styled
from adapters.telegram.people import line, name_of
from adapters.telegram.service import sentence
from inbox.contract import BadAddress, File, Notice, Party
from inbox.contract.addresses import phone

AUTOMATIC = "a line of Telegram's own"


@dataclass(frozen=True)
class Content:
    """The readable part of a message. `automatic` is the reason why nobody is thought to have written it."""

    text: str = ""
    html: str | None = None
    files: tuple[File, ...] = ()
    notices: tuple[Notice, ...] = ()
    automatic: str = ""
    claims: tuple[Party, ...] = ()


def content_of(message: Message) -> Content:
    """What a message says; a kind that is not known says so."""
    for field, read in _KINDS:
        found = message.api_kwargs.get(field) if field == "rich_message" else getattr(message, field, None)
        if found not in (None, ()):
            return _with_caption(message, read(message, found))
    service = sentence(message)
    if service is not None:
        field, text = service
        return Content(text, notices=(Notice(code="service", text=_SERVICE),), automatic=AUTOMATIC)
    return _unknown(message)


_SERVICE = "A line that Telegram wrote into the chat."
_UNKNOWN = "Telegram sent something of a kind that is not known here. It can be seen in Telegram."


def _with_caption(message: Message, content: Content) -> Content:
    if message.caption is None:
        return content
    caption, entities = message.caption, message.caption_entities
    written = styled.plain(caption, entities)
    text = f"{content.text}\n{written}" if content.text else written
    return replace(content, text=text, html=None if content.text else styled.html(caption, entities))


def _unknown(message: Message) -> Content:
    names = ", ".join(sorted(line(name) for name in message.api_kwargs))[:200]
    text = f"{_UNKNOWN} ({names})" if names else _UNKNOWN
    return Content(notices=(Notice(code="unknown", text=text),))


def _text(message: Message, text: str) -> Content:
    entities = message.entities
    return Content(styled.plain(text, entities), styled.html(text, entities))


def _rich(_message: Message, found: Any) -> Content:
    notice = Notice(code="rich", text="Sent with tables, pictures or other blocks. Telegram shows all of it.")
    return Content(rich.text_of(found), notices=(notice,))


def _file(kind: str) -> Callable[[Message, Any], Content]:
    return lambda message, found: Content(files=files.media(kind, found, files.stem_of(message, kind)))


def _photo(message: Message, sizes: Any) -> Content:
    return Content(files=files.photo(sizes, files.stem_of(message, "photo")))


def _live_photo(message: Message, found: Any) -> Content:
    stem = files.stem_of(message, "photo")
    return Content(
        files=files.photo(message.photo or found.photo or (), stem) + files.media("live_photo", found, stem)
    )


def _sticker(message: Message, found: Any) -> Content:
    return Content(line(found.emoji), files=files.sticker(found, files.stem_of(message, "sticker")))


def _paid_media(message: Message, found: Any) -> Content:
    stem = files.stem_of(message, "paid")
    got: tuple[File, ...] = ()
    for position, each in enumerate(found.paid_media):
        name = f"{stem}-{position + 1}"
        if getattr(each, "photo", None):
            got += files.photo(each.photo, name)
        elif getattr(each, "video", None):
            got += files.media("video", each.video, name)
    text = f"Paid media for {found.star_count} Telegram Stars."
    return Content(files=got, notices=(Notice(code="paid_media", text=text),))


def _story(_message: Message, found: Any) -> Content:
    teller = line(found.chat.title) or name_of(found.chat)
    return Content(
        notices=(
            Notice(code="story", text=f"A story of {teller or 'somebody'}. It can be seen in Telegram."),
        )
    )


def _checklist(_message: Message, found: Any) -> Content:
    tasks = [f"[{'x' if task.completion_date else ' '}] {line(task.text)}" for task in found.tasks]
    return Content("\n".join([line(found.title), *tasks]))


def _contact(message: Message, found: Any) -> Content:
    name = " ".join(part for part in (line(found.first_name), line(found.last_name)) if part)
    told = line(found.phone_number)
    own = message.from_user is not None and found.user_id == message.from_user.id
    cards = (files.card(found.vcard, name),) if isinstance(found.vcard, str) and found.vcard.strip() else ()
    return Content(f"{name}\n{told}".strip(), files=cards, claims=_numbers(told, name) if own else ())


def _numbers(told: str, name: str) -> tuple[Party, ...]:
    """The telephone number that a customer shared as his own, with its country code but often without "+"."""
    try:
        address = phone(f"+{told.lstrip('+')}")
    except BadAddress:
        return ()
    return (Party(namespace="phone", address=address, display=address, name=name),)


def _dice(_message: Message, found: Any) -> Content:
    return Content(f"{line(found.emoji)} {found.value}")


def _game(_message: Message, found: Any) -> Content:
    return Content(
        f"{line(found.title)}\n{line(found.description)}", notices=(Notice(code="game", text="A game."),)
    )


def _poll(_message: Message, found: Any) -> Content:
    options = [f"– {line(option.text)}" for option in found.options]
    text = "\n".join([line(found.question), *options])
    return Content(text, notices=(Notice(code="poll", text="A poll. Votes are seen in Telegram only."),))


def _venue(_message: Message, found: Any) -> Content:
    return Content("\n".join([line(found.title), line(found.address), _coordinates(found.location)]))


def _location(_message: Message, found: Any) -> Content:
    period = found.live_period
    minutes = period.total_seconds() / 60 if isinstance(period, timedelta) else 0
    text = f"A live location for {minutes:.0f} minutes; this is where it began."
    return Content(_coordinates(found), notices=(Notice(code="live_location", text=text),) if minutes else ())


def _coordinates(found: Any) -> str:
    latitude, longitude = f"{found.latitude:.6f}", f"{found.longitude:.6f}"
    pin = f"mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"
    return f"{latitude}, {longitude}\nhttps://www.openstreetmap.org/?{pin}"


def _invoice(_message: Message, found: Any) -> Content:
    text = f"{line(found.title)}\n{line(found.description)}"
    amount = f"{found.total_amount} {line(found.currency)} (in the smallest unit)"
    return Content(text, notices=(Notice(code="invoice", text=f"An invoice over {amount}."),))


def _web_app_data(_message: Message, found: Any) -> Content:
    text = f"Sent by a Web App, over its button “{line(found.button_text)}”."
    return Content(str(found.data), notices=(Notice(code="web_app", text=text),))


def _giveaway(_message: Message, found: Any) -> Content:
    return Content(notices=(Notice(code="giveaway", text=f"A giveaway with {found.winner_count} winners."),))


# In this order: for some kinds Telegram also sets the field of a simpler one, for programs that know no better.
_KINDS: tuple[tuple[str, Callable[[Message, Any], Content]], ...] = (
    ("rich_message", _rich),
    ("text", _text),
    ("animation", _file("animation")),
    ("live_photo", _live_photo),
    ("paid_media", _paid_media),
    ("photo", _photo),
    ("video", _file("video")),
    ("video_note", _file("video_note")),
    ("voice", _file("voice")),
    ("audio", _file("audio")),
    ("sticker", _sticker),
    ("document", _file("document")),
    ("story", _story),
    ("checklist", _checklist),
    ("contact", _contact),
    ("dice", _dice),
    ("game", _game),
    ("poll", _poll),
    ("venue", _venue),
    ("location", _location),
    ("invoice", _invoice),
    ("web_app_data", _web_app_data),
    ("giveaway", _giveaway),
    ("giveaway_winners", _giveaway),
)

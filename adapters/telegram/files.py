"""The files of a message: how to get them later, under a name and a type that the message told."""

import mimetypes
import re
from collections.abc import Iterable
from typing import Any

from telegram import Message, PhotoSize

from adapters.telegram.people import line
from inbox.contract import File

FETCH_MAX = 20_000_000
"""Bytes that a bot may fetch of one file; the Bot API says 20 MB."""

_PROBLEM = "Telegram gives files above 20 MB to no bot. The customer can send it in parts or another way."
_NAME_MAX = 150
_UNFIT = re.compile(r"[\\/:]+")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")
# What Telegram makes of what people record or choose; the type of everything else stands in the message.
_TYPES = {
    "animation": "video/mp4",
    "audio": "audio/mpeg",
    "live_photo": "video/mp4",
    "photo": "image/jpeg",
    "video": "video/mp4",
    "video_note": "video/mp4",
    "voice": "audio/ogg",
}
_ENDINGS = {"image/jpeg": ".jpg", "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "video/mp4": ".mp4"}


def photo(sizes: Iterable[PhotoSize], stem: str) -> tuple[File, ...]:
    """The largest of a photo's sizes."""
    largest = max(sizes, key=lambda size: (size.width * size.height, size.file_size or 0), default=None)
    return () if largest is None else (_file(largest, stem, "image/jpeg"),)


def media(kind: str, found: Any, stem: str) -> tuple[File, ...]:
    """A file of a kind that Telegram names ("voice")."""
    return (_file(found, stem, _TYPES.get(kind, "application/octet-stream")),)


def sticker(found: Any, stem: str) -> tuple[File, ...]:
    """A sticker: a picture, or what only Telegram's own programs play."""
    if found.is_animated:
        return (_file(found, stem, "application/x-tgsticker", ".tgs"),)
    return (_file(found, stem, *(("video/webm", ".webm") if found.is_video else ("image/webp", ".webp"))),)


def card(text: str, name: str) -> File:
    """A contact's card, which stands in the message itself."""
    content = text.encode()
    return File(
        name=_name(name or "contact") + ".vcf", media_type="text/vcard", content=content, size=len(content)
    )


def stem_of(message: Message, kind: str) -> str:
    """A name for files that have none: no two messages of a chat give the same."""
    return f"{kind.replace('_', '-')}-{message.message_id}"


def _file(found: Any, stem: str, media_type: str, ending: str = "") -> File:
    told = line(getattr(found, "mime_type", None))
    media_type = told.lower() if _MEDIA_TYPE.fullmatch(told) else media_type
    own = _name(line(getattr(found, "file_name", None)))
    name = own or stem + (ending or _ENDINGS.get(media_type) or mimetypes.guess_extension(media_type) or "")
    size = found.file_size if isinstance(found.file_size, int) and found.file_size >= 0 else None
    if size is not None and size > FETCH_MAX:
        return File(name=name, media_type=media_type, size=size, problem=_PROBLEM)
    return File(name=name, media_type=media_type, size=size, ref=line(found.file_id))


def _name(text: str) -> str:
    """A file's name that is no path; a long one keeps its ending."""
    name = _UNFIT.sub("_", text).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if len(name) <= _NAME_MAX or not dot or len(ending) > 20:
        return name[:_NAME_MAX]
    return stem[: _NAME_MAX - len(ending) - 1] + dot + ending

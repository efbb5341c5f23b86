"""As what a file goes to Telegram: what its programs show or play in place, else a document."""

import re
from typing import Literal

from adapters.telegram.card import Spot, card_of
from inbox.contract import OutFile

Kind = Literal[
    "photo", "animation", "video", "audio", "voice", "document", "sticker", "video_note", "contact", "place"
]

PHOTO_MAX = 10_000_000
"""Bytes of a photo; a larger picture goes as a document, which Telegram does not make smaller either."""
STICKER_MAX = {".webp": 512_000, ".tgs": 64_000, ".webm": 256_000}
"""Bytes of a sticker by the ending of its file."""

ALONE: frozenset[Kind] = frozenset({"sticker", "video_note", "contact", "place"})
"""What Telegram takes without a text below it."""
DOUBTFUL: frozenset[Kind] = frozenset({"photo", "sticker", "video_note"})
"""What Telegram may refuse as such, and takes as a document."""

_KINDS: dict[str, Kind] = {
    "image/jpeg": "photo",
    "image/png": "photo",
    "image/webp": "photo",
    "image/gif": "animation",
    "video/mp4": "video",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/x-m4a": "audio",
    "audio/ogg": "voice",
}
# A picture of that size may be a picture of the goods: who sends a sticker or a round video says so by its name,
# which is the one that they come in under.
_STICKER = re.compile(r"sticker\b.*\.web[pm]", re.IGNORECASE)
_ROUND = re.compile(r"video-note\b.*", re.IGNORECASE)


def kind_of(file: OutFile) -> Kind:
    """As what a file is sent. A card is looked into; of all others name, type and size say enough."""
    media_type = file.media_type.partition(";")[0].strip().lower()
    name = file.name.strip()
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    if (ending == ".tgs" or _STICKER.fullmatch(name)) and file.size <= STICKER_MAX.get(ending, 0):
        return "sticker"
    if media_type == "video/mp4" and _ROUND.fullmatch(name):
        return "video_note"
    card = card_of(file)
    if card is not None:
        return "place" if isinstance(card, Spot) else "contact"
    kind = _KINDS.get(media_type, "document")
    return "document" if kind == "photo" and file.size > PHOTO_MAX else kind

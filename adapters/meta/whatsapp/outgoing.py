"""What a reply becomes in WhatsApp: texts, files with or without a caption, or a template. Pure."""

from dataclasses import dataclass
from typing import Any, Literal

from adapters.meta.whatsapp.people import is_user_id
from adapters.meta.whatsapp.split import CAPTION_MAX, parts
from inbox.contract import OutFile, Outgoing, Rejected
from inbox.contract.addresses import is_phone

Kind = Literal["image", "video", "audio", "document"]

FILE_MAX = 100_000_000
"""Bytes of a document, which every file may be."""
SHOWN_MAX: dict[Kind, int] = {"image": 5_000_000, "video": 16_000_000, "audio": 16_000_000}
"""Bytes of what is shown or played in place; larger ones go as documents."""
WORD_MAX = 512
"""Characters of the word that comes back with every status of a message."""
_PART = "~part"

_KINDS: dict[str, Kind] = {
    "image/jpeg": "image",
    "image/png": "image",
    "video/mp4": "video",
    "video/3gpp": "video",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
}


@dataclass(frozen=True)
class Text:
    """A message of words."""

    body: str

    def fields(self) -> dict[str, Any]:
        """What makes it a message at Meta. Addresses get a preview, which WhatsApp makes of the first one."""
        has_address = "https://" in self.body or "http://" in self.body
        return {"type": "text", "text": {"body": self.body, "preview_url": has_address}}


@dataclass(frozen=True)
class Piece:
    """A file that is sent as `kind`, with words below it or without."""

    file: OutFile
    kind: Kind
    caption: str = ""

    @property
    def media_type(self) -> str:
        """The file's type without what may follow it."""
        return media_type_of(self.file)

    def fields(self, media_id: str) -> dict[str, Any]:
        """What makes it a message at Meta once it was uploaded as `media_id`."""
        found: dict[str, Any] = {"id": media_id}
        if self.caption:
            found["caption"] = self.caption
        if self.kind == "document":
            found["filename"] = self.file.name
        return {"type": self.kind, self.kind: found}


def plan(message: Outgoing) -> tuple[Text | Piece, ...]:
    """The messages that make up a reply, in order. Raises Rejected for what WhatsApp would not take."""
    for file in message.files:
        _check(file)
    kinds = [(file, _kind(file)) for file in message.files]
    captions = parts(message.text, CAPTION_MAX)
    # Below something that is heard nothing can be read.
    below = captions[0] if len(captions) == 1 and kinds and kinds[0][1] != "audio" else ""
    texts = () if below else parts(message.text)
    files = [Piece(file, kind, "" if place else below) for place, (file, kind) in enumerate(kinds)]
    return (*(Text(text) for text in texts), *files)


def envelope(message: Outgoing, *, first: bool = True, last: bool = True) -> dict[str, Any]:
    """What every message has: to whom, what it answers, and the word by which its statuses are known again.

    Raises Rejected for an address that is none of WhatsApp's.
    """
    fields: dict[str, Any] = {"messaging_product": "whatsapp", **recipient(message.to.address)}
    word = message.bounce_token + ("" if last else _PART)
    if message.bounce_token and len(word) <= WORD_MAX:
        fields["biz_opaque_callback_data"] = word
    if first and message.in_reply_to.startswith("wamid.") and message.template is None:
        fields["context"] = {"message_id": message.in_reply_to}
    return fields


def reply_of(word: str, *, failed: bool) -> tuple[str, ...]:
    """The token of the reply that a status with that word tells about, or none.

    That a reply went out is told by its last message only; that it failed, by any of them.
    """
    token = word.removesuffix(_PART)
    return (token,) if token and (failed or token == word) else ()


def recipient(address: str) -> dict[str, str]:
    """To whom a message goes: a person's id or his number. Raises Rejected."""
    if is_user_id(address):
        return {"recipient_type": "individual", "recipient": address}
    if is_phone(address):
        return {"recipient_type": "individual", "to": address}
    raise Rejected("This is no address in WhatsApp.", code="address")


def media_type_of(file: OutFile) -> str:
    """A file's type without parameters, in small letters."""
    return file.media_type.partition(";")[0].strip().lower() or "application/octet-stream"


def _check(file: OutFile) -> None:
    if file.size > FILE_MAX:
        raise Rejected(f"{file.name} is larger than the 100 MB that WhatsApp takes.", code="too_large")
    if file.size == 0:
        raise Rejected(f"{file.name} is empty, and WhatsApp takes no empty file.", code="empty_file")


def _kind(file: OutFile) -> Kind:
    kind = _KINDS.get(media_type_of(file), "document")
    return kind if kind == "document" or file.size <= SHOWN_MAX[kind] else "document"

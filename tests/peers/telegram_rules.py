"""What the real Bot API refuses beyond the types of parameters, in its own words."""

import json
from typing import Any
from urllib.parse import urlsplit

REACTIONS = frozenset("❤👍👎🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳💯🤣⚡🏆💔🤨")
TEXT_MAX, CAPTION_MAX = 4096, 1024
PHOTO_MAX, UPLOAD_MAX, FETCH_MAX = 10_000_000, 50_000_000, 20_000_000
DELETE_WITHIN = 48 * 3600
"""Seconds after sending in which a bot may delete a message."""
STICKERS = {".webp": 512 * 1024, ".tgs": 64 * 1024, ".webm": 256 * 1024}
_STICKER_HEADS = (b"RIFF", b"\x1f\x8b", b"\x1a\x45\xdf\xa3")
VCARD_MAX = 2048
PORTS = (443, 80, 88, 8443)
_ALONE = {"pre", "code"}


class Refused(Exception):
    """An error as the API answers it."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad(text: str) -> Refused:
    """A 400."""
    return Refused(400, f"Bad Request: {text}")


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def check_text(text: str, entities: Any, limit: int, too_long: str) -> None:
    """Text after parsing, its length and its entities."""
    if units(text.strip()) > limit:
        raise bad(too_long)
    encoded = text.encode("utf-16-le")
    spans = []
    for entity in entities or []:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if start < 0 or entity["length"] <= 0 or end > units(text):
            raise bad(f"can't parse entities: {entity['type']} lies outside of the text")
        for at in (start, end):
            if 0xDC <= (encoded[2 * at + 1] if 2 * at < len(encoded) else 0) <= 0xDF:
                raise bad("can't parse entities: half a character")
        if entity["type"] == "text_link" and not entity.get("url", "").startswith(("http://", "https://")):
            raise bad("can't parse entities: a link without address")
        spans.append((start, end, entity["type"]))
    for one in spans:
        for other in spans:
            if one is not other:
                _check_pair(one, other)


def _check_pair(one: tuple[int, int, str], other: tuple[int, int, str]) -> None:
    if one[0] < other[0] < one[1] < other[1]:
        raise bad("can't parse entities: they cross")
    if one[0] <= other[0] and other[1] <= one[1] and (one[2] in _ALONE or one[2] == other[2]):
        raise bad(f"can't parse entities: {other[2]} within {one[2]}")


def check_file(method: str, size: int) -> None:
    """The size of an uploaded file."""
    if size > UPLOAD_MAX:
        raise Refused(413, "Request Entity Too Large")
    if size == 0:
        raise bad("file must be non-empty")
    if method == "sendPhoto" and size > PHOTO_MAX:
        raise bad("file is too big for a photo")


def check_sticker(name: str, content: bytes) -> None:
    """The ending and the size of a sticker's file."""
    limit = STICKERS.get(name[name.rfind(".") :].lower())
    if limit is None or not content.startswith(_STICKER_HEADS):
        raise bad("STICKER_INVALID")
    if len(content) > limit:
        raise bad("STICKER_FILE_TOO_BIG")


def check_album(media: list[dict[str, Any]], files: dict[str, bytes]) -> None:
    """The parts of a media group."""
    if not 2 <= len(media) <= 10:
        raise bad("there must be 2 to 10 parts in an album")
    kinds = {part["type"] for part in media}
    if len(kinds) > 1 and not kinds <= {"photo", "video"}:
        raise bad("documents and audio can't be mixed with other media types")
    for part in media:
        name = part["media"].removeprefix("attach://")
        if name not in files:
            raise bad("wrong file identifier/HTTP URL specified")
        check_file("sendPhoto" if part["type"] == "photo" else "", len(files[name]))
        check_text(
            part.get("caption", ""), part.get("caption_entities"), CAPTION_MAX, "message caption is too long"
        )


def check_webhook(params: dict[str, Any], *, official: bool) -> None:
    """The address and the secret of a webhook. A server of one's own takes any address."""
    parts = urlsplit(params["url"])
    if official and parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if official and (parts.port or 443) not in PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    secret = params.get("secret_token", "")
    if not all(c.isascii() and (c.isalnum() or c in "_-") for c in secret) or len(secret) > 256:
        raise bad("secret token contains unallowed characters")
    if not 1 <= int(params.get("max_connections", 40)) <= 100:
        raise bad("max_connections must be between 1 and 100")


def read(params: dict[str, str], name: str) -> Any:
    """A parameter that is written as JSON."""
    return json.loads(params[name]) if name in params else None

"""A contact's card (vCard, RFC 6350) as Telegram sends one: a name and a number."""

import re
from dataclasses import dataclass

from inbox.contract import OutFile

CARD_MAX = 64 * 1024
"""Bytes of a file that may be a card; one with a picture in it is larger, and stays a file."""
VCARD_MAX = 2048
"""Bytes of a whole card that Telegram passes on."""
_TYPES = ("text/vcard", "text/x-vcard", "text/directory")
_FOLDED = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"(?:[A-Za-z0-9-]+\.)?(?P<name>[A-Za-z0-9-]+)(?:;[^:]*)?:(?P<value>.*)")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{3,28}[0-9]")
_ESCAPED = re.compile(r"\\([\\,;])")


@dataclass(frozen=True)
class Card:
    """Whom to reach. `whole` is the card itself, or "" where it is too long to go along."""

    number: str
    name: str
    whole: str = ""


def card_of(file: OutFile) -> Card | None:
    """The contact that a file is; None for any other file, for several contacts, and for one without a number."""
    media_type = file.media_type.partition(";")[0].strip().lower()
    if media_type not in _TYPES and not file.name.lower().endswith(".vcf"):
        return None
    if file.size > CARD_MAX:
        return None
    with file.open() as stream:
        content = stream.read()
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def parse(text: str) -> Card | None:
    """The contact of a card with one name and at least one number: the first of them. Pure."""
    found: dict[str, list[str]] = {}
    for line in _FOLDED.sub("", text).splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is not None:
            found.setdefault(match["name"].upper(), []).append(match["value"].strip())
    names = [_plain(value) for value in found.get("FN", [])]
    numbers = [value.removeprefix("tel:").partition(";")[0].strip() for value in found.get("TEL", [])]
    fitting = [number for number in numbers if _NUMBER.fullmatch(number)]
    if len(found.get("BEGIN", [])) != 1 or not names or not names[0] or not fitting:
        return None
    whole = text.strip() if len(text.strip().encode()) <= VCARD_MAX else ""
    return Card(fitting[0], names[0][:64], whole)


def _plain(value: str) -> str:
    return " ".join(_ESCAPED.sub(r"\1", value.replace("\\n", " ")).split())

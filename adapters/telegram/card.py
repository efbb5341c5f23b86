"""A card (vCard, RFC 6350) as Telegram sends one: a contact with a name and a number, or a place without one.

Where a place is stands in `GEO` (RFC 6350 §6.5.2, or the pair of RFC 2426), or in the link of the map that phones put
into the cards by which they share places.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from inbox.contract import OutFile

CARD_MAX = 64 * 1024
"""Bytes of a file that may be a card; one with a picture in it is larger, and stays a file."""
VCARD_MAX = 2048
"""Bytes of a whole card that Telegram passes on."""
TITLE_MAX = 200
"""Characters of a place's name and of its address."""
_TYPES = ("text/vcard", "text/x-vcard", "text/directory")
_FOLDED = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"(?:[A-Za-z0-9-]+\.)?(?P<name>[A-Za-z0-9-]+)(?:;[^:]*)?:(?P<value>.*)")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{3,28}[0-9]")
_GEO = re.compile(
    r"(?:geo:)?(?P<lat>-?[0-9]{1,2}(?:\.[0-9]{1,10})?)[,;](?P<long>-?[0-9]{1,3}(?:\.[0-9]{1,10})?)(?:;.*)?"
)
_MAP = re.compile(r"https?://maps\.apple\.com/\S*[?&]ll=(?P<pair>[^&\s]+).*")
_ESCAPED = re.compile(r"\\([\\,;])")


@dataclass(frozen=True)
class Card:
    """Whom to reach. `whole` is the card itself, or "" where it is too long to go along."""

    number: str
    name: str
    whole: str = ""


@dataclass(frozen=True)
class Spot:
    """Where something is: degrees, and what it is called and its address, which may be empty."""

    latitude: float
    longitude: float
    title: str = ""
    address: str = ""


def card_of(file: OutFile) -> Card | Spot | None:
    """The contact or place that a file is; None for any other, for several, and without number or place."""
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


def parse(text: str) -> Card | Spot | None:
    """The contact of a card with one name and at least one number, the first of them; else the place. Pure."""
    found: dict[str, list[str]] = {}
    for line in _FOLDED.sub("", text).splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is not None:
            found.setdefault(match["name"].upper(), []).append(match["value"].strip())
    names = [_plain(value) for value in found.get("FN", [])]
    numbers = [value.removeprefix("tel:").partition(";")[0].strip() for value in found.get("TEL", [])]
    fitting = [number for number in numbers if _NUMBER.fullmatch(number)]
    if len(found.get("BEGIN", [])) != 1 or not names or not names[0]:
        return None
    if not fitting:
        return None if numbers else _spot(found, names[0])
    whole = text.strip() if len(text.strip().encode()) <= VCARD_MAX else ""
    return Card(fitting[0], names[0][:64], whole)


def _spot(found: dict[str, list[str]], name: str) -> Spot | None:
    links = (_MAP.fullmatch(value.replace("\\,", ",")) for value in found.get("URL", []))
    pairs = [*found.get("GEO", []), *(unquote(match["pair"]) for match in links if match)]
    match = _GEO.fullmatch(pairs[0]) if len(pairs) == 1 else None
    if match is None:
        return None
    latitude, longitude = float(match["lat"]), float(match["long"])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    parts = re.split(r"(?<!\\);", found["ADR"][0]) if found.get("ADR") else []
    address = ", ".join(filter(None, map(_plain, parts)))
    return Spot(latitude, longitude, name[:TITLE_MAX], address[:TITLE_MAX])


def _plain(value: str) -> str:
    return " ".join(_ESCAPED.sub(r"\1", value.replace("\\n", " ")).split())

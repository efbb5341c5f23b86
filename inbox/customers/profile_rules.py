"""Decisions about what is known of a person: names, tags, notes, consents, and fields that admins add. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from inbox.agents.rules import time_zones
from inbox.customers.words import FieldType
from inbox.errors import Invalid

NAME_MAX = 200
NOTE_MAX = 10_000
TAG_MAX = 50
TAGS_MAX = 50
TEXT_MAX = 500
SOURCE_MAX = 200
FIELDS_MAX = 50
OPTIONS_MAX = 100
NUMBER_MAX = 10**15
"""Beyond it JSON numbers lose digits in browsers."""

LIKELY = 50
VERY_LIKELY = 80

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def name(text: str) -> str:
    """A person's name in one line. Raises Invalid."""
    return _line(text, NAME_MAX, "/name", "Enter a name of 1 to 200 characters.")


def locale(text: str | None) -> str | None:
    """A language as a BCP 47 tag ("it", "pt-BR"), or None. Raises Invalid."""
    if not text:
        return None
    if not _LOCALE.fullmatch(text):
        raise Invalid("Enter a language tag, such as it or pt-BR.", "/locale")
    return text


def time_zone(text: str | None) -> str | None:
    """A time zone's name, or None. Raises Invalid."""
    if not text:
        return None
    if text not in time_zones():
        raise Invalid("Choose a time zone from the list.", "/time_zone")
    return text


def tag(text: str) -> str:
    """A tag as it is kept: one line in lower case, so that two spellings are one tag. Raises Invalid."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return _line(folded, TAG_MAX, "/tag", "A tag has 1 to 50 characters.")


def tags(texts: Sequence[str]) -> list[str]:
    """Tags in the order of the alphabet, each once. Raises Invalid."""
    found = sorted({tag(text) for text in texts})
    if len(found) > TAGS_MAX:
        raise Invalid("A customer has at most 50 tags.", "/tags")
    return found


def note(text: str) -> str:
    """The text of a note; line ends unified. Raises Invalid."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text or len(text) > NOTE_MAX or not _storable(text):
        raise Invalid("A note has 1 to 10,000 characters.", "/body")
    return text


def source(text: str) -> str:
    """How a consent was given, in one line. Raises Invalid."""
    return _line(text, SOURCE_MAX, "/source", "Say in up to 200 characters how the customer told us.")


def may_edit_note(author_id: int | None, agent_id: int, *, is_supervisor: bool) -> bool:
    """Whether an agent may change or remove a note: his own, and supervisors anybody's."""
    return is_supervisor or author_id == agent_id


def sure(score: int) -> Literal["possible", "likely", "very likely"]:
    """A score from 0 to 100 in words."""
    return "very likely" if score >= VERY_LIKELY else "likely" if score >= LIKELY else "possible"


def field_key(text: str, label: str) -> str:
    """The key of a new field as scripts use it, made from the label when none is given. Raises Invalid."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    key = text or re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40]
    if not _KEY.fullmatch(key):
        raise Invalid("A key has up to 40 small letters, digits and underscores, a letter first.", "/key")
    return key


def field_label(text: str) -> str:
    """What a field is called on the page. Raises Invalid."""
    return _line(text, 60, "/label", "Enter a label of 1 to 60 characters.")


def field_options(kind: FieldType, texts: Sequence[str]) -> list[str]:
    """The choices of a choice field, each once, in the given order; other fields have none. Raises Invalid."""
    if kind is not FieldType.CHOICE:
        return []
    found = list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
    if not found or len(found) > OPTIONS_MAX:
        raise Invalid("Enter 1 to 100 choices, one on each line.", "/options")
    if any(len(option) > 100 or not _printable(option) for option in found):
        raise Invalid("A choice has at most 100 characters.", "/options")
    return found


def field_value(kind: FieldType, options: Sequence[str], value: Any, pointer: str) -> Any:
    """A value as it is kept in a field of that type; None empties it. Raises Invalid at `pointer`."""
    if value is None:
        return None
    match kind:
        case FieldType.TEXT:
            return _text(value, pointer)
        case FieldType.NUMBER:
            return _number(value, pointer)
        case FieldType.DATE:
            return _day(value, pointer)
        case FieldType.CHOICE:
            if value in options:
                return value
            raise Invalid("Choose one of the offered values.", pointer)
        case FieldType.CHECK:
            if isinstance(value, bool):
                return value
            raise Invalid("Enter true or false.", pointer)


def typed_value(kind: FieldType, text: str, pointer: str) -> Any:
    """What somebody typed into a form, as `field_value` takes it. Raises Invalid at `pointer`."""
    text = text.strip()
    if not text:
        return None
    if kind is FieldType.CHECK:
        return True
    if kind is FieldType.NUMBER:
        try:
            return float(text.replace(",", "."))
        except ValueError as error:
            raise Invalid("Enter a number.", pointer) from error
    return text


def _text(value: Any, pointer: str) -> str | None:
    if isinstance(value, str):
        text = " ".join(value.split())
        if len(text) <= TEXT_MAX and _printable(text):
            return text or None
    raise Invalid("Enter a text of at most 500 characters.", pointer)


def _number(value: Any, pointer: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Invalid("Enter a number.", pointer)
    if not abs(value) <= NUMBER_MAX:  # which no "not a number" is
        raise Invalid("The number is too large.", pointer)
    return int(value) if value == int(value) else value


def _day(value: Any, pointer: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise Invalid("Enter a day as year-month-day, such as 2026-03-31.", pointer)
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise Invalid("There is no such day.", pointer) from error


def _line(text: str, longest: int, pointer: str, complaint: str) -> str:
    line = " ".join(text.split())
    if not line or len(line) > longest or not _printable(line):
        raise Invalid(complaint, pointer)
    return line


def _printable(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for c in text)


def _storable(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text)

"""Meta's batches: many things in one call, each read by itself, so that a broken one costs nobody else anything."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from inbox.contract import Broken, Ignored, Item, Raw, Unreadable

Fields = dict[str, Any]

TEXT_MAX = 100_000
"""Characters of a text that are kept; no network takes a tenth of it."""

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ID = re.compile(r"[!-~]{1,500}")
_LATEST = 253_402_300_799


def entries(raw: Raw, kind: str) -> list[Any]:
    """The entries of a call about `kind` ("page"). Raises Unreadable for what is no such call at all."""
    try:
        data = json.loads(raw.body.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("This is no call of Meta's: it is not JSON.", code="json") from error
    if not isinstance(data, dict) or not isinstance(data.get("entry"), list):
        raise Unreadable("This is no call of Meta's: it has no entries.", code="entry")
    if data.get("object") != kind:
        raise Unreadable(f"This call is about “{line(data.get('object'), '?')}”, not {kind}.", code="object")
    found: list[Any] = data["entry"]
    return found


def each(things: Any, what: str, read: Callable[[Fields], Iterable[Item]]) -> Iterator[Item]:
    """What every one of some things means; one that cannot be read is `Broken` and its neighbours go on."""
    if not isinstance(things, list):
        yield Broken(reason=f"{what} is no list.")
        return
    for number, thing in enumerate(things, 1):
        try:
            yield from tuple(read(_fields(thing)))
        except Unreadable as error:
            yield Broken(reason=f"{what} {number} of {len(things)} cannot be read: {error.reason}")


def _fields(thing: Any) -> Fields:
    if not isinstance(thing, dict):
        raise Unreadable("it is no object", code="object")
    return thing


def some(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items of a call, of which there is at least one."""
    return tuple(items) or (Ignored(reason="a call without anything in it"),)


def obj(fields: Fields, name: str) -> Fields:
    """An object among some fields; an empty one where there is none. Raises Unreadable."""
    found = fields.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Unreadable(f"“{name}” is no object", code=name)
    return found


def objects(fields: Fields, name: str) -> list[Fields]:
    """A list of objects among some fields; an empty one where there is none. Raises Unreadable."""
    found = fields.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unreadable(f"“{name}” is no list of objects", code=name)
    return found


def text(value: Any) -> str:
    """A text as it is stored; "" for none. Raises Unreadable for what is no text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable("a text is no text", code="text")
    return _UNFIT.sub("\ufffd", value)[:TEXT_MAX]


def line(value: Any, otherwise: str = "") -> str:
    """A text of one line, or `otherwise` where there is none."""
    return _BLANKS.sub(" ", value).strip()[:1000] if isinstance(value, str) else otherwise


def ident(value: Any, what: str) -> str:
    """An id, which Meta writes as a text and now and then as a number. Raises Unreadable."""
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else value
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise Unreadable(f"{what} has no id", code="id")
    return found


def ident_of(fields: Fields, name: str) -> str:
    """The id of an object among some fields (`{"sender": {"id": …}}`). Raises Unreadable."""
    return ident(obj(fields, name).get("id"), f"“{name}”")


def moment(value: Any) -> datetime | None:
    """A time in seconds or milliseconds since 1970, as a number or digits; None for what is no time."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    # No message is older than Meta's networks: what would be a year far ahead in seconds is in milliseconds.
    seconds = value / 1000 if value > 100_000_000_000 else float(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds < _LATEST else None

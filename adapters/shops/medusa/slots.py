"""Where an act leaves its key at an order: in the order's metadata, each in a slot of its own. Pure."""

from collections.abc import Mapping
from typing import Any

from adapters.shops.common import mark

Data = Mapping[str, Any]
_OURS = "onethread_"
_NOTE = f"{_OURS}note_"


def slot(kind: str, key: str) -> str:
    """The name in the metadata that only this act has."""
    return f"{_OURS}{kind}_{mark(key)[len('[onethread:') : -1]}"


def told(order: Data, kind: str, key: str) -> Any:
    """What an act wrote at the order, or None."""
    return (order["metadata"] or {}).get(slot(kind, key))


def adding(order: Data, kind: str, key: str, value: Any) -> dict[str, Any]:
    """The order's metadata with one slot more: Medusa is given all of it."""
    return {**(order["metadata"] or {}), slot(kind, key): value}


def notes(order: Data) -> list[str]:
    """Our notes at an order, as they were written."""
    return [str(text) for name, text in (order["metadata"] or {}).items() if name.startswith(_NOTE) and text]


def others(order: Data) -> dict[str, Any]:
    """The metadata that is not ours."""
    return {name: value for name, value in (order["metadata"] or {}).items() if not name.startswith(_OURS)}

"""Decisions about events. Pure."""

from collections.abc import Mapping
from typing import Any

WORDS = {"change", "changed", "code", "empty", "mode", "priority", "state", "status"}
"""Keys whose texts are words of ours, never names or what somebody wrote."""


def anonymous(data: Mapping[str, Any]) -> dict[str, Any]:
    """What may stay of an event's data when the person it is about was erased: ids, figures, words of ours."""
    return {
        key: value
        for key, value in data.items()
        if value is None
        or isinstance(value, bool | int | float)
        or (key in WORDS and isinstance(value, str | list))
    }

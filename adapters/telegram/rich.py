"""Messages made of blocks (Bot API 10.1), which the library does not know yet: their words, in order.

Read by its shape and not by its kinds, so that blocks which come later lose their look and not their words.
"""

from collections.abc import Iterator
from typing import Any

from inbox.contract import Unreadable

DEPTH_MAX = 40

# Where words stand in a block or a styled text, in the order in which they are read.
_WORDS = ("label", "summary", "title", "text", "expression", "alternative_text")
_INSIDE = ("items", "blocks", "cells")
_BELOW = ("caption", "credit")


def text_of(message: Any) -> str:
    """The plain text of a rich message. Raises Unreadable for one that is nested without end."""
    if not isinstance(message, dict):
        return ""
    lines = (line.strip() for line in _blocks(message.get("blocks"), 0))
    return "\n".join(line for line in lines if line)


def _blocks(found: Any, depth: int) -> Iterator[str]:
    if depth > DEPTH_MAX:
        raise Unreadable("A message of Telegram's is nested too deeply.", code="depth")
    if isinstance(found, list):
        if found and all(
            isinstance(cell, dict) and "blocks" not in cell and "type" not in cell for cell in found
        ):
            yield "\t".join(_words(cell, depth + 1) for cell in found)  # a row of a table
        else:
            for block in found:
                yield from _blocks(block, depth + 1)
    elif isinstance(found, dict):
        words = "".join(_words(found.get(key), depth + 1) for key in _WORDS if key in found)
        inner = [line for key in _INSIDE for line in _blocks(found.get(key), depth + 1)]
        if "label" in found:  # a point of a list, with its mark before the first line
            box = "" if not found.get("has_checkbox") else "[x] " if found.get("is_checked") else "[ ] "
            words = " ".join((box + words, inner.pop(0))) if inner else box + words
        yield words
        yield from inner
        for key in _BELOW:
            below = found.get(key)
            yield _words(below, depth + 1)
            yield _words(below.get("credit"), depth + 1) if isinstance(below, dict) else ""


def _words(found: Any, depth: int) -> str:
    if depth > DEPTH_MAX:
        raise Unreadable("A message of Telegram's is nested too deeply.", code="depth")
    if isinstance(found, str):
        return found
    if isinstance(found, list):
        return "".join(_words(each, depth + 1) for each in found)
    if isinstance(found, dict):
        return "".join(_words(found.get(key), depth + 1) for key in _WORDS if key in found)
    return ""

"""Cutting a long text into messages where a reader would pause. Pure, and linear in the text."""

import re
import unicodedata
from collections.abc import Callable, Iterator

# From the best place to the worst, each with how much of a message has to be filled when it is taken there.
BORDERS = (
    (re.compile(r"\n{2,}"), 0.5),
    (re.compile(r"\n"), 0.5),
    (re.compile(r"(?<=[.!?…。！？])[\"'”’»)\]]*\s+"), 0.5),
    (re.compile(r"\s+"), 0.3),
)
_JOINER = "\u200d"
_CLUSTER_MAX = 40


def characters(_character: str) -> int:
    """The size of a character where characters are counted."""
    return 1


def utf8(character: str) -> int:
    """The size of a character where bytes are counted."""
    return len(character.encode("utf-8", "replace"))


def pieces(text: str, limit: int, size: Callable[[str], int] = characters) -> Iterator[str]:
    """A text in pieces that are no larger than `limit`, by the `size` of each character; none for an empty one.

    Blanks at a cut go away, and nothing else.
    """
    start, rest = 0, text.strip()
    while start < len(rest):
        reach = _reach(rest, start, limit, size)
        end = reach if reach >= len(rest) else _border(rest, start, reach)
        piece = rest[start:end].strip()
        if piece:
            yield piece
        start = end


def between_clusters(text: str, start: int, at: int) -> int:
    """The last place up to `at`, and after `start`, that does not tear apart what is seen as one character."""
    for place in range(at, max(start + 1, at - _CLUSTER_MAX), -1):
        if not _belongs_together(text, place):
            return place
    return at


def _reach(text: str, start: int, limit: int, size: Callable[[str], int]) -> int:
    """The first character that does not fit any more; the very first one always does."""
    left = limit
    for at in range(start, len(text)):
        left -= size(text[at])
        if left < 0:
            return max(at, start + 1)
    return len(text)


def _border(text: str, start: int, reach: int) -> int:
    """The best place for a cut in (start, reach]."""
    window = text[start:reach]
    for pattern, filled in BORDERS:
        found = [match.end() for match in pattern.finditer(window) if match.end() > filled * len(window)]
        if found:
            return start + found[-1]
    return between_clusters(text, start, reach)


def _belongs_together(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    return (
        unicodedata.combining(after) != 0
        or unicodedata.category(after) in ("Mn", "Me", "Mc")
        or _JOINER in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or (_is_flag(after) and _flags_before(text, at) % 2 == 1)
    )


def _is_flag(character: str) -> bool:
    """Whether it is half of a country's flag."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_before(text: str, at: int) -> int:
    count = 0
    while count < at and _is_flag(text[at - 1 - count]):
        count += 1
    return count

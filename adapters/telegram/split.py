"""Long texts as several messages, cut where a reader would pause."""

from collections.abc import Iterator

from adapters.telegram.styled import Styled, styled
from inbox.contract.cutting import BORDERS, between_clusters

TEXT_MAX = 4096
"""UTF-16 units of a message's text."""
CAPTION_MAX = 1024
"""UTF-16 units of the text at a file."""
STYLES_MAX = 100
"""Styles of one message; Telegram drops those beyond."""


def parts(markdown: str, limit: int = TEXT_MAX) -> list[Styled]:
    """The messages as which a text is sent: none for a text without anything to see."""
    return list(pieces(styled(markdown), limit))


def pieces(whole: Styled, limit: int = TEXT_MAX) -> Iterator[Styled]:
    """A styled text in pieces of at most `limit` UTF-16 units. A style that is cut goes on in the next piece."""
    start, size = 0, len(whole.text)
    while start < size:
        reach = min(_reach(whole.text, start, limit), _styles_reach(whole, start))
        end = size if reach >= size else _border(whole, start, reach)
        piece = whole.part(start, end)
        if piece.text:
            yield piece
        start = end


def _reach(text: str, start: int, limit: int) -> int:
    """The first character that does not fit any more."""
    at, left = start, limit
    while at < len(text):
        left -= 2 if text[at] > "\uffff" else 1
        if left < 0:
            break
        at += 1
    return at


def _styles_reach(whole: Styled, start: int) -> int:
    """Where the first style begins that would be one too many."""
    begins = [span.start for span in whole.spans if span.end > start]
    if len(begins) <= STYLES_MAX:
        return len(whole.text)
    # Those that go on from before begin at the start and cannot be put off.
    return max(begins[STYLES_MAX], start + 1)


def _border(whole: Styled, start: int, reach: int) -> int:
    """The best place for a cut in (start, reach]: outside of styles, if there is one of the kind."""
    window = whole.text[start:reach]
    inner = [span for span in whole.spans if span.start < reach and span.end > start]
    for pattern, filled in BORDERS:
        found = [
            start + match.end() for match in pattern.finditer(window) if match.end() > filled * len(window)
        ]
        free = [at for at in found if not any(span.start < at < span.end for span in inner)]
        if free or found:
            return (free or found)[-1]
    return between_clusters(whole.text, start, reach)

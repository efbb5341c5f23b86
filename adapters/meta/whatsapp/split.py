"""Long texts as several messages, cut where a reader would pause."""

from collections import deque
from collections.abc import Iterator

from adapters.meta.whatsapp.styled import Line, joined, lines
from inbox.contract import cutting

TEXT_MAX = 4096
"""Characters of a message's text."""
CAPTION_MAX = 1024
"""Characters of the text below a file."""

_FENCES = 6


def parts(markdown: str, limit: int = TEXT_MAX) -> tuple[str, ...]:
    """The messages as which a text is sent: none for a text without anything to see."""
    found = (joined(piece) for piece in _pieces(lines(markdown), limit))
    return tuple(text for text in found if text.strip())


def _pieces(found: list[Line], limit: int) -> Iterator[list[Line]]:
    """Lines in pieces that fit, cut between paragraphs where that leaves a piece half full at least."""
    waiting = deque(piece for line in found for piece in _fitting(line, limit))
    piece: list[Line] = []
    size = 0
    while waiting:
        line = waiting.popleft()
        longer = size + _size(line, piece)
        if piece and longer > limit + 1:
            at = _border(piece, limit)
            yield piece[:at]
            waiting.extendleft(reversed([*piece[at:], line]))
            piece, size = [], 0
        else:
            piece.append(line)
            size = longer
    if piece:
        yield piece


def _size(line: Line, before: list[Line]) -> int:
    """The characters that a line adds to those before it."""
    begins_block = line.code and not (before and before[-1].code)
    return len(line.text) + 1 + (_FENCES if begins_block else 0)


def _border(piece: list[Line], limit: int) -> int:
    """The number of lines up to the last blank one, if they fill half of a message; else all."""
    blank = (at for at in range(len(piece) - 1, 0, -1) if not piece[at].code and not piece[at].plain.strip())
    at = next(blank, len(piece))
    return at if len(joined(piece[:at])) * 2 > limit else len(piece)


def _fitting(line: Line, limit: int) -> Iterator[Line]:
    """A line, or one that is too long in several: without styles, which would be torn apart."""
    room = limit - _FENCES if line.code else limit
    if len(line.text) <= room:
        yield line
        return
    for piece in cutting.pieces(line.plain, room):
        yield Line(piece, piece, line.code)

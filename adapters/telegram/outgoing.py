"""What a reply becomes in Telegram: one message or several, with its files as photos, albums and documents.

Pure, but that a card is read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from adapters.telegram.kinds import ALONE, Kind, kind_of
from adapters.telegram.split import CAPTION_MAX, pieces
from adapters.telegram.styled import Styled, styled
from inbox.contract import OutFile, Outgoing, Rejected

UPLOAD_MAX = 50_000_000
"""Bytes of a file, and of all files of one call."""
ALBUM_MAX = 10

# Which kinds may stand in one album; the others go alone.
_ALBUMS: dict[Kind, str] = {"photo": "seen", "video": "seen", "audio": "heard", "document": "read"}

NOTHING = Styled("")


@dataclass(frozen=True)
class Piece:
    """One file and the kind as which it is sent."""

    file: OutFile
    kind: Kind


@dataclass(frozen=True)
class Step:
    """One call: a text, or one file or an album with a text at its first."""

    text: Styled = NOTHING
    pieces: tuple[Piece, ...] = ()

    @property
    def messages(self) -> int:
        """How many messages the customer gets by it."""
        return max(1, len(self.pieces))

    def as_documents(self) -> "Step":
        """The same with its pictures as plain files, for those that Telegram does not take as photos."""
        return replace(self, pieces=tuple(replace(piece, kind="document") for piece in self.pieces))


def plan(message: Outgoing) -> tuple[Step, ...]:
    """The calls that make up a reply, in order: a text stands below the first file that can have one, or before them.

    Raises Rejected for what Telegram would not take.
    """
    whole = styled(message.text)
    for file in message.files:
        _check(file)
    sets = list(_sets([Piece(file, kind_of(file)) for file in message.files]))
    if not sets and not whole.text:
        raise Rejected("There is nothing to send: the text is empty.", code="empty")
    if not sets:
        return tuple(Step(text) for text in pieces(whole))
    if whole.units <= CAPTION_MAX and sets[0][0].kind not in ALONE:
        first, *rest = sets
        return (Step(whole, first), *(Step(pieces=each) for each in rest))
    return (*(Step(text) for text in pieces(whole)), *(Step(pieces=each) for each in sets))


def _check(file: OutFile) -> None:
    if file.size > UPLOAD_MAX:
        raise Rejected(f"{file.name} is larger than the 50 MB that a bot may send.", code="too_large")
    if file.size == 0:
        raise Rejected(f"{file.name} is empty, and Telegram takes no empty file.", code="empty_file")


def _sets(files: list[Piece]) -> Iterator[tuple[Piece, ...]]:
    """The files in albums of those that may stand together, in the order in which each sort first comes."""
    sorts: dict[str, list[Piece]] = {}
    for number, piece in enumerate(files):
        sorts.setdefault(_ALBUMS.get(piece.kind, f"alone {number}"), []).append(piece)
    for found in sorts.values():
        album: list[Piece] = []
        for piece in found:
            if len(album) == ALBUM_MAX or sum(p.file.size for p in (*album, piece)) > UPLOAD_MAX:
                yield tuple(album)
                album = []
            album.append(piece)
        yield tuple(album)

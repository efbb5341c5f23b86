"""A picture of an agent: which files are taken, and what of them is kept. Pure: bytes in, bytes out.

Whoever has the address sees the picture, so nothing else may be in the file: where and with what it was taken,
comments, previews, or whatever is hung on behind. What the picture is made of is copied as it is, and the rest left
out. The structures are those of PNG (third edition, chapter 5), JPEG (ITU-T T.81, annex B) and WebP (RFC 9649).
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from inbox.errors import Invalid

BYTES_MAX: Final = 512_000
SIDE_MIN: Final = 32
SIDE_MAX: Final = 4096
"""Pixels of a side."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP")
)
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG markers that begin a frame, which tells the size; three of the range are something else."""
_TABLES = frozenset({0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD})
_APPLICATION = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""The application segments without which colours would be wrong, by how they begin."""
_ENTROPY_ENDS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"))
_WEBP_MOVES, _WEBP_TELLS = 0x02, 0x0C
"""Flags of an extended WebP: it is an animation; it has Exif and XMP."""


def bare(data: bytes) -> bytes:
    """The picture of a PNG, JPEG or WebP file without anything else that is in the file. Raises Invalid."""
    if len(data) > BYTES_MAX:
        raise Invalid("The picture is larger than 500 kB.", "/photo")
    if data.startswith(_PNG):
        read = _png
    elif data.startswith(b"\xff\xd8\xff"):
        read = _jpeg
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        read = _webp
    else:
        raise Invalid("Choose a picture: PNG, JPEG or WebP.", "/photo")
    try:
        return read(data)
    except (IndexError, ValueError) as error:
        raise _damaged() from error


def _png(data: bytes) -> bytes:
    kept = [_PNG]
    seen: set[bytes] = set()
    for kind, body, whole in _png_chunks(data):
        if not seen and kind != b"IHDR":
            raise _damaged()
        if kind == b"IHDR":
            _check_size(int.from_bytes(body[:4]), int.from_bytes(body[4:8]))
        if kind in _PNG_KEPT:
            kept.append(whole)
        seen.add(kind)
    if b"IDAT" not in seen:
        raise _damaged()
    return b"".join(kept)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, contents and all bytes of each chunk up to the one that ends the picture."""
    at, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + length
        whole = data[at:end]
        if len(whole) != 12 + length or zlib.crc32(whole[4:-4]) != int.from_bytes(whole[-4:]):
            raise _damaged()
        yield kind, whole[8:-4], whole
        at = end


def _jpeg(data: bytes) -> bytes:
    kept, at, is_sized, has_scan = [b"\xff\xd8"], 2, False, False
    while True:
        if data[at] != 0xFF:
            raise _damaged()
        marker = data[at + 1]
        if marker == 0xFF:  # a filling byte
            at += 1
            continue
        if marker == 0xD9:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : end]
        if end < at + 4 or end > len(data):
            raise _damaged()
        if marker in _FRAMES:
            _check_size(int.from_bytes(body[3:5]), int.from_bytes(body[1:3]))
            is_sized = True
        if marker == 0xDA:
            found = _ENTROPY_ENDS.search(data, end)
            if found is None:
                raise _damaged()
            end, has_scan = found.start(), True
        own = _APPLICATION.get(marker)
        if marker in _FRAMES | _TABLES or (own is not None and body.startswith(own)):
            kept.append(data[at:end])
        at = end
    if not (is_sized and has_scan):
        raise _damaged()
    return b"".join((*kept, b"\xff\xd9"))


def _webp(data: bytes) -> bytes:
    kept, at, is_sized = [b"WEBP"], 12, False
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end:
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + size]
        if len(body) != size:
            raise _damaged()
        at += 8 + size + size % 2
        if kind == b"VP8X":
            if body[0] & _WEBP_MOVES:
                raise Invalid("Choose a picture that does not move.", "/photo")
            _check_size(1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
            body = bytes([body[0] & ~_WEBP_TELLS]) + body[1:]
        elif kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
            width, height = (int.from_bytes(body[place : place + 2], "little") & 0x3FFF for place in (6, 8))
            _check_size(width, height)
            is_sized = True
        elif kind == b"VP8L" and body[0] == 0x2F:
            bits = int.from_bytes(body[1:5], "little")
            _check_size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
            is_sized = True
        if kind in _WEBP_KEPT:
            kept.append(kind + size.to_bytes(4, "little") + body + b"\0" * (size % 2))
    if not is_sized:
        raise _damaged()
    inside = b"".join(kept)
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside


def _check_size(width: int, height: int) -> None:
    if not (SIDE_MIN <= width <= SIDE_MAX and SIDE_MIN <= height <= SIDE_MAX):
        raise Invalid("The picture must have between 32 and 4096 pixels on each side.", "/photo")


def _damaged() -> Invalid:
    return Invalid("The picture is damaged, or of a kind that we do not know.", "/photo")

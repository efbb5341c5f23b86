"""Which pictures of agents are taken, and that nothing but the picture is kept."""

import zlib

import pytest

from inbox.agents.photo import BYTES_MAX, bare
from inbox.errors import Invalid

SECRET = b"taken at 52.52 N 13.40 E"


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def png(width: int = 64, height: int = 64, *more: bytes, end: bytes = b"") -> bytes:
    head = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x00\0\0\0"
    rows = zlib.compress(b"\0" * (height * (width + 1)) if width * height < 10_000 else b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", head), *more, chunk(b"IDAT", rows), chunk(b"IEND"), end)
    )


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


def jpeg(width: int = 64, height: int = 64, *more: bytes, end: bytes = b"") -> bytes:
    frame = b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\0"
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
            *more,
            segment(0xDB, bytes(65)),
            segment(0xC2, frame),
            segment(0xC4, bytes(17)),
            segment(0xDA, b"\x01\x01\0\0\0\0") + b"drawn\xff\x00\xff\xd0on",
            segment(0xDA, b"\x01\x01\0\x01\x3f\0") + b"a second pass",
            b"\xff\xd9",
            end,
        )
    )


def part(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def webp(width: int = 64, height: int = 64, *more: bytes, flags: int = 0x0C, end: bytes = b"") -> bytes:
    canvas = bytes((flags, 0, 0, 0)) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    bits = (width - 1) | (height - 1) << 14
    lossless = part(b"VP8L", b"\x2f" + bits.to_bytes(4, "little") + b"odd")
    inside = b"WEBP" + b"".join((part(b"VP8X", canvas), lossless, *more))
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside + end


def lossy(width: int, height: int) -> bytes:
    frame = b"\0\0\0\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"drawn"
    inside = b"WEBP" + part(b"VP8 ", frame)
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside


@pytest.mark.parametrize(
    ("plain", "talkative"),
    [
        (png(), png(64, 64, chunk(b"tEXt", SECRET), chunk(b"eXIf", SECRET), end=b"PK" + SECRET)),
        (
            jpeg(),
            jpeg(
                64, 64, segment(0xE1, b"Exif\0\0" + SECRET), segment(0xFE, SECRET), end=b"\xff\xd8" + SECRET
            ),
        ),
        (webp(flags=0), webp(64, 64, part(b"EXIF", SECRET), part(b"XMP ", SECRET), end=SECRET)),
    ],
    ids=["png", "jpeg", "webp"],
)
def test_only_the_picture_is_kept(plain: bytes, talkative: bytes) -> None:
    assert bare(plain) == plain
    assert SECRET in talkative
    assert bare(talkative) == plain


@pytest.mark.parametrize("make", [png, jpeg, webp, lossy])
def test_the_sides_have_32_to_4096_pixels_whatever_the_file_says_later(make: object) -> None:
    assert callable(make)
    assert bare(make(32, 4096))
    for width, height in ((31, 64), (64, 31), (4097, 64), (64, 4097)):
        with pytest.raises(Invalid, match="pixels"):
            bare(make(width, height))


def test_a_webp_whose_picture_is_larger_than_its_canvas_is_refused() -> None:
    bits = 8191 | 8191 << 14
    with pytest.raises(Invalid, match="pixels"):
        bare(webp(64, 64, part(b"VP8L", b"\x2f" + bits.to_bytes(4, "little"))))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(60),
        b"<html>" + png(),
        webp(flags=0x02),
        b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", b"x") + png()[8:],
        png().replace(b"IDAT", b"IDAX"),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes((0, 0, 0, 64) * 2) + b"\x08\0\0\0\0") + chunk(b"IEND"),
        b"\xff\xd8" + segment(0xDA, b"\0") + b"x\xff\xd9",
        png() + bytes(BYTES_MAX),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        bare(data)
    assert refused.value.pointer == "/photo"


@pytest.mark.parametrize("whole", [png(), jpeg(), webp()], ids=["png", "jpeg", "webp"])
def test_a_file_that_breaks_off_is_refused_wherever_it_does(whole: bytes) -> None:
    for length in range(12, len(whole) - 1):
        with pytest.raises(Invalid):
            bare(whole[:length])

"""Small pictures and documents, drawn by us, for the attachments of the demo."""

import random
import struct
import zlib

WIDTH, HEIGHT = 480, 320
SHADES = 40
_SKY = bytes(y * SHADES // HEIGHT for y in range(HEIGHT))


def make(name: str) -> tuple[bytes, str]:
    """The bytes and media type of a file of that name; the same name gives the same file."""
    if name.endswith(".pdf"):
        return document(name.removesuffix(".pdf").replace("-", " ").capitalize()), "application/pdf"
    return landscape(name), "image/png"


def landscape(seed: str) -> bytes:
    """A PNG of mountains at some time of day, with a palette: shades of sky, then three ridges."""
    chance = random.Random(seed)  # noqa: S311  a picture, no secret
    sky = (chance.randint(120, 200), chance.randint(150, 210), chance.randint(190, 205))
    ridges = [_ridge(chance, HEIGHT * (0.35 + 0.18 * layer), 60 - 12 * layer) for layer in range(3)]
    outline = list(zip(ridges[0], ridges[1], ridges[2], strict=True))
    palette = [min(255, part + shade * 50 // SHADES) for shade in range(SHADES) for part in sky]
    palette += [int(part * (0.62 - 0.17 * layer)) for layer in range(3) for part in sky]
    sheet = b"".join(_column(*tops) for tops in outline)
    rows = b"".join(b"\0" + sheet[y::HEIGHT] for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    parts = {b"IHDR": header, b"PLTE": bytes(palette), b"IDAT": zlib.compress(rows, 6), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts.items())


def document(title: str) -> bytes:
    """A PDF of one page that says what it stands for."""
    text = f"BT /F1 22 Tf 72 760 Td (Alpe) Tj 0 -40 Td /F1 14 Tf ({title}) Tj ET".encode("latin-1", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
            b" /Resources << /Font << /F1 4 0 R >> >> >>"
        ),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _column(back: int, middle: int, front: int) -> bytes:
    """One column from top to bottom, as indexes in the palette: sky, then the ridges, nearer ones before others."""
    tops = [back, middle, front]
    ground = [min(HEIGHT, max(0, min(tops[layer:]))) for layer in range(3)]
    return b"".join(
        (
            _SKY[: ground[0]],
            bytes([SHADES]) * (ground[1] - ground[0]),
            bytes([SHADES + 1]) * (ground[2] - ground[1]),
            bytes([SHADES + 2]) * (HEIGHT - ground[2]),
        )
    )


def _ridge(chance: random.Random, base: float, rough: float) -> list[int]:
    """A mountain's outline: heights at a few peaks, straight slopes between them."""
    peaks = [base + chance.uniform(-rough, rough) for _ in range(9)]
    step = WIDTH / (len(peaks) - 1)
    line = []
    for x in range(WIDTH):
        left, part = divmod(x, step)
        line.append(int(peaks[int(left)] * (1 - part / step) + peaks[int(left) + 1] * part / step))
    return line


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

"""Header fields: reading them off the bytes, and getters that never raise (channels.md §2.9).

The standard library's structured headers raise on real mail and take time in the square of the length
(cpython #114906, #136063, #151857), so nothing here uses them.
"""

import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_tz
from urllib.parse import unquote_to_bytes

from adapters.email.charset import decode
from adapters.email.text import clean_line

BLOCK_MAX = 64 * 1024
FIELDS_MAX = 1000
ADDRESS_FIELD_MAX = 4 * 1024
IDS_MAX = 50
_ID_LENGTH_MAX = 500
_PARAMS_MAX = 100

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_SEGMENT = re.compile(r"(.+?)\*(\d{1,3})(\*?)")


@dataclass(slots=True)
class Headers:
    """Fields of one header block in their order: lower-case name and raw value without its line ends.

    `charset` is a guess for raw bytes in them that are not UTF-8: what the body declares.
    """

    fields: tuple[tuple[str, bytes], ...] = ()
    oversized: bool = False
    """True when the block went beyond the limits and the rest was left out."""
    charset: str = ""
    _index: dict[str, list[bytes]] = field(default_factory=dict)

    def raw(self, name: str) -> list[bytes]:
        """All values of the field `name` (lower case), as sent."""
        if not self._index and self.fields:
            for key, value in self.fields:
                self._index.setdefault(key, []).append(value)
        return self._index.get(name, [])

    def __contains__(self, name: str) -> bool:
        return bool(self.raw(name))

    def plain(self, name: str, limit: int = ADDRESS_FIELD_MAX) -> str:
        """First value of a field, undecoded text on one line, or ""."""
        values = self.raw(name)
        return clean_line(self.text(values[0][:limit]), limit) if values else ""

    def words(self, name: str, limit: int = 1000) -> str:
        """First value of a field for people to read: encoded words decoded, one line, harmless."""
        values = self.raw(name)
        return clean_line(decode_words(self.text(values[0][: 4 * limit])), limit) if values else ""

    def text(self, value: bytes) -> str:
        """A raw value as text: UTF-8 as the standard has it, or else what the body's charset makes of it."""
        if not self.charset or value.isascii():
            return decode(value)
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return decode(value, self.charset)

    def ids(self, name: str) -> list[str]:
        """Message ids of a field in their order, each with its angle brackets."""
        found: list[str] = []
        for value in self.raw(name):
            found += message_ids(decode(value))
        return found


def split_header(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """Read the header block of `raw[start:end]`; returns it and where the body begins.

    The block ends at an empty line or, in broken mail, before the first line that is no field.
    """
    fields: list[tuple[str, bytes]] = []
    name, parts = "", list[bytes]()
    oversized = False
    position = start
    while position < end:
        stop = raw.find(b"\n", position, end)
        stop = end if stop < 0 else stop + 1
        if position - start > BLOCK_MAX or len(fields) >= FIELDS_MAX:
            oversized = True
            position = _after_blank_line(raw, position, end)
            break
        line = raw[position : min(stop, position + BLOCK_MAX)].rstrip(b"\r\n")
        if not line:
            position = stop
            break
        if line[:1] in (b" ", b"\t"):
            if name:
                parts.append(line)
            elif not line.strip():
                position = stop
                break
        elif match := _FIELD.match(line):
            if name:
                fields.append((name, b"".join(parts).strip()))
            name, parts = match[1].decode("ascii").lower(), [line[match.end() :]]
        elif not (position == start and line.startswith((b"From ", b">From "))):
            break
        position = stop
    if name:
        fields.append((name, b"".join(parts).strip()))
    return Headers(tuple(fields), oversized), position


def _after_blank_line(raw: bytes, position: int, end: int) -> int:
    found = [
        at + len(blank) for blank in (b"\n\n", b"\r\n\r\n") if (at := raw.find(blank, position - 2, end)) >= 0
    ]
    return min(found, default=end)


def decode_words(text: str) -> str:
    """Decode the encoded words of RFC 2047, also where they should not stand (in quotes, inside a word).

    Neighbours of one charset are joined before decoding, for some mailers cut inside a character. Linear.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, pending_charset = b"", ""
    position = 0
    while (start := text.find("=?", position)) >= 0:
        word = _encoded_word(text, start)
        if word is None:
            out += [decode(pending, pending_charset), text[position : start + 2]]
            pending, position = b"", start + 2
            continue
        charset, data, after = word
        gap = text[position:start]
        if pending and (gap.strip() or charset != pending_charset):
            out.append(decode(pending, pending_charset))
            pending = b""
        if gap.strip() or (not out and not pending):
            out.append(gap)
        pending, pending_charset, position = pending + data, charset, after
    out += [decode(pending, pending_charset), text[position:]]
    return "".join(out)


def _encoded_word(text: str, start: int) -> tuple[str, bytes, int] | None:
    """The encoded word at `start` as (charset, bytes, index after it), or None."""
    mark = text.find("?", start + 2, start + 70)
    if mark < 0 or text[mark + 1 : mark + 2] not in ("b", "B", "q", "Q") or text[mark + 2 : mark + 3] != "?":
        return None
    end = text.find("?=", mark + 3)
    if end < 0:
        return None
    charset = text[start + 2 : mark].partition("*")[0].lower()
    coded = text[mark + 3 : end].encode("utf-8", "replace")
    if text[mark + 1] in "bB":
        return charset, unbase64(coded), end + 2
    return charset, binascii.a2b_qp(coded.replace(b" ", b"_"), header=True), end + 2


def unbase64(data: bytes | memoryview) -> bytes:
    """Decode base64 leniently: foreign characters and missing padding do not matter, a broken end is cut."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        pass
    letters = _NOT_BASE64.sub(b"", bytes(data))
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"==")


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split a structured value ("text/plain; charset=x") into its lower-case main part and its parameters.

    Continuations and charsets of RFC 2231 are joined and decoded, encoded words in quotes as well. Linear.
    """
    pieces = _split_semicolons(value)
    main = pieces[0].strip().lower()
    plain: dict[str, str] = {}
    segments: dict[str, dict[int, tuple[str, bool]]] = {}
    for piece in pieces[1 : _PARAMS_MAX + 1]:
        name, equals, content = piece.partition("=")
        name, content = name.strip().lower(), _unquote(content.strip())
        if not equals or not name:
            continue
        if match := _SEGMENT.fullmatch(name):
            segments.setdefault(match[1], {})[int(match[2])] = (content, bool(match[3]))
        elif name.endswith("*"):
            segments.setdefault(name[:-1], {})[0] = (content, True)
        else:
            plain.setdefault(name, content)
    result = {name: decode_words(content) for name, content in plain.items()}
    for name, numbered in segments.items():
        if name:
            result[name] = _join_segments([numbered[number] for number in sorted(numbered)])
    return main, result


def _join_segments(pieces: list[tuple[str, bool]]) -> str:
    charset = ""
    first, extended = pieces[0]
    if extended and first.count("'") >= 2:
        charset, _language, first = first.split("'", 2)
        pieces = [(first, True), *pieces[1:]]
    data = b"".join(
        unquote_to_bytes(text) if coded else text.encode("utf-8", "replace") for text, coded in pieces
    )
    return decode_words(decode(data, charset))


def _split_semicolons(value: str) -> list[str]:
    """Pieces between semicolons outside quotes."""
    if '"' not in value:
        return value.split(";")
    pieces: list[str] = []
    start, quoted, escaped = 0, False, False
    for index, char in enumerate(value):
        if escaped:
            escaped = False
        elif char == "\\" and quoted:
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == ";" and not quoted:
            pieces.append(value[start:index])
            start = index + 1
    pieces.append(value[start:])
    return pieces


def _unquote(text: str) -> str:
    if not text.startswith('"'):
        return text
    out: list[str] = []
    escaped = False
    for char in text[1:]:
        if escaped:
            # A path like "C:\docs\x" is sent unescaped; a backslash before anything but these is itself.
            out.append(char if char in '"\\' else "\\" + char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            break
        else:
            out.append(char)
    return "".join(out)


def message_ids(value: str) -> list[str]:
    """Ids in a Message-ID, In-Reply-To or References value; one without brackets gets them."""
    found = [f"<{text}>" for text in _MESSAGE_ID.findall(value)]
    if not found:
        bare = value.strip().strip("<>")
        if bare and len(bare) <= _ID_LENGTH_MAX and not re.search(r"[\s<>]", bare):
            found = [f"<{bare}>"]
    return [clean for text in found if (clean := clean_line(text, _ID_LENGTH_MAX + 2).replace(" ", ""))]


def parse_date(value: str) -> datetime | None:
    """A Date field as UTC, or None when it is no date."""
    try:
        found = parsedate_tz(value[:200])
        if found is None:
            return None
        local = datetime(*found[:6], tzinfo=UTC).timestamp() - (found[9] or 0)
        return datetime.fromtimestamp(local, UTC)
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None

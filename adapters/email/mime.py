"""The tree of parts of a mail, read straight off its bytes with the limits of R12.

Parts are spans of the one raw buffer: a boundary is searched within the span of its multipart only, so a nested
structure costs one pass over the bytes per level, levels and parts are counted while they are found, and no
content is copied before somebody asks for it. A standard-library message tree costs five times the mail's size
in memory and recurses as deep as the sender likes.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.email.charset import decode
from adapters.email.headers import Headers, parameters, split_header, unbase64
from inbox.contract import Unreadable

RAW_MAX = 150 * 1024 * 1024
DEPTH_MAX = 20
PARTS_MAX = 500
_BLANK_LINES = re.compile(rb"(?:[ \t]{0,1000}\r?\n)+")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")


@dataclass(slots=True)
class Part:
    """One part: its header, and where its body lies in the raw bytes."""

    raw: bytes
    headers: Headers
    start: int
    end: int
    depth: int = 0
    media_type: str = "text/plain"
    params: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    disposition_params: dict[str, str] = field(default_factory=dict)
    children: list["Part"] = field(default_factory=list)
    _content: bytes | None = None

    @property
    def main(self) -> str:
        """First half of the media type."""
        return self.media_type.partition("/")[0]

    @property
    def content_id(self) -> str:
        """Content-ID without its brackets."""
        return self.headers.plain("content-id").strip("<> ")

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the mail."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))

    def body(self) -> bytes:
        """The body as it was sent, still in its transfer encoding."""
        return self.raw[self.start : self.end]

    def content(self) -> bytes:
        """The body with its transfer encoding undone, as far as that is possible. Decoded once."""
        if self._content is None:
            self._content = self._decoded()
        return self._content

    def _decoded(self) -> bytes:
        encoding = self.headers.plain("content-transfer-encoding", 100).lower().strip(" ;\"'")
        if encoding == "base64":
            return unbase64(memoryview(self.raw)[self.start : self.end])
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body())
        if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
            return _uudecode(self.body())
        return self.body()

    def text(self) -> str:
        """The content as text under the part's charset."""
        return decode(self.content(), self.params.get("charset", ""))


def read(raw: bytes) -> Part:
    """The tree of a whole mail. Raises Unreadable beyond the limits or when nothing looks like a mail."""
    if len(raw) > RAW_MAX:
        raise Unreadable(f"The e-mail is larger than {RAW_MAX >> 20} MB.")
    leading = _BLANK_LINES.match(raw)
    root = _part(raw, leading.end() if leading else 0, len(raw), 0, "text/plain")
    if root.headers.oversized:
        raise Unreadable("The e-mail's header is larger than 64 kB or has more than 1,000 fields.")
    if not root.headers.fields:
        raise Unreadable("This is no e-mail: it has no header.")
    waiting, count = [root], 1
    while waiting:
        part = waiting.pop()
        if part.main != "multipart":
            continue
        if part.depth >= DEPTH_MAX:
            raise Unreadable(f"The e-mail's parts are nested more than {DEPTH_MAX} levels deep.")
        inherited = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        for span in _spans(part):
            count += 1
            if count > PARTS_MAX:
                raise Unreadable(f"The e-mail has more than {PARTS_MAX} parts.")
            part.children.append(_part(raw, *span, part.depth + 1, inherited))
        if not part.children:
            # No boundary, or none found: what stands there is shown rather than lost.
            part.media_type = "text/plain"
        waiting.extend(part.children)
    _hint_charsets(root)
    return root


def _hint_charsets(root: Part) -> None:
    """Raw bytes in a header are in the charset of the text nearest to it, if in any that is declared."""
    parts = list(root.walk())
    declared = [
        charset for part in parts if part.main == "text" and (charset := part.params.get("charset", ""))
    ]
    if declared:
        for part in parts:
            part.headers.charset = part.params.get("charset", "") or declared[0]
            if not all(value.isascii() for _name, value in part.headers.fields):
                kind = part.media_type
                _read_types(part)
                part.media_type = kind


def _part(raw: bytes, start: int, end: int, depth: int, inherited: str) -> Part:
    headers, body = split_header(raw, start, end)
    part = Part(raw, headers, body, end, depth, inherited)
    _read_types(part)
    return part


def _read_types(part: Part) -> None:
    headers = part.headers
    declared = headers.plain("content-type", 8192)
    if declared:
        media_type, part.params = parameters(declared)
        media_type = media_type.replace(" ", "")
        if _TYPE.fullmatch(media_type):
            part.media_type = media_type
        elif media_type in ("text", "html", "multipart"):
            part.media_type = {"text": "text/plain", "html": "text/html"}.get(media_type, "multipart/mixed")
    if value := headers.plain("content-disposition", 8192):
        part.disposition, part.disposition_params = parameters(value)


def _spans(part: Part) -> Iterator[tuple[int, int]]:
    """Where the children of a multipart lie: between lines of "--boundary", up to "--boundary--"."""
    boundary = part.params.get("boundary", "").rstrip()
    if not boundary or len(boundary) > 500:
        return
    raw, marker = part.raw, b"--" + boundary.encode("utf-8", "replace")
    child = -1
    position = part.start
    while (at := raw.find(marker, position, part.end)) >= 0:
        position = at + len(marker)
        if at > part.start and raw[at - 1 : at] not in (b"\n", b"\r"):
            continue
        stop = raw.find(b"\n", position, part.end)
        line_end = part.end if stop < 0 else stop + 1
        tail = raw[position : min(line_end, position + 1000)].strip()
        if tail not in (b"", b"--"):
            continue
        if 0 <= child < at:
            yield child, _before_line_end(raw, child, at)
        # After the closing line nothing should follow; in mail that reuses a boundary inside, parts still do.
        child, position = -1 if tail else line_end, line_end
    if child >= 0:
        yield child, part.end


def _before_line_end(raw: bytes, start: int, at: int) -> int:
    """The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1)."""
    if at > start and raw[at - 1 : at] == b"\n":
        at -= 1
    if at > start and raw[at - 1 : at] == b"\r":
        at -= 1
    return at


def _uudecode(data: bytes) -> bytes:
    lines = data.splitlines()
    begin = next((number for number, line in enumerate(lines) if line.startswith(b"begin ")), None)
    if begin is None:
        return data
    out: list[bytes] = []
    for line in lines[begin + 1 :]:
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad the line; the first character says how long it really is.
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[: length + 1]))
            except binascii.Error:
                continue
    return b"".join(out)

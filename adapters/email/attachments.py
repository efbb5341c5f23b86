"""Parts that become files: their names, and the kinds that get a notice besides (calendar, TNEF)."""

import re
import struct
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from adapters.email.headers import decode_words
from adapters.email.mime import Part
from adapters.email.text import clean_line
from inbox.contract import File, Notice

if TYPE_CHECKING:
    import icalendar

_NAME_MAX = 200
_CALENDAR_MAX = 256 * 1024
_TNEF_SIGNATURE = b"\x78\x9f\x3e\x22"
_TNEF_OBJECTS_MAX = 2000
_EXTENSIONS = {
    "application/ics": "ics",
    "application/json": "json",
    "application/ms-tnef": "dat",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pgp-keys": "asc",
    "application/pkcs7-mime": "p7m",
    "application/x-pkcs7-mime": "p7m",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/directory": "vcf",
    "text/html": "html",
    "text/plain": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/xml": "xml",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
}


def declared_name(part: Part) -> str:
    """The file name a part bears, as safe text, or ""."""
    return safe_name(part.disposition_params.get("filename", "") or part.params.get("name", ""))


def safe_name(name: str) -> str:
    """A file name without folders, control and format characters, NFC, at most 200 characters with its ending.

    Invisible characters go before anything looks at the ending, or "evil.php<zero width space>" passes for
    something else.
    """
    name = unicodedata.normalize("NFC", decode_words(name))
    name = "".join(char for char in name if unicodedata.category(char) not in ("Cf", "Cc", "Cs", "Co"))
    name = re.split(r"[/\\]", clean_line(name, 2000))[-1].strip(" .")
    name = re.sub(r'[<>:"|?*]', "_", name)
    if len(name) > _NAME_MAX:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: _NAME_MAX - 20]}.{ending[:19]}" if dot else name[:_NAME_MAX]
    return name.strip(" .")


def name_for(part: Part, number: int) -> str:
    """The name to show for a part: its own, or one made from its kind."""
    if name := declared_name(part):
        return name
    if part.media_type == "message/rfc822":
        return f"{embedded_subject(part) or f'message-{number}'}.eml"
    stem = {"image": "image", "audio": "audio", "video": "video"}.get(part.main, "attachment")
    ending = _EXTENSIONS.get(part.media_type, "")
    return f"{stem}-{number}.{ending}" if ending else f"{stem}-{number}"


def embedded_subject(part: Part) -> str:
    """A file stem from the subject of a forwarded message."""
    from adapters.email.headers import split_header

    headers, _body = split_header(part.raw, part.start, part.end)
    return safe_name(headers.words("subject", 100).replace("/", "-"))[:80].strip(" .")


def to_file(part: Part, number: int, *, inline: bool = False) -> File:
    """A part as a file with its content."""
    content = part.content()
    return File(
        name=name_for(part, number),
        media_type=part.media_type,
        content=content,
        size=len(content),
        content_id=part.content_id,
        inline=inline,
    )


def calendar_notice(part: Part) -> Notice:
    """What an invitation says: method, summary, start, place and organiser, as far as it can be read."""
    import icalendar

    data = part.content()
    # The library trusts what it reads; any of these may come out of a damaged calendar, even while it is read.
    broken = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
    try:
        text = _event(icalendar.Calendar.from_ical(part.text()), part) if len(data) <= _CALENDAR_MAX else ""
    except broken:
        text = ""
    return Notice(code="calendar", text=text)


def _event(calendar: "icalendar.Component", part: Part) -> str:
    """The first event of a calendar in a few lines."""
    event = next(iter(calendar.walk("VEVENT")), None)
    if event is None:
        return ""
    method = str(calendar.get("METHOD", "")) or part.params.get("method", "")
    lines = [
        ("", str(event.get("SUMMARY", ""))),
        ("Start: ", _moment(event.get("DTSTART"))),
        ("Place: ", str(event.get("LOCATION", ""))),
        ("Organiser: ", re.sub(r"(?i)^mailto:", "", str(event.get("ORGANIZER", "")))),
        ("", {"CANCEL": "Cancelled", "REPLY": "Answer to an invitation"}.get(method.upper(), "")),
    ]
    return "\n".join(label + clean_line(text, 300) for label, text in lines if text)


def _moment(value: object) -> str:
    moment = getattr(value, "dt", None)
    if isinstance(moment, datetime):
        return moment.strftime("%Y-%m-%d %H:%M") + (f" {moment.tzname()}" if moment.tzinfo else "")
    return moment.isoformat() if isinstance(moment, date) else ""


def is_tnef(part: Part) -> bool:
    """Whether a part is Outlook's wrapping of a whole message (winmail.dat)."""
    return part.media_type in ("application/ms-tnef", "application/vnd.ms-tnef") or (
        declared_name(part).lower() == "winmail.dat"
    )


def unpack_tnef(part: Part) -> tuple[str, str, list[File]] | None:
    """The text, HTML and files inside a winmail.dat, or None when it cannot be read."""
    data = part.content()
    if not _plausible_tnef(data):
        return None
    from tnefparse import TNEF

    # The library trusts the lengths and offsets in the data; any of these may come out of a damaged file.
    broken = (ValueError, LookupError, TypeError, AttributeError, NameError, AssertionError, OverflowError,
              RecursionError, struct.error)  # fmt: skip
    try:
        parsed = TNEF(data, do_checksum=False)
        files = [
            File(name=safe_name(_string(found.long_filename())) or f"attachment-{number}",
                 content=bytes(found.data), size=len(found.data))
            for number, found in enumerate(parsed.attachments, 1)
        ]  # fmt: skip
        return _string(parsed.body), _string(parsed.htmlbody), files
    except broken:
        return None


def _plausible_tnef(data: bytes) -> bool:
    """Walk the objects without reading them: a file of very many tiny ones takes the parser for ever."""
    if not data.startswith(_TNEF_SIGNATURE):
        return False
    return sum(1 for _ in _tnef_objects(data)) <= _TNEF_OBJECTS_MAX


def _tnef_objects(data: bytes) -> Iterator[int]:
    position = 6
    for _ in range(_TNEF_OBJECTS_MAX + 1):
        if position + 12 >= len(data):
            return
        yield position
        position += 11 + int.from_bytes(data[position + 5 : position + 9], "little")


def _string(value: object) -> str:
    if isinstance(value, bytes):
        from adapters.email.charset import decode

        return decode(value).rstrip("\x00")
    return value.rstrip("\x00") if isinstance(value, str) else ""

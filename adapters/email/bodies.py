"""From the tree of parts to what an agent sees: text, HTML, files and notices (channels.md §2.9, Bodies).

Nothing is dropped: a text part that is no alternative of another is added to the text, and every other part
becomes a file.
"""

import json
from dataclasses import dataclass, field

from adapters.email import attachments
from adapters.email.charset import decode
from adapters.email.htmltext import cids, html_to_text, meta_charset, text_to_html
from adapters.email.mime import Part
from adapters.email.text import clean_block, clean_line
from inbox.contract import File, Notice

TEXT_MAX = 256 * 1024
HTML_MAX = 1024 * 1024
_PLAIN = {
    "text/plain",
    "text/markdown",
    "text/x-markdown",
    "text/enriched",
    "text/richtext",
    "text/x-amp-html",
}
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
_PKCS7 = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_REACTION = "text/vnd.google.email-reaction+json"
_DUMB = {"application/applefile", "application/pgp-encrypted"}


@dataclass(slots=True)
class Segment:
    """A stretch of the body: its text, its HTML, or both when they are alternatives."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Content:
    """What a mail holds."""

    text: str = ""
    html: str | None = None
    files: tuple[File, ...] = ()
    notices: tuple[Notice, ...] = ()
    reaction: str = ""


@dataclass(slots=True)
class _Collector:
    segments: list[Segment] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    extra: list[File] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    reaction: str = ""

    def notice(self, code: str, text: str = "") -> None:
        if code not in (known.code for known in self.notices) or text:
            self.notices.append(Notice(code=code, text=text))


def collect(root: Part) -> Content:
    """Everything in the mail below `root`."""
    found = _Collector()
    _visit(root, found, alone=True)
    text, html = _join(found.segments)
    if "-----BEGIN PGP MESSAGE-----" in text:
        found.notice("encrypted")
    elif "-----BEGIN PGP SIGNED MESSAGE-----" in text:
        found.notice("signed")
    text, html = _capped(text, html, found)
    wanted = cids(html or "")
    files = []
    for number, part in enumerate(found.parts, 1):
        inline = part.main == "image" and bool(part.content_id) and part.content_id in wanted
        files.append(attachments.to_file(part, number, inline=inline))
    return Content(text, html, (*files, *found.extra), tuple(found.notices), found.reaction)


def _visit(part: Part, found: _Collector, *, alone: bool = False) -> None:
    """Add one part; `alone` is true while nothing but this part makes up the body so far."""
    kind = part.media_type
    if part.main == "multipart" and part.children:
        _visit_multipart(part, found, alone=alone)
    elif kind in _PKCS7:
        signed = part.params.get("smime-type", "").lower() == "signed-data"
        found.notice("signed" if signed else "encrypted", "" if signed else "S/MIME")
        found.parts.append(part)
    elif kind in _SIGNATURES:
        found.notice("signed")
    elif kind == _REACTION:
        found.reaction = _reaction(part)
    elif kind in _DUMB:
        return
    elif attachments.is_tnef(part):
        _visit_tnef(part, found)
    elif kind == "text/calendar":
        found.notices.append(attachments.calendar_notice(part))
        found.parts.append(part)
    elif _is_body(part, alone=alone):
        found.segments.append(_segment(part))
    elif part.end > part.start or attachments.declared_name(part):
        found.parts.append(part)


def _visit_multipart(part: Part, found: _Collector, *, alone: bool) -> None:
    kind = part.media_type
    if kind == "multipart/encrypted":
        found.notice("encrypted", "S/MIME" if "pkcs7" in part.params.get("protocol", "") else "PGP")
        found.parts.extend(child for child in part.children if child.media_type not in _DUMB)
    elif kind == "multipart/alternative":
        _visit_alternative(part, found, alone=alone)
    else:
        if kind == "multipart/signed":
            found.notice("signed")
        for child in part.children:
            _visit(child, found, alone=alone and not found.segments and not found.parts)


def _visit_alternative(part: Part, found: _Collector, *, alone: bool) -> None:
    """Of several forms of one text keep the plain one and the last HTML one; what is no text form stays."""
    plain: list[Segment] = []
    rich: list[Segment] = []
    for child in part.children:
        inner = _Collector()
        _visit(child, inner, alone=alone)
        found.parts += inner.parts
        found.extra += inner.extra
        found.notices += [notice for notice in inner.notices if notice not in found.notices]
        found.reaction = found.reaction or inner.reaction
        if any(segment.html is not None for segment in inner.segments):
            rich = inner.segments
        elif inner.segments and child.media_type != "text/x-amp-html":
            plain += inner.segments if not plain else []
    text, html = _join(plain)[0], _join(rich)[1]
    if rich and not text.strip():
        text = _join(rich)[0]
    if plain or rich:
        found.segments.append(Segment(text, html))


def _visit_tnef(part: Part, found: _Collector) -> None:
    unpacked = attachments.unpack_tnef(part)
    if unpacked is None:
        found.parts.append(part)
        return
    text, html, files = unpacked
    found.extra += files
    if not any((segment.text or segment.html or "").strip() for segment in found.segments) and (text or html):
        found.segments.append(
            Segment(clean_block(text) if text else None, clean_block(html) if html else None)
        )


def _is_body(part: Part, *, alone: bool) -> bool:
    """Whether a text part belongs to the message rather than being a file.

    Some mailers name the body itself, so a name alone does not make the first text part a file.
    """
    if part.media_type not in _PLAIN and part.media_type != "text/html":
        return False
    if part.disposition == "attachment":
        return False
    return alone or not attachments.declared_name(part)


def _segment(part: Part) -> Segment:
    if part.media_type == "text/html":
        data = part.content()
        return Segment(html=clean_block(decode(data, part.params.get("charset", "") or meta_charset(data))))
    text = clean_block(part.text())
    if part.media_type in ("text/enriched", "text/richtext", "text/x-amp-html"):
        text = html_to_text(text)
    elif part.params.get("format", "").lower() == "flowed":
        text = unflow(text, delsp=part.params.get("delsp", "").lower() == "yes")
    return Segment(text=text)


def _join(segments: list[Segment]) -> tuple[str, str | None]:
    """One text and, if any segment has HTML, one HTML with every segment in it."""
    texts: list[str] = []
    htmls: list[str] = []
    rich = any(segment.html is not None for segment in segments)
    for segment in segments:
        text = segment.text
        if segment.html is not None:
            htmls.append(segment.html)
            text = text if text and text.strip() else html_to_text(segment.html[: 2 * HTML_MAX])
        elif rich and text and text.strip():
            htmls.append(text_to_html(text.strip("\n")))
        if text and text.strip():
            texts.append(text.strip("\n"))
    return "\n\n".join(texts), "\n".join(htmls) if rich else None


def _capped(text: str, html: str | None, found: _Collector) -> tuple[str, str | None]:
    """Cut what is too long to show or search; the whole of it becomes a file."""
    if len(text) > TEXT_MAX:
        content = text.encode("utf-8", "replace")
        found.extra.append(
            File(name="message.txt", media_type="text/plain", content=content, size=len(content))
        )
        found.notice("shortened", "The text is very long; all of it is in message.txt.")
        text = text[:TEXT_MAX]
    if html is not None and len(html) > HTML_MAX:
        content = html.encode("utf-8", "replace")
        found.extra.append(
            File(name="message.html", media_type="text/html", content=content, size=len(content))
        )
        found.notice("shortened", "The formatted text is very long; all of it is in message.html.")
        html = None
    return text, html


def _reaction(part: Part) -> str:
    try:
        found = json.loads(part.content()[:4096])
    except (ValueError, RecursionError):
        return ""
    emoji = found.get("emoji") if isinstance(found, dict) else None
    return clean_line(emoji, 20) if isinstance(emoji, str) else ""


def unflow(text: str, *, delsp: bool = False) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676), within one quote depth only."""
    paragraphs: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        soft = content.endswith(" ") and content != "-- "
        if soft and delsp:
            content = content[:-1]
        if open_depth == depth and content != "-- ":
            paragraphs[-1].append(content)
        else:
            # A line that begins with ">" without being quoted was stuffed with a blank, and keeps it.
            stuffed = " " if not depth and content.startswith(">") else ""
            paragraphs.append([">" * depth + " " if depth else stuffed, content])
        open_depth = depth if soft else -1
    return "\n".join("".join(pieces) for pieces in paragraphs)

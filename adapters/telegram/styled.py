"""Text with styles: from Telegram's entities to HTML, and from our Markdown subset to entities.

Telegram counts in UTF-16 units: a character beyond the first 65,536, such as an emoji, counts twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from html.parser import HTMLParser

from telegram import MessageEntity

from inbox.contract.markup import to_html

ENTITIES_MAX = 1000
"""More than these are not read; Telegram itself sends 100 at most."""

# What changes the look of a text, with its HTML. All other kinds are found in the plain text by themselves.
_TAGS = {
    "bold": ("<strong>", "</strong>"),
    "italic": ("<em>", "</em>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "code": ("<code>", "</code>"),
    "pre": ("<pre>", "</pre>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote>", "</blockquote>"),
}


@dataclass(frozen=True)
class Span:
    """A style from `start` to `end`, counted in characters. `kind` is Telegram's word for it."""

    start: int
    end: int
    kind: str
    url: str = ""


@dataclass(frozen=True)
class Styled:
    """A text and its styles, which lie within one another or apart."""

    text: str
    spans: tuple[Span, ...] = ()

    @property
    def units(self) -> int:
        """The length as Telegram counts it."""
        return units(self.text)

    def part(self, start: int, end: int) -> "Styled":
        """The text from `start` to `end` without blanks around it; styles go on in the next part."""
        while start < end and self.text[start].isspace():
            start += 1
        while start < end and self.text[end - 1].isspace():
            end -= 1
        inner = (
            replace(span, start=max(span.start, start) - start, end=min(span.end, end) - start)
            for span in self.spans
            if span.start < end and span.end > start
        )
        return Styled(self.text[start:end], tuple(inner))

    def entities(self) -> list[MessageEntity]:
        """The styles as Telegram takes them."""
        at = _positions(self.text)
        return [
            MessageEntity(span.kind, at[span.start], at[span.end] - at[span.start], url=span.url or None)
            for span in self.spans
            if span.end > span.start
        ]


def units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


# In


def plain(text: str, entities: Sequence[MessageEntity]) -> str:
    """A customer's text with the addresses of its links written out."""
    out, position = [], 0
    for span in _spans(text, entities):
        if (
            span.kind == "text_link"
            and span.start >= position
            and span.url not in text[span.start : span.end]
        ):
            out += [text[position : span.end], f" ({span.url})"]
            position = span.end
    return "".join([*out, text[position:]])


def html(text: str, entities: Sequence[MessageEntity]) -> str | None:
    """A customer's text as HTML, or None when it has no styles."""
    spans = _nested(_spans(text, entities))
    if not any(span.kind in _TAGS or span.kind == "text_link" for span in spans):
        return None
    out: list[str] = []
    open_spans: list[tuple[int, str]] = []
    position = 0

    def write(until: int) -> None:
        nonlocal position
        out.append(escape(text[position:until]).replace("\n", "<br>"))
        position = until

    for span in spans:
        while open_spans and open_spans[-1][0] <= span.start:
            end, tag = open_spans.pop()
            write(end)
            out.append(tag)
        write(span.start)
        opening, closing = _tags(span, text)
        out.append(opening)
        open_spans.append((span.end, closing))
    while open_spans:
        end, tag = open_spans.pop()
        write(end)
        out.append(tag)
    write(len(text))
    return "".join(out)


def _spans(text: str, entities: Sequence[MessageEntity]) -> list[Span]:
    """The entities of a text, counted in characters, in order; what lies outside of the text is left out."""
    if not entities:
        return []
    at = _positions(text)
    index = {unit: character for character, unit in enumerate(at)}
    spans = []
    for entity in entities[:ENTITIES_MAX]:
        start, end = index.get(entity.offset), index.get(entity.offset + entity.length)
        if start is not None and end is not None and start < end:
            spans.append(Span(start, end, str(entity.type), entity.url or ""))
    return sorted(spans, key=lambda span: (span.start, -span.end))


def _nested(spans: Iterable[Span]) -> list[Span]:
    """Spans that lie within one another or apart: one that crosses the end of another is cut there in two."""
    out: list[Span] = []
    waiting = list(spans)[::-1]
    ends: list[int] = []
    while waiting and len(out) < 2 * ENTITIES_MAX:
        span = waiting.pop()
        while ends and ends[-1] <= span.start:
            ends.pop()
        if ends and span.end > ends[-1]:
            rest = replace(span, start=ends[-1])
            span = replace(span, end=ends[-1])
            place = next((i for i in range(len(waiting), 0, -1) if waiting[i - 1].start >= rest.start), 0)
            waiting.insert(place, rest)
        out.append(span)
        ends.append(span.end)
    return out


def _tags(span: Span, text: str) -> tuple[str, str]:
    covered = text[span.start : span.end]
    address = {
        "text_link": span.url,
        "url": covered if "://" in covered else f"http://{covered}",
        "email": f"mailto:{covered}",
        "phone_number": f"tel:{''.join(c for c in covered if c in '+0123456789')}",
    }.get(span.kind)
    if address is not None:
        return f'<a href="{escape(address)}">', "</a>"
    return _TAGS.get(span.kind, ("", ""))


def _positions(text: str) -> list[int]:
    """For every character, and for the end, where it begins in UTF-16 units."""
    at, unit = [], 0
    for character in text:
        at.append(unit)
        unit += 2 if character > "\uffff" else 1
    return [*at, unit]


# Out


def styled(markdown: str) -> Styled:
    """Our Markdown subset as text with styles. No mark is left in it that was meant as one."""
    reader = _Reader()
    reader.feed(to_html(markdown))
    reader.close()
    return reader.result()


_STYLES = {"strong": "bold", "em": "italic", "code": "code", "pre": "pre", "blockquote": "blockquote"}
_BLOCKS = ("p", "pre", "blockquote", "ul", "ol")


class _Reader(HTMLParser):
    """Reads the few tags that `to_html` writes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._length = 0
        self._gap = ""
        self._spans: list[Span] = []
        self._open: list[tuple[str, int, str]] = []
        self._lists: list[int] = []
        self._after = ""  # the block that ended last; "" at the beginning of the text or of a quote

    def result(self) -> Styled:
        """What was read."""
        spans = sorted(self._spans, key=lambda span: (span.start, -span.end))
        whole = Styled("".join(self._out), tuple(spans))
        return whole.part(0, len(whole.text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            # A list stands right below the line that announces it.
            tight = tag in ("ul", "ol") and self._after == "p"
            self._gap = "" if self._after == "" else "\n" if tight else "\n\n"
        if tag == "br":
            self._write("\n")
        elif tag in ("ul", "ol"):
            self._lists.append(int(dict(attrs).get("start") or 1) if tag == "ol" else 0)
        elif tag == "li":
            self._write(f"{self._lists[-1]}. " if self._lists[-1] else "• ")
        elif tag in (*_STYLES, "a"):
            self._write("")
            self._open.append((tag, self._length, dict(attrs).get("href") or ""))
            self._after = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "li":
            self._gap = "\n"
            self._lists[-1] += bool(self._lists[-1])
        elif tag in ("ul", "ol"):
            self._lists.pop()
        elif self._open and self._open[-1][0] == tag:
            self._close(*self._open.pop())
        if tag in _BLOCKS:
            self._after = tag

    def handle_data(self, data: str) -> None:
        inside = [tag for tag, _, _ in self._open]
        self._write(data.removesuffix("\n") if "pre" in inside else data)

    def _write(self, text: str) -> None:
        for piece in (self._gap, text):
            if piece:
                self._out.append(piece)
                self._length += len(piece)
        self._gap = ""

    def _close(self, tag: str, start: int, href: str) -> None:
        outer = [tag for tag, _, _ in self._open]
        if tag == "a":
            self._close_link(start, href)
        elif not (tag == "code" and "pre" in outer) and not (tag == "blockquote" and tag in outer):
            # Telegram knows no quote within a quote, and code within a block of code says nothing more.
            self._spans.append(Span(start, self._length, _STYLES[tag]))

    def _close_link(self, start: int, href: str) -> None:
        label = "".join(self._out)[start:]
        bare = href.removeprefix("mailto:").removeprefix("tel:")
        if label in (href, bare):
            return  # Telegram makes it a link by itself
        if href.startswith(("http://", "https://")):
            self._spans.append(Span(start, self._length, "text_link", href))
        else:
            self._write(f" ({bare})")

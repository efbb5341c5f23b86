"""Our Markdown subset as WhatsApp writes styles: *bold*, _italic_, `code`, ```blocks```, "- " lists and "> " quotes.

WhatsApp has no way to write a mark literally. It takes one as such only before something that is no blank, so a
hair space behind it keeps a literal one what it is. Addresses are left alone: they would not work any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from inbox.contract.markup import to_html

HAIR_SPACE = "\u200a"
_FENCE = "```"
_MARKS = {"strong": "*", "em": "_", "code": "`"}
_LITERAL = "*_~`"


@dataclass(frozen=True)
class Line:
    """One line as it is sent; `code` says that it stands in a block of code, `plain` is it without marks."""

    text: str
    plain: str
    code: bool = False


def lines(markdown: str) -> list[Line]:
    """A text line by line, without blank ones at its ends."""
    writer = _Writer()
    writer.feed(to_html(markdown))
    writer.close()
    found = writer.result()
    while found and not found[-1].plain.strip():
        found.pop()
    while found and not found[0].plain.strip():
        found.pop(0)
    return found


def joined(found: list[Line]) -> str:
    """Lines as one text; those of a block of code stand between fences."""
    out: list[str] = []
    for position, line in enumerate(found):
        begins = line.code and (position == 0 or not found[position - 1].code)
        ends = line.code and (position + 1 == len(found) or not found[position + 1].code)
        out.append((_FENCE if begins else "") + line.text + (_FENCE if ends else ""))
    return "\n".join(out).strip("\n")


@dataclass
class _Open:
    """The line that is being written: its characters, where styles begin and end, and what must stay as it is."""

    plain: str = ""
    spans: list[tuple[int, int, str]] = field(default_factory=list)
    kept: list[tuple[int, int]] = field(default_factory=list)

    def marked(self) -> str:
        """The line with its marks."""
        marks: dict[int, str] = {}
        # Those that begin first are outermost, so their closing mark comes last.
        for start, end, mark in sorted(self.spans, key=lambda span: (span[0], -span[1])):
            if start < end and not _is_word(self.plain, start - 1) and not _is_word(self.plain, end):
                marks[start] = marks.get(start, "") + mark
                marks[end] = mark + marks.get(end, "")
        for at in self._literal_marks():
            marks[at + 1] = marks.get(at + 1, "") + HAIR_SPACE
        out: list[str] = []
        for at, character in enumerate(self.plain):
            out += (marks.get(at, ""), character)
        return "".join([*out, marks.get(len(self.plain), "")])

    def _literal_marks(self) -> Iterator[int]:
        """Where a character stands that WhatsApp would take for the beginning of a style, from the last to the first.

        A style begins before something that is no blank, has words in it, and ends behind something that is none.
        """
        ends: dict[str, int] = {}
        word = len(self.plain)
        kept = {at for start, end in self.kept for at in range(start, end)}
        for at in range(len(self.plain) - 1, -1, -1):
            character = self.plain[at]
            if character.isalnum():
                word = at
            if character not in _LITERAL or at in kept:
                continue
            begins = not _is_word(self.plain, at - 1) and not _is_blank(self.plain, at + 1)
            if begins and word < ends.get(character, -1):
                yield at
            if not _is_blank(self.plain, at - 1) and not _is_word(self.plain, at + 1):
                ends.setdefault(character, at)


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isalnum()


def _is_blank(text: str, at: int) -> bool:
    return not 0 <= at < len(text) or text[at].isspace()


class _Writer(HTMLParser):
    """Reads the few tags that `to_html` writes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[Line] = []
        self._line = _Open()
        self._styles: list[tuple[str, int, str]] = []
        self._lists: list[int] = []
        self._quotes = 0
        self._code = False
        self._after = ""  # the block that ended last

    def result(self) -> list[Line]:
        """What was read."""
        if self._line.plain:
            self._end_line()
        return self._done

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "pre", "blockquote", "ul", "ol"):
            # A list stands right below the line that announces it.
            if self._after and not (tag in ("ul", "ol") and self._after == "p"):
                self._end_line()
            self._after = ""
        if tag == "br":
            self._end_line()
        elif tag == "pre":
            self._code = True
        elif tag == "blockquote":
            self._quotes += 1
        elif tag in ("ul", "ol"):
            self._lists.append(int(dict(attrs).get("start") or 1) if tag == "ol" else 0)
        elif tag == "li":
            self._line.plain += f"{self._lists[-1]}. " if self._lists[-1] else "- "
        elif tag == "a" or (tag in _MARKS and not self._code):
            self._styles.append((tag, len(self._line.plain), dict(attrs).get("href") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self._end_line()
        elif tag == "li":
            self._end_line()
            self._lists[-1] += bool(self._lists[-1])
        elif tag in ("ul", "ol"):
            self._lists.pop()
        elif tag == "pre":
            self._code = False
        elif tag == "blockquote":
            self._quotes -= 1
        elif self._styles and self._styles[-1][0] == tag:
            self._close(*self._styles.pop())
        if tag in ("p", "pre", "blockquote", "ul", "ol"):
            self._after = tag

    def handle_data(self, data: str) -> None:
        if not self._code:
            self._line.plain += data
            return
        for each in data.removesuffix("\n").split("\n"):
            text = each.replace(_FENCE, f"`{HAIR_SPACE}``")
            self._done.append(Line(text, text, code=True))

    def _close(self, tag: str, start: int, href: str) -> None:
        end = len(self._line.plain)
        if tag == "a":
            bare = href.removeprefix("mailto:").removeprefix("tel:")
            if self._line.plain[start:end] not in (href, bare):
                self._line.plain += f" ({bare})"
                start = end
            self._line.kept.append((start, len(self._line.plain)))
            return
        if tag == "code":
            self._line.kept.append((start, end))
        self._line.spans.append((start, end, _MARKS[tag]))

    def _end_line(self) -> None:
        line, self._line = self._line, _Open()
        text, plain = line.marked(), line.plain
        if self._quotes:
            text, plain = f"> {text}".rstrip(), f"> {plain}".rstrip()
        elif text.startswith("> "):
            text = f">{HAIR_SPACE}{text[2:]}"
        self._done.append(Line(text, plain))

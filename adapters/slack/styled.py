"""Our Markdown subset as Slack's own marks, and long texts as several messages. Pure.

Everything that Slack would take for a mention is escaped: a reply calls nobody, whatever is quoted in it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from inbox.contract import cutting
from inbox.contract.markup import to_html

TEXT_MAX = 4000
"""Characters of one message, with marks and escapes. Slack advises no more, and cuts off what is above 40,000."""

_MARKS = {"strong": "*", "em": "_", "code": "`"}


@dataclass(frozen=True)
class Run:
    """A stretch of text in one look. `marks` are the tags around it, `url` where it leads."""

    text: str
    marks: tuple[str, ...] = ()
    url: str = ""

    @property
    def pre(self) -> bool:
        """Whether it is a block of code."""
        return "pre" in self.marks

    @property
    def quoted(self) -> bool:
        """Whether it stands in a quote."""
        return "blockquote" in self.marks


def parts(markdown: str, limit: int = TEXT_MAX) -> list[list[Run]]:
    """The messages as which a text is sent: none for a text without anything to see."""
    reader = _Reader()
    reader.feed(to_html(markdown))
    reader.close()
    return list(_split(reader.runs, limit))


def plain(runs: list[Run]) -> str:
    """A message without marks, as the composer previews it."""
    return "".join(run.text for run in runs)


def mrkdwn(runs: list[Run]) -> str:
    """A message with Slack's marks."""
    out: list[str] = []
    line_start = True
    for index, run in enumerate(runs):
        if run.pre:
            before = "" if index and runs[index - 1].pre else "```\n"
            after = "" if index + 1 < len(runs) and runs[index + 1].pre else "\n```"
            out.append(before + escaped(run.text) + after)
            line_start = False
            continue
        for number, piece in enumerate(run.text.split("\n")):
            if number:
                out.append("\n")
                line_start = True
            if line_start and run.quoted:
                out.append("> ")
            if piece:
                out.append(_marked(run, piece))
                line_start = False
            elif run.quoted:
                line_start = False
    return "".join(out)


def escaped(text: str) -> str:
    """A text in which nothing means anything to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _marked(run: Run, piece: str) -> str:
    inner = piece.strip()
    if not inner:
        return piece
    head, tail = piece[: len(piece) - len(piece.lstrip())], piece[len(piece.rstrip()) :]
    shown = escaped(inner)
    if run.url:
        shown = f"<{_address(run.url)}>" if run.url == inner else f"<{_address(run.url)}|{_label(inner)}>"
    for tag in reversed(run.marks):
        mark = _MARKS.get(tag, "")
        shown = f"{mark}{shown}{mark}"
    return f"{head}{shown}{tail}"


def _address(url: str) -> str:
    return escaped(url).replace("|", "%7C")


def _label(text: str) -> str:
    return escaped(text).replace("|", "¦")


def _split(runs: list[Run], limit: int) -> Iterator[list[Run]]:
    rest = _trimmed(runs)
    while rest:
        if len(mrkdwn(rest)) <= limit:
            yield rest
            return
        end = _border(plain(rest), _reach(rest, limit))
        head, rest = _trimmed(_cut(rest, 0, end)), _trimmed(_cut(rest, end, len(plain(rest))))
        if head:
            yield head


def _reach(runs: list[Run], limit: int) -> int:
    """The most characters from the start that fit with their marks, at least one."""
    low, high = 1, min(len(plain(runs)), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if len(mrkdwn(_cut(runs, 0, middle))) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _border(text: str, reach: int) -> int:
    """The best place for a cut in (0, reach]: where a reader would pause, and never within a character."""
    for pattern, filled in cutting.BORDERS:
        found = [match.end() for match in pattern.finditer(text[:reach]) if match.end() > filled * reach]
        if found:
            return found[-1]
    return cutting.between_clusters(text, 0, reach) if reach < len(text) else reach


def _cut(runs: list[Run], start: int, end: int) -> list[Run]:
    out, position = [], 0
    for run in runs:
        piece = run.text[max(0, start - position) : max(0, end - position)]
        if piece:
            out.append(Run(piece, run.marks, run.url))
        position += len(run.text)
    return out


def _trimmed(runs: list[Run]) -> list[Run]:
    text = plain(runs)
    start = len(text) - len(text.lstrip())
    return _cut(runs, start, max(start, len(text.rstrip())))


class _Reader(HTMLParser):
    """Reads the few tags that `to_html` writes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[tuple[str, tuple[str, ...], str]] = []
        self._open: list[str] = []
        self._lists: list[int] = []
        self._url = ""
        self._gap = ""
        self._after = ""

    @property
    def runs(self) -> list[Run]:
        """What was read; neighbours of one look are one run."""
        looks = itertools.groupby(self._pieces, key=lambda piece: piece[1:])
        return [Run("".join(text for text, *_look in same), *look) for look, same in looks]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in ("p", "pre", "blockquote", "ul", "ol"):
            # A list stands right below the line that announces it.
            tight = tag in ("ul", "ol") and self._after == "p"
            self._gap = "" if self._after == "" else "\n" if tight else "\n\n"
        if tag == "br":
            self._write("\n")
        elif tag in ("ul", "ol"):
            self._lists.append(int(told.get("start") or 1) if tag == "ol" else 0)
        elif tag == "li":
            self._write(f"{self._lists[-1]}. " if self._lists[-1] else "• ")
        elif tag == "a":
            self._flush()
            self._url = told.get("href") or ""
        elif tag in (*_MARKS, "pre", "blockquote"):
            self._flush()
            self._open.append(tag)
            if tag == "blockquote":
                self._after = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "li":
            self._gap = "\n"
            self._lists[-1] += bool(self._lists[-1])
        elif tag in ("ul", "ol"):
            self._lists.pop()
        elif tag == "a":
            self._url = ""
        elif self._open and self._open[-1] == tag:
            self._open.pop()
        if tag in ("p", "pre", "blockquote", "ul", "ol"):
            self._after = tag

    def handle_data(self, data: str) -> None:
        self._write(data.removesuffix("\n") if "pre" in self._open else data)

    def _write(self, text: str) -> None:
        self._flush()
        if text:
            # Within a block of code marks are characters like others.
            marks = ("pre",) if "pre" in self._open else tuple(dict.fromkeys(self._open))
            self._pieces.append((text, marks, self._url))

    def _flush(self) -> None:
        if self._gap:
            inside = [tag for tag in self._open if tag == "blockquote"]
            self._pieces.append((self._gap, tuple(inside[:1]), ""))
        self._gap = ""

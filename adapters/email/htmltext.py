"""HTML bodies as text, by one linear pass over the tags.

This text feeds previews, search and quote folding; the HTML itself is kept for showing. A tree is never
built: broken nesting, depth and size cost nothing here, and quoted blocks get the ">" that plain mail has.
"""

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from adapters.email.text import clean_block

# A comment without an end swallows the rest, as in a browser; a "<" that begins no tag is text.
TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,40})((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>|<[!?][^<>]*>",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r"([a-zA-Z_:-]{1,40})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_UNSEEN = re.compile(r"</(?:script|style|title|head|template|noframes)\b", re.IGNORECASE)
_UNSEEN_TAGS = {"script", "style", "title", "template", "noframes"}
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "blockquote", "pre", "hr"}
_BLOCKS = _PARAGRAPHS | {
    "div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "center", "form", "address",
    "figure", "fieldset", "caption", "body",
}  # fmt: skip
_SPACE = re.compile(r"[ \t\n\r\f]+")
_CID = re.compile(r"cid:([^\"'\s>)&]{1,300})", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"<meta[^<>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{2,40})", re.IGNORECASE
)


def attributes(text: str) -> dict[str, str]:
    """Attributes of a tag, names in lower case, values with their entities resolved."""
    return {
        found[1].lower(): html.unescape(found[2] or found[3] or found[4] or "")
        for found in ATTRIBUTE.finditer(text)
    }


def tags(source: str) -> Iterator[tuple[int, int, str, bool, str]]:
    """Tags as (start, end, lower-case name, closing, attributes); name "" for comments and declarations.

    The content of scripts, styles and titles is passed over.
    """
    position = 0
    while found := TAG.search(source, position):
        name = (found[2] or "").lower()
        position = found.end()
        yield found.start(), position, name, found[1] == "/", found[3] or ""
        if name in _UNSEEN_TAGS and found[1] != "/" and not (found[3] or "").endswith("/"):
            close = _UNSEEN.search(source, position)
            if close is None:
                return
            position = close.start()


def html_to_text(source: str) -> str:
    """The visible text of `source`: paragraphs, list points, table rows on lines, quotes marked by ">"."""
    writer = _Writer()
    position = 0
    for start, end, name, closing, attrs in tags(source):
        writer.words(source[position:start])
        position = end
        writer.tag(name, closing, attrs)
        if name in _UNSEEN_TAGS and not closing and not attrs.endswith("/"):
            close = _UNSEEN.search(source, end)
            position = close.start() if close else len(source)
    writer.words(source[position:])
    return writer.text()


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.blank = 0
        self.quotes = 0
        self.preformatted = 0
        self.lists: list[int] = []
        self.space = False

    def words(self, source: str) -> None:
        if not source:
            return
        text = html.unescape(source)
        if self.preformatted:
            first, *rest = text.split("\n")
            self.line.append(first)
            for line in rest:
                self.end_line(force=True)
                self.line.append(line)
            return
        text = _SPACE.sub(" ", text)
        if not self.line or self.space:
            text = text.lstrip(" ")
        if text:
            self.line.append(text)
            self.space = text.endswith(" ")

    def tag(self, name: str, closing: bool, attrs: str) -> None:
        if name == "br":
            self.end_line(force=True)
        elif name in ("td", "th") and closing:
            self.words(" ")
        elif name == "img" and not closing:
            alt = attributes(attrs).get("alt", "") if "alt" in attrs else ""
            # An emoji is often sent as a picture with the character as its text.
            if alt and len(alt) <= 8 and not alt.isascii():
                self.words(alt)
        elif name in _BLOCKS:
            self.end_line()
            if name in _PARAGRAPHS:
                self.blank = 1
            self.nest(name, closing)

    def nest(self, name: str, closing: bool) -> None:
        if name == "blockquote":
            self.quotes = max(0, self.quotes + (-1 if closing else 1))
        elif name == "pre":
            self.preformatted = max(0, self.preformatted + (-1 if closing else 1))
        elif name in ("ul", "ol"):
            if not closing:
                self.lists.append(0 if name == "ol" else -1)
            elif self.lists:
                self.lists.pop()
            self.blank = 0 if self.lists else self.blank
        elif name == "li" and not closing:
            mark = "- "
            if self.lists and self.lists[-1] >= 0:
                self.lists[-1] += 1
                mark = f"{self.lists[-1]}. "
            self.line.append("  " * min(len(self.lists) - 1, 5) + mark)
            self.space = True

    def end_line(self, *, force: bool = False) -> None:
        text = "".join(self.line).rstrip(" \t")
        self.line, self.space = [], False
        if not text and not force:
            return
        prefix = "> " * min(self.quotes, 9)
        if self.blank and self.lines:
            self.lines.append(prefix.rstrip())
        self.blank = 0
        self.lines.append((prefix + text).rstrip(" "))

    def text(self) -> str:
        self.end_line()
        joined = clean_block("\n".join(self.lines)).replace("\xa0", " ")
        return re.sub(r"\n{4,}", "\n\n\n", joined).strip("\n")


def text_to_html(text: str) -> str:
    """Plain text as HTML that shows the same."""
    return "<div>" + html.escape(text).replace("\n", "<br>\n") + "</div>"


def cids(source: str) -> frozenset[str]:
    """Content ids that `source` refers to by "cid:" addresses."""
    if "cid:" not in source and "CID:" not in source and "Cid:" not in source:
        return frozenset()
    return frozenset(unquote(html.unescape(found)) for found in _CID.findall(source))


def meta_charset(data: bytes) -> str:
    """The charset an HTML document names in its head, or ""."""
    found = _META_CHARSET.search(data, 0, 4096)
    return found[1].decode("ascii") if found else ""

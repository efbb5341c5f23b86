"""Where the quoted part of an HTML body begins, by the marks mail programs leave around it.

The HTML is split, not changed; both halves are sanitised later, which also closes what the cut left open.
"""

import re

from adapters.email import quotes
from adapters.email.htmltext import attributes, html_to_text, tags

_SCAN_MAX = 1024 * 1024
_TAGS_MAX = 20_000

# id or class → container of the earlier message, with everything that follows it.
_CONTAINERS = {
    "gmail_quote",
    "gmail_quote_container",
    "gmail_extra",
    "yahoo_quoted",
    "ymail_android_signature_quote",
    "protonmail_quote",
    "tutanota_quote",
    "zmail_extra",
    "moz-cite-prefix",
    "moz-forward-container",
    "wordsection1_quote",
    "outlookmessageheader",
    "divrplyfwdmsg",
    "appendonsend",
    "mail-editor-reference-message-container",
    "ms-outlook-mobile-reference-message",
    "mail_quote",
    "quoted-message",
    "replybody",
    "cite_prefix",
    "isForwardContent",
    "aolmail_quote",
    "aol_quote",
    "hmquote",
    "reply-above",
}
_CONTAINERS = {name.lower() for name in _CONTAINERS}
_PREFIXES = ("yahoo_quoted_", "yiv_quoted", "zm_", "aolreplydiv")
# Behind these the earlier message runs to the end of the mail without being enclosed.
_OPEN_ENDED = {"divrplyfwdmsg", "outlookmessageheader", "appendonsend", "moz-cite-prefix", "moz-forward-container",
               "ms-outlook-mobile-reference-message", "mail-editor-reference-message-container"}  # fmt: skip
# Outlook for Windows draws a line above the header of the earlier message.
_OUTLOOK_RULE = re.compile(
    r"border-top\s*:\s*solid\s+(?:#(?:e1e1e1|b5c4df|cccccc)|windowtext)\s+1(?:\.0)?pt", re.IGNORECASE
)
_OUTLOOK_STYLE = re.compile(r"border\s*:\s*none\s*;", re.IGNORECASE)
_VOID = {
    "br",
    "hr",
    "img",
    "input",
    "meta",
    "link",
    "area",
    "base",
    "col",
    "embed",
    "source",
    "wbr",
    "p",
    "li",
}


def split_html(source: str, *, forwarded: bool = False) -> tuple[str, str | None]:
    """(new part, quoted part or None). Nothing is split off when no text would stay or own text comes after it."""
    if forwarded or len(source) > _SCAN_MAX:
        return source, None
    for start, end, open_ended in _candidates(source):
        start = _with_attribution(source, start)
        new = source[:start]
        if not html_to_text(new).strip() and "<img" not in new.lower():
            return source, None
        quoted = html_to_text(source[start:end])
        if quotes.introduces_forward(quoted):
            return source, None
        if not open_ended and _own_text(source[end:]):
            continue
        return new, source[start:]
    return source, None


def _with_attribution(source: str, start: int) -> int:
    """Take along the block right above a quote that introduces it ("On … wrote:")."""
    at = start
    for _ in range(3):
        at = max(source.rfind(opening, 0, at) for opening in ("<p", "<div", "<P", "<DIV", "<span"))
        if at < 0 or start - at > 3000:
            return start
        lines = [line for line in html_to_text(source[at:start]).split("\n") if line.strip()]
        if lines and quotes.attribution(lines, len(lines) - 1) == 0:
            return at
        if len(lines) > 4:
            return start
    return start


def _own_text(rest: str) -> bool:
    """Whether something the writer added stands after a quote: more than a signature or further quotes."""
    text = html_to_text(rest)
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith(">")]
    return bool(lines) and not re.match(r"\s*(?:--\s*$|_{5,})", lines[0])


def _candidates(source: str) -> list[tuple[int, int, bool]]:
    """Containers as (start, end, open-ended), at most three, in the order of the mail."""
    found: list[tuple[int, int, bool]] = []
    open_tags: list[tuple[str, int, bool]] = []
    rule_at = -1
    for number, (start, end, name, closing, attrs) in enumerate(tags(source)):
        if number > _TAGS_MAX or len(found) + len(open_tags) > 50:
            break
        if name == "hr" and not closing:
            rule_at = start
        if not name or name in _VOID:
            continue
        if closing:
            _close(name, end, open_tags, found)
            continue
        kind = _kind(name, attrs)
        if kind and not any(marked for _name, _start, marked in open_tags):
            if kind == "open":
                # The line that Outlook on the web draws belongs to the quote.
                near = rule_at >= 0 and not html_to_text(source[rule_at:start]).strip()
                found.append((rule_at if near else start, len(source), True))
                break
            open_tags.append((name, start, True))
        elif any(tag == name for tag, _start, _marked in open_tags):
            open_tags.append((name, start, False))
        if len(found) >= 3:
            break
    found += [(start, len(source), False) for _name, start, marked in open_tags if marked]
    return found[:3]


def _close(
    name: str, end: int, open_tags: list[tuple[str, int, bool]], found: list[tuple[int, int, bool]]
) -> None:
    for index in range(len(open_tags) - 1, -1, -1):
        tag, start, marked = open_tags[index]
        if tag == name:
            if marked:
                found.append((start, end, False))
                del open_tags[index:]
            else:
                del open_tags[index]
            return


def _kind(name: str, attrs: str) -> str:
    """ "open", "closed" or "" for a start tag."""
    if name not in ("div", "blockquote", "span", "table", "section", "td"):
        return ""
    if "=" not in attrs:
        return ""
    values = attributes(attrs)
    marks = {*values.get("class", "").lower().split(), values.get("id", "").lower()} - {""}
    if name == "div" and values.get("name", "").lower() == "quote":
        return "closed"
    if hits := marks & _CONTAINERS:
        return "open" if hits & _OPEN_ENDED else "closed"
    if any(mark.startswith(_PREFIXES) for mark in marks):
        return "closed"
    if name == "blockquote" and values.get("type", "").lower() == "cite":
        return "closed"
    style = values.get("style", "")
    if name == "div" and _OUTLOOK_RULE.search(style) and _OUTLOOK_STYLE.search(style):
        return "open"
    return ""

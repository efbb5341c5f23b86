"""The Markdown subset that agents write, as HTML and as plain text. Pure, linear, and safe by construction.

Every character of the input is escaped when it is written out; only the tags named here are ever added. So no
input can put a tag, an attribute or a script address into the result (tests/rules/test_markup.py).

Understood: **bold**, *italic* or _italic_, `code`, fenced code, [text](address), bare addresses, "- " and "1. "
lists, "> " quotes, paragraphs, line breaks, and a backslash before a mark that is meant literally.
"""

import re
from collections.abc import Callable, Iterator
from html import escape

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n|\r|\u2028|\u2029")
_FENCE = re.compile(r" {0,3}```[^`]{0,40}$")
_QUOTE = re.compile(r" {0,3}> ?")
_BULLET = re.compile(r" {0,3}[-*+] +(?=\S)")
_NUMBER = re.compile(r" {0,3}(\d{1,6})[.)] +(?=\S)")
_SAFE_ADDRESS = re.compile(r"(?:https?://[^\s<>\"]+|mailto:[^\s<>\"]+|tel:\+?[0-9().\-]+)", re.IGNORECASE)
_MAIL = r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9])?@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
_INLINE = re.compile(
    r"\\(?P<literal>[\\`*_\[\]()>#+.!~-])"
    r"|(?P<ticks>`{1,3})(?P<code>[^`\n]{1,2000})(?P=ticks)"
    r"|\[(?P<label>[^\[\]\n]{1,500})\]\((?P<target>[^\s()<>\"]{1,2000}(?:\([^\s()<>\"]{0,200}\)[^\s()<>\"]{0,200})?)\)"
    r"|(?P<url>\bhttps?://[^\s<>\"`]{1,2000})"
    rf"|(?P<mail>(?<![\w.+-]){_MAIL}(?![\w-]))"
    r"|\*\*(?P<bold>[^\s*](?:[^*\n]{0,2000}[^\s*])?)\*\*"
    r"|(?<![*\w])\*(?P<star>[^\s*](?:[^*\n]{0,2000}[^\s*])?)\*(?![*\w])"
    r"|(?<!\w)_(?P<under>[^\s_](?:[^_\n]{0,2000}[^\s_])?)_(?!\w)"
)
_DEPTH_MAX = 6


def to_html(text: str) -> str:
    """`text` as HTML: p, br, strong, em, code, pre, a, ul, ol, li, blockquote. Every value in it is escaped."""
    return "".join(_blocks(_lines(text), 0))


def to_text(text: str) -> str:
    """`text` as plain text: marks taken off, links as "text (address)", lists and quotes as they were written."""
    out: list[str] = []
    fenced = False
    for line in _lines(text):
        if _FENCE.match(line):
            fenced = not fenced
        else:
            out.append(line if fenced else _inline(line, str, _text_span))
    return "\n".join(out).strip("\n")


def literal(text: str) -> str:
    """A text in one line, in which no character is taken for a mark."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]()>#+!~" else sign for sign in " ".join(text.split()))


def _lines(text: str) -> list[str]:
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", text)).expandtabs(4).split("\n")


def _blocks(lines: list[str], depth: int) -> Iterator[str]:
    index = 0
    while index < len(lines):
        line = lines[index]
        if not line.strip():
            index += 1
        elif _FENCE.match(line):
            end = next((at for at in range(index + 1, len(lines)) if _FENCE.match(lines[at])), len(lines))
            yield f"<pre><code>{escape(chr(10).join(lines[index + 1 : end]))}\n</code></pre>"
            index = end + 1
        elif _QUOTE.match(line) and depth < _DEPTH_MAX:
            end = _run(lines, index, lambda found: bool(_QUOTE.match(found)))
            yield "<blockquote>"
            yield from _blocks([_QUOTE.sub("", found, count=1) for found in lines[index:end]], depth + 1)
            yield "</blockquote>"
            index = end
        elif _BULLET.match(line):
            index, items = _items(lines, index, _BULLET)
            yield f"<ul>{items}</ul>"
        elif number := _NUMBER.match(line):
            index, items = _items(lines, index, _NUMBER)
            start = int(number[1])
            yield f'<ol start="{start}">{items}</ol>' if start != 1 else f"<ol>{items}</ol>"
        else:
            end = _run(
                lines, index + 1, lambda found: bool(found.strip()) and not _starts_block(found, depth)
            )
            yield f"<p>{'<br>'.join(_inline_html(found.strip()) for found in lines[index:end])}</p>"
            index = end


def _starts_block(line: str, depth: int) -> bool:
    return bool(
        _FENCE.match(line)
        or (_QUOTE.match(line) and depth < _DEPTH_MAX)
        or _BULLET.match(line)
        or _NUMBER.match(line)
    )


def _run(lines: list[str], index: int, belongs: Callable[[str], bool]) -> int:
    while index < len(lines) and belongs(lines[index]):
        index += 1
    return index


def _items(lines: list[str], index: int, mark: re.Pattern[str]) -> tuple[int, str]:
    """The points of a list from `index` on: (index after it, their HTML). Indented lines continue a point."""
    items: list[str] = []
    while index < len(lines) and (found := mark.match(lines[index])):
        end = _run(lines, index + 1, lambda line: line.startswith("  ") and bool(line.strip()))
        content = [lines[index][found.end() :], *lines[index + 1 : end]]
        items.append(f"<li>{'<br>'.join(_inline_html(line.strip()) for line in content)}</li>")
        index = end
    return index, "".join(items)


def _inline_html(text: str) -> str:
    return _inline(text, escape, _html_span)


def _inline(text: str, plain: Callable[[str], str], span: Callable[[re.Match[str]], str]) -> str:
    out: list[str] = []
    position = 0
    for found in _INLINE.finditer(text):
        out += [plain(text[position : found.start()]), span(found)]
        position = found.end()
    return "".join([*out, plain(text[position:])])


def _html_span(found: re.Match[str]) -> str:
    kind = found.lastgroup
    if found["literal"] is not None:
        return escape(found["literal"])
    if found["code"] is not None:
        return f"<code>{escape(found['code'].strip())}</code>"
    if found["label"] is not None:
        label, target = found["label"], found["target"]
        return _anchor(target, _emphasis(label)) if _SAFE_ADDRESS.fullmatch(target) else escape(found[0])
    if found["url"] is not None:
        address, rest = _trim(found["url"])
        return _anchor(address, escape(address)) + escape(rest)
    if found["mail"] is not None:
        return _anchor(f"mailto:{found['mail']}", escape(found["mail"]))
    tag, content = ("strong", found["bold"]) if kind == "bold" else ("em", found["star"] or found["under"])
    return f"<{tag}>{_inline_html(content)}</{tag}>"


def _text_span(found: re.Match[str]) -> str:
    if found["literal"] is not None:
        return str(found["literal"])
    if found["code"] is not None:
        return str(found["code"]).strip()
    if found["label"] is not None:
        label, target = found["label"], found["target"]
        if not _SAFE_ADDRESS.fullmatch(target):
            return found[0]
        return target if label == target else f"{label} ({target})"
    if found["url"] is not None or found["mail"] is not None:
        return found[0]
    return _inline(found["bold"] or found["star"] or found["under"], str, _text_span)


def _emphasis(label: str) -> str:
    """The label of a link: links within links do not exist, so only its characters."""
    return escape(label)


def _anchor(address: str, content: str) -> str:
    return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow">{content}</a>'


def _trim(address: str) -> tuple[str, str]:
    """Split punctuation that ends the sentence, and a closing bracket without its opening one, off an address."""
    end = len(address)
    while end > 10 and (
        address[end - 1] in ".,;:!?'*_"
        or (address[end - 1] == ")" and address.count("(", 0, end) < address.count(")", 0, end))
    ):
        end -= 1
    return address[:end], address[end:]

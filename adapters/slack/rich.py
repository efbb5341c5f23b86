"""The looks of a message, from the blocks that Slack's editor makes of it, as HTML. Pure."""

from collections.abc import Iterator
from html import escape
from typing import Any

from adapters.slack import shortcodes
from adapters.slack.people import line

_STYLES = (("code", "code"), ("bold", "strong"), ("italic", "em"), ("strike", "s"))
_DEPTH_MAX = 8


def html(blocks: Any) -> str | None:
    """The message as HTML, or None where it has no looks, or holds more than what the editor makes."""
    if not isinstance(blocks, list) or not blocks:
        return None
    if any(not isinstance(block, dict) or block.get("type") != "rich_text" for block in blocks):
        return None
    elements = [element for block in blocks for element in _dicts(block.get("elements"))]
    return "".join(_block(element) for element in elements) if any(map(_has_looks, elements)) else None


def _dicts(found: Any) -> Iterator[dict[str, Any]]:
    return (each for each in found if isinstance(each, dict)) if isinstance(found, list) else iter(())


def _has_looks(element: dict[str, Any]) -> bool:
    if element.get("type") != "rich_text_section":
        return True
    return any(
        (each.get("type") == "link" and bool(each.get("text"))) or bool(_styles(each))
        for each in _dicts(element.get("elements"))
    )


def _styles(element: dict[str, Any]) -> list[str]:
    style = element.get("style")
    return [tag for name, tag in _STYLES if isinstance(style, dict) and style.get(name) is True]


def _block(element: dict[str, Any], depth: int = 0) -> str:
    kind = element.get("type")
    if kind == "rich_text_list" and depth < _DEPTH_MAX:
        tag = "ol" if element.get("style") == "ordered" else "ul"
        items = "".join(f"<li>{_inline(each)}</li>" for each in _dicts(element.get("elements")))
        return f"<{tag}>{items}</{tag}>"
    inner = _inline(element)
    if kind == "rich_text_preformatted":
        return f"<pre><code>{inner.replace('<br>', chr(10))}</code></pre>"
    if kind == "rich_text_quote":
        return f"<blockquote>{inner}</blockquote>"
    return f"<p>{inner}</p>"


def _inline(element: dict[str, Any]) -> str:
    out = []
    for each in _dicts(element.get("elements")):
        shown = _shown(each)
        for tag in _styles(each):
            shown = f"<{tag}>{shown}</{tag}>"
        out.append(shown)
    return "".join(out)


def _shown(each: dict[str, Any]) -> str:
    match each.get("type"):
        case "text":
            text = each.get("text")
            return escape(text).replace("\n", "<br>") if isinstance(text, str) else ""
        case "link":
            address = line(each.get("url"))
            return f'<a href="{escape(address)}">{escape(line(each.get("text")) or address)}</a>'
        case "emoji":
            return escape(shortcodes.character(line(each.get("name"))))
        case "user":
            return escape(f"@{line(each.get('user_id'))}")
        case "usergroup":
            return escape(f"@{line(each.get('usergroup_id'))}")
        case "channel":
            return escape(f"#{line(each.get('channel_id'))}")
        case "broadcast":
            return escape(f"@{line(each.get('range'))}")
        case "date":
            return escape(line(each.get("fallback")))
        case "color":
            return escape(line(each.get("value")))
    return ""

"""HTML of strangers made safe to show.

`clean` runs once when a message is stored, `render` each time it is shown; each is one pass of nh3, and
nothing touches the HTML after it. It is shown in a sandboxed frame with a policy of its own besides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import nh3

_TAGS = (nh3.ALLOWED_TAGS - {"map", "area"}) | {
    *("address", "article", "big", "caption", "center", "col", "colgroup", "figcaption", "figure", "font"),
    *("footer", "header", "main", "s", "section", "strike"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "u"),
}
_BOX = {
    f"{side}{edge}"
    for side in ("margin", "padding", "border")
    for edge in ("", "-top", "-right", "-bottom", "-left")
}
_STYLES = _BOX | {
    *(
        "background-color",
        "border-collapse",
        "border-color",
        "border-radius",
        "border-spacing",
        "border-style",
    ),
    *("border-width", "color", "direction", "display", "font", "font-family", "font-size", "font-style"),
    *("font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style-type"),
    *("max-height", "max-width", "min-height", "min-width", "table-layout", "text-align", "text-decoration"),
    *("text-indent", "text-transform", "vertical-align", "white-space", "width", "word-break"),
}
_DROP_WITH_CONTENT = {"script", "style", "title", "noscript", "template", "svg", "math", "object"}
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}
_REL = "noopener noreferrer nofollow"
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title", "align", "valign", "width", "height", "bgcolor"},
    "a": {"href"},
    "img": {"src", "alt", "border"},
    "font": {"color", "size", "face"},
    "table": {"border", "cellpadding", "cellspacing", "role"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "col": {"span"},
    "ol": {"start", "type"},
    "blockquote": {"type"},
}
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Rendered:
    """HTML to show, and how many remote images it leaves out."""

    html: str
    blocked: int


def clean(html: str) -> str:
    """Sanitise HTML for storing: no scripts, forms, frames, styles sheets or event handlers remain.

    Remote and `cid:` images keep their address, which `render` decides upon.
    """
    return _cleaner().clean(html)


def render(html: str, cid_urls: Mapping[str, str], *, images: bool) -> Rendered:
    """Stored HTML for showing. `cid_urls` maps content ids to our own addresses of attachments.

    Remote images are left out unless `images`: loading them tells the sender when and where it was read.
    """
    blocked = 0

    def address(tag: str, attribute: str, value: str) -> str | None:
        nonlocal blocked
        if tag != "img" or attribute != "src":
            return value
        scheme, _, rest = value.strip().partition(":")
        match scheme.lower():
            case "cid":
                return cid_urls.get(rest.strip("<>"))
            case "data":
                return value if _DATA_IMAGE.match(value.strip()) else None
            case "http" | "https" if images:
                return value
            case "http" | "https":
                blocked += 1
        return None

    shown = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=address,
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel=_REL,
        clean_content_tags=_DROP_WITH_CONTENT,
    )
    return Rendered(shown, blocked)


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_safe_address,
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES,
        link_rel=_REL,
        clean_content_tags=_DROP_WITH_CONTENT,
    )


def _safe_address(_tag: str, attribute: str, value: str) -> str | None:
    """Images from the mail, the web or as data; links that leave us; nothing relative to our own pages."""
    scheme = value.strip().partition(":")[0].lower()
    if attribute == "src":
        return value if scheme in ("cid", "http", "https") or _DATA_IMAGE.match(value.strip()) else None
    if attribute == "href":
        return value if scheme in ("http", "https", "mailto", "tel") else None
    return value

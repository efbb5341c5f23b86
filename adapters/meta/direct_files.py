"""What is attached to a direct message: files to fetch, places and links as text, and notices for the rest."""

import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from adapters.meta import batch
from adapters.meta.batch import Fields
from inbox.contract import File, Notice

ADDRESS_MAX = 4000
_NAME_MAX = 150
_UNFIT = re.compile(r"[\\/:]+")
_ADDRESS = re.compile(r"https?://[!-~]+")
_CDN = ("fbcdn.net", "fbsbx.com", "cdninstagram.com")

# What Meta calls the kinds of files, with the type that it makes of most of them; the bytes say what it really is.
_TYPES = {
    "image": ("image/jpeg", ".jpg"),
    "video": ("video/mp4", ".mp4"),
    "audio": ("audio/mp4", ".m4a"),
    "file": ("application/octet-stream", ""),
}
_GONE = "Meta does not say where this file is. It can be seen in the network's own inbox."


@dataclass(frozen=True)
class Content:
    """The readable part of a message or of something attached to it."""

    text: str = ""
    files: tuple[File, ...] = ()
    notices: tuple[Notice, ...] = ()

    def __add__(self, other: "Content") -> "Content":
        """Both, one below the other; a notice that says the same stands once."""
        texts = [text for text in (self.text, other.text) if text]
        known = {notice.code for notice in self.notices}
        fresh = tuple(notice for notice in other.notices if notice.code not in known)
        return Content("\n".join(texts), self.files + other.files, self.notices + fresh)


def content_of(attachment: Fields, stem: str) -> Content:
    """What one attachment is; `stem` is a name for files that have none. Raises Unreadable."""
    kind = batch.line(attachment.get("type"))
    payload = batch.obj(attachment, "payload")
    return _KINDS.get(kind, _unknown)(kind, attachment, payload, stem)


def file_at(url: str, stem: str, kind: str = "file", *, named: bool = True) -> File:
    """A file that lies at an address; without one it says so. `named`: the address ends with the file's own name."""
    media_type, ending = _TYPES.get(kind, _TYPES["file"])
    if not url:
        return File(name=stem + ending, media_type=media_type, problem=_GONE)
    own = _name_in(url)
    guessed = mimetypes.guess_type(own)[0] or ""
    # A voice message ends with .mp4 like a video, and Meta has said what it is.
    if kind == "file" or guessed.partition("/")[0] == kind:
        media_type = guessed or media_type
    dot = own.rfind(".")
    name = own if named and own else stem + (own[dot:] if own else ending)
    return File(name=name, media_type=media_type, ref=url)


def address(value: object) -> str:
    """A web address, or "" for what is none."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= ADDRESS_MAX and _ADDRESS.fullmatch(text) else ""


def notice(code: str, text: str) -> Content:
    """Nothing but something to know."""
    return Content(notices=(Notice(code=code, text=text),))


def shared(url: str, stem: str) -> Content:
    """Something that was shared: its bytes where it lies at Meta's store of files, else a link to it."""
    if not url:
        return Content()
    host = urlsplit(url).hostname or ""
    at_store = any(host == domain or host.endswith("." + domain) for domain in _CDN)
    return Content(files=(file_at(url, stem),)) if at_store else Content(text=url)


def _file(kind: str, _attachment: Fields, payload: Fields, stem: str) -> Content:
    sticker = payload.get("sticker_id")
    if isinstance(sticker, int | str) and sticker:
        return Content(files=(file_at(address(payload.get("url")), f"sticker-{stem}", kind, named=False),))
    return Content(files=(file_at(address(payload.get("url")), f"{kind}-{stem}", kind),))


def _location(_kind: str, attachment: Fields, payload: Fields, _stem: str) -> Content:
    place = batch.obj(payload, "coordinates")
    lat, long = place.get("lat"), place.get("long")
    title = batch.line(attachment.get("title"))
    if not isinstance(lat, int | float) or not isinstance(long, int | float):
        return Content(title) + notice("location", "A place was sent without saying where it is.")
    where = f"{float(lat):.6f}, {float(long):.6f}"
    link = f"https://www.openstreetmap.org/?mlat={float(lat):.6f}&mlon={float(long):.6f}"
    return Content("\n".join(part for part in (title, where, link) if part))


def _link(_kind: str, attachment: Fields, payload: Fields, _stem: str) -> Content:
    """A link with its title, in one of two places."""
    title = batch.line(payload.get("title")) or batch.line(attachment.get("title"))
    url = address(payload.get("url")) or address(attachment.get("url"))
    if not title and not url:
        return notice("link", "Something was shared that Meta does not show to others.")
    return Content("\n".join(part for part in (title, url) if part))


def _template(_kind: str, attachment: Fields, payload: Fields, _stem: str) -> Content:
    """Cards, which may stand among fields of their own or below a product."""
    cards = batch.objects(payload, "elements") or batch.objects(batch.obj(payload, "product"), "elements")
    lines = [batch.line(attachment.get("title")), batch.line(payload.get("text"))]
    for card in cards:
        lines += [batch.line(card.get("title")), batch.line(card.get("subtitle"))]
    text = "\n".join(line for line in lines if line)
    return Content(text) + notice(
        "template", "Sent as cards with pictures or buttons, of which this is the text."
    )


def _shared(what: str) -> Callable[[str, Fields, Fields, str], Content]:
    def read(kind: str, _attachment: Fields, payload: Fields, stem: str) -> Content:
        title = batch.line(payload.get("title"))
        found = shared(address(payload.get("url")), f"{kind.replace('_', '-')}-{stem}")
        return Content(title) + found + notice(kind, what)

    return read


def _ephemeral(_kind: str, _attachment: Fields, _payload: Fields, _stem: str) -> Content:
    return notice(
        "ephemeral", "A photo or video that can be seen once. It can be seen in the network's own app only."
    )


def _unknown(kind: str, _attachment: Fields, payload: Fields, stem: str) -> Content:
    told = f" ({kind[:100]})" if kind else ""
    text = f"Something of a kind that is not known here{told}. It can be seen in the network's own inbox."
    return shared(address(payload.get("url")), stem) + notice("unknown", text)


_KINDS: dict[str, Callable[[str, Fields, Fields, str], Content]] = {
    **dict.fromkeys(_TYPES, _file),
    "location": _location,
    "fallback": _link,
    "template": _template,
    "share": _shared("A post was shared."),
    "post": _shared("A post was shared."),
    "ig_post": _shared("A post was shared."),
    "reel": _shared("A reel was shared."),
    "ig_reel": _shared("A reel was shared."),
    "story": _shared("A story was shared. It is there for a day."),
    "ig_story": _shared("A story was shared. It is there for a day."),
    "story_mention": _shared("The customer named the account in a story. It is there for a day."),
    "ephemeral": _ephemeral,
}


def _name_in(url: str) -> str:
    """The file's own name, which the addresses of sent files end with; "" where it has no ending."""
    last = batch.line(unquote(urlsplit(url).path.rpartition("/")[2], errors="replace"))
    name = _UNFIT.sub("_", last).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or not 1 <= len(ending) <= 10:
        return ""
    return stem[: _NAME_MAX - len(ending) - 1] + dot + ending

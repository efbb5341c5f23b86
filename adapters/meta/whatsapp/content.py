"""What a message says: its kind's text, files and notices, by a table of kinds."""

import json
import mimetypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from adapters.meta.batch import Fields, ident, line, obj, objects, text
from inbox.contract import File, Notice, Unreadable

_NAME_MAX = 150
_ITEMS_MAX = 100
_UNFIT = re.compile(r"[\\/:]+")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")
_ENDINGS = {
    "image/jpeg": ".jpg",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/amr": ".amr",
    "image/webp": ".webp",
}


@dataclass(frozen=True)
class Content:
    """The readable part of a message."""

    text: str = ""
    files: tuple[File, ...] = ()
    notices: tuple[Notice, ...] = ()


def content_of(message: Fields) -> Content:
    """What a message says; one without anything known to see says so. Raises Unreadable."""
    kind = line(message.get("type"))
    if kind == "contacts":
        found = _contacts(message)
    else:
        read = _KINDS.get(kind)
        found = Content() if read is None else read(message, obj(message, kind))
    return found if found != Content() else _unknown(message, kind)


def about_it(message: Fields) -> tuple[Notice, ...]:
    """What an agent should know beside the words. Raises Unreadable."""
    context, referral = obj(message, "context"), obj(message, "referral")
    told = {
        "forwarded": _forwarded(context),
        "product": _product(obj(context, "referred_product")),
        "ad": _ad(referral) if referral else "",
        "group": "Written in a group. An answer goes to this person alone."
        if message.get("group_id")
        else "",
    }
    return tuple(Notice(code=code, text=text) for code, text in told.items() if text)


def _forwarded(context: Fields) -> str:
    if context.get("frequently_forwarded") is True:
        return "Forwarded many times."
    return "Forwarded." if context.get("forwarded") is True else ""


def _product(product: Fields) -> str:
    name = line(product.get("product_retailer_id"))
    return f"Asked from the page of the product {name}." if name else ""


def _ad(referral: Fields) -> str:
    title = line(referral.get("headline")) or line(referral.get("body"))
    kind = "a post" if line(referral.get("source_type")) == "post" else "an ad"
    head = f"Came from {kind}: {title}" if title else f"Came from {kind}."
    return " ".join(part for part in (head, line(referral.get("source_url"))) if part)


# Kinds


def _text(_message: Fields, found: Fields) -> Content:
    return Content(text(found.get("body")))


def _file(kind: str) -> Callable[[Fields, Fields], Content]:
    def read(message: Fields, found: Fields) -> Content:
        stem = "voice" if kind == "audio" and found.get("voice") is True else kind
        return Content(text(found.get("caption")), files=(_media(message, found, stem),))

    return read


def _media(message: Fields, found: Fields, stem: str) -> File:
    told = line(found.get("mime_type")).partition(";")[0].strip().lower()
    media_type = told if _MEDIA_TYPE.fullmatch(told) else "application/octet-stream"
    ending = _ENDINGS.get(media_type) or mimetypes.guess_extension(media_type) or ""
    sent = line(message.get("timestamp"))
    own = _name(line(found.get("filename")))
    name = own or (f"{stem}-{sent}" if sent.isdecimal() else stem) + ending
    return File(name=name, media_type=media_type, ref=ident(found.get("id"), "the file"))


def _name(told: str) -> str:
    """A file's name that is no path; a long one keeps its ending."""
    name = _UNFIT.sub("_", told).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if len(name) <= _NAME_MAX or not dot or len(ending) > 20:
        return name[:_NAME_MAX]
    return stem[: _NAME_MAX - len(ending) - 1] + dot + ending


def _location(_message: Fields, found: Fields) -> Content:
    latitude, longitude = _degrees(found.get("latitude"), 90), _degrees(found.get("longitude"), 180)
    pin = f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"
    told = (line(found.get(name)) for name in ("name", "address", "url"))
    return Content("\n".join(part for part in (*told, f"{latitude}, {longitude}", pin) if part))


def _degrees(value: Any, largest: int) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not -largest <= value <= largest:
        raise Unreadable("it has no place", code="location")
    return f"{value:.6f}"


def _contacts(message: Fields) -> Content:
    cards = ["\n".join(_card(card)) for card in objects(message, "contacts")[:_ITEMS_MAX]]
    return Content("\n\n".join(card for card in cards if card))


def _card(card: Fields) -> Iterator[str]:
    """A contact's lines: name, company, numbers, mail, addresses."""
    name, org = obj(card, "name"), obj(card, "org")
    parts = (line(name.get("first_name")), line(name.get("last_name")))
    yield from filter(None, [line(name.get("formatted_name")) or " ".join(filter(None, parts))])
    yield from filter(None, [", ".join(filter(None, (line(org.get("title")), line(org.get("company")))))])
    for field, key in (("phones", "phone"), ("emails", "email"), ("urls", "url")):
        for each in objects(card, field)[:_ITEMS_MAX]:
            value, kind = line(each.get(key)), line(each.get("type"))
            yield from filter(None, [f"{value} ({kind.lower()})" if value and kind else value])
    for place in objects(card, "addresses")[:_ITEMS_MAX]:
        told = (line(place.get(key)) for key in ("street", "zip", "city", "state", "country"))
        yield from filter(None, [", ".join(filter(None, told))])


def _button(_message: Fields, found: Fields) -> Content:
    return Content(text(found.get("text")), notices=(_PRESSED,))


def _interactive(message: Fields, found: Fields) -> Content:
    kind = line(found.get("type"))
    read = _REPLIES.get(kind)
    return _unknown(message, kind or "interactive") if read is None else read(obj(found, kind))


def _choice(found: Fields) -> Content:
    told = (text(found.get("title")), text(found.get("description")))
    return Content("\n".join(part for part in told if part), notices=(_PRESSED,))


def _form(found: Fields) -> Content:
    """A filled form (a "flow"): its answers, one a line."""
    try:
        answers = json.loads(text(found.get("response_json")))
    except (ValueError, RecursionError):
        answers = None
    if not isinstance(answers, dict):
        raise Unreadable("the answers of its form cannot be read", code="form")
    lines = [f"{line(name)}: {_answer(value)}" for name, value in answers.items() if name != "flow_token"]
    notice = Notice(code="form", text="The answers of a form in WhatsApp.")
    return Content("\n".join(lines[:_ITEMS_MAX]), notices=(notice,))


def _answer(value: Any) -> str:
    if isinstance(value, str):
        return line(value)
    if isinstance(value, list):
        return ", ".join(_answer(each) for each in value[:_ITEMS_MAX] if not isinstance(each, list))
    return line(json.dumps(value, ensure_ascii=False))


def _call_permission(found: Fields) -> Content:
    said = "allows" if line(found.get("response")) == "accept" else "does not allow"
    notice = Notice(code="call_permission", text=f"The customer {said} calls over WhatsApp.")
    return Content(notices=(notice,))


def _order(_message: Fields, found: Fields) -> Content:
    lines = [text(found.get("text"))]
    for item in objects(found, "product_items")[:_ITEMS_MAX]:
        price = f" at {_amount(item.get('item_price'))} {line(item.get('currency'))}".rstrip()
        lines.append(f"{_amount(item.get('quantity'))} × {line(item.get('product_retailer_id'))}{price}")
    notice = Notice(code="order", text="An order from the catalogue in WhatsApp.")
    return Content("\n".join(part for part in lines if part), notices=(notice,))


def _amount(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12:
        return f"{value:g}" if value == int(value) else f"{value:.2f}"
    return line(value) or "?"


def _unsupported(message: Fields, found: Fields) -> Content:
    kind = line(found.get("type"))
    return _unknown(message, kind if kind != "unknown" else "")


def _unknown(message: Fields, kind: str) -> Content:
    """A message that Meta does not give, or that is not known here: an agent sees that there is one."""
    said = next((line(obj(error, "error_data").get("details")) for error in objects(message, "errors")), "")
    what = f" ({kind})" if kind and kind != "unsupported" else ""
    told = f"Something that cannot be shown here{what}. It can be seen in WhatsApp."
    return Content(notices=(Notice(code="unsupported", text=f"{told} Meta says: {said}" if said else told),))


_PRESSED = Notice(code="button", text="Chosen by a button.")

_REPLIES: dict[str, Callable[[Fields], Content]] = {
    "button_reply": _choice,
    "list_reply": _choice,
    "nfm_reply": _form,
    "call_permission_reply": _call_permission,
}

_KINDS: dict[str, Callable[[Fields, Fields], Content]] = {
    "text": _text,
    "image": _file("image"),
    "video": _file("video"),
    "audio": _file("audio"),
    "document": _file("document"),
    "sticker": _file("sticker"),
    "location": _location,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "unsupported": _unsupported,
}

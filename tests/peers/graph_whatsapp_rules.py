"""What WhatsApp takes and what it refuses, and how: addresses, messages, files, templates."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.peers.graph_call import Refused, bad

Media = Mapping[str, tuple[str, bytes]]
"""Type and bytes of every file, by its id."""

FILE_MAX = 100_000_000
_DIGITS = re.compile(r"\+?[1-9][0-9]{6,14}")
_USER_ID = re.compile(r"[A-Z]{2}(?:\.ENT)?\.[A-Za-z0-9]{1,128}")
_GAP = re.compile(r"\{\{([A-Za-z0-9_]+)\}\}")
_TAKEN: dict[str, tuple[int, tuple[str, ...]]] = {
    "image": (5_000_000, ("image/jpeg", "image/png")),
    "video": (16_000_000, ("video/mp4", "video/3gpp")),
    "audio": (16_000_000, ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")),
    "document": (FILE_MAX, ()),
    "sticker": (500_000, ("image/webp",)),
}
_NOT_TAKEN = ("application/zip", "application/x-msdownload", "image/tiff")
_CAPTIONED = ("image", "video", "document")


def check_message(
    fields: Mapping[str, Any], media: Media, templates: Sequence[Mapping[str, Any]]
) -> tuple[str, str]:
    """Check a message; to whom it goes and its kind. Raises Refused."""
    if fields.get("messaging_product") != "whatsapp":
        raise bad("The parameter messaging_product is required.")
    if "to" not in fields and "recipient" not in fields:
        raise bad("The parameter to is required.")
    who = fields.get("to") or fields["recipient"]
    form = _DIGITS if "to" in fields else _USER_ID
    if not isinstance(who, str) or not form.fullmatch(who):
        raise Refused(131009, "(#131009) Parameter value is not valid")
    if len(fields.get("biz_opaque_callback_data", "")) > 512:
        raise bad("biz_opaque_callback_data is too long")
    if "context" in fields:
        want(fields["context"], "message_id")
    kind = fields.get("type", "text")
    about = fields.get(kind) or {}
    if kind == "text":
        _check_text(about)
    elif kind == "reaction":
        want(about, "message_id", "emoji")
    elif kind == "template":
        _check_template(about, templates)
    else:
        _check_file(kind, about, media)
    return who, kind


def check_mark(fields: Mapping[str, Any]) -> str:
    """Check the sign that a message was read; its id. Raises Refused."""
    want(fields, "messaging_product", "message_id")
    if fields["status"] != "read" or fields.get("typing_indicator") not in (None, {"type": "text"}):
        raise Refused(131009, "(#131009) Parameter value is not valid")
    return str(fields["message_id"])


def check_upload(media_type: str, content: bytes) -> None:
    """Check a file that is put there. Raises Refused."""
    if media_type in _NOT_TAKEN:
        raise bad(
            "Param file must be a file with one of the following types: application/pdf, … "
            f"Received file of type '{media_type}'."
        )
    if len(content) > FILE_MAX:
        raise Refused(131053, "(#131053) Media upload error")


def want(found: Mapping[str, Any], *names: str) -> None:
    """Check that these fields are there. Raises Refused."""
    for name in names:
        if name not in found:
            raise bad(f"The parameter {name} is required.")


def failure(code: int, title: str) -> dict[str, Any]:
    """An error as statuses have them."""
    return {"code": code, "title": title, "message": title, "error_data": {"details": f"{title}."}}


def _check_text(found: Mapping[str, Any]) -> None:
    body = found.get("body")
    if not isinstance(body, str) or not body.strip():
        raise bad("The parameter text['body'] is required.")
    if len(body) > 4096:
        raise bad("Param text['body'] must be at most 4096 characters long.")


def _check_file(kind: str, found: Mapping[str, Any], media: Media) -> None:
    if kind not in _TAKEN:
        raise Refused(131051, "(#131051) Unsupported message type")
    limit, types = _TAKEN[kind]
    media_type, content = media.get(found.get("id", ""), ("", b""))
    if not content or len(content) > limit or (types and media_type not in types):
        raise Refused(131053, "(#131053) Media upload error")
    if "caption" in found and kind not in _CAPTIONED:
        raise bad(f'Unexpected key "caption" on param "{kind}".')
    if len(found.get("caption", "")) > 1024:
        raise bad("Param caption must be at most 1024 characters long.")


# Templates


def _check_template(told: Mapping[str, Any], templates: Sequence[Mapping[str, Any]]) -> None:
    want(told, "name", "language")
    language = told["language"]["code"]
    known = next((t for t in templates if (t["name"], t["language"]) == (told["name"], language)), None)
    if known is None or known["status"] not in ("APPROVED", "PAUSED"):
        raise Refused(132001, f"(#132001) Template name does not exist in the translation: {language}")
    if known["status"] == "PAUSED":
        raise Refused(132015, "(#132015) Template is Paused")
    given = {(part["type"], part.get("index", "")): part["parameters"] for part in told.get("components", ())}
    for component in known["components"]:
        for place, names in _gaps(component).items():
            _check_parameters(place, names, given.pop(place, []))
    if given:
        raise Refused(132000, "(#132000) Number of parameters does not match the expected number of params")


def _gaps(component: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """The names of a part's gaps, by their place."""
    kind = component["type"].lower()
    if kind == "buttons":
        buttons = enumerate(component["buttons"])
        filled = [n for n, each in buttons if each["type"] == "COPY_CODE" or _GAP.search(each.get("url", ""))]
        return {("button", str(number)): ["1"] for number in filled}
    names = list(dict.fromkeys(_GAP.findall(component.get("text", ""))))
    return {(kind, ""): names} if names else {}


def _check_parameters(
    place: tuple[str, str], names: list[str], parameters: Sequence[Mapping[str, Any]]
) -> None:
    if len(parameters) != len(names):
        raise Refused(
            132000,
            f"(#132000) {place[0]}: number of localizable_params ({len(parameters)}) does not match the "
            f"expected number of params ({len(names)})",
        )
    told = [each.get("parameter_name", str(number)) for number, each in enumerate(parameters, 1)]
    if place[0] in ("header", "body") and sorted(told) != sorted(names):
        raise bad("Invalid parameter: Parameter name is missing or empty")
    if any(re.search(r"[\n\t]| {5}", each.get("text", "")) for each in parameters):
        raise Refused(132018, "(#132018) Param text cannot have new-line/tab characters")

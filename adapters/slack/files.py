"""The files of a message: how to get them later, or why they cannot be had."""

import re
from typing import Any

from adapters.slack.people import ident, line
from inbox.contract import File

FILES_MAX = 50
"""Files of one message; Slack's own programs take ten."""

_NAME_MAX = 150
_UNFIT = re.compile(r"[\\/:]+")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")
_PROBLEMS = {
    "tombstone": "The file was deleted in Slack.",
    "hidden_by_limit": "Slack hides this file, as the workspace is above the limit of its plan.",
    "external": "The file does not lie at Slack; it can be opened there only.",
}


def files(found: Any) -> tuple[File, ...]:
    """The files of a message as Slack lists them. Raises Unreadable."""
    listed = found if isinstance(found, list) else []
    return tuple(
        _file(each) for each in listed[:FILES_MAX] if isinstance(each, dict) and ident(each.get("id"))
    )


def ids(found: Any) -> tuple[str, ...]:
    """Names by which a message is known whose files we shared ourselves: Slack tells no number for those at once."""
    return tuple(
        f"file/{ident(each.get('id'))}"
        for each in (found if isinstance(found, list) else [])[:FILES_MAX]
        if isinstance(each, dict) and ident(each.get("id"))
    )


def reference(found: dict[str, Any]) -> str:
    """How `media.fetch` gets the file: by its address, or where the payload tells none, by its id."""
    address = line(found.get("url_private_download")) or line(found.get("url_private"))
    return address if address.startswith(("https://", "http://")) else ident(found.get("id"))


def details(found: dict[str, Any]) -> dict[str, Any]:
    """What a file is, as fields of `File`. Raises Unreadable."""
    told = line(found.get("mimetype")).lower()
    size = found.get("size")
    return {
        "name": _name(line(found.get("name")) or line(found.get("title")) or ident(found.get("id"))),
        "media_type": told if _MEDIA_TYPE.fullmatch(told) else "application/octet-stream",
        "size": size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
    }


def _file(found: dict[str, Any]) -> File:
    mode = "external" if found.get("is_external") is True else line(found.get("mode"))
    problem = _PROBLEMS.get(mode, "")
    if problem:
        return File(**details(found), problem=problem)
    return File(**details(found), ref=reference(found))


def _name(text: str) -> str:
    """A file's name that is no path; a long one keeps its ending."""
    name = _UNFIT.sub("_", text).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if len(name) <= _NAME_MAX or not dot or len(ending) > 20:
        return name[:_NAME_MAX]
    return stem[: _NAME_MAX - len(ending) - 1] + dot + ending

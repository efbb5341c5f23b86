"""What a message says: its text, its looks, what it passes on, and its files. Pure."""

from dataclasses import dataclass
from typing import Any

from adapters.slack import entities, rich
from adapters.slack.files import files
from adapters.slack.people import line
from inbox.contract import File, Unreadable

_ATTACHMENTS_MAX = 20


@dataclass(frozen=True)
class Content:
    """The parts of an `Inbound` that a message's own content makes."""

    text: str
    html: str | None
    quoted_text: str
    files: tuple[File, ...]


def content_of(message: dict[str, Any]) -> Content:
    """What `message` says. Raises Unreadable."""
    written = message.get("text")
    if written is not None and not isinstance(written, str):
        raise Unreadable("The text of a message is no text.", code="text")
    text, html = entities.plain(written or ""), rich.html(message.get("blocks"))
    passed_on, fallback = _attached(message.get("attachments"))
    return Content(text or fallback, html if text else None, passed_on, files(message.get("files")))


def _attached(found: Any) -> tuple[str, str]:
    """Messages that this one passes on, and what stands for a message that consists of cards only.

    Previews that Slack makes of addresses are neither.
    """
    passed_on, cards = [], []
    for each in found[:_ATTACHMENTS_MAX] if isinstance(found, list) else []:
        if not isinstance(each, dict):
            continue
        said = each.get("text") or each.get("fallback")
        text = entities.plain(said) if isinstance(said, str) else ""
        author = line(each.get("author_name"))
        if not text:
            continue
        if each.get("is_share") is True or each.get("is_msg_unfurl") is True:
            passed_on.append(f"{author}: {text}" if author else text)
        elif not (each.get("from_url") or each.get("original_url")):
            title = line(each.get("title"))
            cards.append(f"{title}\n{text}" if title and title not in text else text)
    return "\n\n".join(passed_on), "\n\n".join(cards)

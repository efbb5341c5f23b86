"""Decisions about visitors: who sees what, and what of what a page tells is kept. Pure."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit, urlunsplit

from inbox.errors import Invalid
from inbox.events.catalog import EventKind
from inbox.shapes import iso
from inbox.threads.words import Kind

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
ONLINE_FOR = timedelta(seconds=45)
"""A panel that was open so long ago is taken for open: it says so three times as often."""
UNUSED_AFTER = timedelta(days=1)
"""Age of sessions in which nobody wrote, after which they are forgotten."""
ENDS_AFTER = timedelta(days=180)
"""Without a visit for so long, a session ends: the browser is nobody's any more."""
TOUCH_EVERY = timedelta(minutes=5)
TYPING_EVERY = timedelta(seconds=3)
MAILBOX_LASTS = timedelta(days=30)
"""How long a code from the mailbox proves who is in this browser."""

NAME_MAX = 200
URL_MAX = 2000
TITLE_MAX = 300
PAGES_KEPT = 10
"""Pages of a session that are remembered, so that agents see what its visitor looked at."""
CART_MAX = 8 * 1024
"""Bytes of a cart as JSON."""
ATTRIBUTES_MAX = 4 * 1024
ATTRIBUTES_MANY = 50
ATTRIBUTE_NAME_MAX = 60
ATTRIBUTE_TEXT_MAX = 500
_DEPTH_MAX = 5
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")

Needs = Literal["no", "ask", "required"]


@dataclass(frozen=True)
class Viewer:
    """Who looks into the panel: his identity and customer, and whether he proved to be somebody.

    `proved_as` is the number of all identities that he ever proved to be his.
    """

    identity_id: int | None
    customer_id: int | None
    verified: bool
    proved_as: int | None = None


@dataclass(frozen=True)
class Line:
    """What decides who may read a message: of an inbound the sender's identity, of a reply the recipient's, whose
    that is, whose the thread is, whether a reply has gone out, and together with which the identity was proved."""

    kind: Kind
    identity_id: int | None
    customer_id: int | None
    thread_customer_id: int
    went_out: bool
    proved_as: int | None = None


def typed(
    newest_first: Iterable[tuple[str, int | None, Mapping[str, Any]]], channel_id: int
) -> dict[str, Any] | None:
    """The sign of an agent who writes to a channel and has not sent it yet, from events (kind, agent, data)."""
    sent = set()
    for kind, agent_id, data in newest_first:
        if kind == EventKind.MESSAGE_REPLIED:
            sent.add(agent_id)
        elif data.get("channel_id") == channel_id and agent_id not in sent:
            return dict(data)
    return None


def may_read(viewer: Viewer, line: Line) -> bool:
    """Whether a visitor may read a message.

    Whoever only has a browser sees what was written in it, and what was answered to it. Whoever proved who he is
    sees besides what was said at every address that he himself proved to be his; not what is his customer's
    because an agent said so or somebody brought a code. Notes and system lines are never shown, and no reply
    before it has gone out: it may still be taken back.
    """
    if viewer.identity_id is None or line.identity_id is None:
        return False
    if line.kind not in (Kind.INBOUND, Kind.REPLY) or (line.kind is Kind.REPLY and not line.went_out):
        return False
    if line.thread_customer_id != viewer.customer_id:
        return False
    if line.identity_id == viewer.identity_id:
        return True
    is_proved = viewer.verified and line.proved_as is not None and line.proved_as == viewer.proved_as
    return is_proved and line.customer_id == viewer.customer_id


def is_verified(until: datetime | None, now: datetime) -> bool:
    """Whether a proof still holds."""
    return until is not None and until > now


def is_online(online_at: datetime | None, now: datetime) -> bool:
    """Whether the panel is open, as far as is known."""
    return online_at is not None and now - online_at < ONLINE_FOR


def needs_email(
    ask: Literal["after_first", "offline", "never"], *, is_open: bool, has_written: bool, is_known: bool
) -> Needs:
    """Whether the panel asks for an e-mail address that is not known.

    While somebody is there, after the first message; else with it, since nobody will answer in the panel soon.
    """
    if ask == "never" or is_known:
        return "no"
    if not is_open:
        return "required"
    return "ask" if ask == "after_first" and has_written else "no"


def line(text: str, most: int) -> str:
    """A text in one line of at most `most` characters, without what cannot be stored or shown."""
    return " ".join(_CONTROLS.sub(" ", text).split())[:most]


def locale(text: str) -> str:
    """A language tag as it is written, or ""."""
    text = text.strip()
    return text.replace("_", "-") if _LOCALE.fullmatch(text) else ""


def address(text: str) -> str:
    """A page's address: http(s) only, without user name and fragment; "" for anything else."""
    try:
        parts = urlsplit(_CONTROLS.sub("", text.strip())[:URL_MAX])
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, host + port, parts.path, parts.query, ""))


def viewed(before: Sequence[Mapping[str, Any]], url: str, title: str, at: datetime) -> list[dict[str, Any]]:
    """The last pages of a visitor, the newest first, after he came to another; the one he stays on counts once."""
    page = {"url": url, "title": title, "at": iso(at)}
    older = [dict(each) for each in before if each.get("url") != url]
    return [page, *older][:PAGES_KEPT] if url else older[:PAGES_KEPT]


def cart(value: object) -> dict[str, Any]:
    """A cart as the shop tells it. Raises Invalid for what is none, or too large."""
    return _plain_object(value, CART_MAX, "/cart")


def attributes(value: object) -> dict[str, Any]:
    """Facts about a visitor: texts, numbers, yes and no, by name. Raises Invalid for anything else."""
    found = _plain_object(value, ATTRIBUTES_MAX, "/attributes")
    if len(found) > ATTRIBUTES_MANY:
        raise Invalid("There are too many attributes.", "/attributes")
    for name, fact in found.items():
        if not name or len(name) > ATTRIBUTE_NAME_MAX:
            raise Invalid("A name of an attribute is empty or too long.", "/attributes")
        if isinstance(fact, dict | list) or (isinstance(fact, str) and len(fact) > ATTRIBUTE_TEXT_MAX):
            raise Invalid(
                "An attribute is a text of up to 500 characters, a number, true or false.", "/attributes"
            )
    return found


def together(known: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with news: what is told replaces what was, null takes it away. Raises Invalid when too large."""
    both = {name: fact for name, fact in {**known, **told}.items() if fact is not None}
    return attributes(both)


def _plain_object(value: object, most: int, pointer: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("This must be an object.", pointer)
    cleaned: dict[str, Any] = _plain(value, _DEPTH_MAX, pointer)
    if len(json.dumps(cleaned, ensure_ascii=False).encode()) > most:
        raise Invalid("This is too large.", pointer)
    return cleaned


def _plain(value: Any, depth: int, pointer: str) -> Any:
    """The value with texts that can be stored. Raises Invalid for nesting that nobody reads."""
    if not depth:
        raise Invalid("This is nested too deeply.", pointer)
    match value:
        case str():
            return _CONTROLS.sub(" ", value)
        case dict():
            return {
                _CONTROLS.sub(" ", str(name)): _plain(inner, depth - 1, pointer)
                for name, inner in value.items()
            }
        case list():
            return [_plain(inner, depth - 1, pointer) for inner in value]
        case bool() | None:
            return value
        case int() | float() if abs(value) < 1e15:  # NaN and infinity are no JSON, longer numbers no figures
            return value
    raise Invalid("This has a value that cannot be kept.", pointer)

"""Asking Slack whether it has a message that may have been accepted, by the key that it bears."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from adapters.slack import styled
from adapters.slack.api import Api
from adapters.slack.config import SlackConfig
from adapters.slack.messages import EVENT_TYPE
from adapters.slack.people import Spot, ident, stamp
from adapters.slack.send import place_for
from inbox.contract import Io, Outgoing, Receipt, Unreadable

PAGES_MAX = 5
_PAGE = 100
_EARLIER = timedelta(minutes=2)
"""How far our clock and Slack's may be apart."""


def lookup(config: SlackConfig, message: Outgoing, io: Io) -> Receipt | None:
    """The receipt of a message that arrived whole, or None. Raises TryLater, Rejected or NeedsReauth.

    A reply of files without a word bears no key and stays uncertain.
    """
    texts = len(styled.parts(message.text))
    if not texts:
        return None
    api = Api(config, io)
    place = place_for(api, message)
    oldest = f"{(message.created_at - _EARLIER).timestamp():.6f}"
    found: dict[int, Spot] = {}
    wanted: set[str] = set()
    shown: dict[str, Spot] = {}
    for each in _history(api, place, oldest):
        spot = _spot(place, each)
        if spot is None:
            continue
        told = _told(each, message.idem_key)
        if told is not None:
            found[int(told.get("part") or 1)] = spot
            wanted |= {name for name in str(told.get("files") or "").split(",") if name}
        shown |= dict.fromkeys(_files(each), spot)
    if sorted(found) != list(range(1, texts + 1)) or not wanted <= set(shown):
        return None
    if len(wanted) != len(message.files):
        return None
    spots = [*(found[number] for number in sorted(found)), *(shown[name] for name in sorted(wanted))]
    names = [name for spot in spots for name in (spot.external_id, *spot.aliases)]
    names += [f"file/{name}" for name in sorted(wanted)]
    return Receipt(external_id=names[0], aliases=tuple(dict.fromkeys(names[1:])))


def _history(api: Api, place: Spot, oldest: str) -> Iterator[dict[str, Any]]:
    """The messages of a conversation, or of a thread in it, since `oldest`."""
    options: dict[str, Any] = {
        "channel": place.channel,
        "oldest": oldest,
        "inclusive": True,
        "limit": _PAGE,
        "include_all_metadata": True,
    }
    if place.root:
        call, options["ts"] = api.client.conversations_replies, place.root
    else:
        call = api.client.conversations_history
    for _page in range(PAGES_MAX):
        answer = api.ask(call, **options)
        listed = answer.get("messages")
        yield from (each for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict))
        following = answer.get("response_metadata")
        cursor = following.get("next_cursor") if isinstance(following, dict) else ""
        if not cursor:
            return
        options["cursor"] = cursor


def _spot(place: Spot, found: dict[str, Any]) -> Spot | None:
    try:
        ts = stamp(found.get("ts"))
    except Unreadable:
        return None
    return Spot(place.channel, ts, place.root) if ts else None


def _told(found: dict[str, Any], idem_key: str) -> dict[str, Any] | None:
    metadata = found.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    told = metadata.get("event_payload")
    return told if isinstance(told, dict) and told.get("idem_key") == idem_key else None


def _files(found: dict[str, Any]) -> list[str]:
    listed = found.get("files")
    try:
        return (
            [ident(each.get("id")) for each in listed if isinstance(each, dict)]
            if isinstance(listed, list)
            else []
        )
    except Unreadable:
        return []

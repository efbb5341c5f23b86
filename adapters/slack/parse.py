"""Reading an event of Slack's Events API: a table from its type to what it means. Pure."""

from collections.abc import Callable
from typing import Any

from adapters.slack import conversations, messages, payload
from adapters.slack.config import SlackConfig
from adapters.slack.payload import Frame
from adapters.slack.people import ident, line, moment, party, spot_at, stamp
from adapters.slack.shortcodes import character
from inbox.contract import Account, Ignored, Item, Raw, Reacted, Unreadable

_MISSHAPEN = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)

Read = Callable[[SlackConfig, Frame, dict[str, Any]], Item]


def parse(config: SlackConfig, raw: Raw) -> tuple[Item, ...]:
    """What a payload means, always one item. Raises Unreadable."""
    data = payload.read(raw.body)
    try:
        return (_item(config, data),)
    except _MISSHAPEN as error:
        raise Unreadable(
            f"The event does not follow Slack's Events API ({type(error).__name__}).", code="schema"
        ) from error


def _item(config: SlackConfig, data: dict[str, Any]) -> Item:
    event = payload.event_of(data)
    if event is None:
        kind = line(data.get("type")) if isinstance(data.get("type"), str) else ""
        if kind == "app_rate_limited":
            return _rate_limited(config, payload.frame_of(data), data)
        return Ignored(reason=_OTHER.get(kind, f"nothing of Slack's events: {kind[:60] or 'no type'}"))
    kind = line(event.get("type"))
    read = _KINDS.get(kind)
    if read is None:
        return Ignored(reason=f"an event that means nothing here: {kind[:60] or 'no type'}")
    return read(config, payload.frame_of(data), event)


def _reaction(config: SlackConfig, frame: Frame, event: dict[str, Any]) -> Item:
    about = event.get("item")
    if not isinstance(about, dict) or about.get("type") != "message":
        return Ignored(reason="a reaction to something else than a message")
    user, channel, ts = ident(event.get("user")), ident(about.get("channel")), stamp(about.get("ts"))
    found = spot_at(f"{channel}/{ts}")
    emoji = character(line(event.get("reaction")))
    if not (user and found is not None and emoji):
        return Ignored(reason="a reaction of nobody, or to nothing")
    if user == frame.bot:
        return Ignored(reason="our own reaction")
    if channel == config.team_place:
        return Ignored(reason="a reaction in the team's place")
    place = conversations.place_of(config, channel, user)
    return Reacted(
        external_id=found.external_id,
        sender=place,
        emoji=(emoji,),
        at=moment(event.get("event_ts")),
        change="added" if event["type"] == "reaction_added" else "removed",
        writer=party(config, user) if place.address != user else None,
    )


def _rate_limited(_config: SlackConfig, _frame: Frame, event: dict[str, Any]) -> Item:
    minute = event.get("minute_rate_limited")
    return Account(facts={"rate_limited_at": minute if isinstance(minute, int) else 0})


def _revoked(_config: SlackConfig, _frame: Frame, event: dict[str, Any]) -> Item:
    tokens = event.get("tokens")
    bots = tokens.get("bot") if isinstance(tokens, dict) else None
    if event["type"] == "tokens_revoked" and not (isinstance(bots, list) and bots):
        return Ignored(reason="tokens of people were revoked")
    return Account(facts={"revoked": line(event["type"])})


_OTHER = {
    "slash_commands": "a slash command, which this product has none of",
    "interactive": "a button or form that this product never made",
    "url_verification": "a test of the address",
}

_KINDS: dict[str, Read] = {
    "message": messages.message,
    "app_mention": messages.message,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "member_joined_channel": conversations.joined,
    "member_left_channel": conversations.left,
    "channel_left": conversations.removed,
    "group_left": conversations.removed,
    "channel_archive": conversations.archived,
    "group_archive": conversations.archived,
    "channel_unarchive": conversations.unarchived,
    "group_unarchive": conversations.unarchived,
    "channel_deleted": conversations.deleted,
    "group_deleted": conversations.deleted,
    "channel_id_changed": conversations.renumbered,
    "user_change": conversations.changed,
    "app_rate_limited": _rate_limited,
    "tokens_revoked": _revoked,
    "app_uninstalled": _revoked,
}

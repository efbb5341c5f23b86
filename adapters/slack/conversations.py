"""News of people and places: whether they can be written to, and under which id. Pure."""

from typing import Any

from adapters.slack.config import SlackConfig
from adapters.slack.payload import Frame
from adapters.slack.people import ident, is_chat, name_of, party
from inbox.contract import Ignored, Item, Moved, Party, Reachable

LEFT = "The bot is no member of this channel any more. Somebody there can invite it again."
ARCHIVED = "The channel was archived."
DELETED = "The channel was deleted."
DEACTIVATED = "This person's Slack account was deactivated."


def place_of(config: SlackConfig, channel: str, user: str) -> Party:
    """Where answers go to somebody who wrote in a conversation: himself, or the place of several people."""
    return party(config, user if is_chat(channel) else channel)


def joined(config: SlackConfig, frame: Frame, event: dict[str, Any]) -> Item:
    """Somebody came into a channel; when it is the bot, it can write there."""
    return _of_bot(config, frame, event, "")


def left(config: SlackConfig, frame: Frame, event: dict[str, Any]) -> Item:
    """Somebody left a channel; when it is the bot, it cannot write there any more."""
    return _of_bot(config, frame, event, LEFT)


def removed(config: SlackConfig, _frame: Frame, event: dict[str, Any]) -> Item:
    """The bot was taken out of a channel."""
    return _reachable(config, event, LEFT)


def archived(config: SlackConfig, _frame: Frame, event: dict[str, Any]) -> Item:
    """Nobody writes in the channel any more."""
    return _reachable(config, event, ARCHIVED)


def unarchived(config: SlackConfig, _frame: Frame, event: dict[str, Any]) -> Item:
    """The channel is in use again."""
    return _reachable(config, event, "")


def deleted(config: SlackConfig, _frame: Frame, event: dict[str, Any]) -> Item:
    """The channel is gone."""
    return _reachable(config, event, DELETED)


def renumbered(config: SlackConfig, _frame: Frame, event: dict[str, Any]) -> Item:
    """The same channel has another id, as happens when it becomes a shared one."""
    old, new = ident(event.get("old_channel_id")), ident(event.get("new_channel_id"))
    if not old or not new or old == new:
        return Ignored(reason="a channel without an old and a new id")
    return Moved(old=party(config, old), new=party(config, new))


def changed(config: SlackConfig, _frame: Frame, event: dict[str, Any]) -> Item:
    """A person's profile changed, or the account was deactivated or came back."""
    user = event.get("user")
    number = ident(user.get("id")) if isinstance(user, dict) else ""
    if not isinstance(user, dict) or not number:
        return Ignored(reason="a change of nobody")
    gone = user.get("deleted") is True
    return Reachable(
        party=party(config, number, name_of(user)), reachable=not gone, reason=DEACTIVATED if gone else ""
    )


def _of_bot(config: SlackConfig, frame: Frame, event: dict[str, Any], reason: str) -> Item:
    if not frame.bot or ident(event.get("user")) != frame.bot:
        return Ignored(reason="somebody came into a channel or left it")
    return _reachable(config, event, reason)


def _reachable(config: SlackConfig, event: dict[str, Any], reason: str) -> Item:
    channel = ident(event.get("channel"))
    if not channel or channel == config.team_place:
        return Ignored(reason="news of no customer's place")
    return Reachable(party=party(config, channel), reachable=not reason, reason=reason)

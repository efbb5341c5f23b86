"""Whether the bot can be used in a chat: blocked and unblocked by a person, added to and removed from a group."""

from typing import Any

from adapters.telegram.people import party_of_chat
from inbox.contract import Ignored, Item, Reachable

_IN = {"creator", "administrator", "member"}


def reachable(change: Any) -> Item:
    """What a change of the bot's own membership means."""
    if change.chat.type == "channel":
        return Ignored(reason="the bot's place in a channel")
    member = change.new_chat_member
    status = str(member.status)
    inside = status in _IN or (status == "restricted" and bool(member.is_member))
    silent = status == "restricted" and member.can_send_messages is False
    private = change.chat.type == "private"
    reason = ""
    if not inside:
        reason = "The customer has blocked the bot." if private else "The bot was removed from the group."
    elif silent:
        reason = "The bot may not write in this group."
    return Reachable(party=party_of_chat(change.chat), reachable=not reason, reason=reason)

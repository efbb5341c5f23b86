"""Business accounts whose owners let the bot answer in their chats, as the channel's facts know them. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue

from adapters.telegram.people import Place, place_at
from inbox.contract import Answerable, Party

WINDOW = timedelta(hours=24)
"""After a customer's message; later Telegram takes no answer of a bot's in a business account's chat."""

GONE = "The business account in whose chat he wrote has disconnected the bot."
MUTE = "The business account in whose chat he wrote does not let the bot reply."
LATE = "In a business account's chat a bot may answer for 24 hours after the customer's last message; they have passed."


def current(place: Place, facts: Mapping[str, JsonValue]) -> Place:
    """The same place over the connection that its business account has now: connecting again makes a new one."""
    told = _told(facts, place.business)
    if not place.business or told is None or told.get("enabled"):
        return place
    for key, other in facts.items():
        if not (key.startswith("business:") and isinstance(other, dict) and other.get("enabled")):
            continue
        if other.get("user_id") == told.get("user_id"):
            return replace(place, business=key.removeprefix("business:"))
    return place


def may_answer(
    facts: Mapping[str, JsonValue], to: Party, wrote_at: datetime | None, now: datetime
) -> Answerable:
    """Whether a party can be answered where it wrote. In the bot's own chat it always can."""
    place = current(place_at(to), facts)
    if not place.business:
        return Answerable()
    closes_at = None if wrote_at is None else wrote_at + WINDOW
    told = _told(facts, place.business) or {}
    name = told.get("name")
    reason = ""
    if told.get("enabled") is False:
        reason = GONE
    elif told.get("can_reply") is False:
        reason = MUTE
    elif closes_at is None or now > closes_at:
        reason = LATE
    return Answerable(reason=reason, closes_at=closes_at, account=str(name or ""))


def _told(facts: Mapping[str, JsonValue], connection: str) -> dict[str, Any] | None:
    """What Telegram told about a connection."""
    found = facts.get(f"business:{connection}")
    return found if isinstance(found, dict) else None

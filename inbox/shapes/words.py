"""Words, moments and other small parts that all shapes use."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]

StatusWord = Literal["open", "snoozed", "resolved"]
PriorityWord = Literal["low", "normal", "high", "urgent"]
KindWord = Literal["inbound", "reply", "note", "system"]
LevelWord = Literal["claimed", "channel", "mail_auth", "verified"]
DeliveryWord = Literal[
    "queued", "claimed", "sending", "sent", "delivered", "read", "failed", "uncertain", "cancelled"
]


def iso(moment: datetime) -> str:
    """A moment as JSON has it, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def iso_or_null(moment: datetime | None) -> str | None:
    """As `iso`; null stays null."""
    return None if moment is None else iso(moment)

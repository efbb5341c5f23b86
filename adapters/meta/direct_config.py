"""What Messenger and Instagram have to know beyond what all of Meta's networks do."""

from pydantic import Field, field_validator

from adapters.meta.config import MetaConfig, checked_id

REPLY_WINDOW = 24 * 3600
"""Seconds after the customer's last message in which anybody may answer."""
LATE_WINDOW = 7 * 24 * 3600
"""Seconds after it in which a person may, with Meta's leave (“Human Agent”)."""


class DirectConfig(MetaConfig):
    """An account of direct messages."""

    app_id: str = Field(
        "",
        title="App ID",
        max_length=40,
        description="The number of your app at Meta. With it, what the app sent is told from what others sent.",
    )
    human_agent: bool = Field(
        False,
        title="Answer for 7 days",
        description="Only if Meta has granted the app “Human Agent”: people may answer for 7 days instead of 24 hours.",
    )

    @field_validator("app_id")
    @classmethod
    def _is_app(cls, value: str) -> str:
        return checked_id(value, "the app ID") if value.strip() else ""

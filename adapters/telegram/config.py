"""What has to be known to use a bot."""

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, SecretStr, field_validator, model_validator

from inbox.contract import ChannelConfig

OFFICIAL = "https://api.telegram.org"

_TOKEN = re.compile(r"(?P<bot>[1-9][0-9]{4,18}):[A-Za-z0-9_-]{20,200}")
_KEPT_BY_ITSELF: dict[str, JsonValue] = {"kept_by_itself": True}

Mode = Literal["auto", "webhook", "poll"]


class TelegramConfig(ChannelConfig):
    """A bot. Only its token is needed; the number before the token's colon is the bot's own id."""

    token: SecretStr = Field(
        title="Bot token", description="What @BotFather answers to /newbot or /token: 123456789:AAF…"
    )
    mode: Mode = Field(
        "auto",
        title="How messages come in",
        description=(
            "webhook: Telegram calls us, for which it needs our public https address. poll: we ask Telegram. "
            "auto takes the webhook where it is possible."
        ),
    )
    api_base: str = Field(
        OFFICIAL,
        max_length=300,
        title="Bot API server",
        description="Scheme, name and port. Another than Telegram's own only for a Bot API server of yours.",
    )
    bot_id: int = Field(
        0, ge=0, description="The bot's id, as its token tells it.", json_schema_extra=_KEPT_BY_ITSELF
    )
    webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="What Telegram last sent with its calls to prove itself.",
        json_schema_extra=_KEPT_BY_ITSELF,
    )

    @property
    def account(self) -> str:
        """The bot's id. It stays when the bot is renamed or gets a new token."""
        return str(self.bot_id)

    @property
    def is_official(self) -> bool:
        """Whether the bot lives at Telegram's own server, with its rules for webhooks."""
        return self.api_base == OFFICIAL

    @model_validator(mode="before")
    @classmethod
    def _read_id(cls, data: Any) -> Any:
        """Take the bot's id from the token. What is no token is left to its own field's check."""
        if not isinstance(data, dict):
            return data
        token = data.get("token")
        text = token.get_secret_value() if isinstance(token, SecretStr) else token
        found = _TOKEN.fullmatch(text.strip()) if isinstance(text, str) else None
        return {**data, "bot_id": int(found["bot"])} if found else data

    @field_validator("token")
    @classmethod
    def _is_token(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not _TOKEN.fullmatch(text):
            raise ValueError(
                "this is no bot token. It looks like 123456789:AAF… and comes from @BotFather in Telegram"
            )
        return SecretStr(text)

    @field_validator("api_base")
    @classmethod
    def _is_base(cls, value: str) -> str:
        try:
            parts = urlsplit(value.strip())
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        host = parts.hostname or ""
        bare = not (parts.username or parts.path.strip("/") or parts.query or parts.fragment)
        if parts.scheme not in ("http", "https") or not host or not bare:
            raise ValueError("enter scheme, name and port only, such as https://api.telegram.org")
        name = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{name}" + (f":{port}" if port else "")

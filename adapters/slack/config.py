"""What has to be known to use a Slack app."""

import hashlib
import re
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, SecretStr, field_validator, model_validator

from inbox.contract import ChannelConfig

OFFICIAL = "https://slack.com"

_NUMBERED = re.compile(r"xoxb-(?P<team>\d{4,20})-(?P<bot>\d{4,20})-\S+")
_BOT_TOKEN = re.compile(r"xox[eb][.-]\S{4,500}")
_APP_TOKEN = re.compile(r"xapp-\S{3,500}")
_CHANNEL = re.compile(r"[CG][A-Za-z0-9_-]{1,60}")
_KEPT_BY_ITSELF: dict[str, JsonValue] = {"kept_by_itself": True}

Mode = Literal["auto", "events", "socket"]


class SlackConfig(ChannelConfig):
    """A Slack app in one workspace. Needed are its bot token, and a signing secret or an app-level token."""

    bot_token: SecretStr = Field(
        title="Bot token", description="“Bot User OAuth Token” on the page OAuth & Permissions: xoxb-…"
    )
    signing_secret: SecretStr = Field(
        SecretStr(""),
        title="Signing secret",
        description="On the page Basic Information. Proves calls of the Events API; not needed for Socket Mode.",
    )
    app_token: SecretStr = Field(
        SecretStr(""),
        title="App-level token",
        description=(
            "On the page Basic Information, with the scope connections:write: xapp-…. With it, messages come over "
            "a connection that we open (Socket Mode), so no public address is needed."
        ),
    )
    mode: Mode = Field(
        "auto",
        title="How messages come in",
        description=(
            "events: Slack calls our public https address. socket: we keep a connection to Slack. auto takes the "
            "connection where there is an app-level token."
        ),
    )
    public_channels: Literal["mentions", "all"] = Field(
        "mentions",
        title="Public channels",
        description=(
            "Which messages of public channels with the bot in them are customers' messages: those that mention the "
            "bot, or all. Private and shared channels always bring all."
        ),
    )
    team_channel: str = Field(
        "",
        max_length=61,
        title="Channel of your team",
        description=(
            "Id of the channel (C…) in which your colleagues hear of threads that wait and can answer; empty for "
            "none. Nothing written there is a customer's."
        ),
    )
    api_base: str = Field(
        OFFICIAL,
        max_length=300,
        title="Slack's server",
        description="Scheme, name and port. Slack's own, unless a gateway of yours stands before it.",
    )
    signing_secret_old: SecretStr = Field(
        SecretStr(""),
        title="Former signing secret",
        description="Still accepted beside the signing secret; fill it in while you change that one.",
        json_schema_extra={"rare": True},
    )
    account_id: str = Field(
        "",
        max_length=100,
        description="Workspace and bot, as the bot token tells them.",
        json_schema_extra=_KEPT_BY_ITSELF,
    )

    @property
    def account(self) -> str:
        """Workspace and bot. It stays when the app is renamed or gets a new token."""
        return self.account_id

    @property
    def team_place(self) -> str:
        """The channel in which colleagues are told about threads that wait, or ""."""
        return self.team_channel

    @property
    def uses_socket(self) -> bool:
        """Whether messages come over a connection of ours. Only with secrets at hand."""
        return self.mode == "socket" or (self.mode == "auto" and bool(self.app_token.get_secret_value()))

    @model_validator(mode="before")
    @classmethod
    def _read_account(cls, data: Any) -> Any:
        """Take the account from the bot token. What is no token is left to its own field's check."""
        if not isinstance(data, dict):
            return data
        token = data.get("bot_token")
        text = token.get_secret_value() if isinstance(token, SecretStr) else token
        if not isinstance(text, str) or not text.strip():
            return data
        return {**data, "account_id": _account(text.strip(), str(data.get("account_id") or ""))}

    @field_validator("bot_token")
    @classmethod
    def _is_bot_token(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if text.startswith("xoxp-"):
            raise ValueError(
                "this is the token of a person. Take the “Bot User OAuth Token”, which begins with xoxb-"
            )
        if not _BOT_TOKEN.fullmatch(text):
            raise ValueError(
                "this is no bot token. It begins with xoxb- and is on the page OAuth & Permissions"
            )
        return SecretStr(text)

    @field_validator("app_token")
    @classmethod
    def _is_app_token(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if text and not _APP_TOKEN.fullmatch(text):
            raise ValueError(
                "this is no app-level token. It begins with xapp- and is on the page Basic Information"
            )
        return SecretStr(text)

    @field_validator("signing_secret", "signing_secret_old")
    @classmethod
    def _is_trimmed(cls, value: SecretStr) -> SecretStr:
        return SecretStr(value.get_secret_value().strip())

    @field_validator("team_channel")
    @classmethod
    def _is_channel(cls, value: str) -> str:
        text = value.strip()
        if text and not _CHANNEL.fullmatch(text):
            raise ValueError(
                "enter the channel's id, which begins with C and stands at the end of its details in Slack"
            )
        return text

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
            raise ValueError("enter scheme, name and port only, such as https://slack.com")
        name = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{name}" + (f":{port}" if port else "")

    @model_validator(mode="after")
    def _can_hear(self) -> Self:  # noqa: N804 - after its fields are checked, it is an instance
        """Refuse an account whose messages could not come in."""
        if self.mode == "socket" and not self.app_token.get_secret_value():
            raise ValueError("Socket Mode needs the app-level token (app_token)")
        if self.mode == "events" and not self.signing_secret.get_secret_value():
            raise ValueError("the Events API needs the signing secret (signing_secret)")
        if not (self.app_token.get_secret_value() or self.signing_secret.get_secret_value()):
            raise ValueError("enter the signing secret (signing_secret), or an app-level token (app_token)")
        return self


def _account(token: str, known: str) -> str:
    """The numbers of workspace and bot, which every token of this bot bears; for other tokens a name made of them."""
    found = _NUMBERED.fullmatch(token)
    if found is not None:
        return f"{found['team']}-{found['bot']}"
    return known or "bot-" + hashlib.sha256(token.encode()).hexdigest()[:12]

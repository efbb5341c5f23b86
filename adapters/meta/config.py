"""What has to be known to use an account of any of Meta's networks."""

import re
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from inbox.contract import ChannelConfig

FACEBOOK = "https://graph.facebook.com"

_ID = re.compile(r"[0-9]{1,30}")


class MetaConfig(ChannelConfig):
    """The rights of our app at Meta, and how its calls are proved. Each network adds the account's own id."""

    access_token: SecretStr = Field(
        title="Access token", description="What lets us act for the account; best one that does not expire."
    )
    app_secret: SecretStr = Field(
        title="App secret",
        description="In the app's settings at Meta under Basic. It proves that webhooks come from Meta.",
    )
    app_secret_old: SecretStr = Field(
        SecretStr(""),
        title="App secret before",
        description="While the secret is being changed at Meta: the one before, which is good for webhooks until "
        "it is taken out here.",
        json_schema_extra={"rare": True},
    )
    verify_token: SecretStr = Field(
        title="Verify token",
        description="Enter the same word at Meta beside the webhook's address.",
        json_schema_extra={"generate": True},
    )
    api_base: str = Field(
        FACEBOOK,
        max_length=300,
        title="Graph API server",
        description="Scheme, name and port, without a path. Another than Meta's own only for tests.",
    )

    @field_validator("access_token", "app_secret", "app_secret_old", "verify_token")
    @classmethod
    def _is_word(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not text.isascii() or any(character.isspace() for character in text):
            raise ValueError("copy it again: it has blanks or letters that Meta does not use")
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
            raise ValueError(f"enter scheme, name and port only, such as {FACEBOOK}")
        name = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def checked_id(value: str, what: str) -> str:
    """An id of Meta's, which is a number however long. Raises ValueError."""
    text = value.strip()
    if not _ID.fullmatch(text):
        raise ValueError(f"{what} is a number, such as 101234567890123")
    return text

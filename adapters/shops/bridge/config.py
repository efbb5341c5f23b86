"""What has to be known to use a shop that answers the bridge's calls."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from adapters.shops.common import long_token, web_address
from inbox.contract.commerce import ShopConfig


class BridgeConfig(ShopConfig):
    """A shop of any kind that answers the calls of docs/shops/bridge.md. Needed are its address and its token."""

    base_url: str = Field(
        max_length=300,
        title="Address",
        description="Where the shop answers the bridge's calls, without /onethread: https://shop.example.",
    )
    token: SecretStr = Field(
        title="Token", description="What our calls carry, so that the shop knows us: at least 16 characters."
    )
    hook_secret: SecretStr = Field(
        SecretStr(""),
        title="Secret of events",
        description="The shop signs its events with it.",
        json_schema_extra={"generate": True},
    )
    hook_secret_old: SecretStr = Field(
        SecretStr(""),
        title="Former secret of events",
        description="Still accepted beside the secret of events; fill it in while you change that one.",
        json_schema_extra={"rare": True},
    )

    @property
    def account(self) -> str:
        """The shop's name in the web."""
        return urlsplit(self.base_url).netloc

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return web_address(value, "https://shop.example")

    @field_validator("token")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        return long_token(value)

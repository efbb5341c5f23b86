"""What has to be known to use an Oscar shop."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from adapters.shops.common import long_token, web_address
from inbox.contract.commerce import ShopConfig


class OscarConfig(ShopConfig):
    """A django-oscar shop that runs the bridge. Needed are the bridge's address and its token."""

    bridge_url: str = Field(
        max_length=300,
        title="Address of the bridge",
        description="Where the shop's urls.py includes the bridge, such as https://shop.example/support/.",
    )
    token: SecretStr = Field(
        title="Token", description="TOKEN of ONETHREAD_BRIDGE in the shop's settings, at least 16 characters."
    )
    hook_secret: SecretStr = Field(
        SecretStr(""),
        title="Secret of events",
        description="HOOK_SECRET of ONETHREAD_BRIDGE in the shop's settings: the bridge signs its events with it.",
        json_schema_extra={"generate": True},
    )
    hook_secret_old: SecretStr = Field(
        SecretStr(""),
        title="Former secret of events",
        description="Still accepted beside the secret of events; fill it in while you change that one.",
        json_schema_extra={"rare": True},
    )
    country: str = Field(
        "",
        pattern=r"^([A-Z]{2})?$",
        title="Country",
        description="ISO code of the country whose telephone numbers are kept without a country code (DE).",
    )
    dashboard_url: str = Field(
        "",
        max_length=300,
        title="Dashboard",
        description="Address of the shop's dashboard, for links to orders and customers; empty for none.",
    )

    @property
    def account(self) -> str:
        """The shop's name."""
        return urlsplit(self.bridge_url).netloc

    @field_validator("bridge_url")
    @classmethod
    def _is_there(cls, value: str) -> str:
        return web_address(value, "https://shop.example/support/")

    @field_validator("dashboard_url")
    @classmethod
    def _is_dashboard(cls, value: str) -> str:
        return web_address(value, "https://shop.example/dashboard/") if value.strip() else ""

    @field_validator("token")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        return long_token(value)

"""What has to be known to use a Vendure shop."""

import re
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from inbox.contract.commerce import ShopConfig

_PATH = re.compile(r"[A-Za-z0-9/_.-]{1,100}")
_TEMPLATE = re.compile(r"https?://[^\s\"<>]{1,300}")


class VendureConfig(ShopConfig):
    """A Vendure server and one of its channels. Needed is an API key, or an administrator's name and password."""

    api_base: str = Field(
        max_length=300,
        title="Address of the server",
        description="Scheme, name and port of the Vendure server, such as https://shop.example.",
    )
    admin_path: str = Field(
        "admin-api",
        title="Path of the Admin API",
        description="“adminApiPath” of the server's configuration.",
    )
    api_key: SecretStr = Field(
        SecretStr(""),
        title="API key",
        description="Made in the dashboard at Settings, API keys (Vendure 3.6 or newer). Better than a password.",
    )
    username: str = Field(
        "",
        max_length=200,
        title="Administrator",
        description="Identifier of an administrator of his own for Onethread; not needed with an API key.",
    )
    password: SecretStr = Field(
        SecretStr(""),
        title="Password",
        description="The administrator's password; not needed with an API key.",
    )
    hook_secret: SecretStr = Field(
        SecretStr(""),
        title="Secret of events",
        description="The plugin in the shop signs its events with it. Without it, changes are asked for.",
        json_schema_extra={"generate": True},
    )
    hook_secret_old: SecretStr = Field(
        SecretStr(""),
        title="Former secret of events",
        description="Still accepted beside the secret of events; fill it in while you change that one.",
        json_schema_extra={"rare": True},
    )
    channel_token: SecretStr = Field(
        SecretStr(""),
        title="Channel token",
        description="Token of the Vendure channel, for servers with several shops; empty for the default channel.",
    )
    country: str = Field(
        "",
        pattern=r"^([A-Z]{2})?$",
        title="Country",
        description="ISO code of the country whose telephone numbers are kept without a country code (DE).",
    )
    pickup_methods: str = Field(
        "",
        max_length=500,
        title="Shipping methods for pickup",
        description="Codes of the shipping methods with which customers fetch their goods, with commas between them.",
    )
    product_url: str = Field(
        "",
        title="Page of a product",
        description="Address of a product's page in the storefront, with {slug} in it; empty for none.",
    )
    admin_url: str = Field(
        "",
        title="Dashboard",
        description="Address of the shop's dashboard, for links to orders and customers; empty for none.",
    )

    @property
    def account(self) -> str:
        """The server's name."""
        return urlsplit(self.api_base).netloc

    @property
    def pickup(self) -> frozenset[str]:
        """Codes of shipping methods by which goods are fetched."""
        return frozenset(filter(None, (code.strip() for code in self.pickup_methods.split(","))))

    @property
    def endpoint(self) -> str:
        """Where the Admin API is."""
        return f"{self.api_base}/{self.admin_path}"

    @field_validator("api_base")
    @classmethod
    def _is_base(cls, value: str) -> str:
        try:
            parts = urlsplit(value.strip())
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        bare = not (parts.username or parts.path.strip("/") or parts.query or parts.fragment)
        if parts.scheme not in ("http", "https") or not host or not bare:
            raise ValueError("enter scheme, name and port only, such as https://shop.example")
        name = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{name}" + (f":{port}" if port else "")

    @field_validator("admin_path")
    @classmethod
    def _is_path(cls, value: str) -> str:
        path = value.strip().strip("/")
        if not _PATH.fullmatch(path) or ".." in path:
            raise ValueError("enter the path only, such as admin-api")
        return path

    @field_validator("product_url", "admin_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        text = value.strip().rstrip("/")
        if text and not _TEMPLATE.fullmatch(text):
            raise ValueError("enter a web address, such as https://shop.example/products/{slug}")
        return text

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:  # noqa: N804 - after its fields are checked, it is an instance
        """Refuse what could not log in. An empty password beside a name is one that is not shown here."""
        if self.username or self.api_key.get_secret_value() or self.model_fields_set >= {"api_key"}:
            return self
        raise ValueError("enter an API key (api_key), or an administrator (username and password)")

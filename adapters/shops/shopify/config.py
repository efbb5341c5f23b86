"""What has to be known to use a Shopify shop."""

import re
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from adapters.shops.common import web_address
from inbox.contract.commerce import ShopConfig

_HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")
_HOST = re.compile(r"[a-z0-9.-]{3,253}(:[0-9]{1,5})?")


class ShopifyConfig(ShopConfig):
    """A Shopify shop and an app of its own organisation. Needed is the app's client ID and secret, or a token."""

    shop_domain: str = Field(
        max_length=120,
        title="Shop",
        description="The name that Shopify gave the shop, such as alpe.myshopify.com.",
    )
    client_id: str = Field(
        "",
        max_length=100,
        title="Client ID",
        description="From the app's settings in the Dev Dashboard; not needed with an access token.",
    )
    client_secret: SecretStr = Field(
        SecretStr(""),
        title="Client secret",
        description="The app's secret. Tokens are asked for with it, and Shopify signs its events with it.",
    )
    access_token: SecretStr = Field(
        SecretStr(""),
        title="Access token",
        description="Only for apps that were made in the shop's admin before 2026: their token (shpat_…).",
    )
    client_secret_old: SecretStr = Field(
        SecretStr(""),
        title="Former client secret",
        description="Events signed with it are still accepted; fill it in while you change the secret.",
        json_schema_extra={"rare": True},
    )
    storefront: str = Field(
        "",
        max_length=253,
        title="Storefront",
        description="Name of the shop in the web, such as alpe.example, for links to carts. Empty: that of the shop.",
    )
    api_base: str = Field(
        "",
        max_length=300,
        title="Address of the API",
        description="Another address in place of the shop's own, such as a proxy's: scheme, name and port.",
        json_schema_extra={"rare": True},
    )

    @property
    def account(self) -> str:
        """The shop's name at Shopify."""
        return self.shop_domain

    @property
    def base(self) -> str:
        """Where the API is."""
        return self.api_base or f"https://{self.shop_domain}"

    @property
    def site(self) -> str:
        """Where customers shop."""
        return f"https://{self.storefront or self.shop_domain}"

    @field_validator("shop_domain")
    @classmethod
    def _is_shop(cls, value: str) -> str:
        text = value.strip().casefold().removeprefix("https://").rstrip("/").removesuffix(".myshopify.com")
        if not _HANDLE.fullmatch(text):
            raise ValueError("enter the shop's name at Shopify, such as alpe.myshopify.com")
        return f"{text}.myshopify.com"

    @field_validator("storefront")
    @classmethod
    def _is_site(cls, value: str) -> str:
        text = value.strip().casefold().removeprefix("https://").rstrip("/")
        if text and not _HOST.fullmatch(text):
            raise ValueError("enter the name only, such as alpe.example")
        return text

    @field_validator("api_base")
    @classmethod
    def _is_base(cls, value: str) -> str:
        text = web_address(value, "https://proxy.example") if value.strip() else ""
        if urlsplit(text).path:
            raise ValueError("enter scheme, name and port only, such as https://proxy.example")
        return text

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:  # noqa: N804 - after its fields are checked, it is an instance
        """Refuse what could not log in. An empty secret beside a client ID is one that is not shown here."""
        if (
            self.client_id
            or self.access_token.get_secret_value()
            or self.model_fields_set >= {"access_token"}
        ):
            return self
        raise ValueError("enter the app's client ID and secret, or an access token")

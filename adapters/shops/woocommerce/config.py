"""What has to be known to use a WooCommerce shop."""

import re
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from inbox.contract.commerce import ShopConfig

_CHANGED_BY_WORDPRESS = re.compile(r"[&<>\"']")


class WooCommerceConfig(ShopConfig):
    """A WooCommerce shop. Needed are the site's address and a key of its REST API."""

    site_url: str = Field(
        max_length=300,
        title="Address",
        description="The address of the WordPress site, such as https://shop.example. Only https.",
    )
    consumer_key: SecretStr = Field(
        title="Consumer key", description="Of a REST API key with the permissions Read/Write: ck_…"
    )
    consumer_secret: SecretStr = Field(
        title="Consumer secret", description="WooCommerce shows it once, beside the consumer key: cs_…"
    )
    hook_secret: SecretStr = Field(
        SecretStr(""),
        title="Secret of webhooks",
        description="WooCommerce signs its webhooks with it; we enter it there ourselves.",
        json_schema_extra={"generate": True},
    )
    hook_secret_old: SecretStr = Field(
        SecretStr(""),
        title="Former secret of webhooks",
        description="Still accepted beside the secret of webhooks; fill it in while you change that one.",
        json_schema_extra={"rare": True},
    )
    country: str = Field(
        "",
        pattern=r"^([A-Z]{2})?$",
        title="Country",
        description="ISO code of the country whose telephone numbers are kept without a country code (DE).",
    )

    @property
    def account(self) -> str:
        """The site's name in the web."""
        return urlsplit(self.site_url).netloc

    @field_validator("site_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        text = value.strip().rstrip("/")
        try:
            parts = urlsplit(text)
            host, _port = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        # Over plain HTTP WooCommerce takes no Basic credentials, and they could be read on the way.
        if parts.scheme != "https" or not host or parts.username or parts.query or parts.fragment:
            raise ValueError("enter the address with https, such as https://shop.example")
        return text

    @field_validator("consumer_key", "consumer_secret")
    @classmethod
    def _is_trimmed(cls, value: SecretStr) -> SecretStr:
        return SecretStr(value.get_secret_value().strip())

    @field_validator("hook_secret", "hook_secret_old")
    @classmethod
    def _stays_as_it_is(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if _CHANGED_BY_WORDPRESS.search(text):
            raise ValueError("WordPress changes the signs & < > \" and ' in a secret; use others")
        return SecretStr(text)

"""What has to be known to use a Medusa shop."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from inbox.contract.commerce import ShopConfig


class MedusaConfig(ShopConfig):
    """A Medusa server, version 2. Needed are its address and a secret API key."""

    api_base: str = Field(
        max_length=300,
        title="Address of the server",
        description="Scheme, name and port of the Medusa server, such as https://shop.example.",
    )
    api_key: SecretStr = Field(
        title="Secret API key",
        description="Made in Medusa's dashboard under Settings, Secret API keys. It begins with sk_.",
    )
    hook_secret: SecretStr = Field(
        SecretStr(""),
        title="Secret of events",
        description="ONETHREAD_HOOK_SECRET in the server's environment: the plugin signs its events with it.",
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
    product_url: str = Field(
        "",
        max_length=300,
        title="Product pages",
        description="Address of a product's page in the storefront, with {handle}; empty for none.",
        json_schema_extra={"rare": True},
    )
    admin_url: str = Field(
        "",
        max_length=300,
        title="Dashboard",
        description="Address of Medusa's dashboard, for links to orders and customers; empty for none.",
        json_schema_extra={"rare": True},
    )

    @property
    def account(self) -> str:
        """The shop's name."""
        return urlsplit(self.api_base).netloc

    @field_validator("api_base", "product_url", "admin_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        text = value.strip().rstrip("/")
        try:
            parts = urlsplit(text)
            host, _port = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        plain = host and not (parts.username or parts.query or parts.fragment)
        if text and (parts.scheme not in ("http", "https") or not plain):
            raise ValueError("enter a web address, such as https://shop.example")
        return text

    @field_validator("api_base")
    @classmethod
    def _is_there(cls, value: str) -> str:
        if not value:
            raise ValueError("enter the address of the server, such as https://shop.example")
        return value

    @field_validator("api_key")
    @classmethod
    def _is_plain(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not text.isascii() or any(sign.isspace() or sign == ":" for sign in text):
            raise ValueError("a secret API key has no spaces or colons")
        return SecretStr(text)

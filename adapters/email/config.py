"""What has to be known to use a mailbox."""

import re
from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from adapters.email.presets import PRESETS, Preset, Security, by_domain, by_host, by_key
from inbox.contract import ChannelConfig
from inbox.contract.addresses import ascii_domain

# C0 and C1 controls, and the separators that some libraries take for a line end.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]{1,253}")
_HOST = re.compile(r"\[?[0-9A-Za-z_.:%-]{1,253}\]?")
_PORTS: dict[str, dict[str, int]] = {
    "imap": {"ssl": 993, "starttls": 143, "plain": 143},
    "smtp": {"ssl": 465, "starttls": 587, "plain": 25},
}
_MULTI_LINE = {"signature", "tls_ca"}


def _check_address(text: str) -> str:
    """A bare mail address, stripped. Raises ValueError with a sentence."""
    text = text.strip()
    if not _ADDRESS.fullmatch(text) or not ascii_domain(text.rpartition("@")[2]):
        raise ValueError("enter one mail address such as support@example.com")
    return text


def _check_host(text: str) -> str:
    text = text.strip().rstrip(".")
    if "://" in text or "/" in text:
        raise ValueError("enter the server's name only, without a scheme or path")
    if text and not text.isascii():
        text = ascii_domain(text)
    if not _HOST.fullmatch(text):
        raise ValueError("enter the server's name, such as imap.example.com")
    return text


class EmailConfig(ChannelConfig):
    """A mailbox: where mail is read, where it is sent, and who we are there.

    Only the address and the password are needed for providers in `presets`; everything else has a default.
    Secrets may be empty: parsing works without them, and the live test names what is missing.
    """

    address: str = Field(description="Our own mail address, as customers see it.")
    name: str = Field("", max_length=200, description="Name shown beside the address when an agent has none.")
    provider: str = Field("", description="A known provider that fills in the servers: gmail, outlook, …")
    other_addresses: tuple[str, ...] = Field((), description="Further addresses that lead to this mailbox.")

    imap_host: str = Field(
        title="Incoming server (IMAP)", description="Name of the server that mail is read from."
    )
    imap_port: int = Field(
        ge=1, le=65535, title="Incoming port", description="Its port: 993 with TLS, otherwise 143."
    )
    imap_security: Security = Field(
        "ssl", title="Incoming security", description="ssl (TLS from the start), starttls or plain."
    )
    imap_username: str = Field(
        max_length=320, title="Incoming login", description="Login name; the address unless told otherwise."
    )
    imap_password: SecretStr = Field(
        SecretStr(""), title="Incoming password", description="Password or app password."
    )
    imap_folder: str = Field(
        "INBOX", min_length=1, max_length=500, title="Folder", description="Folder that is read."
    )
    sent_folder: str = Field(
        "auto",
        max_length=500,
        title="Folder of sent mail",
        description="Folder of sent mail, read for answers written elsewhere; auto finds it, empty is off.",
    )
    backfill_days: int = Field(
        14,
        ge=0,
        le=3650,
        title="Earlier mail, days",
        description="Days of earlier mail taken in at the start.",
    )
    poll_seconds: int = Field(
        60,
        ge=5,
        le=3600,
        title="Seconds between looks",
        description="Seconds between looks where the server cannot tell of new mail.",
    )
    max_message_mb: int = Field(
        50,
        ge=1,
        le=150,
        title="Largest mail, MB",
        description="Larger mail is taken in with its headers only.",
    )

    smtp_host: str = Field(
        title="Outgoing server (SMTP)", description="Name of the server that mail is handed to."
    )
    smtp_port: int = Field(
        ge=1, le=65535, title="Outgoing port", description="Its port: 465 with TLS, 587 with STARTTLS."
    )
    smtp_security: Security = Field(
        "ssl", title="Outgoing security", description="ssl (TLS from the start), starttls or plain."
    )
    smtp_username: str | None = Field(
        None,
        max_length=320,
        title="Outgoing login",
        description="Login name for sending; that of IMAP unless told otherwise.",
    )
    smtp_password: SecretStr = Field(
        SecretStr(""), title="Outgoing password", description="Password for sending; that of IMAP if empty."
    )
    smtp_final_timeout: int = Field(
        120,
        ge=1,
        le=600,
        title="Patience, seconds",
        description="Seconds to wait for the server's word after a message's end.",
    )

    auth: Literal["password", "xoauth2"] = Field("password", title="Sign-in", description="How we log in.")
    oauth_client_id: str = Field("", max_length=500, description="Client id of the registered application.")
    oauth_client_secret: SecretStr = Field(SecretStr(""), description="Its secret, if it has one.")
    oauth_refresh_token: SecretStr = Field(
        SecretStr(""), description="Refresh token of the mailbox's consent."
    )
    oauth_token_url: str = Field("", max_length=500, description="Address of the token service.")
    oauth_scope: str = Field("", max_length=1000, description="Scope asked for when a token is refreshed.")
    oauth_access_token: SecretStr = Field(SecretStr(""), description="Access token, if minted elsewhere.")
    oauth_access_expires: SecretStr = Field(
        SecretStr(""), description="When the access token ends (ISO 8601); kept by itself."
    )

    authserv_id: str = Field(
        "",
        max_length=253,
        title="Authentication server",
        description="Name under which the receiving server writes Authentication-Results.",
    )
    trust_microsoft_results: bool = Field(
        False,
        title="Trust Microsoft's results",
        description="Take Microsoft 365's Authentication-Results, which bear no server name.",
    )
    plus_addressing: Literal["auto", "on", "off"] = Field(
        "auto",
        title="Tagged addresses",
        description="Whether mail to local+tag@domain arrives here; auto goes by the live test.",
    )
    signature: str = Field("", max_length=10_000, description="Put below every reply whose author has none.")
    tls_verify: bool = Field(
        True,
        title="Check certificates",
        description="Check the servers' certificates. Switch off on a closed network only.",
    )
    tls_ca: str = Field(
        "",
        max_length=500_000,
        title="Own certificate authority",
        description="Further certificate authority: PEM text or the path of a PEM file.",
    )

    @property
    def account(self) -> str:
        """Our own address in its look-up form."""
        return self.address.lower()

    @property
    def domain(self) -> str:
        """The domain of our address, as A-labels."""
        return ascii_domain(self.address.rpartition("@")[2])

    @property
    def preset(self) -> Preset | None:
        """The known provider that this mailbox is at, if any."""
        return by_key(self.provider) or by_host(self.imap_host)

    @property
    def smtp_login(self) -> tuple[str, str]:
        """Login name and password for sending; an empty name means that we do not log in."""
        username = self.imap_username if self.smtp_username is None else self.smtp_username
        password = self.smtp_password.get_secret_value() or self.imap_password.get_secret_value()
        return username, password

    @property
    def size_max(self) -> int:
        """Largest mail that is taken in whole, in bytes."""
        return self.max_message_mb * 1024 * 1024

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Complete what a provider, the address or the security mode already tells."""
        if not isinstance(data, dict):
            return data
        given = {key: value for key, value in data.items() if value is not None}
        preset = _preset_of(given)
        if preset is not None:
            for part in ("imap", "smtp"):
                if not given.get(f"{part}_host"):
                    given[f"{part}_host"] = getattr(preset, f"{part}_host")
                    given.setdefault(f"{part}_port", getattr(preset, f"{part}_port"))
                    given.setdefault(f"{part}_security", getattr(preset, f"{part}_security"))
            for field, known in (("oauth_token_url", preset.token_url), ("oauth_scope", preset.scope)):
                if not given.get(field):
                    given[field] = known
        for part, ports in _PORTS.items():
            if given.get(f"{part}_port") in (None, ""):
                given[f"{part}_port"] = ports.get(str(given.get(f"{part}_security", "ssl")), ports["ssl"])
        if not given.get("imap_username"):
            given["imap_username"] = given.get("address", "")
        return given

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse control characters, with which a value could break out of a header or a protocol line."""
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(text, str) and info.field_name not in _MULTI_LINE and _CONTROL.search(text):
            raise ValueError("line breaks and control characters are not allowed here")
        return value

    @field_validator("other_addresses", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Take a list, or one text with commas or spaces between."""
        return (
            tuple(re.split(r"[\s,;]+", value.strip()))
            if isinstance(value, str) and value.strip()
            else value or ()
        )

    @field_validator("address")
    @classmethod
    def _one_address(cls, value: str) -> str:
        return _check_address(value)

    @field_validator("other_addresses")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_check_address(address) for address in value)

    @field_validator("imap_host", "smtp_host")
    @classmethod
    def _host(cls, value: str) -> str:
        return _check_host(value)

    @field_validator("oauth_token_url")
    @classmethod
    def _token_url(cls, value: str) -> str:
        if value and not re.match(r"https?://[^/\s]+", value):
            raise ValueError("enter the full address, beginning with https://")
        return value

    @field_validator("provider")
    @classmethod
    def _provider(cls, value: str) -> str:
        if value and by_key(value) is None:
            raise ValueError(f"known providers are {', '.join(preset.key for preset in PRESETS)}")
        return value


def _preset_of(given: dict[str, Any]) -> Preset | None:
    """The provider that is named, or that the address or a server belongs to."""
    found: tuple[tuple[str, Callable[[str], Preset | None]], ...] = (
        ("provider", by_key),
        ("imap_host", by_host),
        ("smtp_host", by_host),
    )
    for field, look_up in found:
        if given.get(field):
            return look_up(str(given[field]))
    return by_domain(str(given.get("address", "")).rpartition("@")[2])

"""What an admin sets up for a widget on a shop's site."""

import re
import secrets
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator

from adapters.chat_widget import colours, hosts, words
from inbox.contract.hours import BadHours, Hours
from inbox.contract.site import AskEmail, Site, SiteConfig, Theme

MEGABYTE = 1024 * 1024
BLUE = "#2c57cf"
SECRET_MIN = 32
"""Characters of a secret: HS256 wants a key as long as its hash, 32 bytes (RFC 7518, 3.2)."""

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def _make_key() -> str:
    return secrets.token_hex(8)


class WidgetConfig(SiteConfig):
    """A widget: where it may stand, how it looks and speaks, and how the shop proves who its visitors are."""

    domains: tuple[str, ...] = Field(
        max_length=100,
        title="Domains",
        description="Hosts that may show the widget, with commas between: shop.example, *.shop.example. "
        "A port may be added (localhost:5000); otherwise any will do.",
    )
    site_id: str = Field(
        default_factory=_make_key,
        title="Site id",
        description="Names the widget in the script's address; public. Leave it empty to have one made.",
    )

    title: str = Field(
        "",
        max_length=2000,
        title="Name shown",
        description="The shop's or team's name above the chat; the channel's name unless told otherwise. "
        "In several languages: a line for each, such as “de: Beispielladen”.",
    )
    greeting: str = Field(
        "",
        max_length=4000,
        title="Greeting",
        description="What the panel says before the visitor has written. One line per language, as above.",
    )
    launcher_label: str = Field(
        "",
        max_length=2000,
        title="Button's label",
        description="What the button says to those who point at it or hear it read out. One line per language.",
    )
    offline_text: str = Field(
        "",
        max_length=4000,
        title="Text outside of hours",
        description="Shown with the time at which somebody is back. One line per language.",
    )
    languages: tuple[str, ...] = Field(
        ("en",),
        max_length=50,
        title="Languages",
        description="Languages of the panel, such as en, de, pt-BR; the first is for all other visitors.",
    )

    accent: str = Field(
        BLUE,
        title="Colour",
        description="The shop's colour, as #rrggbb. Text on it is white or dark, whichever can be read.",
    )
    theme: Theme = Field("auto", title="Light or dark", description="auto follows the visitor's own setting.")
    position: Literal["end", "start"] = Field(
        "end", title="Side", description="Side of the page: end is on the right where one reads to the right."
    )
    offset_x: int = Field(
        20, ge=0, le=500, title="From the side, px", description="Distance from the page's side."
    )
    offset_y: int = Field(
        20, ge=0, le=500, title="From the bottom, px", description="Distance from the bottom."
    )

    hours: str = Field(
        "",
        max_length=10_000,
        title="Opening hours",
        description="When somebody answers, such as “mon-fri 09:00-18:00; sat 10:00-14:00; 2026-12-25 closed”. "
        "Empty means always.",
    )
    time_zone: str = Field(
        "UTC", max_length=100, title="Time zone", description="Of the opening hours, such as Europe/Berlin."
    )
    ask_email: AskEmail = Field(
        "after_first",
        title="Ask for an e-mail address",
        description="after_first: after the first message, may be skipped while somebody is there; "
        "offline: only outside of hours; never.",
    )
    ask_rating: bool = Field(
        True, title="Ask for a rating", description="When a conversation is resolved, from 1 to 5."
    )
    attachment_mb: int = Field(
        10, ge=0, le=100, title="Largest file, MB", description="That a visitor may send; 0 for none."
    )
    continue_in: tuple[str, ...] = Field(
        ("all",),
        max_length=50,
        title="Go on in",
        description="Other channels that visitors may go on in: their names, all, or empty for none. "
        "Only those count that can prove it is the same person.",
    )

    identity_secret: SecretStr = Field(
        SecretStr(""),
        title="Identity secret",
        description="Signs who is signed in at the shop (see “Signed-in customers” in the manual): at least 32 "
        "random characters, known to your server only.",
    )
    identity_secret_old: SecretStr = Field(
        SecretStr(""),
        title="Former identity secret",
        description="Still accepted while your server changes to the new one.",
    )

    @property
    def account(self) -> str:
        """The public key."""
        return self.site_id

    @property
    def site(self) -> Site:
        """The settings as the product uses them."""
        both = (self.identity_secret.get_secret_value(), self.identity_secret_old.get_secret_value())
        return Site(
            key=self.site_id,
            domains=self.domains,
            secrets=tuple(secret for secret in both if secret),
            accent=self.accent,
            theme=self.theme,
            position=self.position,
            offset=(self.offset_x, self.offset_y),
            languages=self.languages,
            texts={
                name: words.by_language(text, self.languages)
                for name, text in (
                    ("title", self.title),
                    ("greeting", self.greeting),
                    ("launcher", self.launcher_label),
                    ("offline", self.offline_text),
                )
            },
            hours=self.hours,
            zone=self.time_zone,
            ask_email=self.ask_email,
            ask_rating=self.ask_rating,
            attachment_max=self.attachment_mb * MEGABYTE,
            continue_in=self.continue_in,
        )

    @field_validator("domains", "languages", "continue_in", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """A list as it is typed into one input: with commas, or in lines."""
        if isinstance(value, str):
            return tuple(part.strip() for part in re.split(r"[,\n]", value) if part.strip())
        return value

    @field_validator("domains")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one host that may show the widget, such as shop.example")
        return tuple(dict.fromkeys(hosts.host(each) for each in value))

    @field_validator("languages")
    @classmethod
    def _tags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for tag in value:
            if not _TAG.fullmatch(tag):
                raise ValueError(f"“{tag[:50]}” is no language: write en, de or pt-BR")
        return tuple(dict.fromkeys(value)) or ("en",)

    @field_validator("site_id", mode="before")
    @classmethod
    def _key(cls, value: Any) -> Any:
        if value == "":
            return _make_key()
        if isinstance(value, str) and not _KEY.fullmatch(value):
            raise ValueError("use 8 to 64 letters, digits, hyphens and underscores, or leave it empty")
        return value

    @field_validator("accent")
    @classmethod
    def _accent(cls, value: str) -> str:
        return colours.legible(colours.colour(value)) if value.strip() else BLUE

    @field_validator("identity_secret", "identity_secret_old")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value().encode()) < SECRET_MIN:
            raise ValueError(f"use at least {SECRET_MIN} characters, made by a random generator")
        return value

    @field_validator("hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        return _parsed(value, "UTC", value)

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        value = value.strip() or "UTC"
        return _parsed("", value, value)


def _parsed(hours: str, zone: str, value: str) -> str:
    try:
        Hours.parse(hours, zone)
    except BadHours as error:
        raise ValueError(str(error)) from error
    return value

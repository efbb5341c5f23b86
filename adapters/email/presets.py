"""Servers of well-known mail providers, as data, so that an address alone is enough to reach them."""

from dataclasses import dataclass
from typing import Literal

Security = Literal["ssl", "starttls", "plain"]


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of one provider. `domains` are the addresses that surely live there.

    `plus_addressing` says whether mail to local+tag@domain reaches local@domain. `note` is a hint for whoever
    connects an account.
    """

    key: str
    title: str
    domains: tuple[str, ...]
    imap_host: str
    smtp_host: str
    smtp_port: int
    smtp_security: Security
    plus_addressing: bool
    imap_port: int = 993
    imap_security: Security = "ssl"
    token_url: str = ""
    scope: str = ""
    note: str = ""


PRESETS: tuple[Preset, ...] = (
    Preset(
        key="gmail",
        title="Gmail and Google Workspace",
        domains=("gmail.com", "googlemail.com"),
        imap_host="imap.gmail.com",
        smtp_host="smtp.gmail.com",
        smtp_port=465,
        smtp_security="ssl",
        plus_addressing=True,
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - the address of a service
        scope="https://mail.google.com/",
        note="Use an app password (needs two-step verification) or OAuth.",
    ),
    Preset(
        key="outlook",
        title="Microsoft 365 and Outlook.com",
        domains=("outlook.com", "hotmail.com", "live.com", "msn.com"),
        imap_host="outlook.office365.com",
        smtp_host="smtp.office365.com",
        smtp_port=587,
        smtp_security="starttls",
        plus_addressing=True,
        token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",  # noqa: S106 - as above
        scope=(
            "https://outlook.office.com/IMAP.AccessAsUser.All "
            "https://outlook.office.com/SMTP.Send offline_access"
        ),
        note="Needs OAuth; SMTP AUTH must be switched on for the mailbox.",
    ),
    Preset(
        key="fastmail",
        title="Fastmail",
        domains=("fastmail.com", "fastmail.fm"),
        imap_host="imap.fastmail.com",
        smtp_host="smtp.fastmail.com",
        smtp_port=465,
        smtp_security="ssl",
        plus_addressing=True,
        note="Use an app password.",
    ),
    Preset(
        key="icloud",
        title="iCloud Mail",
        domains=("icloud.com", "me.com", "mac.com"),
        imap_host="imap.mail.me.com",
        smtp_host="smtp.mail.me.com",
        smtp_port=587,
        smtp_security="starttls",
        plus_addressing=True,
        note="Use an app-specific password.",
    ),
    Preset(
        key="yandex",
        title="Yandex Mail",
        domains=("yandex.ru", "yandex.com", "ya.ru"),
        imap_host="imap.yandex.com",
        smtp_host="smtp.yandex.com",
        smtp_port=465,
        smtp_security="ssl",
        plus_addressing=True,
        note="Switch IMAP on in the mailbox settings and use an app password.",
    ),
    Preset(
        key="yahoo",
        title="Yahoo Mail",
        domains=("yahoo.com", "ymail.com"),
        imap_host="imap.mail.yahoo.com",
        smtp_host="smtp.mail.yahoo.com",
        smtp_port=465,
        smtp_security="ssl",
        plus_addressing=False,
        note="Use an app password.",
    ),
    Preset(
        key="mailru",
        title="Mail.ru",
        domains=("mail.ru", "inbox.ru", "list.ru", "bk.ru"),
        imap_host="imap.mail.ru",
        smtp_host="smtp.mail.ru",
        smtp_port=465,
        smtp_security="ssl",
        plus_addressing=True,
        note="Use a password for external applications.",
    ),
    Preset(
        key="zoho",
        title="Zoho Mail",
        domains=("zoho.com", "zohomail.com"),
        imap_host="imap.zoho.com",
        smtp_host="smtp.zoho.com",
        smtp_port=465,
        smtp_security="ssl",
        plus_addressing=True,
        note="Switch IMAP on in the mailbox settings and use an app password.",
    ),
)


def by_key(key: str) -> Preset | None:
    """The preset of that name."""
    return next((preset for preset in PRESETS if preset.key == key), None)


def by_domain(domain: str) -> Preset | None:
    """The provider that surely serves a mail domain."""
    return next((preset for preset in PRESETS if domain.lower() in preset.domains), None)


def by_host(host: str) -> Preset | None:
    """The provider a server belongs to."""
    name = host.lower().rstrip(".")
    return next((preset for preset in PRESETS if name in (preset.imap_host, preset.smtp_host)), None)

"""Pure decisions about agents: what a good name, address and password is, and how long a guesser waits."""

import base64
import functools
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from zoneinfo import available_timezones

from inbox.errors import Invalid

PASSWORD_MIN = 8
PASSWORD_MAX = 256
# The most used passwords that are long enough to pass otherwise.
_COMMON = frozenset(
    (
        *("password", "password1", "12345678", "123456789", "1234567890", "qwertyui", "iloveyou", "sunshine"),
        *("princess", "football", "baseball", "superman", "trustno1", "starwars", "letmein1", "admin123"),
        *("welcome1", "abc12345", "asdfghjk", "11111111", "qwerty123", "computer", "whatever", "passw0rd"),
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "qwertyuiop",
        "qwertzuiop",
        "qwerty1234",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "iloveyou12",
        "letmein123",
        "welcome123",
        "welcome1234",
        "changeme123",
        "administrator",
        "admin12345",
        "admin123456",
        "onethread1",
        "onethread12",
        "onethread123",
        "abcdefghij",
        "abc1234567",
        "1234567890",
        "0123456789",
        "12345678910",
        "9876543210",
    )
)
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]{1,253}")
THEMES = ("system", "light", "dark")


@dataclass(frozen=True)
class Limit:
    """How failures of one kind are slowed down.

    The first `free` failures within `window` cost nothing; each further one doubles the wait, from `first`
    up to `most`.
    """

    free: int
    first: timedelta
    most: timedelta
    window: timedelta


ACCOUNT = Limit(5, timedelta(seconds=5), timedelta(minutes=15), timedelta(hours=24))
ADDRESS = Limit(30, timedelta(seconds=2), timedelta(minutes=5), timedelta(hours=1))
"""Looser than an account's limit: a whole office may stand behind one address."""


def wait_until(limit: Limit, failures: int, last: datetime | None) -> datetime | None:
    """When the next try is allowed after `failures`, the newest at `last`; None for at once."""
    if last is None or failures < limit.free:
        return None
    # More than 30 doublings exceed every cap and would overflow.
    doublings: int = min(failures - limit.free, 30)
    wait = min(limit.most, limit.first * (1 << doublings))
    return last + wait


def address_key(address: str) -> str:
    """What is counted for a client address: IPv4 as it is, IPv6 by its /64, which one subscriber owns."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ip_network((ip, 64), strict=False))
    return str(ip)


def fold_email(text: str) -> str:
    """The form under which an address is looked up."""
    return unicodedata.normalize("NFC", text.strip()).casefold()


def check_email(text: str) -> str:
    """The look-up form of an address somebody may sign in with. Raises Invalid."""
    email = fold_email(text)
    if not _EMAIL.fullmatch(email) or not _printable(email):
        raise Invalid("Enter one e-mail address, such as anna@example.com.", "/email")
    return email


def check_name(text: str, pointer: str = "/name") -> str:
    """A name in one line, 1 to 100 characters. Raises Invalid."""
    name = " ".join(text.split())
    if not name or len(name) > 100 or not _printable(name):
        raise Invalid("Enter a name of 1 to 100 characters.", pointer)
    return name


def check_password(password: str, email: str = "", name: str = "") -> str:
    """A password worth keeping, unchanged. Raises Invalid.

    Length is what counts (NIST SP 800-63B): no character classes, but nothing that everybody guesses.
    """
    if len(password) < PASSWORD_MIN:
        raise Invalid(f"Use at least {PASSWORD_MIN} characters; a sentence works well.", "/password")
    if len(password) > PASSWORD_MAX:
        raise Invalid("Use at most 256 characters.", "/password")
    folded = password.casefold()
    if folded in _COMMON or len(set(folded)) < 5:
        raise Invalid("This password is easily guessed. Choose another one.", "/password")
    own = {fold_email(email), fold_email(email).partition("@")[0] * 2, name.casefold(), name.casefold() * 2}
    if folded in own:
        raise Invalid("The password must not be the name or the e-mail address.", "/password")
    return password


@functools.cache
def time_zones() -> list[str]:
    """The time zones to choose from: places, and UTC."""
    places = (
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/"))
    )
    return ["UTC", *sorted(places)]


def check_time_zone(text: str) -> str:
    """A time zone's name as in `time_zones`. Raises Invalid."""
    if text not in time_zones():
        raise Invalid("Choose a time zone from the list.", "/time_zone")
    return text


def check_theme(text: str) -> str:
    """One of `THEMES`. Raises Invalid."""
    if text not in THEMES:
        raise Invalid("Choose a theme from the list.", "/theme")
    return text


def check_signature(text: str) -> str:
    """A signature below replies, up to 2000 characters; line ends unified. Raises Invalid."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    if len(text) > 2000 or any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in text):
        raise Invalid("A signature has at most 2000 characters.", "/signature")
    return text


def setup_code(key: bytes) -> str:
    """The code with which whoever started the server makes the first account: 60 bits of `key`, readable."""
    text = base64.b32encode(key[:8]).decode()[:12]
    return "-".join((text[:4], text[4:8], text[8:]))


def browser_name(user_agent: str) -> str:
    """What to call a browser in the list of sessions: "Firefox on Linux"; "" when nothing is recognised."""
    browsers = (
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    )
    systems = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((title for mark, title in browsers if mark in user_agent), "")
    system = next((title for mark, title in systems if mark in user_agent), "")
    return " on ".join(part for part in (browser, system) if part)


def _printable(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for c in text)

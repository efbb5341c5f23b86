"""Hosts that may hold the panel, as an admin writes them. Pure."""

import ipaddress
import re

from inbox.contract.addresses import ascii_domain

_PORT = re.compile(r"(?P<host>.+?)(?::(?P<port>\d{1,5}|\*))?")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def host(text: str) -> str:
    """ "https://Shop.example/" as "shop.example", "*.shop.example", "localhost:5000"; IDN in ASCII.

    Raises ValueError with a sentence.
    """
    bare = _SCHEME.sub("", text.strip()).partition("/")[0]
    found = _PORT.fullmatch(bare)
    if found is None:
        raise _unfit(text)
    name, port = found["host"], found["port"] or ""
    wild = name.startswith("*.")
    folded = _name(name.removeprefix("*."), wild=wild)
    if not folded or (port.isdigit() and not 0 < int(port) < 65536):
        raise _unfit(text)
    if wild and "." not in folded:
        raise ValueError(f"“{text}” is too wide: name the domain, as in *.shop.example")
    suffix = f":{port}" if port.isdigit() else ""
    return f"{'*.' if wild else ''}{folded}{suffix}"


def _name(name: str, *, wild: bool) -> str:
    """A host's name in look-up form, or ""."""
    if name.startswith("["):
        try:
            return "" if wild else f"[{ipaddress.IPv6Address(name[1:-1]).compressed}]"
        except ValueError:
            return ""
    folded = ascii_domain(name)
    return "" if folded.startswith("[") or "_" in folded else folded


def _unfit(text: str) -> ValueError:
    return ValueError(
        f"“{text[:100]}” is no host: write shop.example, *.shop.example or localhost:5000, with commas between"
    )

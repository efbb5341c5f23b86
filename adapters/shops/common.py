"""Small things that every shop needs: moments, versions, the mark of an act, addresses and tokens that people type."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from inbox.contract import Unreadable

TOKEN_MIN = 16
"""Characters of a token that somebody chose."""


def moment(text: Any) -> datetime | None:
    """A shop's ISO text as a moment in UTC; None for none. Raises Unreadable."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Unreadable("A time of the shop cannot be read.") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def version(*parts: Any) -> str:
    """A short text that differs when any of `parts` does."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def mark(key: str) -> str:
    """What is written into the shop beside an act, by which it is recognised: no personal data, and no secret."""
    return f"[onethread:{hashlib.sha256(key.encode()).hexdigest()[:20]}]"


class understood:  # noqa: N801 - reads as a statement
    """Within it, data that is not as the shop's documentation says is Unreadable."""

    def __enter__(self) -> None:
        """Nothing has to be prepared."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raises Unreadable in place of what reading a wrong form raised."""
        if isinstance(error, KeyError | TypeError | AttributeError | IndexError | ValueError):
            raise Unreadable("The shop answered in no known way.", code="form") from error


def web_address(text: str, example: str) -> str:
    """An address that a person typed, without the stroke at its end. Raises ValueError that shows an `example`."""
    address = text.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    plain = host and not (parts.username or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not plain:
        raise ValueError(f"enter a web address, such as {example}")
    return address


def long_token(token: SecretStr) -> SecretStr:
    """A token that a person chose, without spaces around it. Raises ValueError for one that is easily guessed."""
    text = token.get_secret_value().strip()
    if text and len(text) < TOKEN_MIN:
        raise ValueError(f"a token has at least {TOKEN_MIN} characters")
    return SecretStr(text)

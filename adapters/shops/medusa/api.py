"""Medusa's Admin API: JSON over HTTP, with the secret API key as the name of HTTP's Basic authentication."""

import base64
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from adapters.shops.common import understood
from adapters.shops.medusa.config import MedusaConfig
from adapters.shops.web import Web
from inbox.contract import Rejected, Uncertain, Unreadable
from inbox.contract.commerce import Money, ShopIo

_NAME = "The Medusa shop"
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class Api:
    """The Admin API of one connection."""

    config: MedusaConfig
    io: ShopIo

    def ask(self, path: str, **query: str | int | tuple[str, ...]) -> Any:
        """The data below /admin, or None where there is none. Raises TryLater, NeedsReauth, Rejected or Unreadable."""
        return self._call("GET", path, query, None)

    def list(self, path: str, **query: str | int | tuple[str, ...]) -> Any:
        """The same for what is always there. Raises Unreadable for 404: something else answers at this address."""
        found = self.ask(path, **query)
        if found is None:
            raise Unreadable("Nothing at this address answers as Medusa does.", code="404")
        return found

    def prepare(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Change something that may be changed twice alike. Raises as `ask`, and Rejected where it is gone."""
        return _there(self._call(method, path, {}, {} if body is None and method == "POST" else body))

    def deciding(self, path: str, body: Any = None) -> Any:
        """Do what must be done once, between the checkpoints of an act. Raises Uncertain too."""
        self.io.checkpoint("before_wire")
        data = self._call("POST", path, {}, body or {}, changes=True)
        self.io.checkpoint("after_wire")
        return _there(data)

    def _call(self, method: str, path: str, query: Any, body: Any, *, changes: bool = False) -> Any:
        words = [
            (name if isinstance(value, str | int) else f"{name}[]", each)
            for name, value in query.items()
            for each in ((value,) if isinstance(value, str | int) else value)
        ]
        url = f"{self.config.api_base}/admin/{path}" + (f"?{urlencode(words)}" if words else "")
        name = base64.b64encode(f"{self.config.api_key.get_secret_value()}:".encode()).decode()
        headers = {"Authorization": f"Basic {name}"}
        return Web(self.io, _NAME).call(method, url, headers=headers, body=body, changes=changes).data


@contextlib.contextmanager
def decided() -> Iterator[None]:
    """Within it, an answer of no known form leaves open whether something was done. Raises Uncertain."""
    try:
        with understood():
            yield
    except Unreadable as error:
        raise Uncertain(
            f"{_NAME} answered in no known way, so it is not known whether it was done."
        ) from error


def _there(data: Any) -> Any:
    if data is None:
        raise Rejected("The shop has no such thing any more.", code="404")
    return data


def is_id(text: str) -> bool:
    """Whether a text can be an id of Medusa's; nothing else is put into an address."""
    return _ID.fullmatch(text) is not None


def amount(value: Any) -> Decimal:
    """A number of the shop's JSON, exact. Raises TypeError for anything else."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise TypeError("not an amount")


def money(value: Any, currency: str) -> Money:
    """An amount in major units. Medusa reckons taxes with many places and rounds where it shows them, and so do we."""
    return Money(amount=amount(value), currency=currency.upper()).rounded()


def number(value: Decimal) -> int | float:
    """A decimal number as JSON writes it: Medusa takes amounts in no other way. Raises Rejected where it cannot be
    written exactly."""
    if value == value.to_integral_value():
        return int(value)
    written = float(value)
    if Decimal(repr(written)) != value:
        raise Rejected("The amount has too many digits for the shop.")
    return written

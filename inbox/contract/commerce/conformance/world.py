"""The shop itself, with a shopper's and a clerk's hands: what the checks of reading and acting work on."""

import time
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from inbox.contract.adapter import HookRequest
from inbox.contract.commerce.port import ShopConfig, ShopIo
from inbox.contract.messages import Frozen

T = TypeVar("T")
PATIENCE = 30.0
"""Seconds until something that must happen is missed; on a quiet machine all of it takes fractions of one."""


class Placed(Frozen):
    """An order as the world made it. `total` and the price of a piece are decimal texts."""

    order_id: str
    number: str
    currency: str


class World(Protocol):
    """A shop that the checks may use freely. People are told apart by e-mail address; each check has its own."""

    @property
    def config(self) -> ShopConfig:
        """The connection's configuration, with working credentials and a secret of events."""
        ...

    @property
    def skus(self) -> tuple[str, str]:
        """Two things with stock enough for all checks."""
        ...

    def rotated(self) -> ShopConfig:
        """The configuration after the secret of events was changed: the old one stands in its second place."""
        ...

    def locked_out(self) -> ShopConfig:
        """The configuration with credentials that the shop never gave out."""
        ...

    def io(self) -> ShopIo:
        """An io that reaches the shop, with an empty memory."""
        ...

    def end_sessions(self, io: ShopIo) -> None:
        """Make the access token in the io's memory one that has ended."""
        ...

    def buyer(self, email: str, phone: str = "", name: str = "Ana Silva") -> str:
        """Register a customer with an account, and log him in. Returns his id."""
        ...

    def put(self, buyer_id: str, sku: str, quantity: int) -> str:
        """Have so many of something in his cart, as he does in the storefront. Returns the cart's id."""
        ...

    def check_out(self, buyer_id: str) -> Placed:
        """Order and pay what is in his cart."""
        ...

    def guest_order(self, email: str) -> Placed:
        """Order something without an account."""
        ...

    def ship(self, placed: Placed, lines: Mapping[str, int], number: str) -> None:
        """Send pieces, by line id, as one parcel with a tracking number."""
        ...

    def touch(self, placed: Placed) -> None:
        """Change the order as somebody in the shop does: give back a little of the money, or cancel it."""
        ...

    def heard(self) -> list[HookRequest]:
        """The events that the shop has sent since the last call."""
        ...

    def stale_event(self) -> HookRequest | None:
        """A genuine event that was signed days ago; None where the shop signs no time."""
        ...


def until(found: Callable[[], T | None], what: str) -> T:
    """Ask until there is an answer. Raises AssertionError when that takes too long."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = found()
        if answer is not None:
            return answer
        assert time.monotonic() < end, f"{what} did not come within {PATIENCE:g} s"
        time.sleep(0.02)

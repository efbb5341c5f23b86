"""The port that every shop implements.

A shop is a folder below `adapters/shops/` whose `__init__` has `SHOP`, an instance of `Shop`. `verify` and `parse` are
pure; all else reaches the network through `io` only, which keeps the deadline: an adapter passes no timeouts, and a
call that comes too late raises TryLater there.
"""

from abc import ABC, abstractmethod
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from inbox.contract.adapter import Accept, Challenge, Health, HookRequest, Io, Setup
from inbox.contract.commerce.acts import Act, Done, Preview
from inbox.contract.commerce.model import (
    Buyer,
    Cart,
    Found,
    Loyalty,
    Order,
    OrderPage,
    Product,
    ShopEvent,
    Sought,
    StockLevel,
)
from inbox.contract.commerce.words import Can
from inbox.contract.errors import NotAuthentic, Rejected
from inbox.contract.face import Mark, Step
from inbox.contract.messages import Frozen, Raw


class ShopConfig(BaseModel):
    """Base of a shop's configuration. Fields typed `SecretStr` are encrypted at rest and write-only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def account(self) -> str:
        """The shop as people know it ("alpe.example")."""
        raise NotImplementedError


class ShopManifest(Frozen):
    """What a kind of shop is: `key` equals its folder's name. `polls`: changes are asked for, by `changes`, because
    the shop's webhooks are lost now and then."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    key: str
    title: str
    docs: str
    config: type[ShopConfig]
    can: frozenset[Can]
    mark: Mark = Mark(icon="shopping-bag")
    about: str = ""
    polls: bool = False


class ShopIo(Io, Protocol):
    """The network, time, and a memory for what is cheap to get again (an access token with its end)."""

    @property
    def memory(self) -> MutableMapping[str, JsonValue]:
        """Of this connection in this process; lost now and then."""
        ...

    def single(self, name: str) -> AbstractContextManager[None]:
        """Held by one thread of this process at a time: renew a token inside, and look first whether another did."""
        ...


S = TypeVar("S", bound=ShopConfig)


class Shop(ABC, Generic[S]):
    """Base of all shops. Stateless: everything arrives as arguments.

    Reading raises TryLater (unreachable, too slow, limited), NeedsReauth, Rejected, or Unreadable for rubbish;
    what does not exist is None or empty. Ids that another shop's event or agent made up are no more than unknown.
    """

    manifest: ClassVar[ShopManifest]

    def can(self, config: S, facts: dict[str, JsonValue]) -> frozenset[Can]:
        """What this connection can do, where its rights differ from those of its kind. Pure."""
        return self.manifest.can

    @abstractmethod
    def health(self, config: S, io: ShopIo) -> Health:
        """Try the connection for real, without side effects anyone would notice. Never raises."""

    def guide(self, config: S | None, hook_url: str) -> tuple[Step, ...]:
        """What a person does at the shop, in order. Pure; see `Adapter.guide`."""
        return ()

    def connected(self, config: S, hook_url: str, io: ShopIo) -> Setup:
        """Subscribe to events at the shop. Repeatable. Raises as reading does."""
        return Setup()

    def disconnected(self, config: S, io: ShopIo) -> None:
        """Take back what `connected` arranged. Raises as reading does."""

    # Events

    def verify(self, config: S, request: HookRequest) -> Accept | Challenge:
        """Prove that the shop sent the request, on raw bytes in constant time. Raises only NotAuthentic."""
        raise NotAuthentic("This shop sends no events.")

    def parse(self, config: S, raw: Raw) -> tuple[ShopEvent, ...]:
        """Read a kept event. Pure; `config` carries no secrets here. Raises only Unreadable."""
        return ()

    def changes(self, config: S, since: JsonValue, io: ShopIo) -> tuple[tuple[ShopEvent, ...], JsonValue]:
        """What changed after `since` (None: from now on), and where to go on. Bounded; raises as reading does."""
        return (), since

    # Reading

    @abstractmethod
    def find(self, config: S, who: Sought, io: ShopIo) -> tuple[Found, ...]:
        """Every buyer for whom something of `who` is exactly equal: never the first hit, never a part of a word.

        One buyer is found once, by the strongest of his reasons. All of `who` is asked.
        """

    @abstractmethod
    def buyer(self, config: S, buyer_id: str, io: ShopIo) -> Buyer | None:
        """A buyer by id."""

    def carts(self, config: S, buyer_id: str, io: ShopIo) -> tuple[Cart, ...]:
        """A buyer's open carts, the last used first (`Can.CART_READ`)."""
        return ()

    def cart(self, config: S, cart_id: str, io: ShopIo) -> Cart | None:
        """A cart by id; None once it is gone (`Can.CART_READ`)."""
        return None

    @abstractmethod
    def orders(self, config: S, buyer_id: str, io: ShopIo, *, limit: int = 5, cursor: str = "") -> OrderPage:
        """A buyer's orders, newest first."""

    @abstractmethod
    def order(self, config: S, order_id: str, io: ShopIo) -> Order | None:
        """An order by id, as it is now."""

    def find_orders(self, config: S, text: str, io: ShopIo) -> tuple[Order, ...]:
        """Up to ten orders whose number is exactly `text` (with or without the shop's "#")."""
        return ()

    def products(self, config: S, text: str, io: ShopIo, *, limit: int = 8) -> tuple[Product, ...]:
        """Products that fit some words (`Can.PRODUCT_SEARCH`)."""
        return ()

    def product(self, config: S, product_id: str, io: ShopIo) -> Product | None:
        """A product by id, or by sku where the id is unknown."""
        return None

    def stock(self, config: S, product_id: str, io: ShopIo) -> tuple[StockLevel, ...]:
        """What each store has (`Can.STOCK`)."""
        return ()

    def loyalty(self, config: S, buyer_id: str, io: ShopIo) -> Loyalty | None:
        """A buyer's points (`Can.LOYALTY`)."""
        return None

    # Acting

    def preview(self, config: S, act: Act, io: ShopIo) -> Preview:
        """What an act would do now, asked of the shop. Raises as reading does; Rejected says why it cannot be done."""
        raise Rejected("Nothing can be done in this shop from here.")

    def perform(self, config: S, act: Act, io: ShopIo, *, key: str, version: str, reason: str) -> Done:
        """Do it once, however often it is called with the same `key`. Calls `io.checkpoint("before_wire")` before the
        first byte of the deciding request and `io.checkpoint("after_wire")` after its answer.

        Raises Changed where the order is not at `version` any more, Uncertain where it may have been done, and as
        reading does where it certainly was not.
        """
        raise Rejected("Nothing can be done in this shop from here.")

    def performed(self, config: S, act: Act, io: ShopIo, *, key: str) -> Done | None:
        """Look whether an act with this `key` was done, after a crash or an uncertain answer; None: certainly not.

        Raises as reading does, and Uncertain where the shop cannot tell.
        """
        from inbox.contract.errors import Uncertain

        raise Uncertain("The shop cannot tell whether this was done.")


AnyShop = Shop[Any]

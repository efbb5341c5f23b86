"""Any shop: one that answers the few calls of docs/shops/bridge.md, in the contract's own words."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from adapters.shops import signed
from adapters.shops.bridge.config import BridgeConfig
from inbox.contract import Accept, Health, HookRequest, Mark, Raw, Step
from inbox.contract.commerce import (
    Act,
    Buyer,
    Can,
    Cart,
    Done,
    Found,
    Loyalty,
    Order,
    OrderPage,
    Preview,
    Product,
    Shop,
    ShopEvent,
    ShopIo,
    ShopManifest,
    Sought,
    StockLevel,
)

if TYPE_CHECKING:
    from adapters.shops.bridge.calls import Calls


class BridgeShop(Shop[BridgeConfig]):
    """The adapter of shops that speak our own protocol. Each method loads what it needs."""

    manifest: ClassVar[ShopManifest] = ShopManifest(
        key="bridge",
        title="Any shop",
        docs="docs/shops/bridge.md",
        config=BridgeConfig,
        can=frozenset(Can),
        mark=Mark(draw="M4 10v10h16V10M2.5 10l2-6h15l2 6zM9.5 20v-5h5v5", light="#6a4a1f", dark="#e0bd8a"),
        about=(
            "A shop that has no adapter of its own here. It answers a dozen simple calls, of which it may leave out "
            "what it cannot do; somebody who knows the shop writes them in an afternoon."
        ),
    )

    def can(self, config: BridgeConfig, facts: dict[str, JsonValue]) -> frozenset[Can]:
        """What the shop said it can do."""
        from adapters.shops.bridge.reading import possible

        return possible(self.manifest.can, facts)

    def health(self, config: BridgeConfig, io: ShopIo) -> Health:
        """Ask the shop what it is. Never raises."""
        from adapters.shops.bridge.reading import check

        return check(_calls(config, io))

    def guide(self, config: BridgeConfig | None, hook_url: str) -> tuple[Step, ...]:
        """What to write in the shop."""
        from adapters.shops.bridge.guide import guide

        return guide(hook_url)

    def verify(self, config: BridgeConfig, request: HookRequest) -> Accept:
        """Prove that the shop sent it. Raises NotAuthentic."""
        secrets = (config.hook_secret.get_secret_value(), config.hook_secret_old.get_secret_value())
        return signed.verify(secrets, request)

    def parse(self, config: BridgeConfig, raw: Raw) -> tuple[ShopEvent, ...]:
        """Read an event. Raises only Unreadable."""
        return signed.parse(raw)

    def find(self, config: BridgeConfig, who: Sought, io: ShopIo) -> tuple[Found, ...]:
        """Buyers by id, order number, e-mail and phone."""
        from adapters.shops.bridge import reading

        return reading.find(_calls(config, io), who)

    def buyer(self, config: BridgeConfig, buyer_id: str, io: ShopIo) -> Buyer | None:
        """A buyer by id."""
        from adapters.shops.bridge import reading

        return reading.buyer(_calls(config, io), buyer_id)

    def carts(self, config: BridgeConfig, buyer_id: str, io: ShopIo) -> tuple[Cart, ...]:
        """A buyer's open carts."""
        from adapters.shops.bridge import reading

        return reading.carts(_calls(config, io), buyer_id)

    def cart(self, config: BridgeConfig, cart_id: str, io: ShopIo) -> Cart | None:
        """A cart by id."""
        from adapters.shops.bridge import reading

        return reading.cart(_calls(config, io), cart_id)

    def orders(
        self, config: BridgeConfig, buyer_id: str, io: ShopIo, *, limit: int = 5, cursor: str = ""
    ) -> OrderPage:
        """A buyer's orders, newest first."""
        from adapters.shops.bridge import reading

        return reading.orders(_calls(config, io), buyer_id, limit, cursor)

    def order(self, config: BridgeConfig, order_id: str, io: ShopIo) -> Order | None:
        """An order by id."""
        from adapters.shops.bridge import reading

        return reading.order(_calls(config, io), order_id)

    def find_orders(self, config: BridgeConfig, text: str, io: ShopIo) -> tuple[Order, ...]:
        """Orders by number."""
        from adapters.shops.bridge import reading

        return reading.find_orders(_calls(config, io), text)

    def products(self, config: BridgeConfig, text: str, io: ShopIo, *, limit: int = 8) -> tuple[Product, ...]:
        """Products that fit some words."""
        from adapters.shops.bridge import reading

        return reading.products(_calls(config, io), text, limit)

    def product(self, config: BridgeConfig, product_id: str, io: ShopIo) -> Product | None:
        """A product by id."""
        from adapters.shops.bridge import reading

        return reading.product(_calls(config, io), product_id)

    def stock(self, config: BridgeConfig, product_id: str, io: ShopIo) -> tuple[StockLevel, ...]:
        """What each place has."""
        from adapters.shops.bridge import reading

        return reading.stock(_calls(config, io), product_id)

    def loyalty(self, config: BridgeConfig, buyer_id: str, io: ShopIo) -> Loyalty | None:
        """A buyer's points."""
        from adapters.shops.bridge import reading

        return reading.loyalty(_calls(config, io), buyer_id)

    def preview(self, config: BridgeConfig, act: Act, io: ShopIo) -> Preview:
        """What an act would do."""
        from adapters.shops.bridge import acting

        return acting.preview(_calls(config, io), act)

    def perform(
        self, config: BridgeConfig, act: Act, io: ShopIo, *, key: str, version: str, reason: str
    ) -> Done:
        """Do it once."""
        from adapters.shops.bridge import acting

        return acting.perform(_calls(config, io), act, key=key, version=version, reason=reason)

    def performed(self, config: BridgeConfig, act: Act, io: ShopIo, *, key: str) -> Done | None:
        """Whether it was done."""
        from adapters.shops.bridge import acting

        return acting.performed(_calls(config, io), key)


def _calls(config: BridgeConfig, io: ShopIo) -> "Calls":
    from adapters.shops.bridge.calls import Calls

    return Calls(config, io)


SHOP = BridgeShop()

"""Medusa: a headless shop with an Admin API, and a small plugin of ours for what that leaves out: carts and events."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from adapters.shops import signed
from adapters.shops.medusa.config import MedusaConfig
from inbox.contract import Accept, Health, HookRequest, Mark, Raw, Setup, Step
from inbox.contract.commerce import (
    Act,
    Buyer,
    Can,
    Cart,
    Done,
    Found,
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
    from adapters.shops.medusa.api import Api


class MedusaShop(Shop[MedusaConfig]):
    """The adapter of Medusa shops. Each method loads what it needs."""

    manifest: ClassVar[ShopManifest] = ShopManifest(
        key="medusa",
        title="Medusa",
        docs="docs/shops/medusa.md",
        config=MedusaConfig,
        can=frozenset(
            {
                Can.CART_READ,
                Can.CART_PUSH,
                Can.ORDER_SEARCH,
                Can.PRODUCT_SEARCH,
                Can.STOCK,
                Can.COUPON,
                Can.REFUND,
                Can.CANCEL,
                Can.EDIT_ADDRESS,
                Can.NOTE,
                Can.RETURN,
            }
        ),
        mark=Mark(draw="M12 3l7.5 4.5v9L12 21l-7.5-4.5v-9zM12 8.5v7", light="#4a4458", dark="#c3bcd6"),
        about=(
            "A Medusa server of yours (version 2): customers, orders and stock beside the thread, with refunds, "
            "returns and codes. You need a secret API key, and a small plugin for live carts."
        ),
    )

    def can(self, config: MedusaConfig, facts: dict[str, JsonValue]) -> frozenset[Can]:
        """Without the plugin there are no carts."""
        from adapters.shops.medusa.connect import possible

        return possible(self.manifest.can, facts)

    def health(self, config: MedusaConfig, io: ShopIo) -> Health:
        """Ask the shop for its name, and whether the plugin is there. Never raises."""
        from adapters.shops.medusa.connect import check

        return check(_api(config, io))

    def guide(self, config: MedusaConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to get a key, and how to add the plugin."""
        from adapters.shops.medusa.connect import guide

        return guide(hook_url)

    def connected(self, config: MedusaConfig, hook_url: str, io: ShopIo) -> Setup:
        """The plugin is told where to send events in the server's environment, by a person."""
        if not hook_url:
            return Setup()
        return Setup(
            next_step="Give the Medusa server ONETHREAD_HOOK_URL and ONETHREAD_HOOK_SECRET, and start it anew."
        )

    def verify(self, config: MedusaConfig, request: HookRequest) -> Accept:
        """Prove that our plugin sent it. Raises NotAuthentic."""
        secrets = (config.hook_secret.get_secret_value(), config.hook_secret_old.get_secret_value())
        return signed.verify(secrets, request)

    def parse(self, config: MedusaConfig, raw: Raw) -> tuple[ShopEvent, ...]:
        """Read an event of our plugin. Raises only Unreadable."""
        return signed.parse(raw)

    def find(self, config: MedusaConfig, who: Sought, io: ShopIo) -> tuple[Found, ...]:
        """Customers and guests by id, order number, e-mail and phone."""
        from adapters.shops.medusa import finding

        return finding.find(_api(config, io), who)

    def buyer(self, config: MedusaConfig, buyer_id: str, io: ShopIo) -> Buyer | None:
        """A customer or guest by id."""
        from adapters.shops.medusa import reading

        return reading.buyer(_api(config, io), buyer_id)

    def carts(self, config: MedusaConfig, buyer_id: str, io: ShopIo) -> tuple[Cart, ...]:
        """Open carts with something in them."""
        from adapters.shops.medusa import reading

        return reading.carts(_api(config, io), buyer_id)

    def cart(self, config: MedusaConfig, cart_id: str, io: ShopIo) -> Cart | None:
        """A cart, also one that was ordered."""
        from adapters.shops.medusa import reading

        return reading.cart(_api(config, io), cart_id)

    def orders(
        self, config: MedusaConfig, buyer_id: str, io: ShopIo, *, limit: int = 5, cursor: str = ""
    ) -> OrderPage:
        """Placed orders, newest first."""
        from adapters.shops.medusa import reading

        return reading.orders(_api(config, io), buyer_id, limit, cursor)

    def order(self, config: MedusaConfig, order_id: str, io: ShopIo) -> Order | None:
        """An order by id."""
        from adapters.shops.medusa import reading

        return reading.order(_api(config, io), order_id)

    def find_orders(self, config: MedusaConfig, text: str, io: ShopIo) -> tuple[Order, ...]:
        """Orders by number."""
        from adapters.shops.medusa import reading

        return reading.find_orders(_api(config, io), text)

    def products(self, config: MedusaConfig, text: str, io: ShopIo, *, limit: int = 8) -> tuple[Product, ...]:
        """Variants by title or sku."""
        from adapters.shops.medusa import catalogue

        return catalogue.products(_api(config, io), text, limit)

    def product(self, config: MedusaConfig, product_id: str, io: ShopIo) -> Product | None:
        """A variant by id or sku."""
        from adapters.shops.medusa import catalogue

        return catalogue.product(_api(config, io), product_id)

    def stock(self, config: MedusaConfig, product_id: str, io: ShopIo) -> tuple[StockLevel, ...]:
        """What each stock location has."""
        from adapters.shops.medusa import catalogue

        return catalogue.stock(_api(config, io), product_id)

    def preview(self, config: MedusaConfig, act: Act, io: ShopIo) -> Preview:
        """What an act would do now."""
        from adapters.shops.medusa import acts

        return acts.preview(_api(config, io), act)

    def perform(
        self, config: MedusaConfig, act: Act, io: ShopIo, *, key: str, version: str, reason: str
    ) -> Done:
        """Do it once."""
        from adapters.shops.medusa import acts

        return acts.perform(_api(config, io), act, key=key, version=version, reason=reason)

    def performed(self, config: MedusaConfig, act: Act, io: ShopIo, *, key: str) -> Done | None:
        """Look for the act's mark."""
        from adapters.shops.medusa import acts

        return acts.performed(_api(config, io), act, key)


def _api(config: MedusaConfig, io: ShopIo) -> "Api":
    from adapters.shops.medusa.api import Api

    return Api(config, io)


SHOP = MedusaShop()

"""Vendure: a shop server with a GraphQL API, which tells of carts and orders by a small plugin."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from adapters.shops import signed
from adapters.shops.vendure.config import VendureConfig
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
    from adapters.shops.vendure.api import Api


class VendureShop(Shop[VendureConfig]):
    """The adapter of Vendure shops. Each method loads what it needs."""

    manifest: ClassVar[ShopManifest] = ShopManifest(
        key="vendure",
        title="Vendure",
        docs="docs/shops/vendure.md",
        config=VendureConfig,
        can=frozenset(
            {
                Can.CART_READ,
                Can.CART_PUSH,
                Can.ORDER_SEARCH,
                Can.PRODUCT_SEARCH,
                Can.STOCK,
                Can.COUPON,
                Can.REFUND,
                Can.REFUND_LINES,
                Can.CANCEL,
                Can.EDIT_ADDRESS,
                Can.NOTE,
            }
        ),
        mark=Mark(draw="M4 6l8 13L20 6M8.5 6h7", light="#1f6f8b", dark="#7cc7e0"),
        about=(
            "A Vendure server of yours: customers, live carts, orders and stock beside the thread, with refunds, "
            "cancellations and codes. You need an API key."
        ),
        polls=True,
    )

    def can(self, config: VendureConfig, facts: dict[str, JsonValue]) -> frozenset[Can]:
        """Without some rights, fewer acts."""
        from adapters.shops.vendure.connect import possible

        return possible(self.manifest.can, facts)

    def health(self, config: VendureConfig, io: ShopIo) -> Health:
        """Ask who we are and what we may. Never raises."""
        from adapters.shops.vendure.connect import check

        return check(_api(config, io))

    def guide(self, config: VendureConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to get a key, and how to add the plugin."""
        from adapters.shops.vendure.guide import guide

        return guide(hook_url)

    def connected(self, config: VendureConfig, hook_url: str, io: ShopIo) -> Setup:
        """Vendure is told where to send events in its configuration, by a person."""
        if not hook_url:
            return Setup()
        return Setup(next_step="Add the plugin to the Vendure server with this shop's address and secret.")

    def verify(self, config: VendureConfig, request: HookRequest) -> Accept:
        """Prove that our plugin sent it. Raises NotAuthentic."""
        secrets = (config.hook_secret.get_secret_value(), config.hook_secret_old.get_secret_value())
        return signed.verify(secrets, request)

    def parse(self, config: VendureConfig, raw: Raw) -> tuple[ShopEvent, ...]:
        """Read an event of our plugin. Raises only Unreadable."""
        return signed.parse(raw)

    def changes(
        self, config: VendureConfig, since: JsonValue, io: ShopIo
    ) -> tuple[tuple[ShopEvent, ...], JsonValue]:
        """Orders and carts that changed since then."""
        from adapters.shops.vendure import reading

        return reading.changes(_api(config, io), since)

    def find(self, config: VendureConfig, who: Sought, io: ShopIo) -> tuple[Found, ...]:
        """Customers by id, order code, e-mail and phone."""
        from adapters.shops.vendure import reading

        return reading.find(_api(config, io), who)

    def buyer(self, config: VendureConfig, buyer_id: str, io: ShopIo) -> Buyer | None:
        """A customer by id."""
        from adapters.shops.vendure import reading

        return reading.buyer(_api(config, io), buyer_id)

    def carts(self, config: VendureConfig, buyer_id: str, io: ShopIo) -> tuple[Cart, ...]:
        """Active orders with something in them."""
        from adapters.shops.vendure import reading

        return reading.carts(_api(config, io), buyer_id)

    def cart(self, config: VendureConfig, cart_id: str, io: ShopIo) -> Cart | None:
        """A cart, also one that became an order."""
        from adapters.shops.vendure import reading

        return reading.cart(_api(config, io), cart_id)

    def orders(
        self, config: VendureConfig, buyer_id: str, io: ShopIo, *, limit: int = 5, cursor: str = ""
    ) -> OrderPage:
        """Placed orders, newest first."""
        from adapters.shops.vendure import reading

        return reading.orders(_api(config, io), buyer_id, limit, cursor)

    def order(self, config: VendureConfig, order_id: str, io: ShopIo) -> Order | None:
        """An order by id."""
        from adapters.shops.vendure import reading

        return reading.order(_api(config, io), order_id)

    def find_orders(self, config: VendureConfig, text: str, io: ShopIo) -> tuple[Order, ...]:
        """Orders by code."""
        from adapters.shops.vendure import reading

        return reading.find_orders(_api(config, io), text)

    def products(
        self, config: VendureConfig, text: str, io: ShopIo, *, limit: int = 8
    ) -> tuple[Product, ...]:
        """Variants by name or sku."""
        from adapters.shops.vendure import catalogue

        return catalogue.products(_api(config, io), text, limit)

    def product(self, config: VendureConfig, product_id: str, io: ShopIo) -> Product | None:
        """A variant by id or sku."""
        from adapters.shops.vendure import catalogue

        return catalogue.product(_api(config, io), product_id)

    def stock(self, config: VendureConfig, product_id: str, io: ShopIo) -> tuple[StockLevel, ...]:
        """What each stock location has."""
        from adapters.shops.vendure import catalogue

        return catalogue.stock(_api(config, io), product_id)

    def preview(self, config: VendureConfig, act: Act, io: ShopIo) -> Preview:
        """What an act would do now."""
        from adapters.shops.vendure import acts

        return acts.preview(_api(config, io), act)

    def perform(
        self, config: VendureConfig, act: Act, io: ShopIo, *, key: str, version: str, reason: str
    ) -> Done:
        """Do it once."""
        from adapters.shops.vendure import acts

        return acts.perform(_api(config, io), act, key=key, version=version, reason=reason)

    def performed(self, config: VendureConfig, act: Act, io: ShopIo, *, key: str) -> Done | None:
        """Look for the act's mark."""
        from adapters.shops.vendure import acts

        return acts.performed(_api(config, io), act, key)


def _api(config: VendureConfig, io: ShopIo) -> "Api":
    from adapters.shops.vendure.api import Api

    return Api(config, io)


SHOP = VendureShop()

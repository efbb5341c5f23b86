"""Shopify: shops whose Admin API answers GraphQL, and which tell of carts, checkouts and orders by webhooks."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from adapters.shops.shopify.config import ShopifyConfig
from inbox.contract import Accept, Health, HookRequest, Mark, Raw, Setup, Step
from inbox.contract.commerce import (
    Act,
    Buyer,
    Can,
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
    from adapters.shops.shopify.api import Api


class ShopifyShop(Shop[ShopifyConfig]):
    """The adapter of Shopify shops. Each method loads what it needs."""

    manifest: ClassVar[ShopManifest] = ShopManifest(
        key="shopify",
        title="Shopify",
        docs="docs/shops/shopify.md",
        config=ShopifyConfig,
        can=frozenset(
            {
                Can.CART_PUSH,
                Can.CART_LINK,
                Can.ORDER_SEARCH,
                Can.PRODUCT_SEARCH,
                Can.STOCK,
                Can.LOYALTY,
                Can.COUPON,
                Can.REFUND,
                Can.REFUND_LINES,
                Can.CANCEL,
                Can.EDIT_ADDRESS,
                Can.DRAFT,
                Can.NOTE,
                Can.RETURN,
            }
        ),
        mark=Mark(
            draw="M5 8h14l-1 12H6L5 8zM9 8V6a3 3 0 016 0v2M14 12c-1-1-4-1-4 .6 0 1.7 4 1.2 4 3S11 18 10 17",
            light="#4b7a1f",
            dark="#b4dd7f",
        ),
        about=(
            "A Shopify shop: customers, carts as they are filled, orders, parcels and stock beside the thread, with "
            "refunds, cancellations, drafts to pay and codes. You need an app with a client ID and secret."
        ),
        polls=True,
    )

    def can(self, config: ShopifyConfig, facts: dict[str, JsonValue]) -> frozenset[Can]:
        """Without some scopes of access, less."""
        from adapters.shops.shopify.connect import possible

        return possible(self.manifest.can, facts)

    def health(self, config: ShopifyConfig, io: ShopIo) -> Health:
        """Ask which shop it is and what we may. Never raises."""
        from adapters.shops.shopify.connect import check

        return check(_api(config, io))

    def guide(self, config: ShopifyConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to make an app and give it its rights."""
        from adapters.shops.shopify.guide import guide

        return guide(hook_url)

    def connected(self, config: ShopifyConfig, hook_url: str, io: ShopIo) -> Setup:
        """Subscribe to the shop's events."""
        from adapters.shops.shopify.connect import subscribe

        return subscribe(_api(config, io), hook_url) if hook_url else Setup()

    def disconnected(self, config: ShopifyConfig, io: ShopIo) -> None:
        """End the subscriptions of this connection."""
        from adapters.shops.shopify.connect import unsubscribe

        unsubscribe(_api(config, io))

    def verify(self, config: ShopifyConfig, request: HookRequest) -> Accept:
        """Prove that Shopify sent it for this shop. Raises NotAuthentic."""
        from adapters.shops.shopify import hooks

        secrets = (config.client_secret.get_secret_value(), config.client_secret_old.get_secret_value())
        return hooks.verify(secrets, config.shop_domain, request)

    def parse(self, config: ShopifyConfig, raw: Raw) -> tuple[ShopEvent, ...]:
        """Read an event of Shopify's. Raises only Unreadable."""
        from adapters.shops.shopify import hooks

        return hooks.parse(raw)

    def changes(
        self, config: ShopifyConfig, since: JsonValue, io: ShopIo
    ) -> tuple[tuple[ShopEvent, ...], JsonValue]:
        """Orders that changed since then; once a day, subscriptions that Shopify dropped are made again."""
        from adapters.shops.shopify import connect, orders

        api = _api(config, io)
        connect.keep_subscribed(api)
        return orders.changes(api, since)

    def find(self, config: ShopifyConfig, who: Sought, io: ShopIo) -> tuple[Found, ...]:
        """Customers by id, order number, e-mail and phone."""
        from adapters.shops.shopify import people

        return people.find(_api(config, io), who)

    def buyer(self, config: ShopifyConfig, buyer_id: str, io: ShopIo) -> Buyer | None:
        """A customer by id."""
        from adapters.shops.shopify import people

        return people.buyer(_api(config, io), buyer_id)

    def orders(
        self, config: ShopifyConfig, buyer_id: str, io: ShopIo, *, limit: int = 5, cursor: str = ""
    ) -> OrderPage:
        """A customer's orders, newest first."""
        from adapters.shops.shopify import orders

        return orders.orders(_api(config, io), buyer_id, limit, cursor)

    def order(self, config: ShopifyConfig, order_id: str, io: ShopIo) -> Order | None:
        """An order by id."""
        from adapters.shops.shopify import orders

        return orders.order(_api(config, io), order_id)

    def find_orders(self, config: ShopifyConfig, text: str, io: ShopIo) -> tuple[Order, ...]:
        """Orders by their name, such as #1001."""
        from adapters.shops.shopify import orders

        return orders.find_orders(_api(config, io), text)

    def products(
        self, config: ShopifyConfig, text: str, io: ShopIo, *, limit: int = 8
    ) -> tuple[Product, ...]:
        """Variants by words."""
        from adapters.shops.shopify import goods

        return goods.products(_api(config, io), text, limit)

    def product(self, config: ShopifyConfig, product_id: str, io: ShopIo) -> Product | None:
        """A variant by id or sku."""
        from adapters.shops.shopify import goods

        return goods.product(_api(config, io), product_id)

    def stock(self, config: ShopifyConfig, product_id: str, io: ShopIo) -> tuple[StockLevel, ...]:
        """What each location has."""
        from adapters.shops.shopify import goods

        return goods.stock(_api(config, io), product_id)

    def loyalty(self, config: ShopifyConfig, buyer_id: str, io: ShopIo) -> Loyalty | None:
        """Store credit; Shopify has no points of its own."""
        from adapters.shops.shopify import people

        return people.loyalty(_api(config, io), buyer_id)

    def preview(self, config: ShopifyConfig, act: Act, io: ShopIo) -> Preview:
        """What an act would do now."""
        from adapters.shops.shopify import acts

        return acts.preview(_api(config, io), act)

    def perform(
        self, config: ShopifyConfig, act: Act, io: ShopIo, *, key: str, version: str, reason: str
    ) -> Done:
        """Do it once."""
        from adapters.shops.shopify import acts

        return acts.perform(_api(config, io), act, key=key, version=version, reason=reason)

    def performed(self, config: ShopifyConfig, act: Act, io: ShopIo, *, key: str) -> Done | None:
        """Look for the act's mark."""
        from adapters.shops.shopify import acts

        return acts.performed(_api(config, io), act, key)


def _api(config: ShopifyConfig, io: ShopIo) -> "Api":
    from adapters.shops.shopify.api import Api

    return Api(config, io)


SHOP = ShopifyShop()

"""WooCommerce: a shop in WordPress, by its REST API."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from adapters.shops.woocommerce.config import WooCommerceConfig
from inbox.contract import Accept, Challenge, Health, HookRequest, Mark, Raw, Setup, Step
from inbox.contract.commerce import (
    Act,
    Buyer,
    Can,
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
    from adapters.shops.woocommerce.api import Api


class WooCommerceShop(Shop[WooCommerceConfig]):
    """The adapter of WooCommerce shops. Each method loads what it needs."""

    manifest: ClassVar[ShopManifest] = ShopManifest(
        key="woocommerce",
        title="WooCommerce",
        docs="docs/shops/woocommerce.md",
        config=WooCommerceConfig,
        can=frozenset(
            {
                Can.ORDER_SEARCH,
                Can.PRODUCT_SEARCH,
                Can.STOCK,
                Can.COUPON,
                Can.REFUND,
                Can.REFUND_LINES,
                Can.CANCEL,
                Can.EDIT_ADDRESS,
                Can.DRAFT,
                Can.NOTE,
            }
        ),
        mark=Mark(
            draw="M3 5h18v11h-7l3 4-6-4H3zM6.5 8.5l1.5 4 2-4 2 4 1.5-4M16 10.5h2",
            light="#6b3fa0",
            dark="#c9a8f0",
        ),
        about=(
            "A WooCommerce shop of yours: customers, guests, orders, parcels and stock beside the thread, with "
            "refunds, cancellations, payment links and codes. The shop's pages can report the cart."
        ),
        polls=True,
    )

    def can(self, config: WooCommerceConfig, facts: dict[str, JsonValue]) -> frozenset[Can]:
        """A key that may only read offers no acts."""
        from adapters.shops.woocommerce.connect import possible

        return possible(self.manifest.can, facts)

    def health(self, config: WooCommerceConfig, io: ShopIo) -> Health:
        """Read a little, and see whether the key may write. Never raises."""
        from adapters.shops.woocommerce.connect import check

        return check(_api(config, io))

    def guide(self, config: WooCommerceConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to make a key."""
        from adapters.shops.woocommerce.connect import guide

        return guide(hook_url)

    def connected(self, config: WooCommerceConfig, hook_url: str, io: ShopIo) -> Setup:
        """Make the webhooks, or wake them up."""
        from adapters.shops.woocommerce.connect import connected

        return connected(_api(config, io), hook_url)

    def disconnected(self, config: WooCommerceConfig, io: ShopIo) -> None:
        """Delete our webhooks."""
        from adapters.shops.woocommerce.connect import disconnected

        disconnected(_api(config, io))

    def verify(self, config: WooCommerceConfig, request: HookRequest) -> Accept | Challenge:
        """Prove that the shop sent it. Raises NotAuthentic."""
        from adapters.shops.woocommerce.events import verify

        secrets = (config.hook_secret.get_secret_value(), config.hook_secret_old.get_secret_value())
        return verify(secrets, request)

    def parse(self, config: WooCommerceConfig, raw: Raw) -> tuple[ShopEvent, ...]:
        """Read a webhook. Raises only Unreadable."""
        from adapters.shops.woocommerce.events import parse

        return parse(config, raw)

    def changes(
        self, config: WooCommerceConfig, since: JsonValue, io: ShopIo
    ) -> tuple[tuple[ShopEvent, ...], JsonValue]:
        """Orders that changed: a webhook that is lost never comes again."""
        from adapters.shops.woocommerce.events import changes

        return changes(_api(config, io), since)

    def find(self, config: WooCommerceConfig, who: Sought, io: ShopIo) -> tuple[Found, ...]:
        """Customers and guests by id, order number, e-mail and phone."""
        from adapters.shops.woocommerce import finding

        return finding.find(_api(config, io), who)

    def buyer(self, config: WooCommerceConfig, buyer_id: str, io: ShopIo) -> Buyer | None:
        """A customer or guest by id."""
        from adapters.shops.common import understood
        from adapters.shops.woocommerce import finding

        with understood():
            return finding.buyer(_api(config, io), buyer_id)

    def orders(
        self, config: WooCommerceConfig, buyer_id: str, io: ShopIo, *, limit: int = 5, cursor: str = ""
    ) -> OrderPage:
        """Placed orders, newest first."""
        from adapters.shops.woocommerce import reading

        return reading.orders(_api(config, io), buyer_id, limit, cursor)

    def order(self, config: WooCommerceConfig, order_id: str, io: ShopIo) -> Order | None:
        """An order by id."""
        from adapters.shops.woocommerce import reading

        return reading.order(_api(config, io), order_id)

    def find_orders(self, config: WooCommerceConfig, text: str, io: ShopIo) -> tuple[Order, ...]:
        """Orders by number."""
        from adapters.shops.woocommerce import reading

        return reading.find_orders(_api(config, io), text)

    def products(
        self, config: WooCommerceConfig, text: str, io: ShopIo, *, limit: int = 8
    ) -> tuple[Product, ...]:
        """Products by words, variations one by one."""
        from adapters.shops.woocommerce import reading

        return reading.products(_api(config, io), text, limit)

    def product(self, config: WooCommerceConfig, product_id: str, io: ShopIo) -> Product | None:
        """A product or variation by id or sku."""
        from adapters.shops.woocommerce import reading

        return reading.product(_api(config, io), product_id)

    def stock(self, config: WooCommerceConfig, product_id: str, io: ShopIo) -> tuple[StockLevel, ...]:
        """What the shop has."""
        from adapters.shops.woocommerce import reading

        return reading.stock(_api(config, io), product_id)

    def preview(self, config: WooCommerceConfig, act: Act, io: ShopIo) -> Preview:
        """What an act would do now."""
        from adapters.shops.woocommerce import acts

        return acts.preview(_api(config, io), act)

    def perform(
        self, config: WooCommerceConfig, act: Act, io: ShopIo, *, key: str, version: str, reason: str
    ) -> Done:
        """Do it once."""
        from adapters.shops.woocommerce import acts

        return acts.perform(_api(config, io), act, key=key, version=version, reason=reason)

    def performed(self, config: WooCommerceConfig, act: Act, io: ShopIo, *, key: str) -> Done | None:
        """Look for what the act left in the shop."""
        from adapters.shops.woocommerce import acts

        return acts.performed(_api(config, io), act, key)


def _api(config: WooCommerceConfig, io: ShopIo) -> "Api":
    from adapters.shops.woocommerce.api import Api

    return Api(config, io)


SHOP = WooCommerceShop()

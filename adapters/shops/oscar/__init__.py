"""Oscar: a shop in Django, read and told of by a small app of ours that runs in it."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from adapters.shops import signed
from adapters.shops.oscar.config import OscarConfig
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
    from adapters.shops.oscar.api import Api


class OscarShop(Shop[OscarConfig]):
    """The adapter of Oscar shops. Each method loads what it needs."""

    manifest: ClassVar[ShopManifest] = ShopManifest(
        key="oscar",
        title="Oscar",
        docs="docs/shops/oscar.md",
        config=OscarConfig,
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
        mark=Mark(draw="M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM8 12h8M12 8v8", light="#2f6f3e", dark="#8fd3a0"),
        about=(
            "A django-oscar shop of yours: customers, live baskets, orders and stock beside the thread, with vouchers, "
            "notes, cancellations and, where the shop can, refunds. You need to install a small app in it."
        ),
    )

    def can(self, config: OscarConfig, facts: dict[str, JsonValue]) -> frozenset[Can]:
        """A shop that cannot give money back, or never cancels, does not offer it."""
        from adapters.shops.oscar.acts import possible

        return possible(self.manifest.can, facts)

    def health(self, config: OscarConfig, io: ShopIo) -> Health:
        """Ask the bridge what it can do. Never raises."""
        from adapters.shops.oscar.connect import check

        return check(_api(config, io))

    def guide(self, config: OscarConfig | None, hook_url: str) -> tuple[Step, ...]:
        """How to install the bridge."""
        from adapters.shops.oscar.connect import guide

        return guide(hook_url)

    def connected(self, config: OscarConfig, hook_url: str, io: ShopIo) -> Setup:
        """The bridge is told where to send events in the shop's settings, by a person."""
        if not hook_url:
            return Setup()
        return Setup(next_step="Set HOOK_URL and HOOK_SECRET of the bridge in the shop's settings.")

    def verify(self, config: OscarConfig, request: HookRequest) -> Accept:
        """Prove that our bridge sent it. Raises NotAuthentic."""
        secrets = (config.hook_secret.get_secret_value(), config.hook_secret_old.get_secret_value())
        return signed.verify(secrets, request)

    def parse(self, config: OscarConfig, raw: Raw) -> tuple[ShopEvent, ...]:
        """Read an event of our bridge. Raises only Unreadable."""
        return signed.parse(raw)

    def find(self, config: OscarConfig, who: Sought, io: ShopIo) -> tuple[Found, ...]:
        """Customers and guests by id, order number, e-mail and phone."""
        from adapters.shops.oscar import reading

        return reading.find(_api(config, io), who)

    def buyer(self, config: OscarConfig, buyer_id: str, io: ShopIo) -> Buyer | None:
        """A customer or guest by id."""
        from adapters.shops.oscar import reading

        return reading.buyer(_api(config, io), buyer_id)

    def carts(self, config: OscarConfig, buyer_id: str, io: ShopIo) -> tuple[Cart, ...]:
        """Open baskets with something in them."""
        from adapters.shops.oscar import reading

        return reading.carts(_api(config, io), buyer_id)

    def cart(self, config: OscarConfig, cart_id: str, io: ShopIo) -> Cart | None:
        """A basket, also one that was ordered."""
        from adapters.shops.oscar import reading

        return reading.cart(_api(config, io), cart_id)

    def orders(
        self, config: OscarConfig, buyer_id: str, io: ShopIo, *, limit: int = 5, cursor: str = ""
    ) -> OrderPage:
        """Placed orders, newest first."""
        from adapters.shops.oscar import reading

        return reading.orders(_api(config, io), buyer_id, limit, cursor)

    def order(self, config: OscarConfig, order_id: str, io: ShopIo) -> Order | None:
        """An order by id."""
        from adapters.shops.oscar import reading

        return reading.order(_api(config, io), order_id)

    def find_orders(self, config: OscarConfig, text: str, io: ShopIo) -> tuple[Order, ...]:
        """Orders by number."""
        from adapters.shops.oscar import reading

        return reading.find_orders(_api(config, io), text)

    def products(self, config: OscarConfig, text: str, io: ShopIo, *, limit: int = 8) -> tuple[Product, ...]:
        """Products by title or UPC."""
        from adapters.shops.oscar import reading

        return reading.products(_api(config, io), text, limit)

    def product(self, config: OscarConfig, product_id: str, io: ShopIo) -> Product | None:
        """A product by id or UPC."""
        from adapters.shops.oscar import reading

        return reading.product(_api(config, io), product_id)

    def stock(self, config: OscarConfig, product_id: str, io: ShopIo) -> tuple[StockLevel, ...]:
        """What each partner has."""
        from adapters.shops.oscar import reading

        return reading.stock(_api(config, io), product_id)

    def preview(self, config: OscarConfig, act: Act, io: ShopIo) -> Preview:
        """What an act would do now."""
        from adapters.shops.oscar import acts

        return acts.preview(_api(config, io), act)

    def perform(
        self, config: OscarConfig, act: Act, io: ShopIo, *, key: str, version: str, reason: str
    ) -> Done:
        """Do it once."""
        from adapters.shops.oscar import acts

        return acts.perform(_api(config, io), act, key=key, version=version, reason=reason)

    def performed(self, config: OscarConfig, act: Act, io: ShopIo, *, key: str) -> Done | None:
        """Look into the bridge's journal."""
        from adapters.shops.oscar import acts

        return acts.performed(_api(config, io), act, key)


def _api(config: OscarConfig, io: ShopIo) -> "Api":
    from adapters.shops.oscar.api import Api

    return Api(config, io)


SHOP = OscarShop()

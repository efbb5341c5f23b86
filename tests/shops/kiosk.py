"""A shop that exists only in tests, in memory: it follows the contract, and can be slow, away or mistaken.

`Kiosk` holds what it sells; what it was asked is in `asked`. `signed` makes its events.
"""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import JsonValue, SecretStr

from inbox.commerce import actions
from inbox.contract import (
    Accept,
    Health,
    HookRequest,
    NotAuthentic,
    Raw,
    Rejected,
    Setup,
    Step,
    TryLater,
    Unreadable,
)
from inbox.contract.commerce import (
    Act,
    AskReturn,
    Buyer,
    By,
    Can,
    CancelOrder,
    Cart,
    CartLine,
    CartState,
    Changed,
    Done,
    EditAddress,
    Found,
    Loyalty,
    MakeCartLink,
    MakeCoupon,
    MakeDraft,
    Money,
    Order,
    OrderLine,
    OrderPage,
    OrderState,
    Payment,
    Preview,
    Product,
    RefundOrder,
    Reship,
    Shop,
    ShopConfig,
    ShopEvent,
    ShopIo,
    ShopManifest,
    Sought,
    StockLevel,
)
from inbox.flows.context import Context

SECRET = "kiosk webhook secret"
TOKEN = "kiosk access token"


class KioskConfig(ShopConfig):
    """Configuration of a kiosk."""

    site: str = "kiosk.example"
    token: SecretStr = SecretStr(TOKEN)
    secret: SecretStr = SecretStr(SECRET)

    @property
    def account(self) -> str:
        return self.site


class Kiosk(Shop[KioskConfig]):
    """The shop. `trouble` is raised by every call that reaches it; `held` keeps every call until it is set.

    `done` are the acts by key; `lost` makes the next act happen and its answer get lost.
    """

    manifest = ShopManifest(
        key="kiosk",
        title="Kiosk",
        docs="tests/shops/kiosk.py",
        config=KioskConfig,
        can=frozenset(Can),
        polls=True,
    )

    def __init__(self) -> None:
        self.buyers: dict[str, Buyer] = {}
        self.baskets: dict[str, Cart] = {}
        self.sales: dict[str, Order] = {}
        self.goods: dict[str, Product] = {}
        self.shelves: dict[str, tuple[StockLevel, ...]] = {}
        self.points: dict[str, Loyalty] = {}
        self.news: list[ShopEvent] = []
        self.asked: list[tuple[str, str]] = []
        self.done: dict[str, Done] = {}
        self.subscribed: list[str] = []
        self.trouble: Exception | None = None
        self.lost: Exception | None = None
        self.held: threading.Event | None = None

    # What tests arrange

    def sells(self, *found: Buyer | Cart | Order | Product) -> None:
        """Put things into the shop, or others of the same id into their place."""
        for thing in found:
            shelf: dict[str, Any] = {
                Buyer: self.buyers,
                Cart: self.baskets,
                Order: self.sales,
                Product: self.goods,
            }[type(thing)]
            shelf[thing.id] = thing

    @contextmanager
    def troubled(self, error: Exception) -> Iterator[None]:
        """Every call raises `error` in the block."""
        self.trouble = error
        try:
            yield
        finally:
            self.trouble = None

    def count(self, what: str) -> int:
        """How often it was asked that."""
        return sum(1 for name, _ in self.asked if name == what)

    def _ask(self, io: ShopIo, what: str, about: str = "") -> None:
        self.asked.append((what, about))
        while self.held is not None and not self.held.wait(0.01):
            if io.stopping():
                raise TryLater("The kiosk is slow today.", code="deadline")
        if self.trouble is not None:
            raise self.trouble

    # The contract

    def health(self, config: KioskConfig, io: ShopIo) -> Health:
        try:
            self._ask(io, "health")
        except (TryLater, Rejected) as error:
            return Health(ok=False, problems=(error.reason,))
        if config.token.get_secret_value() != TOKEN:
            return Health(ok=False, problems=("The token is not taken.",), refused=True)
        return Health(ok=True, facts={"account_name": "The kiosk"})

    def guide(self, config: KioskConfig | None, hook_url: str) -> tuple[Step, ...]:
        return (
            Step(title="Make a token", text="In the kiosk, open **Drawer** and tear one off."),
            Step(title="Tell the kiosk where we are", copy_text=hook_url, when="after"),
        )

    def connected(self, config: KioskConfig, hook_url: str, io: ShopIo) -> Setup:
        self._ask(io, "connected", hook_url)
        self.subscribed.append(hook_url)
        return Setup(next_step="Put something into a cart.", next_url="https://kiosk.example/")

    def disconnected(self, config: KioskConfig, io: ShopIo) -> None:
        self._ask(io, "disconnected")
        self.subscribed.clear()

    def verify(self, config: KioskConfig, request: HookRequest) -> Accept:
        sent = request.headers.get("x-kiosk-signature", "").encode()
        if not hmac.compare_digest(sent, signature(config.secret.get_secret_value(), request.body).encode()):
            raise NotAuthentic("The seal is broken.")
        if request.headers.get("x-kiosk-site") != config.site:
            raise NotAuthentic("It is another kiosk's.")
        return Accept(dedupe_key=request.headers.get("x-kiosk-delivery", ""))

    def parse(self, config: KioskConfig, raw: Raw) -> tuple[ShopEvent, ...]:
        try:
            return tuple(
                ShopEvent.model_validate(event) for event in json.loads(raw.body, parse_float=Decimal)
            )
        except (ValueError, TypeError) as error:
            raise Unreadable("The slip cannot be read.") from error

    def changes(
        self, config: KioskConfig, since: JsonValue, io: ShopIo
    ) -> tuple[tuple[ShopEvent, ...], JsonValue]:
        self._ask(io, "changes", str(since))
        start = len(self.news) if since is None else int(str(since))
        return tuple(self.news[start:]), len(self.news)

    def find(self, config: KioskConfig, who: Sought, io: ShopIo) -> tuple[Found, ...]:
        self._ask(io, "find", ",".join((*who.emails, *who.phones)))
        found: dict[str, Found] = {}
        for one in self.buyers.values():
            numbers = {sale.number for sale in self.sales.values() if sale.buyer_id == one.id}
            reasons = [
                *((By.ID, value) for value in who.buyer_ids if value == one.id),
                *((By.ORDER_NUMBER, value) for value in who.order_numbers if value in numbers),
                *((By.EMAIL, value) for value in who.emails if value in map(str.casefold, one.emails)),
                *((By.PHONE, value) for value in who.phones if value in one.phones),
                *(
                    (By.ADDRESS_PHONE, value)
                    for value in who.phones
                    if value in {address.phone for address in one.addresses}
                ),
            ]
            if reasons:
                found[one.id] = Found(buyer=one, by=reasons[0][0], value=reasons[0][1])
        return tuple(found.values())

    def buyer(self, config: KioskConfig, buyer_id: str, io: ShopIo) -> Buyer | None:
        self._ask(io, "buyer", buyer_id)
        return self.buyers.get(buyer_id)

    def carts(self, config: KioskConfig, buyer_id: str, io: ShopIo) -> tuple[Cart, ...]:
        self._ask(io, "carts", buyer_id)
        open_ = (CartState.ACTIVE, CartState.CHECKOUT)
        return tuple(one for one in self.baskets.values() if one.buyer_id == buyer_id and one.state in open_)

    def cart(self, config: KioskConfig, cart_id: str, io: ShopIo) -> Cart | None:
        self._ask(io, "cart", cart_id)
        return self.baskets.get(cart_id)

    def orders(
        self, config: KioskConfig, buyer_id: str, io: ShopIo, *, limit: int = 5, cursor: str = ""
    ) -> OrderPage:
        self._ask(io, "orders", buyer_id)
        sales = [sale for sale in reversed(self.sales.values()) if sale.buyer_id == buyer_id]
        start = int(cursor or 0)
        after = str(start + limit) if len(sales) > start + limit else ""
        return OrderPage(orders=tuple(sales[start : start + limit]), cursor=after)

    def order(self, config: KioskConfig, order_id: str, io: ShopIo) -> Order | None:
        self._ask(io, "order", order_id)
        return self.sales.get(order_id)

    def find_orders(self, config: KioskConfig, text: str, io: ShopIo) -> tuple[Order, ...]:
        self._ask(io, "find_orders", text)
        return tuple(sale for sale in self.sales.values() if sale.number == text.removeprefix("#"))

    def products(self, config: KioskConfig, text: str, io: ShopIo, *, limit: int = 8) -> tuple[Product, ...]:
        self._ask(io, "products", text)
        return tuple(one for one in self.goods.values() if text.casefold() in one.title.casefold())[:limit]

    def product(self, config: KioskConfig, product_id: str, io: ShopIo) -> Product | None:
        self._ask(io, "product", product_id)
        by_sku = {found.sku: found for found in self.goods.values()}
        return self.goods.get(product_id) or by_sku.get(product_id)

    def stock(self, config: KioskConfig, product_id: str, io: ShopIo) -> tuple[StockLevel, ...]:
        self._ask(io, "stock", product_id)
        return self.shelves.get(product_id, ())

    def loyalty(self, config: KioskConfig, buyer_id: str, io: ShopIo) -> Loyalty | None:
        self._ask(io, "loyalty", buyer_id)
        return self.points.get(buyer_id)

    def preview(self, config: KioskConfig, act: Act, io: ShopIo) -> Preview:
        self._ask(io, "preview", act.kind)
        sale = self._sale(act)
        if sale is None:
            return Preview()
        if act.needs not in sale.allowed:
            raise Rejected(sale.refused.get(act.needs, "That cannot be done with this order."))
        left = sale.total if sale.refunded is None else sale.total.less(sale.refunded)
        if isinstance(act, RefundOrder):
            amount = act.amount or (_of_lines(sale, act.lines) if act.lines else left)
            if amount.amount > left.amount:
                raise Rejected(f"At most {left.amount} {left.currency} can be given back.")
            return Preview(amount=amount, most=left, version=sale.version)
        gives_back = isinstance(act, CancelOrder) and act.refund
        return Preview(amount=left if gives_back else None, version=sale.version)

    def perform(
        self, config: KioskConfig, act: Act, io: ShopIo, *, key: str, version: str, reason: str
    ) -> Done:
        self._ask(io, "perform", act.kind)
        if key in self.done:
            return self.done[key]
        now = self.preview(config, act, io)
        if now.version != version:
            raise Changed(now, ("The order has changed.",))
        io.checkpoint("before_wire")
        self.done[key] = self._do(act, now, key)
        io.checkpoint("after_wire")
        if self.lost is not None:
            lost, self.lost = self.lost, None
            raise lost
        return self.done[key]

    def performed(self, config: KioskConfig, act: Act, io: ShopIo, *, key: str) -> Done | None:
        self._ask(io, "performed", key)
        return self.done.get(key)

    def _sale(self, act: Act) -> Order | None:
        order_id = getattr(act, "order_id", None)
        if order_id is None:
            return None
        if order_id not in self.sales:
            raise Rejected("There is no such order.")
        return self.sales[order_id]

    def _do(self, act: Act, now: Preview, key: str) -> Done:
        sale = self._sale(act)
        if sale is not None:
            back = now.amount and (now.amount if sale.refunded is None else sale.refunded.plus(now.amount))
            changes: dict[str, Any] = {"version": f"{sale.version}+"}
            if back:
                whole = back == sale.total
                changes |= {
                    "refunded": back,
                    "payment": Payment.REFUNDED if whole else Payment.PARTLY_REFUNDED,
                }
            if isinstance(act, CancelOrder):
                changes["state"] = OrderState.CANCELLED
            if isinstance(act, EditAddress):
                changes["ship_to"] = act.to
            self.sales[sale.id] = sale.model_copy(update=changes)
        code = act.code if isinstance(act, MakeCoupon) else ""
        link = isinstance(act, MakeDraft | MakeCartLink | AskReturn)
        return Done(
            id=f"done:{key}",
            amount=now.amount,
            code=code,
            url=f"https://kiosk.example/{act.kind}/1" if link else "",
            note="As parcel 2" if isinstance(act, Reship) else "",
        )


def _of_lines(sale: Order, lines: dict[str, int]) -> Money:
    prices = {line.id: line.total.amount / line.quantity for line in sale.lines}
    amount = sum((prices[line] * quantity for line, quantity in lines.items()), Decimal(0))
    return Money(amount=amount, currency=sale.total.currency).rounded()


SHOP = Kiosk()
"""The one of a server in a process of its own, see `install`."""


def found_in(folder: Path) -> None:
    """Let commands and servers that run in this folder find the kiosk as a kind of shop."""
    info = folder / "kiosk-1.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: kiosk\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[onethread.shops]\nkiosk = tests.shops.kiosk:SHOP\n")


def eur(amount: str) -> Money:
    """An amount of euros."""
    return Money(amount=Decimal(amount), currency="EUR")


def product(number: int = 1, title: str = "Rope", price: str = "20.00") -> Product:
    """Something to be bought."""
    return Product(id=f"p{number}", title=title, sku=f"SKU-{number}", price=eur(price))


def cart(cart_id: str = "c1", quantity: int = 1, **more: Any) -> Cart:
    """A cart with one line; `buyer_id`, `email`, … as given."""
    line = CartLine(
        id="l1",
        product=product(),
        quantity=quantity,
        unit=eur("20.00"),
        total=eur(str(20 * quantity) + ".00"),
    )
    fields = {"state": CartState.ACTIVE, "lines": (line,) if quantity else (), "total": line.total, **more}
    return Cart(id=cart_id, **fields)


def order(number: str = "1001", quantity: int = 2, **more: Any) -> Order:
    """An order with one line that can be refunded and cancelled; `buyer_id`, `email`, … as given."""
    total = eur(str(20 * quantity) + ".00")
    line = OrderLine(id="l1", product=product(), quantity=quantity, total=total, refundable=quantity)
    fields = {
        "state": OrderState.CONFIRMED,
        "payment": Payment.PAID,
        "lines": (line,),
        "total": total,
        "version": "1",
        "allowed": frozenset(Can),
        **more,
    }
    return Order(id=f"o{number}", number=number, **fields)


def signature(secret: str, body: bytes) -> str:
    """The seal on an event's body."""
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def signed(
    *events: ShopEvent, delivery: str = "d1", site: str = "kiosk.example", secret: str = SECRET
) -> tuple[bytes, dict[str, str]]:
    """The body and headers by which a kiosk tells of events."""
    body = json.dumps([event.model_dump(mode="json") for event in events]).encode()
    return body, {
        "X-Kiosk-Signature": signature(secret, body),
        "X-Kiosk-Site": site,
        "X-Kiosk-Delivery": delivery,
    }


def connect(ctx: Context, name: str = "Kiosk", **values: Any) -> int:
    """Connect a kiosk and return the shop's id."""
    return ctx.db.run(
        lambda session: actions.connect(session, ctx.shops, ctx.vault, "kiosk", name, values).id
    )

"""What shops hold, in words that fit all of them. Pure data; ids are the shop's own, opaque, always texts."""

from datetime import datetime

from pydantic import Field

from inbox.contract.commerce.money import Money
from inbox.contract.commerce.words import (
    By,
    Can,
    CartState,
    OrderState,
    Payment,
    Progress,
    ReturnState,
    Topic,
    Way,
)
from inbox.contract.messages import Frozen


class ShopConsent(Frozen):
    """What a buyer allowed in the shop. `state`: "subscribed", "unsubscribed", "pending", or the shop's own word."""

    channel: str
    state: str
    at: datetime | None = None


class Address(Frozen):
    """A postal address, as the shop has it."""

    name: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""


class Buyer(Frozen):
    """A customer as one shop knows him. A guest has ordered without an account; his `id` is made of his address."""

    id: str
    name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    guest: bool = False
    locale: str = ""
    since: datetime | None = None
    orders_count: int | None = None
    spent: Money | None = None
    last_order_at: datetime | None = None
    segments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    consents: tuple[ShopConsent, ...] = ()
    addresses: tuple[Address, ...] = ()
    admin_url: str = ""


class Product(Frozen):
    """One thing that can be bought: a variant, where a product has some. `id` is what a cart link takes."""

    id: str
    title: str
    variant: str = ""
    sku: str = ""
    price: Money | None = None
    image_url: str = ""
    url: str = ""
    available: int | None = None


class CartLine(Frozen):
    """A line of a cart. `available` is what is in stock, if the shop tells."""

    id: str
    product: Product
    quantity: int
    unit: Money
    total: Money
    available: int | None = None


class Cart(Frozen):
    """A cart. `token` is the key under which the storefront knows it; `last_activity_at` is the newest change of a
    line (never the shop's `updated_at`, which several shops leave behind)."""

    id: str
    state: CartState
    lines: tuple[CartLine, ...] = ()
    total: Money
    subtotal: Money | None = None
    discount: Money | None = None
    coupons: tuple[str, ...] = ()
    buyer_id: str = ""
    email: str = ""
    phone: str = ""
    token: str = ""
    device: str = ""
    recovery_url: str = ""
    last_activity_at: datetime | None = None


class OrderLine(Frozen):
    """A line of an order. Quantities: ordered, sent already, still refundable, returned."""

    id: str
    product: Product
    quantity: int
    total: Money
    fulfilled: int = 0
    refundable: int = 0
    returned: int = 0


class Tracking(Frozen):
    """One parcel's number and where to follow it; `url` is empty where the shop has only the number."""

    number: str = ""
    url: str = ""
    carrier: str = ""


class Fulfilment(Frozen):
    """Goods on their way. `lines` is quantity by line id; `store` is where they are picked up, held until `until`."""

    id: str
    way: Way
    progress: Progress
    raw_state: str = ""
    lines: dict[str, int] = Field(default_factory=dict)
    tracking: tuple[Tracking, ...] = ()
    store: str = ""
    store_id: str = ""
    eta: datetime | None = None
    ready_at: datetime | None = None
    until: datetime | None = None
    shipped_at: datetime | None = None
    done_at: datetime | None = None


class Refund(Frozen):
    """Money given back. `lines` is quantity by line id."""

    id: str
    amount: Money
    raw_state: str = ""
    reason: str = ""
    at: datetime | None = None
    lines: dict[str, int] = Field(default_factory=dict)


class Return(Frozen):
    """Goods that come back. `drop_off` is "store:<id>", "carrier" or ""."""

    id: str
    state: ReturnState
    raw_state: str = ""
    lines: dict[str, int] = Field(default_factory=dict)
    reason: str = ""
    drop_off: str = ""
    label_url: str = ""


class Order(Frozen):
    """An order. `total` is before refunds; `refunded` is what was given back.

    `allowed` is what can be done with it in its present state, and `version` changes with every change of it: an
    action is refused when the version is no longer that of its preview. `tokens` are the cart's, and attributes that
    our cart links carried.
    """

    id: str
    number: str
    state: OrderState
    payment: Payment
    raw_state: str = ""
    placed_at: datetime | None = None
    lines: tuple[OrderLine, ...] = ()
    total: Money
    shipping: Money | None = None
    tax: Money | None = None
    discount: Money | None = None
    refunded: Money | None = None
    coupons: tuple[str, ...] = ()
    fulfilments: tuple[Fulfilment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    returns: tuple[Return, ...] = ()
    ship_to: Address | None = None
    sales_channel: str = ""
    store: str = ""
    buyer_id: str = ""
    email: str = ""
    phone: str = ""
    tokens: tuple[str, ...] = ()
    status_url: str = ""
    admin_url: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    allowed: frozenset[Can] = frozenset()
    refused: dict[Can, str] = Field(default_factory=dict)
    """Why something that the shop can do in general cannot be done with this order, a sentence by action."""
    version: str = ""


class StockLevel(Frozen):
    """What one store or warehouse has of a product."""

    location_id: str
    location: str
    available: int
    on_hand: int | None = None
    incoming: int | None = None
    pickup: bool = False


class Loyalty(Frozen):
    """Points of a buyer, and credit in the shop."""

    points: int | None = None
    worth: Money | None = None
    tier: str = ""
    expiring: int | None = None
    expires_at: datetime | None = None
    credit: Money | None = None


class Sought(Frozen):
    """Who is looked for: addresses normalised, all of them asked. E-mails are case-folded, phones E.164."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    buyer_ids: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()


class Found(Frozen):
    """A buyer, and what he was found by: `value` is the address or number that was equal."""

    buyer: Buyer
    by: By
    value: str


class OrderPage(Frozen):
    """Orders, newest first; `cursor` continues, or is empty. `note` says what the shop holds back ("60 days only")."""

    orders: tuple[Order, ...] = ()
    cursor: str = ""
    note: str = ""


class ShopEvent(Frozen):
    """Something changed in the shop: `id` says what, and it is fetched again rather than believed.

    `who` tells whom it concerns, as far as the event says. `cart` is given only by shops whose carts cannot be
    fetched. FORGET asks to erase the buyer `id`; GONE says that the shop took our access back.
    """

    topic: Topic
    id: str = ""
    at: datetime | None = None
    who: Sought = Sought()
    cart: Cart | None = None

"""What the API tells about shops. The contract's data goes out as it is (`model_dump(mode="json")`): money is
`{"amount": "179.80", "currency": "EUR"}`, moments are ISO texts."""

from typing import Any, Literal

from typing_extensions import TypedDict

from inbox.shapes.words import Moment

FreshWord = Literal["live", "recent", "stale", "unavailable"]
EmptyWord = Literal["", "no_shop", "no_address", "no_match", "no_orders"]


class MoneyView(TypedDict):
    """An exact amount, as a decimal text."""

    amount: str
    currency: str


class FreshView(TypedDict):
    """How new something is. `client`: the browser of the visitor reported it, nobody checked. `error` says why it
    could not be fetched now, `failing_since` since when."""

    label: FreshWord
    at: Moment | None
    client: bool
    error: str | None
    failing_since: Moment | None


class LinkView(TypedDict):
    """A buyer of a shop beside a customer: why, and how sure. `buyer` is the contract's Buyer, if it is known."""

    id: int
    shop_id: int
    buyer_id: str
    by: str
    value: str
    state: Literal["linked", "suggested", "rejected"]
    verified: bool
    buyer: dict[str, Any] | None


class CartView(TypedDict):
    """A cart: the contract's Cart, its place in our counting, and how new it is. `changed` are line ids of the last
    change."""

    id: int
    seq: int
    cart: dict[str, Any]
    changed: list[str]
    fresh: FreshView


class OrderView(TypedDict):
    """An order: the contract's Order, how new it is, and whether the open request is about it."""

    order: dict[str, Any]
    about: bool
    fresh: FreshView


class ValueView(TypedDict):
    """What a customer is to the shops. `average` is spent by order; `stage` is computed, see docs/shops.md."""

    orders_count: int | None
    spent: list[MoneyView]
    average: list[MoneyView]
    since: Moment | None
    last_order_at: Moment | None
    segments: list[str]
    stage: Literal["", "visitor", "lead", "first_time", "repeat", "loyal", "at_risk", "lapsed"]


class ShopView(TypedDict):
    """One shop's part of the panel. `searched` are the addresses that were looked for; `choose`: several strong hits,
    somebody has to pick. `warning`: nothing proves that these orders are the customer's."""

    id: int
    name: str
    kind: str
    can: list[str]
    empty: EmptyWord
    searched: list[str]
    choose: bool
    warning: str | None
    links: list[LinkView]
    carts: list[CartView]
    orders: list[OrderView]
    orders_next: str | None
    note: str
    loyalty: dict[str, Any] | None
    fresh: FreshView


class ViewedView(TypedDict):
    """A page of the shop that the visitor looked at."""

    url: str
    title: str
    at: Moment


class CommerceView(TypedDict):
    """The panel beside a thread. `fetching`: what is shown was kept, and newer follows by a push or the next call."""

    customer_id: int
    empty: EmptyWord
    fetching: bool
    value: ValueView
    shops: list[ShopView]
    viewed: list[ViewedView]


class ActView(TypedDict):
    """Something that was done, or is to be done, in a shop. `notes` are what the shop said of it beforehand; `decide`:
    the asker may approve or refuse it, else `why_not` says why he may not; `error` is why it was not done, or what
    holds it up; `result` is the contract's Done, or what is different by now (`now`, `difference`)."""

    id: int
    key: str
    shop_id: int
    shop: str
    customer_id: int
    customer: str
    thread_id: int | None
    kind: str
    order_id: str
    order_number: str
    act: dict[str, Any]
    reason: str
    amount: MoneyView | None
    notes: list[str]
    state: Literal["proposed", "approved", "sending", "pending", "done", "failed", "refused", "uncertain"]
    agent_id: int
    agent: str
    decided_by: str | None
    decide: bool
    why_not: str
    result: dict[str, Any]
    error: str | None
    created_at: Moment
    done_at: Moment | None


class PreviewView(TypedDict):
    """What an act would do. `alone`: the asker may do it without a second person; `limit` is his most, if there is
    one."""

    amount: MoneyView | None
    most: MoneyView | None
    version: str
    notes: list[str]
    alone: bool
    limit: MoneyView | None


class ConnectedShop(TypedDict):
    """A shop that agents can look into. `error`: why it cannot be asked now."""

    id: int
    name: str
    kind: str
    account: str
    state: Literal["active", "paused", "needs_reauth"]
    can: list[str]
    error: str | None


class ConnectedShops(TypedDict):
    """All of them, by name."""

    items: list[ConnectedShop]


class OrderViews(TypedDict):
    """Orders, newest first; `next` continues."""

    items: list[OrderView]
    next: str | None


class Products(TypedDict):
    """Products, as the contract has them."""

    items: list[dict[str, Any]]


class StockLevels(TypedDict):
    """What each store has of a product, as the contract has it."""

    items: list[dict[str, Any]]
    fresh: FreshView

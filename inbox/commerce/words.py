"""The closed sets of words of this room, apart from its tables: decisions need them without a database."""

import enum


class ShopState(enum.StrEnum):
    """Whether a shop takes part. In `needs_reauth` nothing is asked of it until somebody reconnects it."""

    ACTIVE = "active"
    PAUSED = "paused"
    NEEDS_REAUTH = "needs_reauth"
    REMOVED = "removed"


class ShopEventState(enum.StrEnum):
    """new → done, or failed (kept for a person), or ignored (understood, nothing to do)."""

    NEW = "new"
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"


class LinkBy(enum.StrEnum):
    """Why a buyer of a shop is taken for a customer, from strongest to weakest (the matching order)."""

    PINNED = "pinned"
    WIDGET = "widget"
    ORDER_NUMBER = "order_number"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS_PHONE = "address_phone"


class LinkState(enum.StrEnum):
    """What became of a link. A rejected one is never offered again."""

    LINKED = "linked"
    SUGGESTED = "suggested"
    REJECTED = "rejected"


class Source(enum.StrEnum):
    """Where what we hold came from."""

    PUSH = "push"
    FETCH = "fetch"
    CLIENT = "client"


class Part(enum.StrEnum):
    """What a kept copy holds. `search` says that, and for what, a shop was asked about a customer; `flight` that it is
    being asked now."""

    BUYER = "buyer"
    ORDERS = "orders"
    ORDER = "order"
    LOYALTY = "loyalty"
    STOCK = "stock"
    SEARCH = "search"
    FLIGHT = "flight"


class ActState(enum.StrEnum):
    """proposed (waits for a second person) → approved → sending → done, failed, refused or uncertain."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    SENDING = "sending"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


class OrderBy(enum.StrEnum):
    """Who linked an order to a request: an agent, or its number in the customer's own words."""

    AGENT = "agent"
    TEXT = "text"

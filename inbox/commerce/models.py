"""Tables of shops: connections, their events, who is who there, carts and orders as last seen, and acts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.commerce.words import (
    ActState,
    LinkBy,
    LinkState,
    OrderBy,
    Part,
    ShopEventState,
    ShopState,
    Source,
)
from inbox.db.base import Base, Id, Json, Key, Word


class ShopRow(Base):
    """A connected shop. `config` is what may be shown, `secrets` is sealed.

    `failures` counts calls that failed one after another; while `closed_until` lies ahead, nothing is asked of it.
    `since` is where asking for changes stands, and `owner` who does it until `lease_until`.
    """

    __tablename__ = "shop"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Key)
    name: Mapped[str] = mapped_column(String)
    account: Mapped[str] = mapped_column(String)
    state: Mapped[ShopState] = mapped_column(Word(ShopState), index=True)
    config: Mapped[dict[str, Any]]
    secrets: Mapped[bytes] = mapped_column(LargeBinary)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    last_event_at: Mapped[datetime | None]
    last_fetch_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String)
    last_error_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    closed_until: Mapped[datetime | None]
    since: Mapped[Any | None] = mapped_column(Json)
    changes_at: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String)
    lease_until: Mapped[datetime | None]


class ShopEventRow(Base):
    """A raw event of a shop, stored before anything else is done with it, and emptied once it is worked off."""

    __tablename__ = "shop_event"
    __table_args__ = (
        UniqueConstraint("shop_id", "dedupe_key"),
        Index(
            "ix_shop_event_due",
            "not_before",
            "id",
            sqlite_where=text("state = 'new'"),
            postgresql_where=text("state = 'new'"),
        ),
        Index(
            "ix_shop_event_failed",
            "id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    dedupe_key: Mapped[str] = mapped_column(Key)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    meta: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[ShopEventState] = mapped_column(Word(ShopEventState))
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String)
    error: Mapped[str | None] = mapped_column(String)
    done_at: Mapped[datetime | None]


class ShopLink(Base):
    """A buyer of a shop who is, may be, or certainly is not one of our customers. Both may have several.

    `value` is what was equal; `verified` says whether it was proved to be the customer's.
    """

    __tablename__ = "shop_link"
    __table_args__ = (UniqueConstraint("customer_id", "shop_id", "buyer_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    buyer_id: Mapped[str] = mapped_column(Key)
    by: Mapped[LinkBy] = mapped_column(Word(LinkBy))
    value: Mapped[str] = mapped_column(String, default="")
    state: Mapped[LinkState] = mapped_column(Word(LinkState))
    verified: Mapped[bool] = mapped_column(default=False)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


Index("ix_shop_link_buyer", ShopLink.shop_id, ShopLink.buyer_id)


class ShopCopy(Base):
    """What a shop told last, shown at once and while it cannot be reached. `key` is its id there."""

    __tablename__ = "shop_copy"

    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    part: Mapped[Part] = mapped_column(Word(Part), primary_key=True)
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    data: Mapped[dict[str, Any]]
    fetched_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class CartRow(Base):
    """A cart as last seen. `seq` grows with every change, `hash` tells whether there is one.

    `customer_id` is whose it is, as far as that is known; `session_id` is the visitor's session that reported it.
    """

    __tablename__ = "cart"
    __table_args__ = (
        UniqueConstraint("shop_id", "external_id"),
        Index("ix_cart_shop_token", "shop_id", "token"),
        Index("ix_cart_shop_buyer", "shop_id", "buyer_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    external_id: Mapped[str] = mapped_column(Key)
    token: Mapped[str] = mapped_column(Key, default="")
    buyer_id: Mapped[str] = mapped_column(Key, default="")
    email: Mapped[str] = mapped_column(Key, default="")
    phone: Mapped[str] = mapped_column(Key, default="")
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    session_id: Mapped[int | None] = mapped_column(
        ForeignKey("visitor_session.id", ondelete="SET NULL"), index=True
    )
    state: Mapped[str] = mapped_column(Key)
    data: Mapped[dict[str, Any]]
    hash: Mapped[str] = mapped_column(String)
    changed: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of the lines that the last change concerned."""
    seq: Mapped[int] = mapped_column(default=1)
    source: Mapped[Source] = mapped_column(Word(Source))
    last_activity_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When the thread last got a line about it."""
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OrderRow(Base):
    """The summary of an order, for search and reports. Amounts are decimal texts in `currency`."""

    __tablename__ = "shop_order"
    __table_args__ = (
        UniqueConstraint("shop_id", "external_id"),
        Index("ix_shop_order_number", "shop_id", "number_key"),
        Index("ix_shop_order_buyer", "shop_id", "buyer_id", "placed_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    external_id: Mapped[str] = mapped_column(Key)
    number: Mapped[str] = mapped_column(String)
    number_key: Mapped[str] = mapped_column(Key)
    buyer_id: Mapped[str] = mapped_column(Key, default="")
    email: Mapped[str] = mapped_column(Key, default="", index=True)
    phone: Mapped[str] = mapped_column(Key, default="")
    placed_at: Mapped[datetime | None]
    total: Mapped[str] = mapped_column(String)
    refunded: Mapped[str] = mapped_column(String, default="0")
    currency: Mapped[str] = mapped_column(String)
    state: Mapped[str] = mapped_column(Key)
    payment: Mapped[str] = mapped_column(Key)
    raw_state: Mapped[str] = mapped_column(String, default="")
    tokens: Mapped[list[Any]] = mapped_column(default=list)
    seen_at: Mapped[datetime]


class EpisodeOrder(Base):
    """An order that a request is about."""

    __tablename__ = "episode_order"

    episode_id: Mapped[int] = mapped_column(ForeignKey("episode.id"), primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), primary_key=True)
    order_id: Mapped[str] = mapped_column(Key, primary_key=True)
    number: Mapped[str] = mapped_column(String)
    by: Mapped[OrderBy] = mapped_column(Word(OrderBy))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    at: Mapped[datetime]


BUSY = "order_id <> '' AND kind <> 'note' AND state IN ('proposed', 'approved', 'sending', 'uncertain')"
"""Acts that keep every other one away from their order."""


class ShopAct(Base):
    """Something that an agent has done, or wants done, in a shop: the journal that makes it happen once.

    `key` was made when the dialog was opened; `act` is what to do, `preview` what was shown and agreed to, and
    `result` what the shop answered. `amount` is a decimal text in `currency`, or empty. One that is approved and has
    an `owner` is claimed; `looks` counts the questions to the shop what became of it.
    """

    __tablename__ = "shop_act"
    __table_args__ = (
        Index(
            "ix_shop_act_open",
            "not_before",
            "id",
            sqlite_where=text("state IN ('approved', 'sending', 'pending', 'uncertain')"),
            postgresql_where=text("state IN ('approved', 'sending', 'pending', 'uncertain')"),
        ),
        Index(
            "ix_shop_act_proposed",
            "id",
            sqlite_where=text("state = 'proposed'"),
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_shop_act_order", "shop_id", "order_id"),
        # Two agents who confirm something about one order at the same moment: the second is told of the first.
        Index(
            "uq_shop_act_busy",
            "shop_id",
            "order_id",
            unique=True,
            sqlite_where=text(BUSY),
            postgresql_where=text(BUSY),
        ),
        Index("ix_shop_act_agent", "agent_id", "kind", "created_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(Key, unique=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"), index=True)
    episode_id: Mapped[int | None] = mapped_column(ForeignKey("episode.id"), index=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    kind: Mapped[str] = mapped_column(Key)
    order_id: Mapped[str] = mapped_column(Key, default="")
    order_number: Mapped[str] = mapped_column(String, default="")
    act: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String, default="")
    amount: Mapped[str] = mapped_column(String, default="")
    currency: Mapped[str] = mapped_column(String, default="")
    preview: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[str] = mapped_column(String, default="")
    state: Mapped[ActState] = mapped_column(Word(ActState))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    decided_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None] = mapped_column(String)
    attempts: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    owner: Mapped[str | None] = mapped_column(String)
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class ActLimit(Base):
    """The most that a role may do alone: `most` is a decimal text in `currency`, or empty for no limit.

    `currency` is "%" for the per cent of a coupon and "day" for how many of them in 24 hours. Without any row of a
    kind there is no limit; a currency without a row needs a second person as soon as another one has a limit.
    """

    __tablename__ = "act_limit"

    role: Mapped[str] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(Key, primary_key=True)
    currency: Mapped[str] = mapped_column(Key, primary_key=True)
    most: Mapped[str] = mapped_column(String)

"""What is kept about one customer and the shops, read at once: the ground of the panel and of every search."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import and_, func, not_, or_, select, tuple_
from sqlalchemy.orm import Session

from inbox.commerce import about, flights, links
from inbox.commerce.freshness import Trouble
from inbox.commerce.models import CartRow, EpisodeOrder, OrderRow, ShopCopy, ShopLink, ShopRow
from inbox.commerce.seeking import Own, Wanted, wanted
from inbox.commerce.words import LinkState, Part, ShopState, Source
from inbox.contract.commerce import Buyer, CartState, OrderPage
from inbox.customers.models import Customer
from inbox.threads import recent
from inbox.threads.recent import Open

ASKED = (ShopState.ACTIVE, ShopState.NEEDS_REAUTH)
SHOWN = (CartState.ACTIVE, CartState.CHECKOUT, CartState.ABANDONED)
CARTS_MAX = 20
ORDERS_MAX = 20


class CopyKey(NamedTuple):
    """What a copy is of: `key` is its id in the shop; of a search the customer's id here."""

    shop_id: int
    part: Part
    key: str


@dataclass(frozen=True)
class Copy:
    """What a shop told, and when."""

    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class Place:
    """A connected shop. `trouble`: why it cannot be asked, or did not answer the last time."""

    row: ShopRow
    trouble: Trouble | None = None

    @property
    def id(self) -> int:
        """The shop's id."""
        return self.row.id


@dataclass(frozen=True)
class Situation:
    """A customer, who he is by his addresses, and what the shops told of him."""

    customer_id: int
    open: Open
    shops: tuple[Place, ...]
    own: tuple[Own, ...]
    links: tuple[ShopLink, ...]
    copies: dict[CopyKey, Copy] = field(default_factory=dict)
    carts: tuple[CartRow, ...] = ()
    about: tuple[EpisodeOrder, ...] = ()
    flying: frozenset[int] = frozenset()
    is_erased: bool = False
    """Of an erased customer no shop is asked: what is left in place of his addresses says nothing to it."""
    _read: dict[CopyKey, Any] = field(default_factory=dict, repr=False, compare=False)
    """Copies as the contract's data: each is checked once, however often it is looked at."""

    @property
    def who(self) -> Wanted:
        """His addresses as shops know them."""
        return wanted(self.own)

    def links_in(self, shop_id: int, *states: LinkState) -> list[ShopLink]:
        """The links in one shop that are in one of these states."""
        return [link for link in self.links if link.shop_id == shop_id and link.state in states]

    def copy(self, shop_id: int, part: Part, key: str) -> Copy | None:
        """A kept copy."""
        return self.copies.get(CopyKey(shop_id, part, key))

    def search(self, shop_id: int) -> Copy | None:
        """When a shop was last asked about him, and for what."""
        return self.copy(shop_id, Part.SEARCH, str(self.customer_id))

    def buyer(self, shop_id: int, buyer_id: str) -> Buyer | None:
        """A buyer as the shop told him last."""
        found: Buyer | None = self._checked(CopyKey(shop_id, Part.BUYER, buyer_id), Buyer)
        return found

    def page(self, shop_id: int, buyer_id: str) -> OrderPage | None:
        """A buyer's newest orders as the shop told them last."""
        found: OrderPage | None = self._checked(CopyKey(shop_id, Part.ORDERS, buyer_id), OrderPage)
        return found

    def _checked(self, key: CopyKey, model: type[BaseModel]) -> Any:
        if key not in self._read:
            copy = self.copies.get(key)
            self._read[key] = None if copy is None else model.model_validate(copy.data)
        return self._read[key]


def read(session: Session, customer_id: int) -> Situation:
    """Everything about a living customer, in a number of queries that does not depend on how much it is."""
    shops = shops_for(session, customer_id)
    opened = recent.open_of(session, customer_id)
    doubted = set() if opened.thread_id is None else recent.doubted(session, opened.thread_id)
    own = tuple(links.own(session, customer_id, doubted))
    if not shops:
        erased = select(Customer.id).where(Customer.id == customer_id, Customer.erased_at.is_not(None))
        is_erased = session.scalar(erased) is not None
        return Situation(customer_id, opened, (), own, (), is_erased=is_erased)
    ids = {shop.id for shop in shops}
    found = tuple(link for link in links.of_customer(session, customer_id) if link.shop_id in ids)
    linked = [(each.shop_id, each.buyer_id) for each in found if each.state is LinkState.LINKED]
    others = [(each.shop_id, each.buyer_id) for each in found if each.state is not LinkState.LINKED]
    topics = tuple(row for row in about.of_episode(session, opened.episode_id) if row.shop_id in ids)
    copies = _copies(session, _keys(customer_id, ids, found))
    orders = {(row.shop_id, row.order_id) for row in topics} | _newest(session, linked)
    orders |= {
        (key.shop_id, order["id"])
        for key, copy in copies.items()
        if key.part is Part.ORDERS
        for order in copy.data["orders"]
    }
    copies |= _copies(session, [CopyKey(shop_id, Part.ORDER, order_id) for shop_id, order_id in orders])
    return Situation(
        customer_id,
        opened,
        tuple(shops),
        own,
        found,
        copies,
        tuple(row for row in _carts(session, customer_id, linked, others) if row.shop_id in ids),
        topics,
        frozenset(flights.flying(session, customer_id, ids)),
    )


def shops_for(session: Session, customer_id: int) -> list[Place]:
    """The shops asked about a customer, oldest first: the demo's for its people, no others; none for an erased one."""
    living = Customer.id == customer_id, Customer.erased_at.is_(None)
    is_demo = select(Customer.is_demo).where(*living).scalar_subquery()
    rows = session.scalars(
        select(ShopRow)
        .where(ShopRow.state.in_(ASKED), ShopRow.is_demo == is_demo)
        .order_by(ShopRow.id)
        .execution_options(populate_existing=True)
    )
    return [Place(row, _trouble(row)) for row in rows]


def connected(session: Session) -> Sequence[ShopRow]:
    """The shops that are not removed, by name."""
    found = select(ShopRow).where(ShopRow.state != ShopState.REMOVED)
    return session.scalars(found.order_by(func.lower(ShopRow.name), ShopRow.id)).all()


def fingerprint(who: Wanted) -> str:
    """Tells whether somebody is looked for by other addresses than before, without telling them."""
    said = json.dumps([sorted(part) for part in (who.emails, who.phones, who.user_ids, who.numbers)])
    return hashlib.sha256(said.encode()).hexdigest()


def _trouble(row: ShopRow) -> Trouble | None:
    if row.state is ShopState.NEEDS_REAUTH:
        return Trouble(row.last_error or "", row.last_error_at)
    return Trouble(row.last_error or "", row.failing_since) if row.failing_since is not None else None


def _keys(customer_id: int, shop_ids: Collection[int], found: Iterable[ShopLink]) -> list[CopyKey]:
    keys = [CopyKey(shop_id, Part.SEARCH, str(customer_id)) for shop_id in shop_ids]
    for link in found:
        parts = (Part.BUYER, Part.ORDERS, Part.LOYALTY) if link.state is LinkState.LINKED else (Part.BUYER,)
        keys += [CopyKey(link.shop_id, part, link.buyer_id) for part in parts]
    return keys


def _copies(session: Session, keys: Collection[CopyKey]) -> dict[CopyKey, Copy]:
    """The copies that are there of those asked for."""
    if not keys:
        return {}
    rows = session.execute(
        select(ShopCopy.shop_id, ShopCopy.part, ShopCopy.key, ShopCopy.data, ShopCopy.fetched_at).where(
            tuple_(ShopCopy.shop_id, ShopCopy.part, ShopCopy.key).in_([tuple(key) for key in keys])
        )
    )
    return {CopyKey(row.shop_id, row.part, row.key): Copy(row.data, row.fetched_at) for row in rows}


def _newest(session: Session, linked: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Orders of buyers that we know of, whoever told."""
    if not linked:
        return set()
    rows = session.execute(
        select(OrderRow.shop_id, OrderRow.external_id)
        .where(tuple_(OrderRow.shop_id, OrderRow.buyer_id).in_(linked))
        .order_by(OrderRow.placed_at.desc())
        .limit(ORDERS_MAX)
    )
    return {(row.shop_id, row.external_id) for row in rows}


def _carts(
    session: Session,
    customer_id: int,
    linked: Collection[tuple[int, str]],
    others: Collection[tuple[int, str]],
) -> Iterable[CartRow]:
    """The open carts of a customer and of the buyers linked to him, the last used first.

    What would be his only by way of a buyer in `others`, who is not (or not yet) he, is left out.
    """
    buyer = tuple_(CartRow.shop_id, CartRow.buyer_id)
    own = CartRow.customer_id == customer_id
    if others:
        own = and_(own, not_(buyer.in_(others)))
    found = (
        select(CartRow)
        .where(or_(own, buyer.in_(linked)) if linked else own, CartRow.state.in_(SHOWN))
        .order_by(CartRow.last_activity_at.desc(), CartRow.id.desc())
        .limit(CARTS_MAX)
        .execution_options(populate_existing=True)
    )
    return session.scalars(found).all()


def open_of_buyer(
    session: Session, shop_id: int, buyer_id: str, *, but: Collection[str]
) -> Sequence[CartRow]:
    """The open carts of a buyer that the shop told of, except those with these ids; locked."""
    found = select(CartRow).where(
        CartRow.shop_id == shop_id,
        CartRow.buyer_id == buyer_id,
        CartRow.state.in_(SHOWN),
        CartRow.source != Source.CLIENT,
        CartRow.external_id.not_in(but),
    )
    found = found.order_by(CartRow.id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(found).all()

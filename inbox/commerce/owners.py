"""Whose a cart or an order is: the customers who are linked to its buyer, or have its address, or its cart.

Nothing is linked here (see `matching`): this only says whom a change in a shop concerns.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.commerce.models import CartRow, ShopLink
from inbox.commerce.words import LinkBy, LinkState, Source
from inbox.contract import BadAddress
from inbox.contract.addresses import EMAIL, email, is_phone, phone
from inbox.contract.commerce import Cart, Order, Sought
from inbox.customers import lookup
from inbox.customers.models import Identity

OWNERS_MAX = 5
"""Customers whom one thing in a shop can concern: a mailbox that a family shares."""
_RANK = {by: place for place, by in enumerate(LinkBy)}


@dataclass(frozen=True)
class Traits:
    """By what the owner of something is known."""

    buyer_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()


def of_cart(cart: Cart, who: Sought) -> Traits:
    """By what the owner of a cart is known, with what the event told of him."""
    return _traits(cart.buyer_id, cart.email, cart.phone, (cart.token,), who)


def of_order(order: Order, who: Sought) -> Traits:
    """By what the owner of an order is known, with what the event told of him."""
    return _traits(order.buyer_id, order.email, order.phone, order.tokens, who)


def of_buyer(buyer_id: str, who: Sought) -> Traits:
    """By what a buyer is known, with what the event told of him."""
    return _traits(buyer_id, "", "", (), who)


def customers(session: Session, shop_id: int, traits: Traits) -> list[int]:
    """The customers concerned, the surest first; linked ones leave no room for guesses, rejected ones never count.

    They are not merged away before the transaction ends.
    """
    links = list(
        session.scalars(
            select(ShopLink).where(ShopLink.shop_id == shop_id, ShopLink.buyer_id.in_(traits.buyer_ids))
        )
    )
    linked = sorted(
        (link for link in links if link.state is LinkState.LINKED), key=lambda link: (_RANK[link.by], link.id)
    )
    found = [link.customer_id for link in linked]
    if not found:
        rejected = {link.customer_id for link in links if link.state is LinkState.REJECTED}
        guessed = [*_at_addresses(session, traits), *_of_tokens(session, shop_id, traits)]
        found = [customer_id for customer_id in guessed if customer_id not in rejected]
    living = (lookup.living(session, customer_id, keep=True) for customer_id in found[: OWNERS_MAX * 2])
    return list(dict.fromkeys(living))[:OWNERS_MAX]


def _at_addresses(session: Session, traits: Traits) -> list[int]:
    addresses = [*traits.emails, *traits.phones]
    if not addresses:
        return []
    rows = session.execute(
        select(Identity.customer_id, Identity.namespace, Identity.address)
        .where(Identity.address.in_(addresses))
        .order_by(Identity.last_seen_at.desc(), Identity.id)
        .limit(OWNERS_MAX * 4)
    )
    return [row.customer_id for row in rows if row.namespace == EMAIL or is_phone(row.address)]


def _of_tokens(session: Session, shop_id: int, traits: Traits) -> list[int]:
    """Who had a cart of these keys. Where the shop knows the buyer, no page's word makes it somebody else's."""
    wanted = {token for token in traits.tokens if token}
    if not wanted:
        return []
    found = select(CartRow.customer_id).where(
        CartRow.shop_id == shop_id, CartRow.token.in_(wanted), CartRow.customer_id.is_not(None)
    )
    if traits.buyer_ids:
        found = found.where(CartRow.source != Source.CLIENT)
    return [number for number in session.scalars(found.order_by(CartRow.id)) if number is not None]


def _traits(buyer_id: str, mail: str, number: str, tokens: tuple[str, ...], who: Sought) -> Traits:
    return Traits(
        buyer_ids=tuple(dict.fromkeys(value for value in (buyer_id, *who.buyer_ids) if value)),
        emails=_normal((mail, *who.emails), email),
        phones=_normal((number, *who.phones), phone),
        tokens=tuple(token for token in tokens if token),
    )


def _normal(texts: Iterable[str], normalise: Callable[[str], str]) -> tuple[str, ...]:
    found = []
    for text in texts:
        try:
            found.append(normalise(text))
        except BadAddress:
            continue
    return tuple(dict.fromkeys(found))

"""Forgetting what shops told: a buyer whom the shop asks to erase, a shop that is removed, and what is too old."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Delete, and_, delete, literal_column, or_, select, true, update
from sqlalchemy.orm import Session

from inbox.commerce import copies, forms
from inbox.commerce.models import (
    CartRow,
    EpisodeOrder,
    OrderRow,
    ShopAct,
    ShopCopy,
    ShopEventRow,
    ShopLink,
)
from inbox.commerce.words import ActState, LinkState, Part, ShopEventState
from inbox.contract.commerce import Sought

EVENTS_KEPT = timedelta(days=30)
"""Age at which an event is forgotten, and with it that it was told once."""
_ENDED = (ActState.DONE, ActState.FAILED, ActState.REFUSED)
_SCAN = 200


def forget_buyer(session: Session, shop_id: int, buyer_id: str, who: Sought) -> None:
    """Erase what a shop told about a buyer: carts, orders, copies, links, events, and what acts say of him.

    That something was done for him stays in the journal of acts, with its amount and who did it.
    """
    emails = [forms.mail(value) for value in who.emails if value.strip()]
    phones = [forms.number(value) for value in who.phones if value.strip()]

    def his(table: Any) -> ColumnElement[bool]:
        known: list[ColumnElement[bool]] = [table.email.in_(emails), table.phone.in_(phones)]
        if buyer_id:
            known.append(table.buyer_id == buyer_id)
        found: ColumnElement[bool] = and_(table.shop_id == shop_id, or_(*known))
        return found

    sold = session.scalars(select(OrderRow.external_id).where(his(OrderRow))).all()
    keys = [key for key in (buyer_id, *who.buyer_ids) if key]
    copies.drop(session, shop_id, (Part.BUYER, Part.ORDERS, Part.LOYALTY), keys)
    copies.drop(session, shop_id, (Part.ORDER,), sold)
    linked = select(ShopLink.customer_id).where(
        ShopLink.shop_id == shop_id, ShopLink.buyer_id.in_(keys), ShopLink.state == LinkState.LINKED
    )
    _empty_acts(session, shop_id, ShopAct.order_id.in_(sold) & (ShopAct.order_id != ""))
    _empty_acts(session, shop_id, ShopAct.customer_id.in_(linked) & (ShopAct.order_id == ""))
    for change in (
        delete(EpisodeOrder).where(EpisodeOrder.shop_id == shop_id, EpisodeOrder.order_id.in_(sold)),
        delete(ShopLink).where(ShopLink.shop_id == shop_id, ShopLink.buyer_id.in_(keys)),
        delete(CartRow).where(his(CartRow)),
        delete(OrderRow).where(his(OrderRow)),
    ):
        session.execute(change.execution_options(synchronize_session=False))
    addresses = [*emails, *phones]
    _drop_events(session, shop_id, addresses, [*keys, *sold], ShopEventState.FAILED)
    # What still waits may wait for long. An id is too little to take it for his: it may be in any number.
    _drop_events(session, shop_id, addresses, (), ShopEventState.NEW)


def forget_shop(session: Session, shop_id: int) -> None:
    """Erase what is kept of a shop; its row and the journal of acts stay, emptied of what they say about people."""
    _empty_acts(session, shop_id, true())
    changes: Sequence[Delete] = (
        delete(EpisodeOrder).where(EpisodeOrder.shop_id == shop_id),
        delete(ShopLink).where(ShopLink.shop_id == shop_id),
        delete(CartRow).where(CartRow.shop_id == shop_id),
        delete(OrderRow).where(OrderRow.shop_id == shop_id),
        delete(ShopCopy).where(ShopCopy.shop_id == shop_id),
        delete(ShopEventRow).where(ShopEventRow.shop_id == shop_id),
    )
    for change in changes:
        session.execute(change.execution_options(synchronize_session=False))


def prune(session: Session, now: datetime, limit: int) -> int:
    """Remove up to `limit` carts, copies and events each that are too old; how many they were."""
    old = (
        delete(CartRow).where(
            CartRow.id.in_(select(CartRow.id).where(CartRow.expires_at < now).limit(limit))
        ),
        delete(ShopEventRow).where(
            ShopEventRow.id.in_(
                select(ShopEventRow.id).where(ShopEventRow.received_at < now - EVENTS_KEPT).limit(limit)
            )
        ),
    )
    counts = [_count(session, statement) for statement in old]
    keys = session.execute(
        select(ShopCopy.shop_id, ShopCopy.part, ShopCopy.key).where(ShopCopy.expires_at < now).limit(limit)
    ).all()
    for shop_id, part, key in keys:
        copies.drop(session, shop_id, (part,), (key,))
    return max(*counts, len(keys))


def _count(session: Session, statement: Delete) -> int:
    result: Any = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)


def _empty_acts(session: Session, shop_id: int, which: ColumnElement[bool]) -> None:
    """Take out of acts that are over what they say about people."""
    found = update(ShopAct).where(ShopAct.shop_id == shop_id, ShopAct.state.in_(_ENDED), which)
    session.execute(
        found.values(act={}, preview={}, result={}, reason="").execution_options(synchronize_session=False)
    )


def _drop_events(
    session: Session, shop_id: int, addresses: Sequence[str], ids: Sequence[str], state: ShopEventState
) -> None:
    """Remove events in a state that nobody works on and that name somebody; those worked off hold nothing any more."""
    wanted, after = [name.casefold().encode() for name in (*addresses, *ids) if len(name) >= 3], 0
    while wanted:
        rows = session.execute(
            select(ShopEventRow.id, ShopEventRow.body)
            .where(
                ShopEventRow.shop_id == shop_id,
                ShopEventRow.state == literal_column(f"'{state}'"),  # so that its partial index serves
                ShopEventRow.owner.is_(None),
                ShopEventRow.id > after,
            )
            .order_by(ShopEventRow.id)
            .limit(_SCAN)
        ).all()
        if not rows:
            return
        after = rows[-1].id
        named = [row.id for row in rows if any(name in row.body.lower() for name in wanted)]
        session.execute(
            delete(ShopEventRow)
            .where(ShopEventRow.id.in_(named))
            .execution_options(synchronize_session=False)
        )

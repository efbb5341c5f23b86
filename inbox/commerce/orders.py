"""Writing the summaries of orders. What is older than we hold changes nothing."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.commerce import copies, forms
from inbox.commerce.models import OrderRow
from inbox.commerce.numbers import number_key
from inbox.commerce.words import Part
from inbox.contract.commerce import Order


def put(session: Session, shop_id: int, order: Order, seen_at: datetime) -> bool:
    """Keep an order as it was at `seen_at`, and the summary of it; whether it is another than before."""
    known = session.scalar(
        select(OrderRow.seen_at).where(OrderRow.shop_id == shop_id, OrderRow.external_id == order.id)
    )
    if known is not None and known > seen_at:
        return False
    changed = copies.put(session, shop_id, Part.ORDER, order.id, order.model_dump(mode="json"), seen_at)
    values = {
        "number": order.number,
        "number_key": number_key(order.number),
        "buyer_id": order.buyer_id,
        "email": forms.mail(order.email),
        "phone": forms.number(order.phone),
        "placed_at": order.placed_at,
        "total": str(order.total.amount),
        "refunded": str(Decimal(0) if order.refunded is None else order.refunded.amount),
        "currency": order.total.currency,
        "state": str(order.state),
        "payment": str(order.payment),
        "raw_state": order.raw_state,
        "tokens": list(order.tokens),
        "seen_at": seen_at,
    }
    upsert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    session.execute(
        upsert(OrderRow)
        .values(shop_id=shop_id, external_id=order.id, **values)
        .on_conflict_do_update(
            index_elements=["shop_id", "external_id"], set_=values, where=OrderRow.seen_at <= seen_at
        )
    )
    return changed

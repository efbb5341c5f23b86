"""What shops told of a person, and what was done there for him, as JSON for himself."""

from typing import Any

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from inbox.agents.models import Agent
from inbox.commerce.models import CartRow, EpisodeOrder, OrderRow, ShopAct, ShopCopy, ShopLink, ShopRow
from inbox.commerce.words import LinkState, Part
from inbox.shapes import iso, iso_or_null
from inbox.threads.models import Episode


def shops(session: Session, customer_id: int, thread_id: int | None) -> dict[str, Any]:
    """Everything that is kept about a customer: as which buyer he is known, carts, orders, acts, what requests are
    about. Buyers that are only suggested, or are not he, are other people."""
    links = session.scalars(
        select(ShopLink)
        .where(ShopLink.customer_id == customer_id, ShopLink.state == LinkState.LINKED)
        .order_by(ShopLink.id)
    ).all()
    keys = [(link.shop_id, link.buyer_id) for link in links]
    return {
        "shops": [
            {"id": row.id, "kind": row.kind, "name": row.name, "account": row.account}
            for row in session.scalars(select(ShopRow).order_by(ShopRow.id))
        ],
        "buyers": _buyers(session, links),
        "carts": _carts(session, customer_id, keys),
        "orders": _orders(session, keys),
        "acts": _acts(session, customer_id),
        "requests_about": _about(session, thread_id),
    }


def _buyers(session: Session, links: Any) -> list[dict[str, Any]]:
    keys = [(link.shop_id, link.buyer_id) for link in links]
    rows = session.scalars(
        select(ShopCopy).where(
            ShopCopy.part.in_((Part.BUYER, Part.LOYALTY)), tuple_(ShopCopy.shop_id, ShopCopy.key).in_(keys)
        )
    )
    copies = {(row.shop_id, row.key, row.part): row.data for row in rows}
    return [
        {
            "shop_id": link.shop_id,
            "buyer_id": link.buyer_id,
            "by": link.by.value,
            "value": link.value,
            "linked_at": iso(link.created_at),
            "buyer": copies.get((link.shop_id, link.buyer_id, Part.BUYER)),
            "loyalty": copies.get((link.shop_id, link.buyer_id, Part.LOYALTY)),
        }
        for link in links
    ]


def _carts(session: Session, customer_id: int, keys: list[tuple[int, str]]) -> list[dict[str, Any]]:
    own = CartRow.customer_id == customer_id
    his = or_(own, tuple_(CartRow.shop_id, CartRow.buyer_id).in_(keys)) if keys else own
    return [
        {"shop_id": row.shop_id, "seen_at": iso(row.seen_at), "source": row.source.value, "cart": row.data}
        for row in session.scalars(select(CartRow).where(his).order_by(CartRow.id))
    ]


def _orders(session: Session, keys: list[tuple[int, str]]) -> list[dict[str, Any]]:
    if not keys:
        return []
    rows = session.execute(
        select(OrderRow, ShopCopy.data)
        .outerjoin(
            ShopCopy,
            (ShopCopy.shop_id == OrderRow.shop_id)
            & (ShopCopy.key == OrderRow.external_id)
            & (ShopCopy.part == Part.ORDER),
        )
        .where(tuple_(OrderRow.shop_id, OrderRow.buyer_id).in_(keys))
        .order_by(OrderRow.id)
    )
    return [
        {
            "shop_id": row.shop_id,
            "number": row.number,
            "placed_at": iso_or_null(row.placed_at),
            "total": {"amount": row.total, "currency": row.currency},
            "refunded": {"amount": row.refunded, "currency": row.currency},
            "state": row.state,
            "payment": row.payment,
            "seen_at": iso(row.seen_at),
            "order": data,
        }
        for row, data in rows
    ]


def _acts(session: Session, customer_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(ShopAct, Agent.name)
        .join(Agent, Agent.id == ShopAct.agent_id)
        .where(ShopAct.customer_id == customer_id)
        .order_by(ShopAct.id)
    )
    return [
        {
            "shop_id": act.shop_id,
            "kind": act.kind,
            "order_number": act.order_number,
            "act": act.act,
            "reason": act.reason,
            "amount": {"amount": act.amount, "currency": act.currency} if act.amount else None,
            "state": act.state.value,
            "agent": agent,
            "result": act.result,
            "created_at": iso(act.created_at),
            "done_at": iso_or_null(act.done_at),
        }
        for act, agent in rows
    ]


def _about(session: Session, thread_id: int | None) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(EpisodeOrder)
        .join(Episode, Episode.id == EpisodeOrder.episode_id)
        .where(Episode.thread_id == thread_id)
        .order_by(EpisodeOrder.at)
    )
    return [
        {"episode_id": row.episode_id, "shop_id": row.shop_id, "number": row.number, "at": iso(row.at)}
        for row in rows
    ]

"""Deliveries as browsers and scripts see them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from inbox.outbox.models import Delivery
from inbox.outbox.unseen import ARRIVED
from inbox.outbox.words import DeliveryState
from inbox.shapes import DeliveryView, MessageView, iso, iso_or_null
from inbox.threads import sent


def add_deliveries(session: Session, messages: Sequence[MessageView]) -> None:
    """Fill in what became of each reply among the messages, and of what was sent on, in one query."""
    ids = [message["id"] for message in messages if message["kind"] in ("reply", "system")]
    if not ids:
        return
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.message_id,
            type_coerce(Delivery.state, String).label("state"),
            Delivery.error,
            Delivery.not_before,
            Delivery.attempts,
            Delivery.recipients,
            Delivery.settle_at,
            Delivery.sent_at,
            Delivery.request["answers"].as_integer().label("answers"),
            Delivery.request["unseen"].as_string().label("unseen"),
            Delivery.request["amendment"]["change"].as_string().label("amendment"),
            Delivery.request["amendment"]["body"].as_string().label("amended_body"),
            Delivery.request["amendment"]["agent_id"].as_integer().label("amended_by"),
            Delivery.request["amendment"]["until"].as_string().label("amended_until"),
        ).where(Delivery.message_id.in_(ids))
    ).all()
    found = {row.message_id: _view(row) for row in rows}
    chosen = {row.message_id: row.answers for row in rows if row.answers is not None}
    answered = sent.answered(session, chosen.values()) if chosen else {}
    for message in messages:
        message["delivery"] = found.get(message["id"])
        answers = answered.get(chosen.get(message["id"], 0))
        # One that went to another customer's thread since is not shown here any more.
        if answers is not None and answers["thread_id"] == message["thread_id"]:
            message["answers"] = answers


def answers_of(session: Session, message_ids: Collection[int]) -> dict[int, int]:
    """The messages that agents chose to answer, by the replies that do."""
    rows = session.execute(
        select(Delivery.message_id, Delivery.request["answers"].as_integer().label("answers")).where(
            Delivery.message_id.in_(sorted(set(message_ids)))
        )
    )
    return {row.message_id: row.answers for row in rows if row.answers is not None}


def message_of(session: Session, delivery_id: int) -> tuple[int, int] | None:
    """The ids of the message and the thread of a delivery."""
    row = session.execute(
        select(Delivery.message_id, Delivery.thread_id).where(Delivery.id == delivery_id)
    ).first()
    return None if row is None else (row.message_id, row.thread_id)


def _view(row: Any) -> DeliveryView:
    waiting = row.state == DeliveryState.QUEUED and row.attempts == 0
    return {
        "id": row.id,
        "state": row.state,
        "error": row.error,
        "send_after": iso(row.not_before) if waiting else None,
        "attempts": row.attempts,
        "settling": row.state == DeliveryState.UNCERTAIN and row.settle_at is not None,
        "unseen": row.unseen if row.state in ARRIVED else None,
        "sent_at": iso_or_null(row.sent_at),
        "amendment": None
        if row.amendment is None
        else {
            "change": row.amendment,
            "body": row.amended_body,
            "agent_id": row.amended_by,
            "until": row.amended_until,
        },
        "recipients": [
            {"address": to["address"], "state": to.get("state", row.state), "error": to.get("error")}
            for to in row.recipients
        ],
    }

"""Who may be the same person, and what was merged and split. Reads; the stories are in `flows`."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from inbox.agents.models import Agent
from inbox.customers import profile_rules as rules
from inbox.customers.models import Customer, Merge, Suggestion
from inbox.customers.shapes import DuplicateView, MergePage, MergeView
from inbox.customers.words import SuggestionState
from inbox.shapes import iso, iso_or_null

DUPLICATES = 20
"""More are not shown at once; deciding about these brings up the next."""


def duplicates(session: Session, visible: ColumnElement[bool], customer_id: int) -> list[DuplicateView]:
    """Open suggestions about a customer, the likeliest first; only those whose other side `visible` admits."""
    rows = session.execute(
        _suggestions(visible, customer_id)
        .with_only_columns(Suggestion, Customer.id, Customer.name)
        .order_by(Suggestion.score.desc(), Suggestion.id.desc())
        .limit(DUPLICATES)
    )
    return [
        {
            "id": row.Suggestion.id,
            "customer": {"id": row.id, "name": row.name},
            "evidence": [
                {"code": each["code"], "text": each["text"], "data": each.get("data") or {}}
                for each in row.Suggestion.evidence
            ],
            "score": row.Suggestion.score,
            "sure": rules.sure(row.Suggestion.score),
            "conflict": any(each["code"] == "conflict" for each in row.Suggestion.evidence),
            "created_at": iso(row.Suggestion.created_at),
        }
        for row in rows
    ]


def duplicate_count(session: Session, visible: ColumnElement[bool], customer_id: int) -> int:
    """How many open suggestions there are, up to what `duplicates` shows."""
    some = _suggestions(visible, customer_id).with_only_columns(Suggestion.id).limit(DUPLICATES).subquery()
    return session.execute(select(func.count()).select_from(some)).scalar_one()


def merges(session: Session, customer_id: int, *, now: datetime, before: int | None, limit: int) -> MergePage:
    """Merges and splits that a customer was part of, newest first, below the id `before`."""
    survivor, other = aliased(Customer), aliased(Customer)
    query = (
        select(Merge, survivor.name.label("survivor"), other.name.label("other"), Agent.name.label("agent"))
        .join(survivor, survivor.id == Merge.survivor_id)
        .join(other, other.id == Merge.other_id)
        .outerjoin(Agent, Agent.id == Merge.agent_id)
        .where(or_(Merge.survivor_id == customer_id, Merge.other_id == customer_id))
        .order_by(Merge.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(Merge.id < before)
    rows = session.execute(query).all()
    items = [_merge(row, now) for row in rows[:limit]]
    return {"items": items, "next": str(items[-1]["id"]) if len(rows) > limit else None}


def _suggestions(visible: ColumnElement[bool], customer_id: int) -> Any:
    other = case((Suggestion.low_id == customer_id, Suggestion.high_id), else_=Suggestion.low_id)
    return (
        select(Suggestion)
        .join(Customer, Customer.id == other)
        .where(
            or_(Suggestion.low_id == customer_id, Suggestion.high_id == customer_id),
            Suggestion.state == SuggestionState.OPEN,
            Customer.merged_into_id.is_(None),
            Customer.erased_at.is_(None),
            visible,
        )
    )


def _merge(row: Any, now: datetime) -> MergeView:
    merge: Merge = row.Merge
    return {
        "id": merge.id,
        "is_split": merge.is_split,
        "survivor": {"id": merge.survivor_id, "name": row.survivor},
        "other": {"id": merge.other_id, "name": row.other},
        "reason": merge.reason or None,
        "agent": row.agent,
        "at": iso(merge.at),
        "undo_until": iso(merge.undo_until),
        "undone_at": iso_or_null(merge.undone_at),
        "can_undo": merge.undone_at is None and merge.undo_until > now,
    }

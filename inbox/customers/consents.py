"""What a customer allowed or refused. Rows are added and never changed: the newest counts, the others prove."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.orm import Session

from inbox.agents.models import Agent
from inbox.customers import profile_rules as rules
from inbox.customers.models import Consent
from inbox.customers.shapes import ConsentView
from inbox.customers.words import Purpose
from inbox.errors import Invalid
from inbox.shapes import iso


def note(
    session: Session,
    customer_id: int,
    *,
    namespace: str,
    purpose: str,
    granted: bool,
    source: str,
    agent_id: int | None,
    now: datetime,
) -> int:
    """Note what a customer decided about messages to one kind of address; the row's id. Raises Invalid."""
    if purpose not in list(Purpose):
        raise Invalid("Choose a purpose from the list.", "/purpose")
    row = Consent(
        customer_id=customer_id,
        namespace=namespace,
        purpose=purpose,
        granted=granted,
        source=rules.source(source),
        agent_id=agent_id,
        at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def current(session: Session, customer_ids: Iterable[int]) -> dict[int, list[ConsentView]]:
    """Per customer the newest decision for each kind of address and purpose."""
    newest = (
        select(func.max(Consent.id))
        .where(Consent.customer_id.in_(sorted(set(customer_ids))))
        .group_by(Consent.customer_id, Consent.namespace, Consent.purpose)
    )
    rows = session.execute(
        _ROWS.where(Consent.id.in_(newest)).order_by(Consent.customer_id, Consent.namespace, Consent.purpose)
    )
    found: dict[int, list[ConsentView]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(_view(row))
    return found


def history(
    session: Session, customer_id: int, *, before: int | None, limit: int
) -> tuple[list[ConsentView], str | None]:
    """All decisions of a customer, newest first, below the id `before`, and the cursor of the next page."""
    query = _ROWS.where(Consent.customer_id == customer_id).order_by(Consent.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(Consent.id < before)
    rows = session.execute(query).all()
    items = [_view(row) for row in rows[:limit]]
    return items, str(items[-1]["id"]) if len(rows) > limit else None


_ROWS = select(
    Consent.id,
    Consent.customer_id,
    Consent.namespace,
    type_coerce(Consent.purpose, String).label("purpose"),
    Consent.granted,
    Consent.source,
    Consent.agent_id,
    Agent.name.label("agent"),
    Consent.at,
).outerjoin(Agent, Agent.id == Consent.agent_id)


def _view(row: Any) -> ConsentView:
    return {
        "id": row.id,
        "namespace": row.namespace,
        "purpose": row.purpose,
        "granted": row.granted,
        "source": row.source,
        "agent": row.agent,
        "agent_id": row.agent_id,
        "at": iso(row.at),
    }

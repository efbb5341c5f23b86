"""Reading waits."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from inbox.customers.models import Customer
from inbox.sla.models import Wait
from inbox.sla.words import WaitOutcome
from inbox.threads.models import Thread


@dataclass(frozen=True)
class OpenWait:
    """A customer who is owed an answer since a moment, and whose his thread is."""

    id: int
    thread_id: int
    since: datetime
    assignee_id: int | None


@dataclass(frozen=True)
class WaitNow:
    """How a wait stands: in which thread it is, whose that is, and how the wait ended, if it has."""

    id: int
    thread_id: int
    since: datetime
    opened_by_id: int
    assignee_id: int | None
    outcome: WaitOutcome | None
    closed_by_id: int | None
    answered_by_id: int | None


def open_waits(
    session: Session,
    before: datetime,
    limit: int,
    *,
    unassigned: bool,
    team_id: int | None,
    is_demo: bool,
    only: Callable[[ColumnElement[int]], ColumnElement[bool]],
) -> list[OpenWait]:
    """Waits that began before a moment and go on, the longest first.

    `unassigned`: only in threads that nobody has. `team_id`: only in threads of that team or of none; None means
    any. `only` makes a further condition out of the wait's id.
    """
    found = (
        select(Wait.id, Wait.thread_id, Wait.opened_at, Thread.assignee_id)
        .join(Thread, Thread.id == Wait.thread_id)
        .join(Customer, Customer.id == Thread.customer_id)
        .where(
            Wait.closed_at.is_(None),
            Wait.opened_at <= before,
            Customer.is_demo == is_demo,
            only(Wait.__table__.c.id),
        )
        .order_by(Wait.opened_at, Wait.id)
        .limit(limit)
    )
    if unassigned:
        found = found.where(Thread.assignee_id.is_(None))
    if team_id is not None:
        found = found.where(or_(Thread.team_id.is_(None), Thread.team_id == team_id))
    return [OpenWait(*row) for row in session.execute(found)]


def now(session: Session, wait_ids: Collection[int]) -> dict[int, WaitNow]:
    """How waits stand, by id; one that is gone is absent."""
    rows = session.execute(
        select(
            Wait.id,
            Wait.thread_id,
            Wait.opened_at,
            Wait.opened_by_id,
            Thread.assignee_id,
            Wait.outcome,
            Wait.closed_by_id,
            Wait.answered_by_id,
        )
        .join(Thread, Thread.id == Wait.thread_id)
        .where(Wait.id.in_(wait_ids))
    )
    return {row.id: WaitNow(*row) for row in rows}

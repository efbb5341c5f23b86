"""Rows that one process at a time works on: claimed for a while, and changed only by who holds them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.db.time import utc_in, utcnow
from inbox.notify import rules
from inbox.notify.models import Notice, TeamAnswer
from inbox.notify.words import AnswerState, NoticeState

Row = type[Notice] | type[TeamAnswer]
State = NoticeState | AnswerState


def claim(
    session: Session, row: Row, lane: InstrumentedAttribute[Any], moving: Collection[State], owner: str
) -> int | None:
    """Take the row that is due next, for LEASE seconds; its id, or None when there is none.

    Of those that agree in the column `lane` an older one in a `moving` state goes first.
    """
    older = aliased(row)
    blocked = exists().where(
        getattr(older, lane.key) == lane, older.id < row.id, older.state.in_(list(moving))
    )
    due = (
        _due(row)
        .where(~blocked)
        .order_by(row.not_before, row.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=row)
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")  # inlined, the LIMIT could be taken more than once
    )
    return session.execute(
        update(row)
        .where(row.id.in_(select(due.c.id)))
        .values(state="claimed", owner=owner, lease_until=utc_in(rules.LEASE), attempts=row.attempts + 1)
        .returning(row.id)
        .execution_options(synchronize_session=False)
    ).scalar()


def has_due(session: Session, row: Row) -> bool:
    """Whether a row of an active channel is to be worked on now."""
    return session.execute(_due(row).limit(1)).scalar() is not None


def fenced(
    session: Session, row: Row, row_id: int, held_by: str | None, states: Collection[State], /, **values: Any
) -> bool:
    """Change a row only while `held_by` (None: whoever) holds it in one of `states`."""
    fence: list[ColumnElement[bool]] = [row.id == row_id, row.state.in_(list(states))]
    if held_by is not None:
        fence.append(row.owner == held_by)
    changed = session.execute(
        update(row)
        .where(*fence)
        .values(**values)
        .returning(row.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return changed is not None


def _due(row: Row) -> Select[int]:
    return (
        select(row.id)
        .join(Channel, Channel.id == row.channel_id)
        .where(
            row.state == "queued",
            row.not_before <= utcnow(),
            Channel.state == ChannelState.ACTIVE,
        )
    )

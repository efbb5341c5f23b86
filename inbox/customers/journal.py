"""The journal of merges and splits: which rows they moved or changed, and what those were before."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, Table, insert, literal, select
from sqlalchemy.orm import Session

from inbox.customers.models import Merge, MergeRow
from inbox.db.base import Json
from inbox.errors import NotFound

UNDO = timedelta(days=30)
"""How long a merge or a split can be undone."""

_row = cast(Table, MergeRow.__table__)


def begin(
    session: Session,
    survivor_id: int,
    other_id: int,
    now: datetime,
    *,
    agent_id: int | None,
    reason: str = "",
    is_split: bool = False,
) -> Merge:
    """A new entry. `reason` says why it happens when no agent does it."""
    entry = Merge(
        is_split=is_split,
        survivor_id=survivor_id,
        other_id=other_id,
        reason=reason[:500],
        agent_id=agent_id,
        at=now,
        undo_until=now + UNDO,
        before={},
    )
    session.add(entry)
    session.flush()
    return entry


def remember(entry: Merge, **parts: Any) -> None:
    """Keep further parts in an entry of the journal."""
    entry.before = {**entry.before, **parts}


def note(session: Session, merge_id: int, place: str, rows: Mapping[int, Mapping[str, Any]]) -> None:
    """Note rows of the table `place` with what they were before."""
    if rows:
        session.execute(
            insert(_row),
            [
                {"merge_id": merge_id, "place": place, "row_id": row_id, "before": dict(before)}
                for row_id, before in rows.items()
            ],
        )


def note_all(session: Session, merge_id: int, place: str, ids: Select[Any]) -> None:
    """Note all rows that `ids` selects, however many: that they are named says enough."""
    chosen = ids.subquery()
    source = select(literal(merge_id, _row.c.merge_id.type), literal(place), chosen.c[0], literal({}, Json))
    session.execute(insert(_row).from_select(["merge_id", "place", "row_id", "before"], source))


def noted(session: Session, merge_id: int, place: str) -> dict[int, dict[str, Any]]:
    """The rows of a table that an entry names, with what they were before."""
    rows = session.execute(
        select(MergeRow.row_id, MergeRow.before)
        .where(MergeRow.merge_id == merge_id, MergeRow.place == place)
        .order_by(MergeRow.row_id)
    )
    return {row.row_id: row.before for row in rows}


def ids(merge_id: int, *places: str) -> Select[int]:
    """Selects the ids of the rows that an entry names in these places."""
    return select(MergeRow.row_id).where(MergeRow.merge_id == merge_id, MergeRow.place.in_(places))


def get(session: Session, merge_id: int) -> Merge:
    """An entry by its id. Raises NotFound."""
    found = session.get(Merge, merge_id)
    if found is None:
        raise NotFound("There is no such merge.")
    return found


def lock(session: Session, merge_id: int) -> Merge:
    """An entry, locked until the end of the transaction. Raises NotFound."""
    found = session.execute(
        select(Merge).where(Merge.id == merge_id).with_for_update().execution_options(populate_existing=True)
    ).scalar()
    if found is None:
        raise NotFound("There is no such merge.")
    return found


def newest(session: Session, survivor_id: int, other_id: int) -> Merge | None:
    """The newest merge of one customer into another that was not undone."""
    return session.execute(
        select(Merge)
        .where(
            Merge.survivor_id == survivor_id,
            Merge.other_id == other_id,
            ~Merge.is_split,
            Merge.undone_at.is_(None),
        )
        .order_by(Merge.id.desc())
        .limit(1)
    ).scalar()


def later(session: Session, customer_id: int, merge_id: int) -> Merge | None:
    """A merge into a customer after the entry, which was not undone."""
    return session.execute(
        select(Merge)
        .where(
            Merge.survivor_id == customer_id,
            Merge.id > merge_id,
            ~Merge.is_split,
            Merge.undone_at.is_(None),
        )
        .limit(1)
    ).scalar()

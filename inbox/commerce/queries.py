"""Reads of connected shops."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.commerce.models import ShopEventRow, ShopRow
from inbox.commerce.words import ShopEventState, ShopState
from inbox.errors import NotFound


@dataclass(frozen=True)
class ShopDetail:
    """A shop as settings pages show it: everything but its secrets.

    `failing_since` is when its calls began to fail, None while they succeed. `waiting` events are to be worked off,
    `failed` ones wait for a person. `next_step` says how to try a new shop, at `next_url`; both may be empty.
    """

    id: int
    kind: str
    name: str
    account: str
    state: ShopState
    config: dict[str, Any]
    facts: dict[str, Any]
    is_demo: bool
    created_at: datetime
    last_event_at: datetime | None
    last_fetch_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    failing_since: datetime | None
    closed_until: datetime | None
    next_step: str
    next_url: str
    waiting: int = 0
    failed: int = 0


def shops(session: Session) -> list[ShopDetail]:
    """All shops that are not removed, by name."""
    found = (
        select(ShopRow)
        .where(ShopRow.state != ShopState.REMOVED)
        .order_by(func.lower(ShopRow.name), ShopRow.id)
    )
    counts = _counts(session)
    return [_detail(row, counts.get(row.id, {})) for row in session.scalars(found)]


def shop(session: Session, shop_id: int) -> ShopDetail:
    """One shop that is not removed. Raises NotFound."""
    return _detail(row(session, shop_id), _counts(session, shop_id).get(shop_id, {}))


def row(session: Session, shop_id: int) -> ShopRow:
    """The row of a shop that is not removed, for `actions.open_config`. Raises NotFound."""
    found = session.get(ShopRow, shop_id, populate_existing=True)
    if found is None or found.state is ShopState.REMOVED:
        raise NotFound("There is no such shop.")
    return found


def active(session: Session) -> list[ShopRow]:
    """Shops that take part, oldest first."""
    found = select(ShopRow).where(ShopRow.state == ShopState.ACTIVE).order_by(ShopRow.id)
    return list(session.scalars(found))


def _counts(session: Session, shop_id: int | None = None) -> dict[int, dict[ShopEventState, int]]:
    """Unfinished events by shop and state."""
    counts: dict[int, dict[ShopEventState, int]] = {}
    for state in (ShopEventState.NEW, ShopEventState.FAILED):
        # One statement for each state, so that each can use its partial index.
        found = select(ShopEventRow.shop_id, func.count()).where(ShopEventRow.state == state)
        if shop_id is not None:
            found = found.where(ShopEventRow.shop_id == shop_id)
        for owner, count in session.execute(found.group_by(ShopEventRow.shop_id)):
            counts.setdefault(owner, {})[state] = count
    return counts


def _detail(row: ShopRow, counts: dict[ShopEventState, int]) -> ShopDetail:
    return ShopDetail(
        id=row.id,
        kind=row.kind,
        name=row.name,
        account=row.account,
        state=row.state,
        config=dict(row.config),
        facts=dict(row.facts),
        is_demo=row.is_demo,
        created_at=row.created_at,
        last_event_at=row.last_event_at,
        last_fetch_at=row.last_fetch_at,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
        failing_since=row.failing_since,
        closed_until=row.closed_until,
        next_step=str(row.facts.get("next_step") or ""),
        next_url=str(row.facts.get("next_url") or ""),
        waiting=counts.get(ShopEventState.NEW, 0),
        failed=counts.get(ShopEventState.FAILED, 0),
    )

"""The ledger of shops' events: kept before anything is done with them, worked off once, emptied afterwards.

What an event said is needed only until it is worked off, for the shop is asked how things are. Its row stays for
`rules.EVENT_DAYS`, so that one sent twice is known.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.commerce.models import ShopEventRow, ShopRow
from inbox.commerce.words import ShopEventState, ShopState
from inbox.contract import Raw
from inbox.db.time import utc_in, utcnow
from inbox.db.work import ring

LEASE = 60.0
"""Seconds that a claimed event is left to its worker; who takes longer finds his work fenced off."""
ERROR_MAX = 1000
KEY_MAX = 200


@dataclass(frozen=True)
class Told:
    """An event as it came. `dedupe_key` names it; "" has its bytes name it. `via` is the way: "hook" or "changes"."""

    raw: Raw
    via: str
    dedupe_key: str = ""


def keep(session: Session, shop_id: int, told: Sequence[Told], now: datetime) -> int:
    """Store events and return how many are new; a known one is left as it is."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    kept = 0
    for one in told:
        row = session.execute(
            insert(ShopEventRow)
            .values(
                shop_id=shop_id,
                dedupe_key=_key(one),
                headers=one.raw.headers,
                meta={"via": one.via, "meta": one.raw.meta},
                body=one.raw.body,
                received_at=now,
                state=ShopEventState.NEW,
                attempts=0,
                not_before=utcnow(),
            )
            .on_conflict_do_nothing(index_elements=["shop_id", "dedupe_key"])
            .returning(ShopEventRow.id)
        ).scalar()
        kept += row is not None
    if kept:
        ring(session, "shops")
    return kept


def told(row: ShopEventRow) -> Told:
    """An event as it was kept."""
    meta: dict[str, Any] = row.meta.get("meta") or {}
    raw = Raw(body=row.body, headers=row.headers, meta=meta)
    return Told(raw, str(row.meta.get("via")), row.dedupe_key)


def due_shops(session: Session) -> list[int]:
    """Active shops of which events wait to be worked off now. Those of a paused one wait until it takes part again."""
    found = (
        select(ShopEventRow.shop_id)
        .join(ShopRow, ShopRow.id == ShopEventRow.shop_id)
        .where(
            ShopEventRow.state == ShopEventState.NEW,
            ShopEventRow.not_before <= utcnow(),
            ShopRow.state == ShopState.ACTIVE,
        )
        .distinct()
    )
    return sorted(session.scalars(found))


def claim(session: Session, shop_id: int, owner: str, limit: int) -> list[ShopEventRow]:
    """Take up to `limit` due events of a shop that takes part, oldest first, for LEASE seconds."""
    active = select(ShopRow.id).where(ShopRow.id == shop_id, ShopRow.state == ShopState.ACTIVE)
    due = (
        select(ShopEventRow.id)
        .where(
            active.exists(),
            ShopEventRow.shop_id == shop_id,
            ShopEventRow.state == ShopEventState.NEW,
            ShopEventRow.not_before <= utcnow(),
        )
        .order_by(ShopEventRow.not_before, ShopEventRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")  # inlined, the LIMIT could be taken more than once
    )
    ids = session.execute(
        update(ShopEventRow)
        .where(ShopEventRow.id.in_(select(due.c.id)))
        .values(owner=owner, not_before=utc_in(LEASE), attempts=ShopEventRow.attempts + 1)
        .returning(ShopEventRow.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    found = select(ShopEventRow).where(ShopEventRow.id.in_(list(ids))).order_by(ShopEventRow.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def finish(
    session: Session,
    event_ids: Collection[int],
    owner: str,
    state: ShopEventState,
    error: str | None = None,
) -> None:
    """End the work on events that are still ours. Those that failed keep what they said, for a person to see."""
    emptied = {} if state is ShopEventState.FAILED else {"body": b"", "headers": {}, "meta": {}}
    session.execute(
        _ours(event_ids, owner).values(
            state=state, error=error and error[:ERROR_MAX], done_at=utcnow(), owner=None, **emptied
        )
    )


def put_back(
    session: Session,
    event_ids: Collection[int],
    owner: str,
    seconds: float,
    error: str | None,
    *,
    counts: bool = True,
) -> None:
    """Work on events that are still ours again after `seconds`. `counts` says whether this was one of their tries."""
    session.execute(
        _ours(event_ids, owner).values(
            not_before=utc_in(seconds),
            owner=None,
            error=error and error[:ERROR_MAX],
            attempts=ShopEventRow.attempts - (0 if counts else 1),
        )
    )


def reopen_failed(session: Session, shop_id: int) -> int:
    """Have all failed events of a shop worked on again; how many they are."""
    reopened = session.execute(
        update(ShopEventRow)
        .where(ShopEventRow.shop_id == shop_id, ShopEventRow.state == ShopEventState.FAILED)
        .values(state=ShopEventState.NEW, not_before=utcnow(), attempts=0, error=None, done_at=None)
        .returning(ShopEventRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    if reopened:
        ring(session, "shops")
    return len(reopened)


def drop_failed(session: Session, shop_id: int) -> int:
    """Forget all failed events of a shop; how many they were."""
    dropped = session.execute(
        delete(ShopEventRow)
        .where(ShopEventRow.shop_id == shop_id, ShopEventRow.state == ShopEventState.FAILED)
        .returning(ShopEventRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(dropped)


def failed(session: Session, shop_id: int, limit: int = 20) -> list[ShopEventRow]:
    """Events of a shop that could not be worked off, newest first."""
    found = (
        select(ShopEventRow)
        .where(ShopEventRow.shop_id == shop_id, ShopEventRow.state == ShopEventState.FAILED)
        .order_by(ShopEventRow.id.desc())
        .limit(limit)
    )
    return list(session.scalars(found))


def release(session: Session, owner: str) -> None:
    """Give back the claims of every other process: this one has just started and is the only one."""
    session.execute(
        update(ShopEventRow)
        .where(
            ShopEventRow.state == ShopEventState.NEW,
            ShopEventRow.owner.is_not(None),
            ShopEventRow.owner != owner,
        )
        .values(owner=None, not_before=utcnow())
        .execution_options(synchronize_session=False)
    )


def _ours(event_ids: Collection[int], owner: str) -> Any:
    return (
        update(ShopEventRow)
        .where(
            ShopEventRow.id.in_(event_ids),
            ShopEventRow.owner == owner,
            ShopEventRow.state == ShopEventState.NEW,
        )
        .execution_options(synchronize_session=False)
    )


def _key(one: Told) -> str:
    name = one.dedupe_key or hashlib.sha256(one.raw.body).hexdigest()
    short = name if len(name) <= KEY_MAX else hashlib.sha256(name.encode()).hexdigest()
    return f"{one.via}:{short}"

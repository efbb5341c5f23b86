"""Doing acts: the two-stage claim, and what came of it. All that moves a state is fenced by the state that it leaves
and by the owner of the claim.

An act is claimed while it has an owner and a lease. It is *sending* from the commit right before the deciding
request: whoever dies before that leaves it to be done by another, whoever dies after it leaves it uncertain, and the
shop is asked.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from inbox.clock import utc_now
from inbox.commerce import act_rules as rules
from inbox.commerce.models import ShopAct, ShopRow
from inbox.commerce.words import ActState, ShopState
from inbox.contract.commerce import Done, Preview
from inbox.db.time import utc_in, utcnow
from inbox.db.work import ring


def has_due(session: Session) -> bool:
    """Whether there is anything for a worker to do now."""
    return session.execute(select(ShopAct.id).where(_due()).limit(1)).scalar() is not None


def claim(session: Session, owner: str) -> int | None:
    """Take the act that is due longest: one to be done, or one to ask the shop about. None when nothing is due."""
    due = (
        select(ShopAct.id)
        .join(ShopRow, ShopRow.id == ShopAct.shop_id)
        .where(_due(), ShopRow.state == ShopState.ACTIVE)
        .order_by(ShopAct.not_before, ShopAct.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=ShopAct)
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return _take(session, owner, ShopAct.id.in_(select(due.c.id)))


def claim_one(session: Session, act_id: int, owner: str) -> bool:
    """Take an act that nobody has in hand, whenever it is due."""
    free = or_(ShopAct.owner.is_(None), ShopAct.lease_until.is_(None), ShopAct.lease_until < utcnow())
    open_ = ShopAct.state.in_((ActState.APPROVED, ActState.UNCERTAIN, ActState.PENDING))
    return _take(session, owner, (ShopAct.id == act_id) & free & open_) is not None


def start_sending(session: Session, act_id: int, owner: str) -> bool:
    """The second stage, committed right before the wire; False when the claim was lost meanwhile."""
    return _move(session, act_id, owner, ActState.SENDING, lease_until=utc_in(rules.LEASE))


def done(session: Session, act_id: int, owner: str, result: Done) -> bool:
    """The shop did it, or took it up; False when somebody else has recorded something meanwhile."""
    values: dict[str, Any] = {"result": result.model_dump(mode="json"), "error": None, "lease_until": None}
    if result.pending:
        later = utc_in(rules.PENDING_UPS[0])
        return _move(session, act_id, owner, ActState.PENDING, looks=0, not_before=later, **values)
    return _move(session, act_id, owner, ActState.DONE, done_at=utc_now(), **values)


def failed(session: Session, act_id: int, owner: str, error: str) -> bool:
    """It was not done, and will not be."""
    ended: dict[str, Any] = {"lease_until": None, "done_at": utc_now()}
    return _move(session, act_id, owner, ActState.FAILED, error=error[:2000], **ended)


def changed(
    session: Session, act_id: int, owner: str, now: Preview, difference: Collection[str], error: str
) -> bool:
    """The order is not what was agreed to any more: the act is refused, with what is different."""
    result = {"now": now.model_dump(mode="json"), "difference": list(difference)}
    ended: dict[str, Any] = {"lease_until": None, "done_at": utc_now()}
    return _move(session, act_id, owner, ActState.REFUSED, error=error[:2000], result=result, **ended)


def uncertain(session: Session, act_id: int, owner: str, error: str) -> bool:
    """Nobody knows whether it was done; the shop is asked in a moment."""
    again: dict[str, Any] = {"looks": 0, "not_before": utc_in(rules.LOOK_UPS[0]), "lease_until": None}
    return _move(session, act_id, owner, ActState.UNCERTAIN, error=error[:2000], **again)


def put_off(session: Session, act_id: int, owner: str, seconds: float, error: str) -> bool:
    """It was certainly not done: try again after `seconds`. One put off for too long fails."""
    row = session.get_one(ShopAct, act_id, populate_existing=True)
    since = row.decided_at or row.created_at
    if (utc_now() - since).total_seconds() > rules.GIVE_UP_AFTER:
        return failed(session, act_id, owner, f"Given up after {row.attempts} tries. {error}")
    again: dict[str, Any] = {"owner": None, "lease_until": None, "not_before": utc_in(seconds)}
    return _move(session, act_id, owner, ActState.APPROVED, error=error[:2000], **again)


def look_later(session: Session, act_id: int, owner: str, seconds: float, error: str | None) -> bool:
    """What became of it is not known yet: ask again after `seconds`."""
    values: dict[str, Any] = {} if error is None else {"error": error[:2000]}
    return _fenced(
        session,
        act_id,
        owner,
        (ActState.UNCERTAIN, ActState.PENDING),
        owner=None,
        lease_until=None,
        not_before=utc_in(seconds),
        **values,
    )


def expire(session: Session, *, of_others: str | None = None, limit: int = 100) -> list[int]:
    """Take back claims whose lease ran out: what was only claimed is free again, what was on the wire is uncertain,
    and the shop is asked at once. Returns the ids of the uncertain ones.

    With `of_others` all claims but those of that owner are taken back, whatever their lease.
    """
    lost = ShopAct.lease_until < utcnow() if of_others is None else ShopAct.owner != of_others
    found: list[int] = []
    for state, values in (
        (ActState.APPROVED, {"owner": None, "lease_until": None}),
        (ActState.PENDING, {"owner": None, "lease_until": None}),
        (ActState.UNCERTAIN, {"owner": None, "lease_until": None}),
        (
            ActState.SENDING,
            {
                "state": ActState.UNCERTAIN,
                "error": "The connection was cut. The shop may or may not have done it.",
                "lease_until": None,
                "looks": 0,
                "not_before": utcnow(),
            },
        ),
    ):
        ids = (
            select(ShopAct.id)
            .where(_OPEN, ShopAct.state == state, ShopAct.lease_until.is_not(None), lost)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("lost")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        changed_ids = session.scalars(
            update(ShopAct)
            .where(ShopAct.id.in_(select(ids.c.id)))
            .values(**values)
            .returning(ShopAct.id)
            .execution_options(synchronize_session=False)
        ).all()
        found += changed_ids if state is ActState.SENDING else []
    if found:
        ring(session, "outbound")
    return found


def give_up(session: Session, limit: int = 100) -> list[int]:
    """End what is not on its way and nobody got done in time, because its shop is paused or gone, or because whoever
    takes it meets what nobody foresaw; the ids."""
    old = (
        select(ShopAct.id)
        .where(
            in_state(ActState.APPROVED),
            _OPEN,
            or_(ShopAct.owner.is_(None), ShopAct.lease_until < utcnow()),
            func.coalesce(ShopAct.decided_at, ShopAct.created_at)
            < utc_now() - timedelta(seconds=rules.GIVE_UP_AFTER),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("old")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return list(
        session.scalars(
            update(ShopAct)
            .where(ShopAct.id.in_(select(old.c.id)))
            .values(
                state=ActState.FAILED,
                error=func.coalesce("Given up. " + ShopAct.error, "Given up: it was never done in time."),
                owner=None,
                lease_until=None,
                done_at=utc_now(),
            )
            .returning(ShopAct.id)
            .execution_options(synchronize_session=False)
        )
    )


def in_state(*states: ActState) -> ColumnElement[bool]:
    """The condition that an act is in one of some states."""
    # Written out, so that a partial index on these states can be seen to serve.
    named: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in states]
    return ShopAct.state == named[0] if len(named) == 1 else ShopAct.state.in_(named)


_OPEN = in_state(ActState.APPROVED, ActState.SENDING, ActState.PENDING, ActState.UNCERTAIN)
"""As the index of what is to be done has it."""


def _due() -> ColumnElement[bool]:
    free = or_(ShopAct.owner.is_(None), ShopAct.lease_until.is_(None), ShopAct.lease_until < utcnow())
    asks = or_(
        ShopAct.state.in_((ActState.APPROVED, ActState.PENDING)),
        (ShopAct.state == ActState.UNCERTAIN) & (ShopAct.looks < len(rules.LOOK_UPS)),
    )
    return _OPEN & (ShopAct.not_before <= utcnow()) & free & asks


def _take(session: Session, owner: str, which: ColumnElement[bool]) -> int | None:
    """Claim one: trying an approved one is an attempt, asking about another one is a look."""
    tries = ShopAct.state == ActState.APPROVED
    return session.execute(
        update(ShopAct)
        .where(which)
        .values(
            owner=owner,
            lease_until=utc_in(rules.LEASE),
            attempts=ShopAct.attempts + _one_if(tries),
            looks=ShopAct.looks + _one_if(~tries),
        )
        .returning(ShopAct.id)
        .execution_options(synchronize_session=False)
    ).scalar()


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _move(session: Session, act_id: int, owner: str, to: ActState, /, **values: Any) -> bool:
    return _fenced(session, act_id, owner, rules.before(to), state=to, **values)


def _fenced(
    session: Session, act_id: int, owner: str, states: Collection[ActState], /, **values: Any
) -> bool:
    changed_id = session.execute(
        update(ShopAct)
        .where(ShopAct.id == act_id, ShopAct.owner == owner, ShopAct.state.in_(states))
        .values(**values)
        .returning(ShopAct.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return changed_id is not None

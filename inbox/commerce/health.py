"""How a shop's calls went, kept in its row so that all processes know: the circuit breaker, and what was wrong.

Time is the database's (see `inbox.db.time`).
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from inbox.commerce import rules
from inbox.commerce.models import ShopRow
from inbox.commerce.words import ShopState
from inbox.db.time import utc_in, utcnow
from inbox.db.work import ring
from inbox.events.catalog import EventKind
from inbox.events.record import record

_ERROR_MAX = 1000
FETCH_NOTED = 15.0
"""Seconds for which a noted success stands for the later ones: not every call shall write."""


@dataclass(frozen=True)
class Gate:
    """A shop at the moment of a call. `closed`: it is left alone now. `trial`: this would be the call that tries.

    `news`: a success would be worth noting.
    """

    row: ShopRow
    closed: bool
    trial: bool
    news: bool


def gate(session: Session, shop_id: int) -> Gate | None:
    """How a shop stands, or None for an unknown one."""
    found = session.execute(
        select(
            ShopRow,
            or_(ShopRow.closed_until.is_(None), ShopRow.closed_until <= utcnow()).label("open"),
            or_(
                _wrong(), ShopRow.last_fetch_at.is_(None), ShopRow.last_fetch_at < utc_in(-FETCH_NOTED)
            ).label("news"),
        )
        .where(ShopRow.id == shop_id, ShopRow.state != ShopState.REMOVED)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return None
    failing = found.ShopRow.failures >= rules.FAILURES_MAX
    trial = bool(found.open) and failing
    return Gate(found.ShopRow, closed=not found.open, trial=trial, news=bool(found.news))


def take_trial(session: Session, shop_id: int, seconds: float) -> bool:
    """Be the one call that tries whether a failing shop is back; False when another is."""
    taken = session.execute(
        update(ShopRow)
        .where(ShopRow.id == shop_id, or_(ShopRow.closed_until.is_(None), ShopRow.closed_until <= utcnow()))
        .values(closed_until=utc_in(seconds))
        .returning(ShopRow.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return taken is not None


def note_failure(session: Session, shop_id: int, reason: str, wish: float | None = None) -> None:
    """A call failed; `wish` is for how many seconds the shop wants to be left alone. Told to browsers when it is news.

    `reason` is a sentence without secrets.
    """
    row = session.execute(
        select(ShopRow)
        .where(ShopRow.id == shop_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    failures = row.failures + 1
    seconds = rules.pause(failures, wish)
    news = row.last_error != sentence(reason) or failures == rules.FAILURES_MAX
    session.execute(
        update(ShopRow)
        .where(ShopRow.id == shop_id)
        .values(
            failures=failures,
            failing_since=row.failing_since or utcnow(),
            closed_until=utc_in(seconds) if seconds else None,
            last_error=sentence(reason),
            last_error_at=utcnow(),
        )
        .execution_options(synchronize_session=False)
    )
    session.expire(row)
    if news:
        changed(session, shop_id, "error")


def note_success(session: Session, shop_id: int) -> None:
    """A call succeeded, so what was wrong is over. Writes only what is news."""
    was_wrong = session.execute(
        update(ShopRow)
        .where(ShopRow.id == shop_id, _wrong())
        .values(
            failures=0,
            failing_since=None,
            closed_until=None,
            last_error=None,
            last_error_at=None,
            last_fetch_at=utcnow(),
        )
        .returning(ShopRow.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if was_wrong is not None:
        changed(session, shop_id, "healed")
    else:
        note_answer(session, shop_id)


def note_answer(session: Session, shop_id: int) -> None:
    """The shop has answered, whatever else is wrong."""
    session.execute(
        update(ShopRow)
        .where(ShopRow.id == shop_id)
        .values(last_fetch_at=utcnow())
        .execution_options(synchronize_session=False)
    )


def needs_reauth(session: Session, shop_id: int, reason: str) -> None:
    """The shop refused our credentials: nothing is asked of it until somebody reconnects it."""
    held = session.execute(
        update(ShopRow)
        .where(ShopRow.id == shop_id, ShopRow.state == ShopState.ACTIVE)
        .values(state=ShopState.NEEDS_REAUTH, last_error=sentence(reason), last_error_at=utcnow())
        .returning(ShopRow.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if held is not None:
        changed(session, shop_id, "needs_reauth")


def note_event(session: Session, shop_id: int) -> None:
    """The shop told of something."""
    session.execute(
        update(ShopRow)
        .where(ShopRow.id == shop_id)
        .values(last_event_at=utcnow())
        .execution_options(synchronize_session=False)
    )


def changed(session: Session, shop_id: int, change: str, actor_id: int | None = None) -> None:
    """Tell processes and browsers that something about a shop is different."""
    record(session, EventKind.SHOP_CHANGED, actor_id=actor_id, data={"shop_id": shop_id, "change": change})
    ring(session, "shops")


def sentence(reason: str) -> str:
    """An error as it is kept."""
    return reason[:_ERROR_MAX]


def _wrong() -> ColumnElement[bool]:
    return or_(ShopRow.failures > 0, ShopRow.last_error.is_not(None), ShopRow.closed_until.is_not(None))

"""One-time codes: secrets that prove something once. Only their hashes are kept.

Long codes are unguessable and are found by themselves. Codes of digits are short enough to be typed, and thus
to be guessed: they count for one identity only, the newest of them, and for ATTEMPTS guesses.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from inbox.customers.models import OneTimeCode
from inbox.errors import Conflict

ATTEMPTS = 5
"""Wrong guesses after which a code of digits is worth nothing."""

LINK = "link"
"""The purpose of codes that carry a conversation to another channel."""

PER_HOUR = 5
"""Codes of digits that one identity is given within an hour, so that new codes are no new guesses."""


@dataclass(frozen=True)
class Used:
    """A code that was right: whom it was made for, and what it is about."""

    identity_id: int
    data: dict[str, Any]


def make(
    session: Session,
    purpose: str,
    identity_id: int,
    now: datetime,
    *,
    seconds: float,
    digits: int = 0,
    data: Mapping[str, Any] | None = None,
) -> str:
    """A new code for an identity, good for `seconds`: 32 of [A-Za-z0-9_-], or `digits` digits.

    Raises Conflict when the identity was given PER_HOUR codes of digits for this purpose within an hour.
    """
    if digits:
        code = _digits(session, purpose, identity_id, now, digits)
        hashed = _hash(purpose, code, identity_id)
    else:
        code = secrets.token_urlsafe(24)
        hashed = _hash(purpose, code, None)
    session.add(
        OneTimeCode(
            hash=hashed,
            purpose=purpose,
            identity_id=identity_id,
            data=dict(data or {}),
            created_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )
    )
    session.flush()
    return code


def use(
    session: Session, purpose: str, code: str, now: datetime, *, identity_id: int | None = None
) -> Used | None:
    """Use a code up; None when there is none like that, or it is spent, out of date or guessed at too often.

    With `identity_id` the code is one of digits that was made for that identity. A wrong guess is counted,
    which holds only if the caller's transaction is committed after all.
    """
    if identity_id is None:
        return _spend(session, purpose, _hash(purpose, code, None), now)
    live = session.scalars(
        select(OneTimeCode)
        .where(
            OneTimeCode.purpose == purpose,
            OneTimeCode.identity_id == identity_id,
            OneTimeCode.used_at.is_(None),
            OneTimeCode.expires_at > now,
        )
        .order_by(OneTimeCode.hash)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not any(row.attempts < ATTEMPTS for row in live):
        return None
    found = _spend(session, purpose, _hash(purpose, code, identity_id), now)
    if found is None:
        for row in live:
            row.attempts += 1
        session.flush()
    return found


def note(session: Session, purpose: str, code: str, **data: Any) -> None:
    """Keep with a long code that was used what came of it."""
    row = session.get(OneTimeCode, _hash(purpose, code, None), populate_existing=True)
    if row is not None:
        row.data = {**row.data, **data}
        session.flush()


def brought(session: Session, purpose: str, identity_id: int) -> list[dict[str, Any]]:
    """What the codes were about that were made for an identity and have been used, as long as they are kept."""
    return list(
        session.scalars(
            select(OneTimeCode.data).where(
                OneTimeCode.purpose == purpose,
                OneTimeCode.identity_id == identity_id,
                OneTimeCode.used_at.is_not(None),
            )
        )
    )


def prune(session: Session, before: datetime, limit: int) -> int:
    """Forget up to `limit` codes that ran out before that moment; returns how many."""
    old = session.scalars(select(OneTimeCode.hash).where(OneTimeCode.expires_at < before).limit(limit)).all()
    if old:
        session.execute(delete(OneTimeCode).where(OneTimeCode.hash.in_(old)))
    return len(old)


def _spend(session: Session, purpose: str, hashed: str, now: datetime) -> Used | None:
    row = session.execute(
        update(OneTimeCode)
        .where(
            OneTimeCode.hash == hashed,
            OneTimeCode.purpose == purpose,
            OneTimeCode.used_at.is_(None),
            OneTimeCode.expires_at > now,
            OneTimeCode.attempts < ATTEMPTS,
        )
        .values(used_at=now)
        .returning(OneTimeCode.identity_id, OneTimeCode.data)
        .execution_options(synchronize_session=False)
    ).first()
    return None if row is None else Used(row.identity_id, row.data)


def _digits(session: Session, purpose: str, identity_id: int, now: datetime, digits: int) -> str:
    """A code of digits for an identity, whose earlier ones are worth nothing any more."""
    mine = OneTimeCode.purpose == purpose, OneTimeCode.identity_id == identity_id
    recent = session.execute(
        select(func.count()).where(*mine, OneTimeCode.created_at > now - timedelta(hours=1))
    ).scalar_one()
    if recent >= PER_HOUR:
        raise Conflict("Too many codes were asked for. Wait an hour and ask again.")
    session.execute(
        update(OneTimeCode)
        .where(*mine, OneTimeCode.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    while True:
        code = "".join(secrets.choice("0123456789") for _ in range(digits))
        if session.get(OneTimeCode, _hash(purpose, code, identity_id)) is None:
            return code


def _hash(purpose: str, code: str, identity_id: int | None) -> str:
    bound = "" if identity_id is None else str(identity_id)
    return hashlib.sha256(f"{purpose}\0{bound}\0{code}".encode()).hexdigest()

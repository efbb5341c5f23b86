"""Slowing down those who guess passwords. Kept in the database: it holds for all processes and over restarts.

A try is written down before it is checked, so that a thousand parallel guesses cannot pass as one. Only keyed
hashes of accounts and addresses are kept.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from inbox.agents import rules
from inbox.agents.models import LoginAttempt
from inbox.db.locks import hold
from inbox.errors import OnethreadError

Digest = Callable[[str], str]
"""A keyed hash of a text, in hex."""


class TooMany(OnethreadError):
    """Too many failures: the next try is allowed in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts; try again in {seconds} s.")
        self.seconds = seconds


def reserve(
    session: Session, digest: Digest, *, account: str, address: str, known: bool, now: datetime
) -> list[str]:
    """Count one try for `account` from `address`; returns the keys under which it was counted.

    Raises TooMany, in which case nothing is counted: waiting must end. From an address at which the account
    is already signed in (`known`) tries count by themselves, so that strangers cannot lock an agent out.
    """
    place = rules.address_key(address)
    owner = f"account:{account}@{place}" if known else f"account:{account}"
    return spend(session, digest, [(owner, rules.ACCOUNT), (f"address:{place}", rules.ADDRESS)], now)


def spend(
    session: Session, digest: Digest, checks: Sequence[tuple[str, rules.Limit]], now: datetime
) -> list[str]:
    """Count one act under each of the texts, by their limits; returns the keys under which it was counted.

    Raises TooMany, in which case nothing is counted: waiting must end.
    """
    keys = [digest(text) for text, _ in checks]
    for key in sorted(keys):
        hold(session, f"limit:{key}")
    for key, (_, limit) in zip(keys, checks, strict=True):
        failures, last = session.execute(
            select(func.count(), func.max(LoginAttempt.at)).where(
                LoginAttempt.key == key, LoginAttempt.at > now - limit.window
            )
        ).one()
        until = rules.wait_until(limit, failures, last)
        if until is not None and until > now:
            raise TooMany(max(1, round((until - now).total_seconds())))
    session.add_all(LoginAttempt(key=key, at=now) for key in keys)
    return keys


def forgive(session: Session, keys: list[str], now: datetime) -> None:
    """The try succeeded: forget the account's failures, and this try at the address.

    Other failures at the address stay: whoever has one account must not earn more guesses at others by it.
    """
    owner, place = keys
    session.execute(delete(LoginAttempt).where(LoginAttempt.key == owner))
    newest = session.scalar(
        select(func.max(LoginAttempt.id)).where(LoginAttempt.key == place, LoginAttempt.at <= now)
    )
    session.execute(delete(LoginAttempt).where(LoginAttempt.id == newest))


def sweep(session: Session, now: datetime) -> None:
    """Remove tries that no limit looks at any more."""
    oldest = now - max(rules.ACCOUNT.window, rules.ADDRESS.window) - timedelta(hours=1)
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < oldest))

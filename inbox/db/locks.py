"""Named locks that last as long as the transaction."""

import hashlib

from sqlalchemy import BigInteger, func, literal, select
from sqlalchemy.orm import Session


def hold(session: Session, name: str) -> None:
    """Wait for the lock `name` and keep it until the transaction of `session` ends.

    For checks that no unique constraint can make ("there is no agent yet"). On SQLite a writing transaction
    is alone already, so nothing is done there.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        session.execute(select(func.pg_advisory_xact_lock(literal(number, BigInteger))))

"""Addresses from which our side takes nothing on a channel, because an agent blocked them there."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.customers.models import Block


def put(session: Session, identity_id: int, channel_id: int, agent_id: int, now: datetime) -> bool:
    """Block an address on a channel; False when it is blocked already."""
    add = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    made = session.execute(
        add(Block)
        .values(identity_id=identity_id, channel_id=channel_id, agent_id=agent_id, at=now)
        .on_conflict_do_nothing(index_elements=["identity_id", "channel_id"])
        .returning(Block.identity_id)
    ).scalar()
    return made is not None


def lift(session: Session, identity_id: int, channel_id: int) -> bool:
    """Take a block off; False when there is none."""
    gone = session.execute(
        delete(Block)
        .where(Block.identity_id == identity_id, Block.channel_id == channel_id)
        .returning(Block.identity_id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return gone is not None


def among(session: Session, identity_ids: Collection[int]) -> set[int]:
    """Those of the addresses that are blocked on any channel."""
    return set(session.scalars(select(Block.identity_id).where(Block.identity_id.in_(identity_ids))))

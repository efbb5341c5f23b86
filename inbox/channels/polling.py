"""Who polls a channel, and how far it got. Many processes share the accounts by leases in the database.

Everything a holder writes is fenced by its name: one that was thought dead and comes back changes nothing.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from inbox.channels import actions, rights
from inbox.channels.models import Channel, PollState
from inbox.channels.registry import Registry
from inbox.channels.words import ChannelState, Side
from inbox.db.time import utc_in, utcnow
from inbox.errors import Invalid

LEASE = 30.0
"""Seconds that a channel is left to the process that polls it; renewed while it lives."""


@dataclass(frozen=True)
class Target:
    """A channel to poll. `version` changes with its configuration and what is known of the account; the poller must
    then connect anew."""

    channel_id: int
    kind: str
    version: str


def targets(session: Session, registry: Registry) -> list[Target]:
    """The active channels that are polled. Those of the demo are written by the demo itself."""
    rows = session.scalars(
        select(Channel)
        .where(Channel.state == ChannelState.ACTIVE, ~Channel.is_demo)
        .order_by(Channel.id)
        .execution_options(populate_existing=True)
    )
    return [
        Target(row.id, row.kind, _version([row.config, row.facts], row.secrets))
        for row in rows
        if _is_polled(registry, row)
    ]


def _is_polled(registry: Registry, channel: Channel) -> bool:
    try:
        return rights.can(registry, channel).poll
    except Invalid:  # its adapter is not installed any more
        return False


def take(session: Session, channel_id: int, owner: str) -> bool:
    """Take or renew the lease of a channel; False while another process holds it."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    session.execute(insert(PollState).values(channel_id=channel_id).on_conflict_do_nothing())
    taken = session.execute(
        update(PollState)
        .where(
            PollState.channel_id == channel_id,
            or_(PollState.owner.is_(None), PollState.owner == owner, PollState.lease_until < utcnow()),
        )
        .values(owner=owner, lease_until=utc_in(LEASE))
        .returning(PollState.channel_id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return taken is not None


def give_back(session: Session, channel_id: int, owner: str) -> None:
    """Let another process poll the channel."""
    session.execute(
        update(PollState)
        .where(PollState.channel_id == channel_id, PollState.owner == owner)
        .values(owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def release_others(session: Session, owner: str) -> None:
    """Free the leases of every other process: this one has just started and is the only one."""
    session.execute(
        update(PollState)
        .where(PollState.owner != owner)
        .values(owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def cursor(session: Session, channel_id: int) -> dict[str, Any] | None:
    """How far polling got; None before the first time."""
    return session.execute(select(PollState.cursor).where(PollState.channel_id == channel_id)).scalar()


def advance(session: Session, channel_id: int, owner: str, position: dict[str, Any]) -> bool:
    """Note how far polling got; False when the lease was lost, and then the caller must not commit."""
    advanced = session.execute(
        update(PollState)
        .where(PollState.channel_id == channel_id, PollState.owner == owner)
        .values(cursor=position, lease_until=utc_in(LEASE))
        .returning(PollState.channel_id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return advanced is not None


def note_poll(session: Session, channel_id: int, *, healed: bool) -> None:
    """The channel answered. With `healed`, after a connection was made, what kept things out is over."""
    session.execute(
        update(Channel)
        .where(Channel.id == channel_id)
        .values(last_poll_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    if healed:
        actions.heal(session, channel_id, Side.IN)


def _version(public: list[dict[str, Any]], secrets: bytes) -> str:
    return hashlib.sha256(json.dumps(public, sort_keys=True).encode() + secrets).hexdigest()[:16]

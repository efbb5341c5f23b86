"""Reads of channels and of the payloads they brought."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.channels.envelopes import load
from inbox.channels.models import Channel, Envelope
from inbox.channels.words import ChannelState, EnvelopeState
from inbox.errors import NotFound
from inbox.files import FileStore


@dataclass(frozen=True)
class ChannelDetail:
    """A channel as settings pages show it: everything but its secrets.

    `known_as` is the account as people know it. `next_step` says how to try a new channel, at `next_url`, if the
    provider told; both may be empty.
    """

    id: int
    kind: str
    name: str
    account: str
    known_as: str
    next_step: str
    next_url: str
    state: ChannelState
    config: dict[str, Any]
    team_id: int | None
    is_demo: bool
    created_at: datetime
    last_in_at: datetime | None
    last_out_at: datetime | None
    last_poll_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None


@dataclass(frozen=True)
class PayloadCounts:
    """Payloads of a channel that wait to be read, and those that wait for a person."""

    waiting: int = 0
    failed: int = 0


@dataclass(frozen=True)
class PayloadDetail:
    """A kept payload. `size` in bytes."""

    id: int
    channel_id: int
    received_at: datetime
    size: int
    attempts: int
    state: EnvelopeState
    error: str | None


def channels(session: Session, *, removed: bool = False) -> list[ChannelDetail]:
    """All channels by name; removed ones only when asked for."""
    found = select(Channel).order_by(func.lower(Channel.name), Channel.id)
    if not removed:
        found = found.where(Channel.state != ChannelState.REMOVED)
    return [_detail(row) for row in session.scalars(found)]


def channel(session: Session, channel_id: int) -> ChannelDetail:
    """One channel that is not removed. Raises NotFound."""
    return _detail(row(session, channel_id))


def row(session: Session, channel_id: int) -> Channel:
    """The row of a channel that is not removed, for `actions.open_config`. Raises NotFound."""
    found = session.get(Channel, channel_id)
    if found is None or found.state is ChannelState.REMOVED:
        raise NotFound("There is no such channel.")
    return found


def payload_counts(session: Session) -> dict[int, PayloadCounts]:
    """Unfinished payloads by channel id; a channel without any is absent."""
    counts: dict[int, dict[EnvelopeState, int]] = {}
    for state in (EnvelopeState.NEW, EnvelopeState.FAILED):
        # One statement for each state, so that each can use its partial index.
        rows = session.execute(
            select(Envelope.channel_id, func.count())
            .where(Envelope.state == state)
            .group_by(Envelope.channel_id)
        )
        for channel_id, count in rows:
            counts.setdefault(channel_id, {})[state] = count
    return {
        channel_id: PayloadCounts(by.get(EnvelopeState.NEW, 0), by.get(EnvelopeState.FAILED, 0))
        for channel_id, by in counts.items()
    }


def failed_payloads(
    session: Session, channel_id: int | None = None, *, before: int | None = None, limit: int = 50
) -> list[PayloadDetail]:
    """Payloads that could not be read, newest first, below the id `before`."""
    found = (
        select(Envelope)
        .where(Envelope.state == EnvelopeState.FAILED)
        .order_by(Envelope.id.desc())
        .limit(limit)
    )
    if channel_id is not None:
        found = found.where(Envelope.channel_id == channel_id)
    if before is not None:
        found = found.where(Envelope.id < before)
    return [_payload(envelope) for envelope in session.scalars(found)]


def payload(session: Session, channel_id: int, payload_id: int) -> PayloadDetail:
    """One payload of a channel. Raises NotFound."""
    return _payload(_envelope(session, channel_id, payload_id))


def raw_payload(session: Session, files: FileStore, channel_id: int, payload_id: int) -> bytes:
    """The bytes of a channel's payload as they came. Raises NotFound."""
    return load(_envelope(session, channel_id, payload_id), files).body


def channel_of_payload(session: Session, payload_id: int) -> int:
    """The id of the channel that brought a payload. Raises NotFound."""
    channel_id = session.scalar(select(Envelope.channel_id).where(Envelope.id == payload_id))
    if channel_id is None:
        raise NotFound("There is no such payload.")
    return channel_id


def _envelope(session: Session, channel_id: int, payload_id: int) -> Envelope:
    envelope = session.get(Envelope, payload_id)
    if envelope is None or envelope.channel_id != channel_id:
        raise NotFound("There is no such payload.")
    return envelope


def _detail(row: Channel) -> ChannelDetail:
    return ChannelDetail(
        id=row.id,
        kind=row.kind,
        name=row.name,
        account=row.account,
        known_as=row.known_as,
        next_step=str(row.facts.get("next_step") or ""),
        next_url=str(row.facts.get("next_url") or ""),
        state=row.state,
        config=dict(row.config),
        team_id=row.team_id,
        is_demo=row.is_demo,
        created_at=row.created_at,
        last_in_at=row.last_in_at,
        last_out_at=row.last_out_at,
        last_poll_at=row.last_poll_at,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
    )


def _payload(envelope: Envelope) -> PayloadDetail:
    return PayloadDetail(
        id=envelope.id,
        channel_id=envelope.channel_id,
        received_at=envelope.received_at,
        size=envelope.size,
        attempts=envelope.attempts,
        state=envelope.state,
        error=envelope.error,
    )

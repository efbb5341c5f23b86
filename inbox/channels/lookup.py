"""Small reads of channels that the stories need."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels import rights
from inbox.channels.models import Channel
from inbox.channels.registry import Registry
from inbox.channels.words import ChannelState
from inbox.contract import Adapter
from inbox.errors import Invalid


def usable(session: Session, channel_id: int) -> Channel:
    """The channel, if replies may be queued on it; a paused one holds them. Raises Invalid."""
    channel = session.get(Channel, channel_id)
    if channel is None or channel.state == ChannelState.REMOVED:
        raise Invalid("There is no such channel.", "/channel_id")
    return channel


def with_namespace(session: Session, namespace: str, adapter: Callable[[str], Adapter[Any]]) -> list[int]:
    """Ids of all channels, removed ones too, whose parties have that kind of address."""
    rows = session.execute(select(Channel.id, Channel.kind)).all()
    kinds = {kind for _, kind in rows}
    same = {kind for kind in kinds if adapter(kind).manifest.namespace == namespace}
    return [channel_id for channel_id, kind in rows if kind in same]


def any_state(session: Session, channel_ids: Collection[int]) -> dict[int, Channel]:
    """Channels by id, whatever their state: what one brought before it was removed is still worked off."""
    found = session.execute(select(Channel).where(Channel.id.in_(channel_ids))).scalars()
    return {channel.id: channel for channel in found}


def of_account(session: Session, account: str) -> list[Channel]:
    """Channels of that account that are not removed, of whatever kind, oldest first."""
    found = select(Channel).where(Channel.account == account, Channel.state != ChannelState.REMOVED)
    return list(session.scalars(found.order_by(Channel.id)))


def active(session: Session) -> list[Channel]:
    """Channels that take part, oldest first."""
    found = select(Channel).where(Channel.state == ChannelState.ACTIVE).order_by(Channel.id)
    return list(session.scalars(found))


def carriers(session: Session, registry: Registry, *, is_demo: bool) -> list[Channel]:
    """Active channels that reach people who are away, oldest first. The demo's serve the demo only."""
    rows = session.scalars(
        select(Channel)
        .where(Channel.state == ChannelState.ACTIVE, Channel.is_demo == is_demo)
        .order_by(Channel.id)
    )
    return [channel for channel in rows if _carries_on(channel, registry)]


def _carries_on(channel: Channel, registry: Registry) -> bool:
    try:
        return rights.can(registry, channel).carries_on
    except Invalid:  # its adapter is not installed any more
        return False

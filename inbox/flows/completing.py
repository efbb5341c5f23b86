"""Asking a network what its payload left out, before the transaction that takes the payload in.

It is worth a wait of seconds and no more: a message without its writer's name is better than none.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from inbox.channels import actions as channels
from inbox.contract import Adapter, AdapterError, Ignored, Item, Rejected
from inbox.flows.context import Context

if TYPE_CHECKING:
    from inbox.channels.models import Channel

log = structlog.get_logger(__name__)


def complete(ctx: Context, channel: "Channel", items: Sequence[Item]) -> list[Item]:
    """The items with what their network tells besides; as they are, where it does not."""
    adapter = ctx.registry.get(channel.kind)
    if channel.is_demo or type(adapter).complete is Adapter.complete:
        return list(items)
    return [item if isinstance(item, Ignored) else _completed(ctx, channel, item) for item in items]


def _completed(ctx: Context, channel: "Channel", item: Item) -> Item:
    memory = ctx.memories.of(channel.id)
    if memory is None:
        return item
    config = channels.open_config(ctx.registry, ctx.vault, channel)
    io = ctx.make_io(
        channel.facts,
        lambda updates: channels.keep_secrets(ctx.db, ctx.registry, ctx.vault, channel.id, updates),
    )
    try:
        return ctx.registry.get(channel.kind).complete(config, item, io, memory)
    except AdapterError as error:
        log.info("item.incomplete", channel=channel.id, reason=error.reason, code=error.code)
        if not isinstance(error, Rejected):
            ctx.memories.pause(channel.id)
        return item

"""Putting the files of an incoming message into the store, before the transaction that names them."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inbox.channels import actions as channels
from inbox.contract import File, Inbound, Item, Rejected
from inbox.errors import Invalid
from inbox.flows.context import Context
from inbox.notify import queries as team
from inbox.threads import actions as threads
from inbox.threads import lookup, sniff
from inbox.threads.words import AttachmentState

if TYPE_CHECKING:
    from inbox.channels.models import Channel


@dataclass(frozen=True)
class Kept:
    """An item's files, all of them in the store: new ones, and numbers of uploads that have a row already."""

    new: Sequence[threads.NewFile] = ()
    uploads: Sequence[int] = ()


NOTHING = Kept()


def store(ctx: Context, channel: "Channel", item: Item) -> Kept:
    """Put an item's files into the store, unless its message is there already, or is none. Raises StoreFull."""
    if not isinstance(item, Inbound) or not item.files or not _is_wanted(ctx, channel, item):
        return NOTHING
    return Kept(
        [_store_file(ctx, channel, file) for file in item.files if file.upload is None],
        [file.upload for file in item.files if file.upload is not None],
    )


def _is_wanted(ctx: Context, channel: "Channel", item: Inbound) -> bool:
    """False for a payload that came again, and for talk among colleagues: files would be fetched for nothing."""
    with ctx.db.read() as session:
        if item.place == "team":
            return team.root_of(session, channel.id, item.references) is not None and not team.is_known(
                session, channel.id, item.external_id
            )
        return lookup.by_external_id(session, channel.id, (item.external_id,)) is None


def _store_file(ctx: Context, channel: "Channel", file: File) -> threads.NewFile:
    size = file.size or 0
    if file.problem:
        return _without_bytes(file, size, AttachmentState.MISSING, file.problem)
    if size > ctx.settings.attachment_max:
        limit = ctx.settings.attachment_max
        return _without_bytes(
            file, size, AttachmentState.TOO_LARGE, f"Larger than the {limit} bytes kept here."
        )
    if file.content is not None:
        stored = ctx.files.put_bytes(file.content)
    elif file.spool:
        stored = ctx.files.adopt(Path(file.spool))
    else:
        try:
            stored = _fetch(ctx, channel, file)
        except Rejected as error:  # the message is worth having without it
            return _without_bytes(file, size, AttachmentState.MISSING, error.reason)
        except Invalid as error:
            return _without_bytes(file, size, AttachmentState.TOO_LARGE, str(error))
    with closing(ctx.files.open(stored.key)) as stream:
        media_type = sniff.media_type(stream.read(8192), file.media_type, file.name)
    return threads.NewFile(
        file.name,
        media_type,
        stored.size,
        stored.key,
        file.content_id,
        file.inline and media_type in sniff.INLINE,
    )


def _fetch(ctx: Context, channel: "Channel", file: File) -> Any:
    adapter = ctx.registry.get(channel.kind)
    config = channels.open_config(ctx.registry, ctx.vault, channel)
    io = ctx.make_io(
        channel.facts,
        lambda updates: channels.keep_secrets(ctx.db, ctx.registry, ctx.vault, channel.id, updates),
    )
    with adapter.fetch_media(config, file.ref or "", io) as chunks:
        return ctx.files.put(chunks, limit=ctx.settings.attachment_max)


def _without_bytes(file: File, size: int, state: AttachmentState, problem: str) -> threads.NewFile:
    return threads.NewFile(file.name, file.media_type, size, None, file.content_id, False, state, problem)

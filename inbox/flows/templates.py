"""Texts that a provider has approved beforehand: which a channel has, and what one says when its gaps are filled."""

from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import lookup as channel_lookup
from inbox.channels import rights
from inbox.contract import AdapterError, Filled, NeedsReauth, Rejected, Template
from inbox.errors import Invalid, NotFound, Unavailable
from inbox.flows.context import Context
from inbox.flows.shelf import USEFUL

if TYPE_CHECKING:
    from inbox.channels.models import Channel

log = structlog.get_logger(__name__)

NO_TEMPLATES = "This channel has no templates."
UNKNOWN = "There is no such template in that language on this channel."

TEMPLATES_MAX = 1000
"""Further templates of one channel are left out."""


def of_channel(ctx: Context, channel_id: int) -> tuple[Template, ...]:
    """The approved templates of a channel by name and language; none where a channel has no such thing.

    Raises NotFound, Invalid when the provider refuses to tell them, or Unavailable when it cannot be asked just now.
    """
    with ctx.db.read() as session:
        channel = _channel(session, channel_id)
    if not rights.can(ctx.registry, channel).templates:
        return ()
    now = ctx.clock()
    known = ctx.templates.get(channel.id, now)
    if known is not None:
        return known
    try:
        found = _fetch(ctx, channel)
    except AdapterError as error:
        log.warning("templates.not_fetched", channel=channel.id, reason=error.reason, code=error.code)
        if isinstance(error, Rejected):
            raise Invalid(error.reason) from error
        if isinstance(error, NeedsReauth):
            ctx.db.run(channels.needs_reauth, channel.id, error.reason)
        older = ctx.templates.get(channel.id, now, USEFUL)
        if older is None:
            raise Unavailable(error.reason) from error
        return older
    ctx.templates.put(channel.id, found, now)
    return found


def fill(ctx: Context, channel_id: int, chosen: Filled) -> str:
    """What the customer will read. Raises as `of_channel` does, and Invalid with the field that has to be mended."""
    found = of_channel(ctx, channel_id)
    if not found:
        raise Invalid(NO_TEMPLATES, "/template", slug="template-unknown")
    template = next((t for t in found if (t.name, t.language) == (chosen.name, chosen.language)), None)
    if template is None:
        raise Invalid(UNKNOWN, "/template", slug="template-unknown")
    if template.problem:
        raise Invalid(template.problem, "/template", slug="template-unusable")
    gaps = {gap.name for gap in template.fields}
    for name in gaps:
        if not chosen.values.get(name, "").strip():
            raise Invalid(f"Nothing fills “{name}”.", _value(name), slug="template-incomplete")
    for name in chosen.values:
        if name not in gaps:
            raise Invalid(f"The template has no gap “{name}”.", _value(name), slug="template-incomplete")
    with ctx.db.read() as session:
        channel = _channel(session, channel_id)
    config = channels.public_config(ctx.registry, channel)
    try:
        return ctx.registry.get(channel.kind).fill(config, template, chosen.values)
    except Rejected as error:
        raise Invalid(error.reason, "/template/values", slug="template-incomplete") from error


def _channel(session: Session, channel_id: int) -> "Channel":
    try:
        return channel_lookup.usable(session, channel_id)
    except Invalid as error:
        raise NotFound(error.detail) from error


def _fetch(ctx: Context, channel: "Channel") -> tuple[Template, ...]:
    config = channels.open_config(ctx.registry, ctx.vault, channel)
    io = ctx.make_io(
        channel.facts,
        lambda updates: channels.keep_secrets(ctx.db, ctx.registry, ctx.vault, channel.id, updates),
    )
    found = ctx.registry.get(channel.kind).templates(config, io)
    return tuple(sorted(found, key=lambda t: (t.name.casefold(), t.name, t.language))[:TEMPLATES_MAX])


def _value(name: str) -> str:
    return "/template/values/" + name.replace("~", "~0").replace("/", "~1")

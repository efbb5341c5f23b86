"""Looking after accounts that only call us: nobody would notice that their rights are gone before a reply is held.

Those that are polled are noticed by polling.
"""

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels import actions, arranging, queries, rights
from inbox.channels.arranging import Parts
from inbox.channels.models import Channel
from inbox.channels.registry import Registry
from inbox.channels.words import ChannelState, Side
from inbox.errors import Invalid, OnethreadError

log = structlog.get_logger(__name__)


def called_only(session: Session, registry: Registry) -> list[int]:
    """The active channels that take webhooks and are not polled. Nobody is behind those of the demo."""
    rows = session.scalars(
        select(Channel).where(Channel.state == ChannelState.ACTIVE, ~Channel.is_demo).order_by(Channel.id)
    )
    return [row.id for row in rows if _is_called_only(registry, row)]


def examine(ctx: Parts, channel_id: int) -> None:
    """Try an account for real, and note what is news: rights that are gone, trouble, or that it is over."""
    try:
        with ctx.db.read() as session:
            channel = queries.row(session, channel_id)
        config = actions.open_config(ctx.registry, ctx.vault, channel)
    except OnethreadError as error:
        log.info("channel.not_examined", channel=channel_id, reason=str(error))
        return
    health = ctx.registry.get(channel.kind).health(config, arranging.io_of(ctx, channel_id, channel.facts))
    reason = " ".join(health.problems)
    if health.ok:
        ctx.db.run(actions.learn, channel_id, health.facts)
        ctx.db.run(actions.heal, channel_id, Side.IN)
    elif health.refused:
        log.warning("channel.refused", channel=channel_id, reason=reason)
        ctx.db.run(actions.needs_reauth, channel_id, reason)
    else:
        ctx.db.run(actions.note_error, channel_id, reason, Side.IN)


def _is_called_only(registry: Registry, channel: Channel) -> bool:
    try:
        can = rights.can(registry, channel)
    except Invalid:  # its adapter is not installed any more
        return False
    return can.webhook and not can.poll

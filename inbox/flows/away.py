"""Replies that the customer did not see where he wrote go on by mail, all of a thread's in one.

He has left the shop's site, and will not know that he was answered. The mail goes only to an address that was
proved to be his; his answer to it bears our token and comes back into the same thread. The line in the thread,
its delivery, and the end of waiting are one commit under the thread's lock: no two processes mail twice, and a
crash mails once.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import lookup as channel_lookup
from inbox.channels import rights
from inbox.contract.site import Site, SiteConfig
from inbox.customers import reach
from inbox.customers.lookup import Reachable
from inbox.errors import Invalid
from inbox.flows import away_rules as rules
from inbox.flows import outcome
from inbox.flows.context import Context
from inbox.outbox import actions as outbox
from inbox.outbox import unseen
from inbox.outbox.words import Unseen
from inbox.threads import actions as threads
from inbox.threads import carried
from inbox.threads.words import Kind
from inbox.visits import queries as visits

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.outbox.models import Delivery
    from inbox.threads.models import Message, Thread

log = structlog.get_logger(__name__)

THREADS = 50
REPLIES = 50
"""Replies that one mail carries; more follow in another."""


@dataclass(frozen=True)
class _Route:
    """The channel that the mail goes by, and whom it reaches."""

    channel: "Channel"
    to: Reachable


def sweep(ctx: Context) -> int:
    """Send on what was not seen in time; returns how many threads were looked at."""
    with ctx.db.read() as session:
        due = unseen.due_threads(session, THREADS)
    random.shuffle(due)  # one thread that cannot be worked on must not stand before all others for ever
    for thread_id in due:
        if ctx.stop.is_set():
            break
        ctx.db.run(_carry_on, ctx, thread_id)
    return len(due)


def _carry_on(session: Session, ctx: Context, thread_id: int) -> None:
    """The one transaction of a thread."""
    thread = threads.lock(session, thread_id)
    waiting = unseen.take(session, thread.id, REPLIES)
    if not waiting:
        return  # seen meanwhile, or another process was quicker
    found = {message.id: message for message in carried.messages(session, [d.message_id for d in waiting])}
    answered = carried.last_word(session, thread.id)
    left: list[Delivery] = []
    moot: list[Delivery] = []
    for delivery in waiting:
        message = found[delivery.message_id]
        gone = delivery.state not in unseen.ARRIVED or message.removed_at is not None
        (moot if gone or message.seq < answered else left).append(delivery)
    unseen.settle(session, moot)
    if not left:
        return
    site = channel_lookup.any_state(session, [left[0].channel_id])[left[0].channel_id]
    carriers = channel_lookup.carriers(session, ctx.registry, is_demo=site.is_demo)
    route = _route(session, ctx, thread, site, carriers)
    if route is None:
        unseen.settle(session, left, Unseen.NO_ADDRESS if carriers else Unseen.NO_CHANNEL)
    else:
        messages = sorted((found[delivery.message_id] for delivery in left), key=lambda message: message.seq)
        line = _write(session, ctx, thread, site, route, messages)
        unseen.settle(session, left, Unseen.CONTINUED, continued_by_id=line)
    for delivery in left:
        outcome.tell(session, thread.id, delivery.message_id, delivery.state)
    log.info("away.settled", thread=thread.id, replies=len(left), sent_on=route is not None)


def _route(
    session: Session, ctx: Context, thread: "Thread", site: "Channel", carriers: "Sequence[Channel]"
) -> _Route | None:
    """By which channel and to whom: first the channels that the customer has used, then those of the same team."""
    used = {channel_id: place for place, channel_id in enumerate(thread.channel_ids)}
    ranked = sorted(
        carriers,
        key=lambda channel: (used.get(channel.id, len(used)), channel.team_id != site.team_id, channel.id),
    )
    for channel in ranked:
        namespace = ctx.registry.get(channel.kind).manifest.namespace
        to = reach.proved(session, thread.customer_id, namespace, channel.account, channel.id)
        if to is not None:
            return _Route(channel, to)
    return None


def _write(
    session: Session,
    ctx: Context,
    thread: "Thread",
    site: "Channel",
    route: _Route,
    messages: "Sequence[Message]",
) -> int:
    """The line in the thread and its delivery; returns the line's id."""
    locale = reach.locale_of(session, thread.customer_id)

    def _(text: str) -> str:
        return ctx.translate(locale, text)

    can = rights.can(ctx.registry, route.channel)
    files = carried.files(session, [message.id for message in messages])
    replies = [
        rules.Unread(message.id, message.sender_name, message.body_text, files.get(message.id, ()))
        for message in messages
    ]
    along = rules.carried_files(replies, can.attachment_max, can.attachments_max) if can.attachments else []
    address = route.to.party.display or route.to.party.address
    now = ctx.clock()
    episode = threads.newest_episode(session, thread.id) or threads.start_episode(session, thread, now)
    recipients = [{"role": "to", "address": route.to.party.address, "name": route.to.party.name}]
    many = "reply" if len(replies) == 1 else f"{len(replies)} replies"
    line = threads.append(
        session,
        thread,
        episode,
        threads.NewMessage(
            Kind.SYSTEM,
            f"Not seen on {site.name}: {many} sent on to {address}",
            subject=_("New messages from %(shop)s") % {"shop": _shop(ctx, site, locale)},
            channel_id=route.channel.id,
            identity_id=route.to.identity_id,
            sender_name=rules.author(replies),
            recipients=recipients,
            system={
                "code": "continued",
                "data": {
                    "from_channel_id": site.id,
                    "from_channel": site.name,
                    "channel_id": route.channel.id,
                    "address": address,
                    "replies": len(replies),
                    "message_ids": [reply.message_id for reply in replies],
                },
            },
            sent_at=now,
        ),
        now,
    )
    outbox.enqueue(
        session,
        message_id=line,
        thread_id=thread.id,
        channel_id=route.channel.id,
        request={
            "to": route.to.party.model_dump(mode="json"),
            "text": rules.compose(replies, along, _page(session, ctx, thread, site), _),
            "file_message_ids": along,
        },
        recipients=[{**entry, "state": "queued", "error": None} for entry in recipients],
        delay=0.0,
    )
    return line


def _shop(ctx: Context, channel: "Channel", locale: str) -> str:
    """What customers know the site's channel by."""
    site = _site(ctx, channel)
    return (site.says("title", site.language(locale)) if site else "") or channel.name


def _page(session: Session, ctx: Context, thread: "Thread", channel: "Channel") -> str:
    """Where the customer was last on the site, or ""."""
    visit = visits.view(session, [thread.customer_id]).get(thread.customer_id)
    site = _site(ctx, channel)
    if visit is None or site is None or visit["page"] is None or visit["channel_id"] != channel.id:
        return ""
    return site.page(visit["page"]["url"])


def _site(ctx: Context, channel: "Channel") -> Site | None:
    try:
        config = channels.public_config(ctx.registry, channel)
    except Invalid:  # its adapter is not installed any more
        return None
    return config.site if isinstance(config, SiteConfig) else None

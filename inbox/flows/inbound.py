"""A message that came in finds its customer and its place in the customer's one thread."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from inbox.channels import lookup as channel_lookup
from inbox.contract import Inbound, Party
from inbox.customers import actions as customers
from inbox.customers import lookup as identities
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import claimed, echoes, tokens
from inbox.flows.changes import NotYet
from inbox.flows.context import Context
from inbox.flows.incoming_files import Kept
from inbox.sla import actions as sla
from inbox.threads import actions as threads
from inbox.threads import attachments, heard, lookup, revisions, rules, sanitize
from inbox.threads.words import Kind
from inbox.visits import lookup as visits

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.threads.models import Thread


FOLLOWS = timedelta(minutes=1)
"""For how long an answer waits for the message without which it does not concern us."""


def store(
    session: Session, ctx: Context, channel: "Channel", envelope_id: int, item: Inbound, files: Kept
) -> str | None:
    """Store an inbound, or an answer written elsewhere; returns why not, when it needs no message.

    Raises NotYet.
    """
    if item.idem_key and echoes.is_keyed(session, channel, item):
        return "echo of our own reply"
    if item.follows and lookup.by_external_id(session, channel.id, item.references) is None:
        raise NotYet("an answer to a message that is not here", FOLLOWS)
    now = ctx.clock()
    party = _other_side(item)
    if party is None:
        return "no recipient to file it under"
    who, choice, thread = _place(session, ctx, channel, item, party, now)
    names = (item.external_id, *item.aliases) if item.outgoing else (item.external_id,)
    if lookup.by_external_id(session, channel.id, names) is not None:
        return "stored already"
    if item.ours and echoes.is_ours(session, ctx, channel, thread, who.identity_id, item):
        return "echo of our own reply"
    if item.group and _join_album(session, thread, channel, who.identity_id, item, files, now):
        return None
    message_id = _append(session, ctx, thread, channel, envelope_id, item, party, who, choice)
    threads.add_aliases(session, channel.id, message_id, (item.external_id, *item.aliases, *_album(item)))
    _add_files(session, message_id, who.identity_id, item, files, now)
    if not item.outgoing:
        customers.seen(session, who, item.sender, now, channel_id=channel.id)
        if item.locale:
            customers.speaks(session, who, item.locale, now)
        if item.claims or who.created or choice.disputed_id is not None:
            claimed.note(session, ctx, channel, item, who, choice.disputed_id, now)
    return None


def _place(
    session: Session, ctx: Context, channel: "Channel", item: Inbound, party: Party, now: datetime
) -> "tuple[customers.Identified, rules.Choice, Thread]":
    """Whose a message is and the thread it goes to, which is locked.

    While the lock was waited for, the address may have gone to another customer, by a merge or a split; then
    both are looked up again.
    """
    while True:
        who = claimed.identify(session, ctx, channel, item, party, now)
        own = threads.ensure(session, who.customer_id, now)
        choice = _choose(session, ctx, item, own, who.identity_id)
        thread = threads.lock(session, choice.thread_id)
        if identities.owner(session, who.identity_id) == who.customer_id:
            return who, choice, thread


def _append(
    session: Session,
    ctx: Context,
    thread: "Thread",
    channel: "Channel",
    envelope_id: int,
    item: Inbound,
    party: Party,
    who: customers.Identified,
    choice: rules.Choice,
) -> int:
    """Append the message to the locked thread, with what it does to its episode and to the customer's wait."""
    now = ctx.clock()
    if thread.team_id is None and channel.team_id is not None and thread.last_seq == 0:
        thread.team_id = channel.team_id
    opened = threads.episode_for_inbound(
        session,
        thread,
        now,
        reopen=timedelta(hours=ctx.settings.reopen_hours),
        automatic=bool(item.automatic) or item.outgoing,
    )
    if opened.did is rules.OnInbound.REOPEN:
        threads.append_system(
            session, thread, opened.episode, "reopened", f"Reopened by {who.name}", now, name=who.name
        )
    claimed.tell(session, thread, opened.episode, who, now)
    message_id = threads.append(
        session,
        thread,
        opened.episode,
        threads.NewMessage(
            Kind.REPLY if item.outgoing else Kind.INBOUND,
            item.text,
            quoted_text=item.quoted_text,
            body_html=None if item.html is None else sanitize.clean(item.html),
            quoted_html=None if item.quoted_html is None else sanitize.clean(item.quoted_html),
            subject=item.subject,
            channel_id=channel.id,
            identity_id=who.identity_id,
            place=party.place,
            envelope_id=envelope_id,
            external_id=item.external_id,
            sender_name=item.author or item.sender.name or item.sender.display or item.sender.address,
            sender_level=None if item.outgoing else item.sender.level,
            sender_level_reason=item.sender.level_reason,
            recipients=_recipients(item),
            automatic=item.automatic or None,
            notices=_notices(item, choice),
            sent_at=item.sent_at,
        ),
        now,
    )
    if item.outgoing and not item.automatic:
        # What comes late was written before the customer's newest message: that is not answered by it.
        if item.sent_at is None or not heard.since(session, thread.id, item.sent_at):
            sla.answered(session, thread, message_id, None, now)
    elif not item.automatic:
        is_new = opened.did is rules.OnInbound.START
        sla.customer_wrote(session, thread, opened.episode, message_id, now, is_new=is_new)
    _tell(session, thread.id, message_id, channel.id, opened, outgoing=item.outgoing)
    return message_id


def _join_album(
    session: Session,
    thread: "Thread",
    channel: "Channel",
    identity_id: int,
    item: Inbound,
    files: Kept,
    now: datetime,
) -> bool:
    """Put a part of an album into the message that another part has made; False when it is the first.

    Parts come as payloads of their own, in any order, and the first of them may have been answered already: it
    is one message all the same, and nobody begins to wait by its later parts.
    """
    message = revisions.locate(session, channel.id, rules.group_alias(item.group))
    kind = Kind.REPLY if item.outgoing else Kind.INBOUND
    if message is None or (message.thread_id, message.identity_id, message.kind) != (
        thread.id,
        identity_id,
        kind,
    ):
        return False
    if message.removed_at is None:
        html = None if item.html is None else sanitize.clean(item.html)
        revisions.add_text(session, thread, message, item.text, html)
        _add_files(session, message.id, identity_id, item, files, now)
    threads.add_aliases(session, channel.id, message.id, (item.external_id, *item.aliases, *_album(item)))
    record(
        session,
        EventKind.MESSAGE_CHANGED,
        thread_id=thread.id,
        message_id=message.id,
        data={"change": "joined"},
    )
    return True


def _album(item: Inbound) -> list[str]:
    """What is noted so that further parts find the message, and that it is known which one brought the text."""
    if not item.group:
        return []
    caption = [rules.group_alias(item.group, item.external_id)] if item.text or item.html else []
    return [rules.group_alias(item.group), *caption]


def _add_files(
    session: Session, message_id: int, identity_id: int, item: Inbound, files: Kept, now: datetime
) -> None:
    part = item.external_id if item.group else None
    first = rules.part_position(item.external_id) if item.group else 0
    threads.add_files(session, message_id, files.new, now, first=first, part=part)
    if files.uploads:
        own = visits.sessions_of(session, identity_id)
        attachments.bind_visitors(session, message_id, files.uploads, own, now, first=first + len(files.new))


def _tell(
    session: Session,
    thread_id: int,
    message_id: int,
    channel_id: int,
    opened: threads.Opened,
    *,
    outgoing: bool,
) -> None:
    kinds = {
        rules.OnInbound.START: EventKind.EPISODE_OPENED,
        rules.OnInbound.REOPEN: EventKind.EPISODE_REOPENED,
    }
    if opened.did in kinds:
        record(
            session,
            kinds[opened.did],
            thread_id=thread_id,
            data={"episode_id": opened.episode.id, "was_assignee_id": opened.was_assignee_id},
        )
    record(
        session,
        EventKind.MESSAGE_REPLIED if outgoing else EventKind.MESSAGE_RECEIVED,
        thread_id=thread_id,
        message_id=message_id,
        data={"channel_id": channel_id},
    )


def _other_side(item: Inbound) -> Party | None:
    """Whose thread it concerns: the sender's, or for an answer written elsewhere the first recipient's."""
    if not item.outgoing:
        return item.sender
    own = item.sender.address
    return next((r.party for r in item.recipients if r.role == "to" and r.party.address != own), None)


def _choose(session: Session, ctx: Context, item: Inbound, own: int, identity_id: int) -> rules.Choice:
    """The thread of a message: the sender's own, or one he takes part in and answers into."""
    if not item.reply_tokens and not item.references:
        return rules.Choice(own)
    same_kind = channel_lookup.with_namespace(session, item.sender.namespace, ctx.registry.get)
    referred = tokens.threads_named(session, ctx, item.reply_tokens)
    referred += lookup.threads_of_references(session, same_kind, item.references)
    referred = list(dict.fromkeys(referred))
    return rules.choose_thread(own, referred, lookup.participates_in(session, identity_id, referred))


def _recipients(item: Inbound) -> list[dict[str, Any]]:
    return [
        {"role": r.role, "address": r.party.display or r.party.address, "name": r.party.name}
        for r in item.recipients
    ][:200]


def _notices(item: Inbound, choice: rules.Choice) -> list[dict[str, Any]]:
    notices: list[dict[str, Any]] = [notice.model_dump() for notice in item.notices]
    if choice.disputed_id is not None:
        text = "This message answers into another customer's thread, where its sender takes no part."
        notices.append({"code": "other_thread", "text": text, "thread_id": choice.disputed_id})
    return notices

"""What networks report about messages and people that are known already: edits, removals, reactions, moves.

Networks promise no order, so what concerns a message that has not come yet is kept for a while (`NotYet`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.contract import Account, Edit, Link, Moved, Party, Reachable, Reacted, Removal
from inbox.customers import actions as customers
from inbox.customers import lookup as identities
from inbox.customers import reach
from inbox.db.work import after_commit
from inbox.errors import Conflict, OnethreadError
from inbox.events.catalog import EventKind
from inbox.events.record import record
from inbox.flows import people
from inbox.flows.context import Context
from inbox.threads import actions as threads
from inbox.threads import lookup, revisions, sanitize
from inbox.threads.words import Kind

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.threads.models import Message, Thread

Change = Edit | Removal | Reacted | Reachable | Moved | Link | Account

PATIENCE = timedelta(hours=24)
"""For how long the message that a change concerns is waited for."""

OVERTAKEN = timedelta(minutes=2)
"""For how long the removal of a reaction waits for that reaction."""

GONE = "This customer cannot be written to here: he blocked this account or left."


MOVED = "The network moved this conversation to a new address."


class NotYet(OnethreadError):
    """What an item concerns has not come. It is worth another try for `patience`; `partly` is done already."""

    def __init__(self, reason: str, patience: timedelta = PATIENCE, *, partly: bool = False) -> None:
        super().__init__(reason)
        self.patience = patience
        self.partly = partly


def apply(session: Session, ctx: Context, channel: "Channel", item: Change) -> str | None:
    """Apply one of them; returns why not, when it changes nothing. Raises NotYet."""
    match item:
        case Edit():
            return _edit(session, ctx, channel, item)
        case Removal():
            return _remove(session, ctx, channel, item)
        case Reacted():
            return _react(session, ctx, channel, item)
        case Reachable():
            return _reach(session, ctx, channel, item)
        case Moved():
            return _move(session, ctx, item)
        case Link():
            return people.link(session, ctx, channel, item)
        case Account():
            return (
                None if channels.learn(session, channel.id, item.facts) else "nothing new about the account"
            )


def _edit(session: Session, ctx: Context, channel: "Channel", item: Edit) -> str | None:
    thread, message = _locked(session, channel, item.external_id, "edit")
    if not _is_author(session, channel, message, item.sender):
        return "only its author may edit a message"
    if message.removed_at is not None:
        return "edit of a message that was taken back"
    at = _moment(ctx, item.at)
    if message.edited_at is not None and at < message.edited_at:
        return "an older edit than the one that is shown"
    html = None if item.html is None else sanitize.clean(item.html)
    if not revisions.edit(session, thread, message, item.text, html, at):
        return "the edit changes nothing"
    _tell(session, thread, message, "edited")
    return None


def _remove(session: Session, ctx: Context, channel: "Channel", item: Removal) -> str | None:
    found: dict[int, list[str]] = {}
    unknown = []
    for external_id in dict.fromkeys(item.external_ids):
        message_id = lookup.by_external_id(session, channel.id, (external_id,))
        if message_id is None:
            unknown.append(external_id)
        else:
            found.setdefault(message_id, []).append(external_id)
    taken_back = False
    for _message_id, external_ids in sorted(found.items()):
        thread, message = _locked(session, channel, external_ids[0], "removal")
        keys = revisions.take_back(session, thread, message, external_ids, _moment(ctx, item.at))
        if keys is not None:
            _drop_files(session, ctx, message.id, keys)
            _tell(session, thread, message, "removed")
            taken_back = True
    if unknown:
        raise NotYet(f"removal of {len(unknown)} messages that have not come", partly=bool(found))
    return None if taken_back else "taken back already"


def _react(session: Session, ctx: Context, channel: "Channel", item: Reacted) -> str | None:
    thread, message = _locked(session, channel, item.external_id, "reaction")
    who = identities.at(session, item.sender)
    if who is None or not _takes_part(session, thread, who.id, who.customer_id):
        return "reaction of somebody who takes no part in the thread"
    if message.removed_at is not None:
        return "reaction to a message that was taken back"
    at = _moment(ctx, item.at)
    shown = revisions.reactions_of(session, message.id, who.id)
    if item.change == "all":
        if shown and at < max(shown.values()):
            return "an older reaction than the one that is shown"
        changed = revisions.react(session, message.id, item.emoji, at, identity_id=who.id)
    elif item.change == "added":
        changed = revisions.add_reactions(session, message.id, item.emoji, at, who.id)
    else:
        changed = _take_off(session, message.id, item.emoji, at, who.id, shown)
    if not changed:
        return "the reaction is known"
    _tell(session, thread, message, "reacted")
    return None


def _take_off(
    session: Session,
    message_id: int,
    emoji: Sequence[str],
    at: datetime,
    identity_id: int,
    shown: Mapping[str, datetime],
) -> bool:
    """Take single reactions off. One that is not there may be about to come; one put there later stays."""
    kept = [each for each in shown if each not in emoji]
    if not any(each in shown for each in emoji):
        raise NotYet("removal of a reaction that has not come", OVERTAKEN)
    if any(each in shown and shown[each] > at for each in emoji):
        return False
    return revisions.remove_reactions(session, message_id, kept, identity_id)


def _reach(session: Session, ctx: Context, channel: "Channel", item: Reachable) -> str | None:
    """Note that somebody can (not) be written to on a channel, and say so in his thread."""
    who = identities.at(session, item.party)
    if who is None:
        return "nobody we know"
    reason = None if item.reachable else (item.reason or GONE)
    if (reach.why_not(session, who.id, channel.id, item.party.place) is None) == item.reachable:
        return "known already"
    if reason is None:
        customers.unreachable(session, who.id, None)
        customers.open_again(session, who.id, channel.id, item.party.place)
    else:
        customers.shut(session, who.id, channel.id, item.party.place, reason, ctx.clock())
    thread_id = lookup.of_customer(session, who.customer_id)
    thread = None if thread_id is None else threads.lock(session, thread_id)
    episode = None if thread is None else threads.newest_episode(session, thread.id)
    if thread is None or episode is None:
        return None
    code = "reachable" if item.reachable else "unreachable"
    text = "Can be written to again" if item.reachable else "Cannot be written to any more"
    line = threads.append_system(
        session,
        thread,
        episode,
        code,
        f"{text} by {channel.name}: {who.display}",
        ctx.clock(),
        identity_id=who.id,
        address=who.display,
        namespace=who.namespace,
        channel=channel.name,
        reason=reason,
    )
    data = {"customer_id": who.customer_id, "change": code}
    record(session, EventKind.CUSTOMER_CHANGED, thread_id=thread.id, message_id=line, data=data)
    return None


def _move(session: Session, ctx: Context, item: Moved) -> str | None:
    """Give somebody his new address. If that has written before, the network itself says that both are one."""
    who = identities.at(session, item.old)
    if who is None:
        return "nobody we know moved"
    if customers.move(session, who.id, item.new):
        return None
    there = identities.at(session, item.new)
    if there is None:
        raise Conflict("The new address changed hands meanwhile.")
    if who.unreachable is None:
        customers.unreachable(session, who.id, MOVED)
    if there.customer_id == who.customer_id:
        return "somebody is at the new address already"
    joined = people.join(session, ctx, who.customer_id, there.customer_id, MOVED, ctx.clock())
    return None if joined else "the two addresses belong to different people"


def _locked(session: Session, channel: "Channel", external_id: str, change: str) -> "tuple[Thread, Message]":
    """A message with its thread, which is locked. Raises NotYet."""
    message = revisions.locate(session, channel.id, external_id)
    if message is None:
        raise NotYet(f"{change} of a message that has not come: {external_id}")
    thread = threads.lock(session, message.thread_id)
    message = revisions.locate(session, channel.id, external_id)
    if message is None or message.thread_id != thread.id:
        raise Conflict("The message moved to another thread meanwhile.")
    return thread, message


def _is_author(session: Session, channel: "Channel", message: "Message", sender: Party) -> bool:
    """Whether a party may change a message: a customer his own; what our side wrote only the account itself,
    which is nobody's customer."""
    who = identities.at(session, sender)
    if message.kind is Kind.INBOUND:
        return who is not None and who.id == message.identity_id
    return message.kind is Kind.REPLY and (who is None or sender.address == channel.account)


def _takes_part(session: Session, thread: "Thread", identity_id: int, customer_id: int) -> bool:
    if customer_id == thread.customer_id:
        return True
    return bool(lookup.participates_in(session, identity_id, [thread.id]))


def _drop_files(session: Session, ctx: Context, message_id: int, keys: Sequence[str]) -> None:
    def remove() -> None:
        for key in keys:
            ctx.files.remove(key)

    if keys:
        after_commit(session, f"files:{message_id}", remove)


def _moment(ctx: Context, at: datetime | None) -> datetime:
    """When something happened: as the network says, but never later than now."""
    now = ctx.clock()
    return now if at is None else min(at, now)


def _tell(session: Session, thread: "Thread", message: "Message", change: str) -> None:
    record(
        session,
        EventKind.MESSAGE_CHANGED,
        thread_id=thread.id,
        message_id=message.id,
        data={"change": change},
    )

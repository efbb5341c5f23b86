"""Copies of our own replies that networks send back, in whatever order they and the network's answers come.

An echo is proof that the network has the reply, so it settles a delivery that is uncertain, and one whose answer is
still awaited: what the answer says later is noted, and nothing is sent or shown twice. Most echoes carry our key. One
that only says that our app sent it belongs to the message with its id, else to the oldest reply on its way to the
same party that says the same.
"""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import rights
from inbox.contract import Inbound, markup
from inbox.flows import outcome
from inbox.flows.context import Context
from inbox.outbox import actions as outbox
from inbox.outbox import queries as deliveries
from inbox.outbox import rules, settling
from inbox.threads import actions as threads
from inbox.threads import lookup

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.outbox.models import Delivery
    from inbox.threads.models import Thread


def is_keyed(session: Session, channel: "Channel", item: Inbound) -> bool:
    """Whether an item carries the key of a reply of ours.

    One that the provider keeps as sent (`outgoing`) proves that it has the reply, or a part of it (`partial`); any
    other copy proves nothing, as its marks can be copied too.
    """
    delivery_id = deliveries.by_idem_key(session, item.idem_key)
    if delivery_id is None:
        return False
    if not item.outgoing:
        return True
    thread = threads.lock(session, outbox.thread_of(session, delivery_id))
    delivery = outbox.lock(session, delivery_id)
    if delivery is None or delivery.channel_id != channel.id:
        return False
    _note(session, thread, delivery, item, whole=not item.partial)
    return True


def is_ours(
    session: Session, ctx: Context, channel: "Channel", thread: "Thread", identity_id: int, item: Inbound
) -> bool:
    """Whether an item that our app is said to have sent is a reply of the locked thread that is on its way."""
    for delivery_id in deliveries.on_the_wire(session, thread.id, channel.id, identity_id):
        delivery = outbox.lock(session, delivery_id)
        if delivery is None or not _at_that_time(delivery, item):
            continue
        said = _says(session, ctx, channel, delivery, item)
        if said is not None:
            _note(session, thread, delivery, item, whole=said)
            return True
    return False


def _note(session: Session, thread: "Thread", delivery: "Delivery", item: Inbound, *, whole: bool) -> None:
    """Know the reply by the echo's ids from now on, and take it for sent if the echo is all of it."""
    threads.add_aliases(session, delivery.channel_id, delivery.message_id, (item.external_id, *item.aliases))
    if whole and settling.accept(session, delivery, item.external_id):
        outcome.show_trouble(session, thread.id)
        outcome.tell(session, thread.id, delivery.message_id, delivery.state)


def _at_that_time(delivery: "Delivery", item: Inbound) -> bool:
    if item.sent_at is None or delivery.started_at is None:
        return True
    return abs(item.sent_at - delivery.started_at) <= rules.ECHO_WITHIN


def _says(
    session: Session, ctx: Context, channel: "Channel", delivery: "Delivery", item: Inbound
) -> bool | None:
    """None when the echo says something else than the reply; else whether it is the whole of it.

    Networks show our marks in their own way or not at all, so only the words count. Of what goes out in several
    messages one echo is a part, and proves nothing of the others.
    """
    message = lookup.get(session, delivery.message_id)
    text = str(delivery.request.get("text", message.body_text))
    files = len(lookup.attachments(session, message.id))
    if not item.text.strip():
        return None if not item.files or not files else files == 1 and not text.strip()
    adapter = ctx.registry.get(channel.kind)
    parts: tuple[str, ...] = (text,)
    if rights.can(ctx.registry, channel).splits:
        parts = adapter.parts(channels.public_config(ctx.registry, channel), text)
    if rules.words(item.text) not in {rules.words(form) for part in parts for form in _forms(part)}:
        return None
    return len(parts) == 1 and files <= len(item.files)


def _forms(text: str) -> tuple[str, str]:
    return text, markup.to_text(text)

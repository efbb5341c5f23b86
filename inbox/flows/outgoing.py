"""A queued delivery as the adapter takes it."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy.orm import Session

from inbox.channels import lookup as channel_lookup
from inbox.channels import rights
from inbox.contract import Filled, OutFile, Outgoing, Party, Quoted
from inbox.customers import reach
from inbox.flows import tokens
from inbox.flows.context import Context
from inbox.outbox.queries import get as get_delivery
from inbox.threads import heard, lookup, sent
from inbox.threads.words import AttachmentState

if TYPE_CHECKING:
    from inbox.channels.models import Channel
    from inbox.outbox.models import Delivery
    from inbox.threads.models import Message


def load(session: Session, ctx: Context, delivery_id: int) -> "tuple[Delivery, Channel, Outgoing]":
    """The delivery, its channel, and the message to send.

    The delivery's `request` may say more than the message: `text` to send in place of what the thread shows,
    `file_message_ids` whose files go along, `template` if one is sent, and `claim_id` if it goes to an address that is
    only claimed. Raises NotFound or Invalid.
    """
    delivery = get_delivery(session, delivery_id)
    channel = channel_lookup.usable(session, delivery.channel_id)
    found = lookup.get(session, delivery.message_id)
    customer_id = lookup.thread(session, delivery.thread_id).customer_id
    request = delivery.request
    answers = _answered(session, delivery, found)
    copies = {role: tuple(_copies(ctx, channel.kind, found.recipients, role)) for role in ("cc", "bcc")}
    can = rights.can(ctx.registry, channel)
    quoted = None
    if can.quotes and answers is not None and answers.identity_id == found.identity_id:
        quoted = Quoted(
            author=answers.sender_name, at=answers.sent_at or answers.created_at, text=answers.body_text
        )
    chain = [] if answers is None else lookup.wire_ids(session, delivery.thread_id, channel.id, found.seq)
    return (
        delivery,
        channel,
        Outgoing(
            idem_key=delivery.idem_key,
            to=Party.model_validate(request["to"]),
            text=request.get("text", found.body_text),
            subject=found.subject,
            cc=copies["cc"],
            bcc=copies["bcc"],
            sender_name=found.sender_name,
            signature=lookup.signature_of(session, found.author_id),
            in_reply_to="" if answers is None else lookup.wire_id(session, answers.id, channel.id),
            chosen=answers is not None and answers.id == request.get("answers"),
            references=tuple(chain),
            reply_token=tokens.for_delivery(ctx, delivery),
            bounce_token=ctx.vault.token("bounce", delivery.id),
            files=tuple(_files(session, ctx, [found.id, *request.get("file_message_ids", ())])),
            quoted=quoted,
            automatic=found.automatic is not None,
            locale=reach.locale_of(session, customer_id),
            created_at=found.created_at,
            heard_at=heard.on(session, delivery.thread_id, channel.id, _wrote(delivery, found)),
            template=None if request.get("template") is None else Filled.model_validate(request["template"]),
        ),
    )


def _wrote(delivery: "Delivery", found: "Message") -> int | None:
    """Whose messages count for a provider's window: those from the address it goes to."""
    return None if "claim_id" in delivery.request else found.identity_id


def _answered(session: Session, delivery: "Delivery", found: "Message") -> "Message | None":
    """The customer's message that a reply answers.

    None for what was written elsewhere and goes on here; and who only claimed an address is told of none. The one that
    an agent chose, unless the customer has taken it back since, or it went to another thread.
    """
    if "text" in delivery.request or "claim_id" in delivery.request:
        return None
    if "answers" in delivery.request:
        chosen = sent.inbound_of(session, delivery.thread_id, delivery.request["answers"])
        if chosen is not None and chosen.removed_at is None:
            return chosen
    return lookup.newest_inbound(session, delivery.thread_id, delivery.channel_id, found.seq)


def _copies(ctx: Context, kind: str, recipients: list[dict[str, Any]], role: str) -> Iterator[Party]:
    adapter = ctx.registry.get(kind)
    for entry in recipients:
        if entry["role"] == role:
            yield adapter.normalise(entry["address"])


def _files(session: Session, ctx: Context, message_ids: Sequence[int]) -> Iterator[OutFile]:
    for message_id in message_ids:
        for file in lookup.attachments(session, message_id):
            if file.state is AttachmentState.STORED:
                yield OutFile(
                    name=file.name,
                    media_type=file.media_type,
                    size=file.size,
                    open=_opener(ctx, file.storage_key or ""),
                )


def _opener(ctx: Context, key: str) -> Callable[[], BinaryIO]:
    return lambda: ctx.files.open(key)

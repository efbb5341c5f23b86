"""A fixed line of ours to somebody in his chat, about something that he did there and that is no message.

It is a line of his thread with a delivery: agents see what he was told and whether it arrived. It answers nothing, so
nobody's wait ends by it, and it holds nothing that anybody else has written.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.contract import Party
from inbox.customers import lookup as identities
from inbox.customers import reach
from inbox.flows.context import Context
from inbox.outbox import actions as outbox
from inbox.threads import actions as threads
from inbox.threads.words import Kind

if TYPE_CHECKING:
    from inbox.channels.models import Channel


def linked_later(
    session: Session,
    ctx: Context,
    channel: "Channel",
    identity_id: int,
    party: Party,
    *,
    is_checked: bool,
    now: datetime,
) -> None:
    """Tell who opened a link from the site that both chats are not one yet, and whether a colleague decides that.

    `party` is who opened it, where he did. Nothing is said of who made the link: he need not be the same person.
    """
    customer_id = identities.owner(session, identity_id)
    locale = reach.locale_of(session, customer_id)

    def _(text: str) -> str:
        return ctx.translate(locale, text)

    if is_checked:
        said = _(
            "We connect this chat with the one on our site once a colleague has checked that both are yours. "
            "You can go on writing here."
        )
    else:
        said = _("This chat stays separate from the one on our site. You can go on writing here.")
    thread = threads.lock(session, threads.ensure(session, customer_id, now))
    episode = threads.newest_episode(session, thread.id) or threads.start_episode(session, thread, now)
    address = party.display or party.address
    recipients = [{"role": "to", "address": party.address, "name": party.name}]
    code = "link_to_check" if is_checked else "link_without_effect"
    line = threads.append(
        session,
        thread,
        episode,
        threads.NewMessage(
            Kind.SYSTEM,
            f"{address} opened a link from the site and was told: {said}",
            channel_id=channel.id,
            identity_id=identity_id,
            place=party.place,
            recipients=recipients,
            system={"code": code, "data": {"address": address, "said": said}},
            sent_at=now,
        ),
        now,
    )
    outbox.enqueue(
        session,
        message_id=line,
        thread_id=thread.id,
        channel_id=channel.id,
        request={"to": party.model_dump(mode="json"), "text": said},
        recipients=[{**entry, "state": "queued", "error": None} for entry in recipients],
        delay=0.0,
    )

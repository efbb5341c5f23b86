"""What a visitor writes in the panel, and that he saw what was written to him.

A message is kept as a payload before anything else, like that of any network: from there it takes the way of all
messages. Repeating it is safe: the identity and `client_msg_id` name it.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from inbox.channels import actions as channels
from inbox.channels import envelopes
from inbox.contract import Party, Raw, RawItem
from inbox.contract.site import SiteFile, SiteMessage
from inbox.customers import actions as customers
from inbox.errors import Conflict, Invalid
from inbox.files import Stored
from inbox.flows import outcome, shop_reports
from inbox.flows.context import Context
from inbox.flows.sites import USER, Place
from inbox.flows.visits import Ended, Page
from inbox.outbox import actions as outbox
from inbox.outbox import reports, seen, unseen
from inbox.outbox.words import DeliveryState
from inbox.threads import actions as threads
from inbox.threads import attachments
from inbox.visits import actions, queries, rules, stream
from inbox.visits.queries import Visitor
from inbox.visits.words import Proof

TEXT_MAX = 20_000
"""Characters of a visitor's message."""
FILES_MAX = 10
"""Files of one message."""
UPLOADS_MAX = 20
"""Files that a session may have uploaded and not sent."""


class KeyReused(Conflict):
    """The same `client_msg_id` came with another content."""

    def __init__(self) -> None:
        super().__init__("This client_msg_id was used for another message.")


@dataclass(frozen=True)
class Written:
    """A message as the panel sends it; `text` can be stored."""

    client_msg_id: str
    text: str
    file_ids: tuple[int, ...] = ()
    page: Page | None = None


def write(ctx: Context, place: Place, visitor: Visitor, message: Written) -> None:
    """Keep a visitor's message. Whoever writes for the first time becomes a customer by it.

    Raises Invalid, KeyReused, or Ended.
    """
    if not message.text.strip() and not message.file_ids:
        raise Invalid("The message is empty.", "/body")
    if len(message.text) > TEXT_MAX:
        raise Invalid("The message is too long.", "/body")
    if len(message.file_ids) > FILES_MAX:
        raise Invalid("These are too many files for one message.", "/attachment_ids")
    ctx.db.run(_write, ctx, place, visitor.session_id, message)


def add_file(
    ctx: Context, place: Place, visitor: Visitor, *, name: str, claimed: str, head: bytes, stored: Stored
) -> stream.StoredFile:
    """Enter a file that a visitor uploaded: it is his alone until he sends it. Raises Invalid beyond his quota."""

    def story(session: Session) -> stream.StoredFile:
        if actions.lock(session, visitor.session_id) is None:
            raise Ended
        count, size = stream.uploads(session, visitor.session_id)
        if count >= UPLOADS_MAX or size + stored.size > UPLOADS_MAX * place.site.attachment_max:
            raise Invalid("Send the files that are waiting first.")
        row = attachments.add_visitors(
            session,
            visitor.session_id,
            name=name,
            claimed=claimed,
            head=head,
            stored=stored,
            now=ctx.clock(),
        )
        return stream.StoredFile(row.id, row.name, row.size, row.media_type)

    return ctx.db.run(story)


def arrived(ctx: Context, visitor: Visitor) -> None:
    """What has been sent to this visitor on the site has reached him: he was just given it."""
    _advance(ctx, visitor, (DeliveryState.SENT,), DeliveryState.DELIVERED, None)


def read(ctx: Context, visitor: Visitor, message_id: int) -> None:
    """The visitor has seen all replies up to a message."""
    _advance(ctx, visitor, unseen.ARRIVED, DeliveryState.READ, message_id)


def reader_of(visitor: Visitor, viewer: rules.Viewer) -> seen.Reader | None:
    """Whose replies a visitor reads, or None before anything was written."""
    if visitor.thread_id is None or visitor.identity_id is None:
        return None
    all_of = viewer.proved_as if viewer.verified else None
    return seen.Reader(visitor.thread_id, visitor.channel_id, visitor.identity_id, all_of)


def _write(session: Session, ctx: Context, place: Place, session_id: int, message: Written) -> None:
    if actions.lock(session, session_id) is None:
        raise Ended
    visitor = queries.by_id(session, session_id)
    if visitor is None:
        raise Ended
    now = ctx.clock()
    visit = queries.visit(session, session_id)
    said = {name: str(text) for name, text in visit.said.items() if text}
    if visitor.identity_id is None:
        party = place.visitor(said.get("name", ""))
        who = customers.identify(session, party, now, is_demo=place.channel.is_demo)
        actions.bind(session, session_id, who.identity_id)
        shop_reports.adopt(session, session_id, who.customer_id)
        address, identity_id = party.address, who.identity_id
    else:
        address, identity_id = visitor.address, visitor.identity_id
    key = f"{identity_id}:{message.client_msg_id}"
    earlier = stream.kept(session, place.id, key)
    if earlier is not None:
        _check_same(earlier, message)
        return
    kept = SiteMessage(
        visitor=address,
        client_msg_id=message.client_msg_id,
        text=message.text,
        at=now,
        name=said.get("name", ""),
        files=_files(session, visitor, message.file_ids),
        claims=tuple(_claims(said)),
        proved=_proved(session, place, visitor) if visitor.viewer(now).verified else "",
        locale=visit.locale,
        page={} if message.page is None else {"url": message.page.url, "title": message.page.title},
    )
    raw = Raw(body=kept.model_dump_json(exclude_defaults=True).encode())
    envelopes.keep(session, ctx.files, place.id, [RawItem(dedupe_key=key, raw=raw)], now)
    actions.touch(session, session_id, now)
    channels.note_in(session, place.id)


def _check_same(earlier: bytes, message: Written) -> None:
    """Raises KeyReused when what was kept under the same key says something else."""
    known = json.loads(earlier)
    files = [file["id"] for file in known.get("files", ())]
    if (known["text"], files) != (message.text, list(message.file_ids)):
        raise KeyReused


def _files(session: Session, visitor: Visitor, file_ids: Iterable[int]) -> tuple[SiteFile, ...]:
    """The visitor's own uploads. Raises Invalid for any other."""
    found = []
    for file_id in dict.fromkeys(file_ids):
        row = stream.upload(session, visitor, file_id)
        if row is None:
            raise Invalid("One of the files is gone; upload it again.", "/attachment_ids")
        found.append(SiteFile(id=row.id, name=row.name, media_type=row.media_type, size=row.size))
    return tuple(found)


def _claims(said: dict[str, str]) -> Iterable[Party]:
    for namespace in ("email", "phone"):
        if address := said.get(namespace):
            yield Party(namespace=namespace, address=address, display=address)


def _proved(session: Session, place: Place, visitor: Visitor) -> str:
    """By what the visitor proved to be this customer, as a sentence for agents."""
    if visitor.proof is Proof.MAILBOX:
        return "Typed in a code that was mailed to this customer."
    own = (USER, place.channel.account)
    ids = queries.ids(session, visitor, but=place.manifest.namespace).own
    subject = next((each.address for each in ids if (each.namespace, each.account) == own), "")
    return f"Signed in at the shop as “{subject}”."


def _advance(
    ctx: Context,
    visitor: Visitor,
    states: Collection[DeliveryState],
    state: DeliveryState,
    up_to: int | None,
) -> None:
    def story(session: Session) -> None:
        fresh = queries.by_id(session, visitor.session_id)
        reader = None if fresh is None else reader_of(fresh, fresh.viewer(ctx.clock()))
        if reader is None:
            return
        thread = threads.lock(session, reader.thread_id)
        changed = []
        for delivery_id in seen.behind(session, reader, states, up_to=up_to):
            delivery: Any = outbox.lock(session, delivery_id)
            if delivery is not None and reports.reported(session, delivery, state):
                changed.append(delivery_id)
                outcome.tell(session, thread.id, delivery.message_id, delivery.state)
        if state is DeliveryState.READ and changed:
            unseen.seen(session, changed)

    # Nearly every look finds nothing to change: that is seen without taking a lock.
    with ctx.db.read() as session:
        reader = reader_of(visitor, visitor.viewer(ctx.clock()))
        if reader is None or not seen.behind(session, reader, states, up_to=up_to):
            return
    ctx.db.run(story)

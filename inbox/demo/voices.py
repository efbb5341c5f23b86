"""How the demo's customers write: by mail, in the chat on the shop's site, and in Telegram.

Each takes the way that a real message takes, from the payload on.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels import envelopes
from inbox.contract import Raw, RawItem
from inbox.demo import mails, media, telegram
from inbox.demo.mails import Answered
from inbox.demo.peer import Peers
from inbox.demo.script import Customer, Step
from inbox.errors import NotFound
from inbox.flows import panel, proving, receive, sites, visits
from inbox.flows.context import Context
from inbox.flows.sites import Place
from inbox.threads import attachments, lookup
from inbox.threads.models import Message
from inbox.threads.words import Kind
from inbox.visits import queries as visitor_queries
from inbox.visits.proofs import Known, Said
from inbox.visits.queries import Visitor
from inbox.visits.words import Proof

SHOP_URL = "http://localhost:8001"
"""Where the shop is, unless told otherwise."""

ThreadOf = Callable[[Customer], int]


class Voice(Protocol):
    """A way to write to the shop."""

    def write(self, number: str, step: Step) -> None:
        """Write what the step says; `number` names it."""
        ...


class Mail:
    """Mails, read by the parser like any other."""

    def __init__(self, ctx: Context, channel_id: int, thread_of: ThreadOf) -> None:
        self._ctx, self._channel_id, self._thread_of = ctx, channel_id, thread_of
        self._subjects: dict[str, str] = {}

    def write(self, number: str, step: Step) -> None:
        """A mail to the shop, an answer unless it has a subject."""
        email = step.customer.email
        answered = self._answered(step.customer) if not step.subject else None
        subject = step.subject or f"Re: {self._subjects[email]}"
        self._subjects[email] = subject.removeprefix("Re: ")
        body = mails.build(
            step.customer,
            number,
            step.at,
            step.text,
            subject,
            style=step.style,
            files=step.files,
            automatic=step.automatic,
            answered=answered,
        )
        self._ctx.db.run(keep_mail, self._ctx, self._channel_id, number, body, step.at)
        receive.drain(self._ctx, 1)

    def _answered(self, customer: Customer) -> Answered | None:
        """The newest reply, which the customer now answers."""
        thread_id = self._thread_of(customer)
        with self._ctx.db.read() as session:
            newest = session.execute(
                select(Message)
                .where(
                    Message.thread_id == thread_id,
                    Message.kind.in_((Kind.REPLY, Kind.SYSTEM)),
                    Message.channel_id == self._channel_id,
                )
                .order_by(Message.seq.desc())
                .limit(1)
            ).scalar()
            if newest is None:
                return None
            ids = lookup.wire_ids(session, thread_id, self._channel_id, newest.seq + 1)
            quoted = newest.body_text if newest.kind is Kind.REPLY else ""
            return Answered(tuple(ids), newest.sender_name, newest.created_at, quoted)


class Chat:
    """Visits to the shop's site, in one browser for each customer."""

    def __init__(self, ctx: Context, channel_id: int, url: str) -> None:
        self._ctx, self._url = ctx, url
        self._tokens: dict[str, str] = {}
        with ctx.db.read() as session:
            place = sites.by_id(session, ctx, channel_id)
        if place is None:
            raise NotFound("The demo's site is gone.")
        self._place: Place = place

    def write(self, number: str, step: Step) -> None:
        """A message in the panel, from the page where the customer is."""
        arrived = self._arrive(step)
        written = panel.Written(number, step.text, self._files(arrived, step), self._page(step))
        panel.write(self._ctx, self._place, arrived.visitor, written)
        receive.drain(self._ctx, 1)

    def read(self, step: Step, message_id: int) -> None:
        """The customer sees everything up to a message."""
        panel.read(self._ctx, self._known(step.customer), message_id)

    def code(self, step: Step, channel_id: int) -> str:
        """A one-time code to go on in another channel."""
        way = proving.go_on(self._ctx, self._place, self._known(step.customer), channel_id)
        return way.url.rpartition("=")[2]

    def _page(self, step: Step) -> visits.Page:
        return visits.Page(f"{self._url}{step.page}", "Alpe", "https://search.example/")

    def _arrive(self, step: Step) -> visits.Arrived:
        customer, now = step.customer, self._ctx.clock()
        known = None
        if customer.member:
            said = Said(customer.name, customer.email)
            known = Known(
                customer.member, Proof.JWT, now + timedelta(hours=1), said, email_verified=bool(said.email)
            )
        arrived = visits.arrive(
            self._ctx,
            self._place,
            visits.Arrival(
                token=self._tokens.get(customer.key, ""),
                known=known,
                said=Said(customer.name, step.claims),
                page=self._page(step),
                locale=customer.locale,
            ),
        )
        self._tokens[customer.key] = arrived.token
        return arrived

    def _known(self, customer: Customer) -> Visitor:
        with self._ctx.db.read() as session:
            token = self._tokens[customer.key]
            visitor = visitor_queries.by_token(session, self._place.id, token, self._ctx.clock())
        if visitor is None:
            raise NotFound(f"{customer.name} has left the site.")
        return visitor

    def _files(self, arrived: visits.Arrived, step: Step) -> tuple[int, ...]:
        ids = []
        for name in step.files:
            body, claimed = media.make(name)
            file = panel.add_file(
                self._ctx,
                self._place,
                arrived.visitor,
                name=name,
                claimed=claimed,
                head=body[: attachments.HEAD],
                stored=self._ctx.files.put_bytes(body),
            )
            ids.append(file.id)
        return tuple(ids)


class Telegram:
    """Updates of the bot."""

    def __init__(self, ctx: Context, channel_id: int, peers: Peers) -> None:
        self._ctx, self._channel_id, self._peers = ctx, channel_id, peers
        self._numbers: dict[int, int] = {}
        self._written: dict[int, int] = {}

    def write(self, number: str, step: Step) -> None:
        """A message to the bot, with a photo if it has a file."""
        message_number = self._next(step.customer)
        self._written[step.customer.telegram] = message_number
        self._take(telegram.message(step.customer, message_number, step.at, step.text, step.files), step.at)

    def start(self, step: Step, code: str) -> None:
        """Bring a code."""
        self._take(telegram.start(step.customer, self._next(step.customer), step.at, code), step.at)

    def edit(self, step: Step) -> None:
        """Change what was written last."""
        written = self._written[step.customer.telegram]
        number = self._next(step.customer)
        self._take(telegram.edit(step.customer, number, written, step.at, step.text), step.at)

    def react(self, step: Step) -> None:
        """React to what the shop said last."""
        about = self._peers.bot.last_number(step.customer.telegram)
        number = self._next(step.customer)
        self._take(telegram.react(step.customer, number, about, step.at, step.text), step.at)

    def _next(self, customer: Customer) -> int:
        number = self._numbers.get(customer.telegram, 100) + 1
        self._numbers[customer.telegram] = number
        return number

    def _take(self, update: dict[str, Any], at: datetime) -> None:
        self._ctx.db.run(keep_update, self._ctx, self._channel_id, update, at)
        receive.drain(self._ctx, 1)


def keep_mail(
    session: Session, ctx: Context, channel_id: int, number: str, body: bytes, at: datetime
) -> None:
    """Let a mail come in, as polling would."""
    meta = {"role": "inbox", "internaldate": at.isoformat(), "size": len(body), "truncated": False}
    item = RawItem(dedupe_key=number, raw=Raw(body=body, meta=meta))
    envelopes.keep(session, ctx.files, channel_id, [item], at)


def keep_update(
    session: Session, ctx: Context, channel_id: int, update: dict[str, Any], at: datetime
) -> None:
    """Let an update of the bot come in, as polling would."""
    item = RawItem(dedupe_key=f"{update['update_id']}:demo", raw=Raw(body=json.dumps(update).encode()))
    envelopes.keep(session, ctx.files, channel_id, [item], at)

"""Filling the demo: the script is played through the same stories that real messages take, with the clock set back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from inbox.channels.models import Channel, Envelope
from inbox.channels.parsing import ParserPool
from inbox.contract import Item, Raw
from inbox.customers.models import Customer, Identity
from inbox.demo import desk, media, peer, script
from inbox.demo.desk import CHAT, MAIL, TELEGRAM
from inbox.demo.script import Script, Step
from inbox.demo.voices import SHOP_URL, Chat, Mail, Telegram, Voice
from inbox.events.models import Event, Fact
from inbox.flows import away, deliver, people, rating, reply, triage
from inbox.flows.context import Context
from inbox.insight import queries as ratings
from inbox.outbox import unseen
from inbox.outbox.models import Delivery
from inbox.threads import attachments, marks
from inbox.threads.models import Message, Thread
from inbox.threads.words import DraftMode, Priority, Status

FILLED = "demo.filled.3"
"""Fact that the demo was filled to the end, by a script of this number: an older one is taken out and played anew."""

READ_AFTER = timedelta(hours=20)
SENT_AFTER = timedelta(seconds=12)


def is_filled(ctx: Context) -> bool:
    """Whether the demo was filled to the end."""
    with ctx.db.read() as session:
        return session.get(Fact, FILLED) is not None


def fill(ctx: Context, site: str = SHOP_URL) -> None:
    """Play the whole script. Takes a few seconds. `site` is where the shop is, without a path."""
    now = ctx.clock()
    played = script.load(now)
    player = _Player(ctx, played, now, site)
    player.play()
    player.finish()


class _TrustedParser(ParserPool):
    """Reads our own payloads in this process: they need no guarding, and a child would take longer to start."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def parse(self, kind: str, config: Mapping[str, Any], raw: Raw) -> tuple[Item, ...]:
        adapter = self._ctx.registry.get(kind)
        return tuple(adapter.parse(adapter.manifest.config.model_construct(**dict(config)), raw))


class _Player:
    """Plays steps in order of time. `ctx` is a context of its own whose clock stands at the current step."""

    def __init__(self, ctx: Context, played: Script, now: datetime, site: str) -> None:
        self._script, self._now, self._clock = played, now, played.steps[0].at
        self.ctx = replace(
            ctx,
            clock=lambda: self._clock,
            parser=_TrustedParser(ctx),
            settings=ctx.settings.model_copy(update={"undo_seconds": 0}),
        )
        peers = peer.attach(self.ctx, played.trouble)
        self._desk = ctx.db.run(desk.settle, self.ctx, self._clock - timedelta(days=1))
        self._channels = self._desk.channels
        self._identities: dict[str, int] = {}
        self._times: list[tuple[int, datetime]] = []
        self._mail = Mail(self.ctx, self._channels[MAIL], lambda customer: self._thread(customer.key))
        self._chat = Chat(self.ctx, self._channels[CHAT], site)
        self._telegram = Telegram(self.ctx, self._channels[TELEGRAM], peers)
        self._voices: dict[str, Voice] = {MAIL: self._mail, CHAT: self._chat, TELEGRAM: self._telegram}

    def play(self) -> None:
        """Everything that happened, then what lies about unfinished."""
        acts = {
            "in": self._in,
            "out": self._out,
            "note": self._note,
            "do": self._do,
            "edit": lambda _number, step: self._telegram.edit(step),
            "react": lambda _number, step: self._telegram.react(step),
            "rate": self._rate,
            "link": self._link,
        }
        for number, step in enumerate(self._script.steps):
            self._clock = step.at
            acts[step.kind](f"demo{number}", step)
            with self.ctx.db.read() as session:
                newest = session.scalar(select(func.max(Event.id))) or 0
            self._times.append((newest, step.at))
        self._clock = self._now
        for draft in self._script.drafts:
            fields = triage.DraftFields(body=draft.body, channel_id=self._channels[MAIL])
            agent = self._desk.agents[draft.by]
            triage.save_draft(self.ctx, agent, self._thread(draft.to), DraftMode.REPLY, fields)
        self.ctx.db.run(self._mark_read)

    def finish(self) -> None:
        """Set back the times that the database gave, and note that the demo is complete."""
        self.ctx.db.run(self._end)

    def _in(self, number: str, step: Step) -> None:
        self._voices[step.via].write(number, step)
        self._identities[step.customer.key] = self.ctx.db.run(
            _meet, self._channels[step.via], step.customer.locale
        )
        if step.claims or step.via == TELEGRAM:
            self.ctx.db.run(self._look_for_duplicates, step.customer.key)

    def _out(self, number: str, step: Step) -> None:
        agent = self._desk.agents[step.by]
        asked = reply.ReplyRequest(
            channel_id=self._channels[step.via],
            body=step.text,
            client_msg_id=number,
            attachment_ids=tuple(self._upload(agent.id, name) for name in step.files),
        )
        written = reply.reply(self.ctx, agent, self._thread(step.customer.key), asked)
        deliver.drain(self.ctx, 1)
        if step.via == CHAT and not step.missed:
            self._chat.read(step, written.message_id)
        elif step.missed:
            self.ctx.db.run(_is_away, written.message_id)
            away.sweep(self.ctx)
            deliver.drain(self.ctx, 1)

    def _note(self, number: str, step: Step) -> None:
        thread_id = self._thread(step.customer.key)
        reply.note(self.ctx, self._desk.agents[step.by], thread_id, reply.NoteRequest(step.text, number))

    def _do(self, _number: str, step: Step) -> None:
        what, _, whom = step.text.partition("=")
        changes = {
            "resolve": lambda: triage.Changes(status=Status.RESOLVED),
            "assign": lambda: triage.Changes(assignee_id=self._desk.agents[whom].id),
            "urgent": lambda: triage.Changes(priority=Priority.URGENT),
            "high": lambda: triage.Changes(priority=Priority.HIGH),
        }[what]()
        triage.change(self.ctx, self._desk.agents[step.by], self._thread(step.customer.key), changes)

    def _rate(self, _number: str, step: Step) -> None:
        score, _, comment = step.text.partition(" ")
        identity_id = self._identities[step.customer.key]
        with self.ctx.db.read() as session:
            asked = ratings.question(session, identity_id, self._clock)
        if asked is not None:
            rating.rate(self.ctx, identity_id, asked.episode_id, int(score), comment)

    def _link(self, _number: str, step: Step) -> None:
        self._telegram.start(step, self._chat.code(step, self._channels[TELEGRAM]))

    def _look_for_duplicates(self, session: Session, key: str) -> None:
        customer_id = session.scalar(select(Identity.customer_id).where(Identity.id == self._identities[key]))
        if customer_id is not None:
            people.suggest_from(session, customer_id, self._clock)

    def _upload(self, agent_id: int, name: str) -> int:
        body, claimed = media.make(name)
        stored = self.ctx.files.put_bytes(body)
        view = self.ctx.db.run(
            attachments.add_upload,
            agent_id,
            name=name,
            claimed=claimed,
            head=body[: attachments.HEAD],
            stored=stored,
            now=self._clock,
        )
        return int(view["id"])

    def _thread(self, key: str) -> int:
        """The thread of a customer who has written, whoever he turned out to be since."""
        with self.ctx.db.read() as session:
            thread_id: int = session.execute(
                select(Thread.id)
                .join(Identity, Identity.customer_id == Thread.customer_id)
                .where(Identity.id == self._identities[key])
            ).scalar_one()
        return thread_id

    def _mark_read(self, session: Session) -> None:
        old = session.execute(
            select(Thread.id, Thread.last_seq)
            .join(Customer, Customer.id == Thread.customer_id)
            .where(Customer.is_demo, Thread.last_seq > 0, Thread.last_message_at < self._now - READ_AFTER)
        ).all()
        for agent in self._desk.agents.values():
            for thread_id, seq in old:
                marks.read_up_to(session, agent.id, thread_id, seq, self._now)

    def _end(self, session: Session) -> None:
        after = 0
        ours = select(Thread.id).join(Customer, Customer.id == Thread.customer_id).where(Customer.is_demo)
        for newest, at in self._times:
            session.execute(
                update(Event)
                .where(Event.id > after, Event.id <= newest, Event.thread_id.in_(ours))
                .values(at=at)
                .execution_options(synchronize_session=False)
            )
            after = newest
        mine = tuple(self._channels.values())
        sent = session.execute(
            select(Delivery, Message.created_at)
            .join(Message, Message.id == Delivery.message_id)
            .where(Delivery.channel_id.in_(mine))
        ).all()
        for delivery, written in sent:
            later = min(written + SENT_AFTER, self._now)
            delivery.created_at, delivery.first_tried_at, delivery.updated_at = written, later, later
            delivery.sent_at = later if delivery.sent_at is not None else None
            delivery.unseen_at = None
        for envelope in session.scalars(select(Envelope).where(Envelope.channel_id.in_(mine))):
            envelope.not_before = envelope.done_at = envelope.received_at
        for call, channel_id in self._channels.items():
            channel = session.get_one(Channel, channel_id)
            steps = [step for step in self._script.steps if step.via == call]
            channel.last_in_at = max((step.at for step in steps if step.kind == "in"), default=None)
            channel.last_out_at = max((step.at for step in steps if step.kind == "out"), default=None)
            channel.last_error = channel.last_error_at = channel.last_error_side = None
        session.add(Fact(key=FILLED, value=self._now.isoformat()))


def _meet(session: Session, channel_id: int, locale: str) -> int:
    """The identity of whoever wrote last on a channel, whose customer speaks that language."""
    found = session.execute(
        select(Identity.id, Identity.customer_id)
        .join(Message, Message.identity_id == Identity.id)
        .where(Message.channel_id == channel_id, Message.envelope_id.is_not(None))
        .order_by(Message.id.desc())
        .limit(1)
    ).one()
    session.execute(
        update(Customer)
        .where(Customer.id == found.customer_id, Customer.is_demo)
        .values(locale=locale)
        .execution_options(synchronize_session=False)
    )
    return int(found.id)


def _is_away(session: Session, message_id: int) -> None:
    """The customer has left, and the time in which he might have seen a reply is over."""
    delivery_id = session.execute(select(Delivery.id).where(Delivery.message_id == message_id)).scalar_one()
    unseen.watch(session, delivery_id, -1)

"""Writing as one of the demo's customers."""

import time
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels.models import Channel
from inbox.channels.words import ChannelState
from inbox.customers.models import Customer, Identity
from inbox.demo import mails, script, telegram
from inbox.demo.desk import KINDS, MAIL, TELEGRAM
from inbox.demo.voices import keep_mail, keep_update
from inbox.errors import NotFound
from inbox.flows import panel, sites
from inbox.flows.context import Context
from inbox.threads.models import Thread
from inbox.visits import queries
from inbox.visits.models import VisitorSession


@dataclass(frozen=True)
class _Who:
    """A customer, where he wrote last, and under which identity."""

    name: str
    address: str
    identity_id: int
    channel_id: int
    kind: str
    subject: str


def write(ctx: Context, name: str, text: str) -> str:
    """Let the customer whose name begins like that write where he wrote last; returns the full name.

    The running server finds it by itself. Raises NotFound, with the names there are.
    """
    with ctx.db.read() as session:
        who = _find(session, name)
    now = ctx.clock()
    if who.kind == KINDS[MAIL]:
        number = uuid.uuid4().hex
        customer = script.Customer(who.name, who.address, "")
        subject = f"Re: {(who.subject or 'Hello').removeprefix('Re: ')}"
        body = mails.build(customer, number, now, text, subject)
        ctx.db.run(keep_mail, ctx, who.channel_id, number, body, now)
    elif who.kind == KINDS[TELEGRAM]:
        customer = script.Customer(who.name, "", "en", telegram=int(who.address))
        # Numbers only grow; the script's customers are far below.
        update = telegram.message(customer, int(time.time()), now, text)
        ctx.db.run(keep_update, ctx, who.channel_id, update, now)
    else:
        _say_on_site(ctx, who, text)
    return who.name


def _find(session: Session, name: str) -> _Who:
    rows = session.execute(
        select(
            Customer.name,
            Identity.address,
            Identity.id.label("identity_id"),
            Channel.id.label("channel_id"),
            Channel.kind,
            Thread.subject,
        )
        .join(Thread, Thread.customer_id == Customer.id)
        .join(Identity, Identity.id == Thread.last_identity_id)
        .join(Channel, Channel.id == Thread.last_channel_id)
        .where(Customer.is_demo, Channel.is_demo, Channel.state != ChannelState.REMOVED)
        .order_by(Customer.sort_name)
    ).all()
    if not rows:
        raise NotFound("There is no demo here. Start it with: onethread demo")
    wanted = name.casefold()
    found = next((row for row in rows if row.name.casefold().startswith(wanted)), None)
    if found is None:
        raise NotFound(
            f"Nobody in the demo is called “{name}”. There are: {', '.join(r.name for r in rows)}."
        )
    return _Who(
        found.name, found.address, found.identity_id, found.channel_id, found.kind, found.subject or ""
    )


def _say_on_site(ctx: Context, who: _Who, text: str) -> None:
    with ctx.db.read() as session:
        place = sites.by_id(session, ctx, who.channel_id)
        session_id = session.scalar(
            select(VisitorSession.id)
            .where(VisitorSession.identity_id == who.identity_id, VisitorSession.ended_at.is_(None))
            .order_by(VisitorSession.id.desc())
            .limit(1)
        )
        visitor = None if session_id is None else queries.by_id(session, session_id)
    if place is None or visitor is None:
        raise NotFound(f"{who.name} has left the shop's site.")
    panel.write(ctx, place, visitor, panel.Written(uuid.uuid4().hex, text))

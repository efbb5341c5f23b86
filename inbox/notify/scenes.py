"""Reading what a line shows of a thread, at the moment it is sent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.agents.models import Agent, Team
from inbox.channels.models import Channel
from inbox.customers.models import Customer
from inbox.notify.rules import shows_words
from inbox.notify.texts import Said, Scene
from inbox.threads.models import Attachment, Message, Thread
from inbox.threads.words import Kind

SHOWN = 3
"""Newest messages that a line quotes."""

TAKEN_BACK = "(taken back)"


@dataclass(frozen=True)
class View:
    """A scene, and the newest message of the thread when it was read."""

    scene: Scene
    seen_id: int | None


def view(
    session: Session, thread_id: int, place: Channel, since: datetime, *, after: int, to_customer: bool
) -> View:
    """A thread as a team's place may be shown it: who waits, and what was written after `seq` `after`.

    With `to_customer` only what the customer wrote is quoted.
    """
    # First, so that what comes while this is read counts as not shown.
    seen_id = session.execute(
        select(Message.id)
        .where(Message.thread_id == thread_id, Message.kind != Kind.SYSTEM)
        .order_by(Message.seq.desc())
        .limit(1)
    ).scalar()
    row = session.execute(
        select(
            Customer.name.label("customer"),
            Channel.name.label("channel"),
            Agent.name.label("assignee"),
            Thread.team_id,
            Team.name.label("team"),
        )
        .select_from(Thread)
        .join(Customer, Customer.id == Thread.customer_id)
        .outerjoin(Channel, Channel.id == Thread.last_channel_id)
        .outerjoin(Agent, Agent.id == Thread.assignee_id)
        .outerjoin(Team, Team.id == Thread.team_id)
        .where(Thread.id == thread_id)
    ).one()
    kinds = (Kind.INBOUND,) if to_customer else (Kind.INBOUND, Kind.REPLY, Kind.NOTE)
    written = (Message.thread_id == thread_id, Message.seq > after, Message.kind.in_(kinds))
    files = select(func.count()).where(Attachment.message_id == Message.id).scalar_subquery()
    newest = session.execute(
        select(Message.sender_name, Message.body_text, Message.kind, Message.removed_at, files.label("files"))
        .where(*written)
        .order_by(Message.seq.desc())
        .limit(SHOWN)
    ).all()
    count = session.execute(select(func.count()).select_from(Message).where(*written)).scalar_one()
    said = [
        Said(
            line.sender_name or row.customer,
            line.body_text if line.removed_at is None else TAKEN_BACK,
            line.files,
            note=line.kind is Kind.NOTE,
        )
        for line in reversed(newest)
    ]
    scene = Scene(
        customer=row.customer,
        channel=row.channel or "",
        since=since,
        team=row.team or "",
        assignee=row.assignee or "",
        words=shows_words(place.team_id, row.team_id),
        said=said,
        more=count - len(said),
    )
    return View(scene, seen_id)


def seq_of(session: Session, thread_id: int, message_id: int | None) -> int:
    """The `seq` of a message in a thread, 0 when it is not there (any more)."""
    if message_id is None:
        return 0
    found = select(Message.seq).where(Message.id == message_id, Message.thread_id == thread_id)
    return session.execute(found).scalar() or 0

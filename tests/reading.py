"""Short ways for tests to look at what is stored."""

from typing import Any

from sqlalchemy import select

from inbox.channels.models import Envelope
from inbox.customers.models import Customer, Identity, Shut
from inbox.events.models import Event
from inbox.flows.context import Context
from inbox.notify.models import Notice, TeamAnswer
from inbox.outbox.models import Delivery
from inbox.sla.models import Wait
from inbox.threads.models import Episode, Message, Thread

__all__ = [
    "Customer",
    "Delivery",
    "Envelope",
    "Episode",
    "Event",
    "Identity",
    "Message",
    "Notice",
    "TeamAnswer",
    "Thread",
    "Wait",
    "blocks",
    "rows",
    "the",
]


def rows(ctx: Context, table: Any, *where: Any) -> list[Any]:
    """All rows of a table that fulfil the conditions, by id."""
    with ctx.db.read() as session:
        return list(session.execute(select(table).where(*where).order_by(table.id)).scalars())


def the(ctx: Context, table: Any, *where: Any) -> Any:
    """The one row that fulfils the conditions."""
    (row,) = rows(ctx, table, *where)
    return row


def blocks(ctx: Context) -> list[str]:
    """Why channels cannot write to addresses, as far as it is only one channel each."""
    with ctx.db.read() as session:
        return list(
            session.execute(select(Shut.reason).order_by(Shut.identity_id, Shut.channel_id)).scalars()
        )

"""A shop whose team is told in a tower of customers who wait."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from inbox.agents.identity import AgentIdentity
from inbox.db.time import utc_in, utcnow
from inbox.flows import deliver, notices, receive, team_answers, telling
from inbox.flows.context import Context
from inbox.notify.models import Notice, TeamAnswer
from inbox.notify.words import NoticeState, What
from tests.factories import Make, ManualClock
from tests.pigeon import Pigeon, payload, told
from tests.reading import Envelope, Thread, rows, the

TOWER = "tower"
PUBLIC = "https://desk.example"


class PowerCut(BaseException):
    """The process ends here."""


class Shop:
    """One channel for customers, and for the team on the same network; Ben is an agent whom it knows."""

    def __init__(self, ctx: Context, make: Make, pigeon: Pigeon, clock: ManualClock) -> None:
        self.ctx, self.make, self.pigeon, self.clock = ctx, make, pigeon, clock
        pigeon.learns(team=True)
        ctx.settings = ctx.settings.model_copy(
            update={
                "team_after_minutes": 5,
                "team_overdue_minutes": 60,
                "team_per_minute": 3,
                "public_url": PUBLIC,
            }
        )
        self.channel = make.channel(tower=TOWER)
        self.ben = self.known("Ben")
        self._number = 0

    def known(self, name: str, **more: Any) -> AgentIdentity:
        """An agent for whom the network vouches."""
        agent = self.make.agent(name, **more)
        self.pigeon.colleagues[name.casefold()] = agent.email
        return agent

    def waits(self, text: str = "Where is my order?", sender: str = "anna", *, minutes: float = 6) -> None:
        """A customer writes, and waits."""
        self.make.inbound(self.channel, text, sender)
        self.clock.forward(minutes=minutes)

    def looks(self) -> None:
        """One round of the loop that tells the team, and sends what is to be sent."""
        notices.sweep(self.ctx)
        team_answers.work(self.ctx)
        telling.look(self.ctx)
        notices.send(self.ctx)

    def goes_on(self) -> None:
        """Replies go out, and the team hears of it."""
        self.looks()
        deliver.drain(self.ctx)
        self.looks()

    @property
    def lines(self) -> list[str]:
        """What was told in the tower, in order."""
        return [sent.text for sent in self.pigeon.sent if sent.to.address == TOWER]

    @property
    def letters(self) -> list[str]:
        """What was sent to customers, in order."""
        return [sent.text for sent in self.pigeon.sent if sent.to.address != TOWER]

    @property
    def roots(self) -> list[Notice]:
        """The told customers, in order."""
        return rows(self.ctx, Notice, Notice.what == What.WAITS)

    def root(self) -> str:
        """The network's id of the only told customer."""
        [row] = [row for row in self.roots if row.state is NoticeState.SENT]
        assert row.external_id
        return row.external_id

    def says(
        self, text: str, who: str = "ben", *, below: str | None = None, key: str = "", **more: Any
    ) -> str:
        """Somebody writes in the tower, below the told customer if nothing else is said; the id of what he wrote."""
        self._number += 1
        number = more.pop("number", f"t{self._number}")
        line = told(number, who, text, below if below is not None else self.root(), **more)
        self.make.keep(self.channel, payload(line), key)
        receive.drain(self.ctx)
        return f"in:{number}"

    def due(self) -> None:
        """What was put off is due now."""
        with self.ctx.db.write() as session:
            for table in (Notice, TeamAnswer):
                session.execute(update(table).values(not_before=utcnow()))
            session.execute(update(Envelope).where(Envelope.state == "new").values(not_before=utcnow()))

    def dies_at(self, point: str, step: Callable[[], None]) -> None:
        """The process ends at a checkpoint, and another takes over once its leases have run out."""

        def checkpoint(reached: str) -> None:
            if reached == point:
                raise PowerCut

        self.ctx.checkpoint = checkpoint
        try:
            step()
        except PowerCut:
            pass
        else:
            raise AssertionError(f"{point} was not reached")
        self.ctx.checkpoint = lambda _name: None
        self.ctx.owner = f"successor of {self.ctx.owner}"
        self.ctx.db.run(_lapse)


def _lapse(session: Session) -> None:
    for table in (Notice, TeamAnswer):
        session.execute(update(table).where(table.lease_until.is_not(None)).values(lease_until=utc_in(-1)))


def thread(ctx: Context) -> Any:
    """The only thread."""
    return the(ctx, Thread)

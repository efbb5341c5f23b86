"""Making things for tests, through the same actions the product uses."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.channels import actions as channels
from inbox.channels import envelopes
from inbox.contract import Raw, RawItem
from inbox.flows import receive
from inbox.flows.context import Context
from tests.pigeon import note, payload

_numbers = itertools.count(1)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> datetime:
        """Move the clock by a timedelta's arguments and return the new time."""
        self.now += timedelta(**delta)
        return self.now


@dataclass
class Make:
    """Makes rows in the database of a context."""

    ctx: Context

    def agent(self, name: str = "Ben", role: Role = Role.AGENT, teams: tuple[int, ...] = ()) -> AgentIdentity:
        """An agent of that name, with the password "correct horse"."""
        from inbox.agents import actions as agents
        from inbox.agents import queries

        def story(session: Any) -> AgentIdentity:
            number = next(_numbers)
            agent_id = agents.add_agent(
                session,
                email=f"{name.lower()}{number}@shop.example",
                name=name,
                role=role,
                password="correct horse battery",
                team_ids=teams,
                now=self.ctx.clock(),
            )
            session.flush()
            identity = queries.identity(session, agent_id)
            assert identity is not None
            return identity

        return self.ctx.db.run(story)

    def channel(self, kind: str = "pigeon", name: str = "Pigeons", **values: Any) -> int:
        """A connected channel."""

        def story(session: Any) -> int:
            return channels.connect(session, self.ctx.registry, self.ctx.vault, kind, name, values).id

        return self.ctx.db.run(story)

    def keep(self, channel_id: int, body: bytes, key: str = "", **meta: Any) -> None:
        """Keep a payload without working it off."""
        item = RawItem(dedupe_key=key or f"test:{next(_numbers)}", raw=Raw(body=body, meta=meta))
        self.ctx.db.run(envelopes.keep, self.ctx.files, channel_id, [item], self.ctx.clock())

    def inbound(
        self, channel_id: int, text: str = "Where is my order?", sender: str = "anna", **more: Any
    ) -> None:
        """A customer's message, received."""
        self.keep(channel_id, payload(note(f"n{next(_numbers)}", sender, text, **more)))
        receive.drain(self.ctx)

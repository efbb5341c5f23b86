"""Who hears what: an oracle that knows the rule in plain words watches every delivery (invariant 8)."""

import random
import time
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from inbox.agents import actions as agents
from inbox.agents.audience import identities
from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.db.work import Database
from inbox.events.catalog import EventKind
from inbox.events.models import Event
from inbox.events.queries import Feed, feed, head
from inbox.events.record import record
from inbox.flows import reply, triage
from inbox.flows.context import Context
from inbox.live import hydrate
from inbox.live.delta import Changes, delta_for
from inbox.live.pump import PATIENCE, Pump, deltas
from inbox.shapes import Delta
from tests.factories import Make
from tests.live import crowd
from tests.live.conftest import settle


def may_read(session: Session, agent_id: int, thread_id: int) -> bool:
    """The rule, read from the tables once more and in other words."""
    role = session.execute(text("SELECT role FROM agent WHERE id = :a"), {"a": agent_id}).scalar_one()
    teams = set(
        session.execute(
            text("SELECT team_id FROM team_member WHERE agent_id = :a"), {"a": agent_id}
        ).scalars()
    )
    team, assignee = session.execute(
        text("SELECT team_id, assignee_id FROM thread WHERE id = :t"), {"t": thread_id}
    ).one()
    if role == "admin" or (role == "supervisor" and not teams):
        return True
    return team is None or team in teams or assignee == agent_id


@pytest.fixture
def crowded(sqlite_url: str) -> list[AgentIdentity]:
    """Agents of every role, in teams and not."""
    db = Database(sqlite_url)
    with db.write() as session:
        crowd.fill(session, 1)
    with db.read() as session:
        found = list(identities(session, range(1, crowd.AGENTS + 1)).values())
    db.dispose()
    return found


class Notebook:
    """Listens as all agents at once and writes down who was sent what."""

    def __init__(self, agent_ids: Iterable[int]) -> None:
        self._agent_ids = set(agent_ids)
        self.sent: list[tuple[int, Delta]] = []

    def agent_ids(self) -> set[int]:
        return self._agent_ids

    def send(self, agent_ids: Iterable[int], delta: Delta) -> None:
        self.sent += [(agent_id, delta) for agent_id in agent_ids]


def test_nobody_ever_hears_of_a_thread_he_may_not_read(make: Make, ctx: Context) -> None:
    chance = random.Random(20)
    channel = make.channel()

    def add_teams(session: Session) -> list[int]:
        return [agents.add_team(session, f"Team {n}", ctx.clock()) for n in range(3)]

    teams = ctx.db.run(add_teams)
    people = [
        make.agent("Admin", Role.ADMIN),
        make.agent("Sue", Role.SUPERVISOR),
        make.agent("Sam", Role.SUPERVISOR, (teams[0],)),
        *(make.agent(f"Agent{n}", Role.AGENT, tuple(chance.sample(teams, n % 3))) for n in range(6)),
    ]
    boss = people[0]
    for n in range(8):
        make.inbound(channel, sender=f"customer{n}")
    with ctx.db.read() as session:
        threads = list(session.execute(text("SELECT id FROM thread ORDER BY id")).scalars())
    notebook = Notebook(person.id for person in people)
    pump = Pump(ctx.db, notebook, lambda _seconds: None, ctx.stop)
    settle(ctx)
    drain(pump)
    deliveries = checked_gone = 0
    for step in range(150):
        thread = chance.choice(threads)
        had = {person.id: _may(ctx, person.id, thread) for person in people}
        _do_something(ctx, chance, boss, people, teams, thread, step)
        drain(pump)
        with ctx.db.read() as session:
            for agent_id, delta in notebook.sent:
                own = {event["thread_id"] for event in delta["events"] if event["thread_id"]}
                told = own | {t["id"] for t in delta["threads"]} | {m["thread_id"] for m in delta["messages"]}
                for thread_id in told:
                    assert may_read(session, agent_id, thread_id), (step, agent_id, delta)
                    deliveries += 1
                for thread_id in delta["gone"]:
                    assert had[agent_id], "the id of a thread that he never saw is no news for him"
                    assert not may_read(session, agent_id, thread_id)
                    checked_gone += 1
            lost = {
                person.id for person in people if had[person.id] and not may_read(session, person.id, thread)
            }
            told_gone = {agent_id for agent_id, delta in notebook.sent if thread in delta["gone"]}
            assert lost <= told_gone, (step, lost, told_gone)
        notebook.sent.clear()
    assert deliveries > 500
    assert checked_gone > 20


def drain(pump: Pump) -> None:
    """Push everything there is."""
    while pump.step() != PATIENCE:
        time.sleep(0.001)


def _may(ctx: Context, agent_id: int, thread_id: int) -> bool:
    with ctx.db.read() as session:
        return may_read(session, agent_id, thread_id)


def _do_something(
    ctx: Context,
    chance: random.Random,
    boss: AgentIdentity,
    people: list[AgentIdentity],
    teams: list[int],
    thread: int,
    step: int,
) -> None:
    match chance.randrange(4):
        case 0:
            changes = triage.Changes(team_id=chance.choice([None, *teams]))
            triage.change(ctx, boss, thread, changes)
        case 1:
            assignee = chance.choice([None, *(person.id for person in people)])
            triage.change(ctx, boss, thread, triage.Changes(assignee_id=assignee))
        case 2:
            reply.note(ctx, boss, thread, reply.NoteRequest(f"note {step}", f"n{step}"))
        case _:
            triage.mark_read(ctx, boss, thread, chance.randrange(3))


def test_what_concerns_one_agent_reaches_nobody_else(make: Make, ctx: Context) -> None:
    channel = make.channel()
    me, colleague = make.agent("Me"), make.agent("Colleague")
    make.inbound(channel)
    settle(ctx)
    with ctx.db.read() as session:
        start = head(session)
    triage.mark_read(ctx, me, 1, 1)
    settle(ctx)
    with ctx.db.read() as session:
        news = feed(session, start)
        assert [event["kind"] for event in hydrate(session, news, me)["events"]] == ["thread.read"]
        assert hydrate(session, news, colleague)["events"] == []


def test_changed_rights_ask_for_a_reload(make: Make, ctx: Context) -> None:
    me, colleague = make.agent("Me"), make.agent("Colleague")
    settle(ctx)
    with ctx.db.read() as session:
        start = head(session)
    ctx.db.run(record, EventKind.AGENT_CHANGED, data={"agent_id": me.id})
    settle(ctx)
    with ctx.db.read() as session:
        news = feed(session, start)
        assert hydrate(session, news, me)["reset"]
        assert not hydrate(session, news, colleague)["reset"]


_kinds = st.sampled_from(list(EventKind))
_agent_ids = st.none() | st.integers(1, crowd.AGENTS)
_data = st.fixed_dictionaries(
    {},
    optional={
        "was_team_id": st.none() | st.integers(1, 3),
        "was_assignee_id": _agent_ids,
        "agent_id": _agent_ids,
    },
)


@st.composite
def _changes(draw: st.DrawFn) -> Changes:
    threads: dict[int, Any] = {}
    for number in range(1, 5):
        team, assignee = draw(st.none() | st.integers(1, 3)), draw(_agent_ids)
        threads[number] = {"id": number, "team_id": team, "assignee_id": assignee}
    events = [
        Event(
            id=number,
            xid=0,
            at=crowd.NOW,
            kind=draw(_kinds),
            thread_id=draw(st.none() | st.integers(1, 5)),
            agent_id=draw(_agent_ids),
            data=draw(_data),
        )
        for number in range(1, draw(st.integers(1, 8)) + 1)
    ]
    return Changes(Feed(events, "0.0", "0.9"), threads, {})


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=_changes())
def test_grouping_agents_changes_nobodys_delta(crowded: list[AgentIdentity], changes: Changes) -> None:
    """The pump builds one delta for agents of equal rights; each gets what he alone would have got."""
    heard = {agent_id: delta for members, delta in deltas(crowded, changes) for agent_id in members}
    assert heard == {agent.id: delta_for(agent, changes) for agent in crowded}

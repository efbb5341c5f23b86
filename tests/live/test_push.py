"""What happens is heard: once, in order, without gaps, and by those who may."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.events.queries import feed, head
from inbox.flows import reply
from inbox.flows.context import Context
from inbox.live import hydrate
from tests.factories import Make
from tests.live.conftest import Ear, settle

Listen = Callable[[AgentIdentity], Ear]


def all_event_ids(ctx: Context) -> list[int]:
    with ctx.db.read() as session:
        return list(session.execute(text("SELECT id FROM event ORDER BY id")).scalars())


def thread_ids(ctx: Context) -> list[int]:
    with ctx.db.read() as session:
        return list(session.execute(text("SELECT id FROM thread ORDER BY id")).scalars())


def test_a_message_is_heard_with_its_thread(listen: Listen, make: Make) -> None:
    channel = make.channel()
    ear = listen(make.agent())
    make.inbound(channel, "Where is my order?", sender="anna")
    ear.wait_until(lambda: any(event["kind"] == "message.received" for event in ear.events))
    delta = next(delta for delta in ear.deltas if delta["messages"])
    [message] = delta["messages"]
    [thread] = delta["threads"]
    assert message["body_text"] == "Where is my order?"
    assert message["thread_id"] == thread["id"]
    assert thread["last_seq"] == message["seq"] == 1
    assert not delta["reset"]


def test_no_event_is_skipped_or_told_twice_while_four_write(listen: Listen, make: Make, ctx: Context) -> None:
    channel = make.channel()
    agents = [make.agent(f"Agent{n}") for n in range(4)]
    for sender in ("anna", "bruno", "carla"):
        make.inbound(channel, sender=sender)
    threads = thread_ids(ctx)
    boss = make.agent("Boss", Role.ADMIN)
    before = set(all_event_ids(ctx))

    def new(ear: Ear) -> list[int]:
        return [event["id"] for event in ear.events if event["id"] not in before]

    ears = [listen(agents[0]), listen(boss)]

    def write(agent: AgentIdentity, start: int) -> None:
        for n in range(15):
            asked = reply.NoteRequest(f"note {n}", f"{agent.id}-{n}")
            reply.note(ctx, agent, threads[(start + n) % len(threads)], asked)

    writers = [threading.Thread(target=write, args=(agent, n)) for n, agent in enumerate(agents)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    expected = [number for number in all_event_ids(ctx) if number not in before]
    assert len(expected) == 60
    for ear in ears:
        ear.wait_until(lambda ear=ear: len(new(ear)) >= len(expected))
        assert sorted(new(ear)) == expected
        for earlier, later in itertools.pairwise(ear.deltas):
            assert later["prev"] == earlier["cursor"]


def test_who_was_away_catches_up_exactly_once(listen: Listen, make: Make, ctx: Context) -> None:
    """Pushes and /sync are the same deltas of one feed, however they are cut."""
    channel = make.channel()
    agent = make.agent()
    settle(ctx)
    with ctx.db.read() as session:
        start = head(session)
    earlier = set(all_event_ids(ctx))
    ear = listen(agent)
    make.inbound(channel, "one", sender="anna")
    ear.wait_until(lambda: len(ear.events) >= 2)
    cursor = ear.deltas[-1]["cursor"]
    heard = [event["id"] for event in ear.events if event["id"] not in earlier]
    ear.close()
    make.inbound(channel, "two", sender="anna")
    make.inbound(channel, "three", sender="bruno")
    settle(ctx)
    missed: list[dict[str, Any]] = []
    more = True
    while more:
        with ctx.db.read() as session:
            delta = hydrate(session, feed(session, cursor, limit=2), agent)
        assert delta["prev"] == cursor
        missed += delta["events"]
        cursor, more = delta["cursor"], delta["more"]
    assert sorted(earlier) + heard + [event["id"] for event in missed] == all_event_ids(ctx)
    with ctx.db.read() as session:
        assert hydrate(session, feed(session, start), agent)["cursor"] == cursor == head(session)


def test_a_cursor_from_another_life_asks_for_a_reload(make: Make, ctx: Context) -> None:
    make.inbound(make.channel())
    agent = make.agent()
    settle(ctx)
    with ctx.db.read() as session:
        delta = hydrate(session, feed(session, "9000000000000.9000000000000"), agent)
        assert delta["reset"]
        assert delta["cursor"] == head(session)
        assert not delta["events"]

"""Everything at once: first messages of the same people, merges in both directions, messages while customers are
merged, parted and split."""

import itertools
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from inbox.agents.identity import AgentIdentity
from inbox.agents.words import Role
from inbox.channels.models import Channel, Envelope
from inbox.channels.registry import Registry
from inbox.contract import Inbound, Party
from inbox.customers.models import Merge
from inbox.db.time import utcnow
from inbox.db.work import Database
from inbox.errors import Conflict, Invalid
from inbox.flows import inbound, people, receive
from inbox.flows.context import Context
from inbox.flows.incoming_files import Kept
from inbox.settings import Settings
from inbox.threads.words import Kind
from tests.factories import Make, ManualClock
from tests.fixtures_app import make_context
from tests.invariants import faults
from tests.reading import Customer, Identity, Message, Thread, rows, the

_numbers = itertools.count(1)

Write = Callable[[str], None]


@pytest.fixture
def write(ctx: Context, make: Make) -> Write:
    """Lets a message of somebody come in, as the worker does it with what it has parsed."""
    channel_id = make.channel()
    channel = the(ctx, Channel, Channel.id == channel_id)

    def come_in(name: str) -> None:
        number = next(_numbers)
        item = Inbound(
            external_id=f"m{number}",
            sender=Party(namespace="pigeon", address=name, display=name),
            text=f"{number} of {name}",
        )
        ctx.db.run(inbound.store, ctx, channel, None, item, Kept((), ()))

    return come_in


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work` with 0, 1, … in threads that begin together; returns what each returned, or raised."""
    barrier = threading.Barrier(number)

    def run(place: int) -> Any:
        barrier.wait()
        try:
            return work(place)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.fixture(autouse=True)
def _room(ctx: Context) -> None:
    """A connection for each thread."""
    ctx.db.dispose()
    ctx.db = Database(ctx.db.url, pool_size=16)


@pytest.mark.slow
def test_of_eight_parallel_first_messages_one_makes_the_customer(ctx: Context, write: Write) -> None:
    number = 300
    at_once(8, lambda _: [write(f"customer{person}") for person in range(number)])
    assert len(rows(ctx, Customer)) == len(rows(ctx, Identity)) == len(rows(ctx, Thread)) == number
    assert len(rows(ctx, Message)) == 8 * number
    assert faults(ctx) == []


@pytest.mark.slow
def test_of_eight_parallel_first_updates_of_telegrams_one_makes_the_customer(
    settings: Settings, clock: ManualClock
) -> None:
    """The whole way in: kept by callers that do not wait for one another, and worked off by several workers."""
    ctx = make_context(settings, Registry(), clock)
    ctx.db.dispose()
    ctx.db = Database(ctx.db.url, pool_size=16)
    make, number = Make(ctx), 30
    channel_id = make.channel("telegram", "Bot", token="7000000001:AAF" + "x" * 32, mode="poll")

    def comes_in(caller: int) -> None:
        for person in range(number):
            make.keep(channel_id, telegram_update(person, caller), f"{person}:{caller}")

    at_once(8, comes_in)
    at_once(4, lambda _: receive.drain(ctx, 8 * number))
    receive.drain(ctx)  # what several workers met at once was put back
    with ctx.db.write() as session:
        session.execute(update(Envelope).where(Envelope.state == "new").values(not_before=utcnow()))
    receive.drain(ctx)
    assert {envelope.state for envelope in rows(ctx, Envelope)} == {"done"}
    assert len(rows(ctx, Customer)) == len(rows(ctx, Identity)) == len(rows(ctx, Thread)) == number
    assert len(rows(ctx, Message)) == 8 * number
    assert faults(ctx) == []
    ctx.stop.set()
    ctx.db.dispose()


def telegram_update(person: int, number: int) -> bytes:
    """One of a person's first messages to a bot."""
    user = {"id": 5_000_000_000 + person, "is_bot": False, "first_name": f"Person {person}"}
    chat = {"id": user["id"], "type": "private", "first_name": user["first_name"]}
    message = {"message_id": number + 1, "date": 1_760_000_000 + number, "chat": chat, "from": user,
               "text": f"{number} of {person}"}  # fmt: skip
    return json.dumps({"update_id": person * 100 + number, "message": message}).encode()


def test_of_two_merges_in_opposite_directions_one_wins(ctx: Context, make: Make, write: Write) -> None:
    agents = [make.agent(name, Role.ADMIN) for name in ("Ben", "Eva")]
    for pair in range(10):
        write(f"a{pair}")
        write(f"b{pair}")
        ids = [the(ctx, Identity, Identity.address == f"{side}{pair}").customer_id for side in "ab"]
        done = at_once(2, partial(_merge, ctx, agents, ids))
        assert sorted(isinstance(each, Conflict) for each in done) == [False, True]
    assert faults(ctx) == []


def _merge(ctx: Context, agents: list[AgentIdentity], ids: list[int], place: int) -> people.Merged:
    return people.merge(ctx, agents[place], ids[place], ids[1 - place])


def test_a_chain_of_merges_at_once_leaves_one_customer_or_says_which_not(
    ctx: Context, make: Make, write: Write
) -> None:
    admin = make.agent(role=Role.ADMIN)
    for name in "abcdef":
        write(name)
    ids = [identity.customer_id for identity in rows(ctx, Identity)]
    done = at_once(5, lambda place: people.merge(ctx, admin, ids[place], ids[place + 1]))
    merged = sum(not isinstance(each, Conflict) for each in done)
    assert len({identity.customer_id for identity in rows(ctx, Identity)}) == 6 - merged
    assert merged >= 1
    assert faults(ctx) == []


@pytest.mark.slow
def test_no_message_is_lost_or_misplaced_while_customers_are_merged_parted_and_split(
    ctx: Context, make: Make, write: Write, backend: str
) -> None:
    """Six threads write as four people; two keep merging, undoing and splitting them."""
    admin = make.agent(role=Role.ADMIN)
    names, each = "abcd", 30 if backend == "postgres" else 6
    for name in names:
        write(name)
    writing = threading.Event()

    def shuffle(place: int) -> int:
        done = 0
        while not writing.is_set():
            identities = rows(ctx, Identity)
            owners = sorted({identity.customer_id for identity in identities})
            try:
                if len(owners) > 1 and (done + place) % 3:
                    people.merge(ctx, admin, owners[place % len(owners)], owners[place - 1])
                elif (done + place) % 2:
                    people.split(ctx, admin, identities[(done + place) % len(identities)].id)
                else:
                    live = [entry.id for entry in rows(ctx, Merge, Merge.undone_at.is_(None))]
                    people.undo(ctx, admin, live[-1])
            except (Conflict, Invalid, IndexError):
                pass
            done += 1
        return done

    left = threading.Semaphore(0)

    def work(place: int) -> Any:
        if place < 2:
            return shuffle(place)
        for number in range(each):
            write(names[(number + place) % 4])
        left.release()
        return each

    def end() -> None:
        for _ in range(6):
            left.acquire()
        writing.set()

    ending = threading.Thread(target=end)
    ending.start()
    at_once(8, work)
    ending.join()

    assert faults(ctx) == []
    owners = {identity.id: identity.customer_id for identity in rows(ctx, Identity)}
    threads = {thread.customer_id: thread.id for thread in rows(ctx, Thread)}
    written = rows(ctx, Message, Message.kind == Kind.INBOUND)
    assert len(written) == 4 + 6 * each
    misplaced = [m.id for m in written if m.thread_id != threads[owners[m.identity_id]]]
    assert misplaced == []
    assert rows(ctx, Merge), "nothing was merged meanwhile"

"""Loops: work is done soon after its ring, without a ring, and after trouble."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from inbox.contract import Outgoing, Receipt, TryLater
from inbox.flows import reply
from inbox.flows.context import Context
from inbox.jobs import loops
from inbox.jobs.loops import Crew, Loop
from inbox.outbox import actions as outbox
from tests.factories import Make
from tests.peers.process import wait_until
from tests.pigeon import Pigeon, note, payload, told


@pytest.fixture
def run(ctx: Context) -> Iterator[Callable[[list[Loop]], Crew]]:
    """`run(loops)` starts them; they end with the test."""
    crews: list[Crew] = []

    def start(wanted: list[Loop]) -> Crew:
        crews.append(Crew(ctx, wanted))
        crews[-1].start()
        return crews[-1]

    yield start
    for crew in crews:
        assert crew.stop(60) == []


def thread_id(ctx: Context) -> int:
    """The only thread there is."""
    from sqlalchemy import text

    with ctx.db.read() as session:
        return int(session.execute(text("SELECT id FROM thread")).scalar_one())


def count(ctx: Context, table: str, condition: str = "1 = 1") -> int:
    from sqlalchemy import text

    with ctx.db.read() as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table} WHERE {condition}")).scalar_one())


def test_a_payload_is_worked_off_as_soon_as_it_is_kept(
    ctx: Context, make: Make, run: Callable[[list[Loop]], Crew]
) -> None:
    channel_id = make.channel()
    run(loops.working(ctx))
    time.sleep(0.3)
    started = time.monotonic()
    make.keep(channel_id, payload(note(1)))
    wait_until(lambda: count(ctx, "message") == 1, 5, "the message")
    assert time.monotonic() - started < 4


def test_work_whose_ring_was_lost_is_found(
    ctx: Context, make: Make, run: Callable[[list[Loop]], Crew]
) -> None:
    """What another process wrote: this one's bell says nothing."""
    channel_id = make.channel()
    ctx.db.ring = lambda _name: None
    run(loops.working(ctx))
    time.sleep(0.3)
    make.keep(channel_id, payload(note(1)))
    wait_until(lambda: count(ctx, "message") == 1, 3, "the message")


def test_a_reply_goes_out_when_its_undo_window_ends(
    ctx: Context, make: Make, pigeon: Pigeon, run: Callable[[list[Loop]], Crew]
) -> None:
    channel_id, agent = make.channel(), make.agent()
    make.inbound(channel_id)
    ctx.settings = ctx.settings.model_copy(update={"undo_seconds": 1})
    run(loops.working(ctx))
    asked = reply.ReplyRequest(channel_id=channel_id, body="Tomorrow.", client_msg_id="a")
    started = time.monotonic()
    reply.reply(ctx, agent, thread_id(ctx), asked)
    wait_until(lambda: len(pigeon.sent) == 1, 5, "the reply")
    assert 0.9 < time.monotonic() - started < 4.5


def test_the_team_is_told_and_its_answers_are_sent(
    ctx: Context, make: Make, pigeon: Pigeon, run: Callable[[list[Loop]], Crew]
) -> None:
    pigeon.learns(team=True)
    ctx.settings = ctx.settings.model_copy(update={"team_after_minutes": 0})
    channel_id, ben = make.channel(tower="tower"), make.agent("Ben")
    pigeon.colleagues["ben"] = ben.email
    make.inbound(channel_id)
    run(loops.working(ctx))
    wait_until(lambda: count(ctx, "notice", "state = 'sent'") == 1, 30, "the line")
    root = f"out:{pigeon.sent[0].idem_key}"
    make.keep(channel_id, payload(told(2, "ben", "It leaves tomorrow.", root)))
    wait_until(lambda: count(ctx, "notice", "what = 'result' AND state = 'sent'") == 1, 15, "the result")
    assert [sent.text for sent in pigeon.sent if sent.to.address != "tower"] == ["It leaves tomorrow."]


def test_a_slow_channel_does_not_hold_up_another(
    ctx: Context, make: Make, pigeon: Pigeon, run: Callable[[list[Loop]], Crew]
) -> None:
    slow, quick, agent = make.channel(), make.channel(name="Quick", loft="Loft Two"), make.agent()
    release = threading.Event()

    def answer(message: Outgoing) -> Receipt:
        if message.text == "slow":
            release.wait(20)
        return Receipt(external_id=f"out:{message.idem_key}")

    pigeon.answer = answer
    for number in range(8):
        make.inbound(slow, sender=f"customer{number}")
    with ctx.db.read() as session:
        from sqlalchemy import text

        threads = [int(row[0]) for row in session.execute(text("SELECT id FROM thread ORDER BY id"))]
    for number, one in enumerate(threads):
        reply.reply(ctx, agent, one, reply.ReplyRequest(slow, "slow", f"s{number}"))
    run(loops.working(ctx))
    wait_until(lambda: len(pigeon.sent) >= 1, 5, "slow ones under way")
    try:
        reply.reply(ctx, agent, threads[0], reply.ReplyRequest(quick, "quick", "q"))
        wait_until(lambda: any(sent.text == "quick" for sent in pigeon.sent), 5, "the quick one")
    finally:
        release.set()
    wait_until(lambda: count(ctx, "delivery", "state = 'sent'") == 9, 20, "all of them")


def test_a_loop_that_fails_is_run_again(ctx: Context, run: Callable[[list[Loop]], Crew]) -> None:
    calls: list[float] = []

    def body(_ctx: Context) -> None:
        calls.append(time.monotonic())
        if len(calls) < 3:
            raise ValueError("broken")
        ctx.stop.wait(10)

    run([Loop("fragile", body)])
    wait_until(lambda: len(calls) == 3, 30, "the third try")
    assert calls[1] - calls[0] > 0.3, "not in a hot circle"


def test_leases_are_renewed_while_a_send_takes_long(
    ctx: Context,
    make: Make,
    pigeon: Pigeon,
    run: Callable[[list[Loop]], Crew],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sender that is slow, and not dead, keeps its delivery."""
    from inbox.outbox import rules

    monkeypatch.setattr(rules, "LEASE", 1.0)
    monkeypatch.setattr(loops, "HEARTBEAT", 0.2)
    monkeypatch.setattr(loops, "SWEEP", 0.2)

    def answer(message: Outgoing) -> Receipt:
        time.sleep(3)
        return Receipt(external_id="out:1")

    pigeon.answer = answer
    channel_id, agent = make.channel(), make.agent()
    make.inbound(channel_id)
    run(loops.working(ctx))
    reply.reply(ctx, agent, thread_id(ctx), reply.ReplyRequest(channel_id, "Slowly.", "a"))
    wait_until(lambda: count(ctx, "delivery", "state = 'sent'") == 1, 30, "sent")
    assert len(pigeon.sent) == 1


def test_the_claims_of_a_dead_process_are_taken_back(
    ctx: Context,
    make: Make,
    pigeon: Pigeon,
    run: Callable[[list[Loop]], Crew],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from inbox.outbox import rules

    monkeypatch.setattr(rules, "LEASE", 0.3)
    monkeypatch.setattr(loops, "SWEEP", 0.2)
    channel_id, agent = make.channel(), make.agent()
    make.inbound(channel_id)
    reply.reply(ctx, agent, thread_id(ctx), reply.ReplyRequest(channel_id, "Hello.", "a"))
    assert ctx.db.run(outbox.claim, "a process that died", []) is not None
    run(loops.working(ctx))
    wait_until(lambda: count(ctx, "delivery", "state = 'sent'") == 1, 30, "sent by the living one")
    assert len(pigeon.sent) == 1


def test_what_is_put_off_is_tried_again(
    ctx: Context, make: Make, pigeon: Pigeon, run: Callable[[list[Loop]], Crew]
) -> None:
    tries: list[float] = []

    def answer(message: Outgoing) -> Receipt:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise TryLater("The loft is closed.", after=0.1)
        return Receipt(external_id="out:1")

    pigeon.answer = answer
    channel_id, agent = make.channel(), make.agent()
    make.inbound(channel_id)
    run(loops.working(ctx))
    reply.reply(ctx, agent, thread_id(ctx), reply.ReplyRequest(channel_id, "Hello.", "a"))
    wait_until(lambda: count(ctx, "delivery", "state = 'sent'") == 1, 30, "sent")
    assert 1.2 < tries[1] - tries[0] < 5


def test_stopping_names_what_does_not_end(ctx: Context) -> None:
    release = threading.Event()
    crew = Crew(ctx, [Loop("stubborn", lambda _ctx: release.wait(10) and None), Loop("willing", loops.tick)])
    crew.start()
    time.sleep(0.1)
    assert crew.stop(0.5) == ["stubborn"]
    release.set()


def test_idle_loops_write_nothing(ctx: Context, make: Make, run: Callable[[list[Loop]], Crew]) -> None:
    """Sweeping and ticking write nothing when nothing is to do."""
    make.inbound(make.channel())
    before = count(ctx, "event")
    run([*loops.working(ctx), *loops.keeping()])
    time.sleep(1.5)
    assert count(ctx, "event") == before

"""A process dies at each of the five points of a send (F02): nothing is lost, nothing is doubled."""

import contextlib
import time

import pytest

from tests.faults.conftest import Desk, start_web
from tests.peers.process import wait_until
from tests.peers.smtp_sink import Script

SURELY_NOT_SENT = {"after_claim"}
"""Nothing was sent and we know it: the successor sends. At all other points only a person may decide."""

REACHED_THE_PEER = {"after_wire", "before_ack"}


@pytest.mark.parametrize("point", ["after_claim", "before_wire", "mid_body", "after_wire", "before_ack"])
def test_a_crash_while_sending(desk: Desk, point: str) -> None:
    [thread_id] = desk.customers_write(1)
    server = desk.installation.serve(ONETHREAD_CRASH_AT=point)
    with contextlib.suppress(OSError):  # the crash may be quicker than the answer
        desk.reply(thread_id, "Tomorrow.")
    assert server.popen.wait(15) == 137

    desk.installation.serve()
    desk.reply(thread_id, "Tomorrow.")  # as a browser does that had no answer: it is the same reply
    states = desk.wait_settled()
    receipts = desk.receipts()
    assert all(times == 1 for times in receipts.values()), "nobody gets a message twice"
    if point in SURELY_NOT_SENT:
        assert states == {"sent": 1}
        assert len(receipts) == 1
    else:
        assert states == {"uncertain": 1}, "kept, and shown to a person"
        assert len(receipts) == (1 if point in REACHED_THE_PEER else 0)
    thread = desk.installation.api(f"/threads/{thread_id}")
    assert thread["trouble"] == (None if point in SURELY_NOT_SENT else "uncertain")
    desk.assert_sequences_have_no_gaps()


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_workers_crash_while_sending_and_another_one_takes_back_what_they_held(make_desk: object) -> None:
    """On PostgreSQL, where claims are taken back when their leases end, by whoever sweeps next.

    One worker after the other dies; the one whose claim may be taken over without a person comes last, so that
    only the survivor can do it.
    """
    desk = make_desk()  # type: ignore[operator]
    start_web(desk)
    points = ["before_wire", "mid_body", "after_wire", "before_ack", "after_claim"]
    threads = dict(zip(points, desk.customers_write(len(points)), strict=True))
    for point, thread_id in threads.items():
        victim = desk.installation.start("worker", ONETHREAD_CRASH_AT=point)
        desk.reply(thread_id, f"Crash {point}.")
        assert victim.popen.wait(60) == 137, victim.output
    assert desk.states()["claimed"] == 1

    survivor = desk.installation.start("worker")
    assert desk.wait_settled(45) == {"uncertain": 4, "sent": 1}
    receipts = desk.receipts()
    assert len(receipts) == len(REACHED_THE_PEER) + len(SURELY_NOT_SENT)
    assert all(times == 1 for times in receipts.values()), "nobody gets a message twice"
    for point, thread_id in threads.items():
        trouble = desk.installation.api(f"/threads/{thread_id}")["trouble"]
        assert trouble == (None if point in SURELY_NOT_SENT else "uncertain"), point
    desk.assert_sequences_have_no_gaps()
    assert survivor.popen.poll() is None


def test_an_uncertain_reply_is_sent_again_when_a_person_decides(desk: Desk) -> None:
    [thread_id] = desk.customers_write(1)
    server = desk.installation.serve(ONETHREAD_CRASH_AT="mid_body")
    with contextlib.suppress(OSError):
        desk.reply(thread_id, "Tomorrow.")
    server.popen.wait(15)
    desk.installation.serve()
    desk.wait_settled()
    messages = desk.installation.api(f"/threads/{thread_id}/messages")["items"]
    delivery = next(m["delivery"] for m in messages if m["kind"] == "reply")
    desk.installation.api(f"/deliveries/{delivery['id']}/retry", {})
    wait_until(lambda: desk.states() == {"sent": 1}, 10, "sent after all")
    assert len(desk.sink.receipts) == 1


def test_killing_the_server_again_and_again_while_it_sends(desk: Desk) -> None:
    threads = desk.customers_write(30)
    server = desk.installation.serve()
    for number, thread_id in enumerate(threads):
        desk.reply(thread_id, f"Answer {number}.")
        if number % 6 == 5:
            server.kill()
            server = desk.installation.serve()
    states = desk.wait_settled()
    receipts = desk.receipts()
    assert sum(states.values()) == 30
    assert set(states) <= {"sent", "uncertain"}
    assert all(times == 1 for times in receipts.values())
    assert states["sent"] <= len(receipts) <= states["sent"] + states["uncertain"]
    desk.assert_sequences_have_no_gaps()


def test_a_deploy_makes_nothing_uncertain(desk: Desk) -> None:
    """F05: SIGTERM under load."""
    threads = desk.customers_write(20)
    server = desk.installation.serve()
    for number, thread_id in enumerate(threads):
        desk.reply(thread_id, f"Answer {number}.")
        if number in (6, 13):
            assert server.stop() < 10
            server = desk.installation.serve()
    assert desk.wait_settled() == {"sent": 20}
    assert len(desk.receipts()) == 20


def test_a_server_that_stalls_in_the_middle_of_a_send_is_shown_as_uncertain_and_not_repeated(
    desk: Desk,
) -> None:
    """F23: the peer takes the message and drops the connection without a word."""
    [thread_id] = desk.customers_write(1)
    desk.sink.script = Script(after_dot="close")
    desk.installation.serve()
    desk.reply(thread_id, "Tomorrow.")
    assert desk.wait_settled() == {"uncertain": 1}
    time.sleep(3)
    assert len(desk.sink.receipts) == 1

"""The processes of the Procfile on PostgreSQL and Redis, and what happens when one of these goes (F06, F07, F09)."""

import signal
import time
from pathlib import Path

import pytest

from tests.faults.conftest import start_web
from tests.installation import Installation
from tests.peers.postgres import PrivatePostgres
from tests.peers.process import wait_until
from tests.peers.redis import Redis
from tests.peers.smtp_sink import Script

pytestmark = pytest.mark.postgres


@pytest.mark.redis
def test_the_whole_way_with_redis(make_desk: object, redis_server: Redis) -> None:
    desk = make_desk(redis_server.url)  # type: ignore[operator]
    processes = [desk.installation.start(name) for name in ("worker", "poller", "clock")]
    start_web(desk)
    threads = desk.customers_write(10)
    desk.reply(threads[0], "First.")
    wait_until(lambda: desk.states() == {"sent": 1}, 20, "the worker is at work")
    started = time.monotonic()
    for number, thread_id in enumerate(threads[1:]):
        desk.reply(thread_id, f"Answer {number}.")
    assert desk.wait_settled() == {"sent": 10}
    assert time.monotonic() - started < 10
    for process in processes:
        assert process.stop() < 10
        assert process.popen.returncode == 0, process.output
        assert "Traceback" not in process.output


def test_the_whole_way_without_redis(make_desk: object) -> None:
    desk = make_desk()  # type: ignore[operator]
    desk.installation.start("worker")
    start_web(desk)
    threads = desk.customers_write(3)
    for number, thread_id in enumerate(threads):
        desk.reply(thread_id, f"Answer {number}.")
    assert desk.wait_settled() == {"sent": 3}


@pytest.mark.redis
def test_sending_goes_on_while_redis_is_down_emptied_and_restarted(
    make_desk: object, redis_server: Redis
) -> None:
    desk = make_desk(redis_server.url)  # type: ignore[operator]
    desk.installation.start("worker")
    start_web(desk)
    threads = desk.customers_write(12)
    desk.reply(threads[0], "First.")
    wait_until(lambda: desk.states() == {"sent": 1}, 20, "the worker is at work")

    redis_server.halt(signal.SIGKILL)
    started = time.monotonic()
    for number in range(1, 5):
        desk.reply(threads[number], f"Without Redis {number}.")
    assert time.monotonic() - started < 9, "the API does not wait for Redis"
    wait_until(lambda: desk.states() == {"sent": 5}, 20, "sent without Redis")

    redis_server.start()
    for number in range(5, 8):
        desk.reply(threads[number], f"Redis is back {number}.")
    redis_server.wipe()
    for number in range(8, 12):
        desk.reply(threads[number], f"Redis was emptied {number}.")
    assert desk.wait_settled() == {"sent": 12}
    assert len(desk.receipts()) == len(desk.sink.receipts) == 12


def test_everything_heals_after_postgresql_crashed(
    make_desk: object, private_postgres: PrivatePostgres
) -> None:
    desk = make_desk()  # type: ignore[operator]
    desk.installation.start("worker")
    desk.installation.start("clock")
    start_web(desk)
    threads = desk.customers_write(12)
    for number in range(6):
        desk.reply(threads[number], f"Before {number}.")
    private_postgres.crash()
    time.sleep(1)
    private_postgres.start()
    returned = time.monotonic()
    desk.installation.wait_ready(desk.installation.processes[-1])
    for number in range(6, 12):
        desk.reply(threads[number], f"After {number}.")
    # Ten seconds on a machine of one's own; twice that where others work beside it.
    wait_until(lambda: len(desk.receipts()) >= 11, 20, "sending again")
    assert time.monotonic() - returned < 20
    states = desk.wait_settled()
    assert sum(states.values()) == 12
    assert set(states) <= {"sent", "uncertain"}
    assert all(times == 1 for times in desk.receipts().values())
    desk.assert_sequences_have_no_gaps()


def test_killing_workers_loses_and_doubles_nothing(make_desk: object) -> None:
    desk = make_desk()  # type: ignore[operator]
    start_web(desk)
    survivor = desk.installation.start("worker")
    threads = desk.customers_write(24)
    for number, thread_id in enumerate(threads):
        desk.reply(thread_id, f"Answer {number}.")
        if number % 8 == 3:
            victim = desk.installation.start("worker")
            time.sleep(1.5)
            victim.kill()
    states = desk.wait_settled(45)
    assert survivor.popen.poll() is None
    assert sum(states.values()) == 24
    assert set(states) <= {"sent", "uncertain"}
    assert all(times == 1 for times in desk.receipts().values())


@pytest.mark.slow
def test_a_worker_that_was_stopped_for_longer_than_its_lease_changes_nothing(make_desk: object) -> None:
    """F04: SIGSTOP in the middle of a send, another worker takes over, SIGCONT."""
    desk = make_desk()  # type: ignore[operator]
    start_web(desk)
    [thread_id] = desk.customers_write(1)
    desk.sink.script = Script(after_dot="silence")
    zombie = desk.installation.start("worker")
    desk.reply(thread_id, "Tomorrow.")
    wait_until(lambda: len(desk.sink.receipts) == 1, 20, "the message at the peer")
    zombie.signal(signal.SIGSTOP)
    desk.installation.start("worker")
    wait_until(lambda: desk.states() == {"uncertain": 1}, 30, "taken back from the stopped one")
    zombie.signal(signal.SIGCONT)
    time.sleep(4)
    assert desk.states() == {"uncertain": 1}
    assert len(desk.sink.receipts) == 1
    assert zombie.popen.poll() is None


def test_a_worker_does_not_touch_a_schema_it_does_not_know(tmp_path: Path, database: str) -> None:
    """F46."""
    done = Installation(tmp_path, DATABASE_URL=database).run("worker")
    assert done.returncode == 1
    assert "onethread db upgrade" in done.stderr


def test_serve_runs_on_postgresql_too(make_desk: object) -> None:
    desk = make_desk()  # type: ignore[operator]
    server = desk.installation.serve()
    [thread_id] = desk.customers_write(1)
    desk.reply(thread_id, "Tomorrow.")
    assert desk.wait_settled() == {"sent": 1}
    assert server.stop() < 10

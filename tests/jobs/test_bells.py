"""Bells: who wakes whom, and what happens to a ring when Redis is in trouble."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_client
from rq import Queue
from rq.serializers import JSONSerializer

from inbox.jobs.bells import DatabaseOnlyBell, InProcessBell, make_bell
from inbox.jobs.doorman import DoorbellWorker, answer
from inbox.jobs.redis_bell import QUEUE, RedisBell
from inbox.settings import Settings
from tests.peers.process import free_port, wait_until
from tests.peers.redis import Redis


def test_a_ring_wakes_every_waiting_thread() -> None:
    bell = InProcessBell()
    woken: list[bool] = []
    threads = [threading.Thread(target=lambda: woken.append(bell.wait("feed", 5))) for _ in range(3)]
    for thread in threads:
        thread.start()
    bell.ring("feed")
    for thread in threads:
        thread.join(5)
    assert woken == [True] * 3


def test_a_ring_between_two_waits_is_heard_once() -> None:
    bell = InProcessBell()
    bell.ring("inbound")
    bell.ring("inbound")
    assert bell.wait("inbound", 0)
    assert not bell.wait("inbound", 0)


def test_bells_of_other_names_wake_nobody() -> None:
    bell = InProcessBell()
    bell.ring("outbound")
    assert not bell.wait("inbound", 0)


def test_closing_wakes_everybody() -> None:
    bell = InProcessBell()
    bell.close()
    assert all(bell.wait(name, 0) for name in ("inbound", "outbound", "feed", "channels"))


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, InProcessBell),
        ({"database_url": "postgresql://x/y"}, DatabaseOnlyBell),
        ({"database_url": "postgresql://x/y", "redis_url": "redis://127.0.0.1:1/0"}, RedisBell),
    ],
)
def test_settings_choose_the_bell(settings: dict[str, str], kind: type[InProcessBell]) -> None:
    assert type(make_bell(Settings(**settings))) is kind  # type: ignore[arg-type]


def test_without_redis_everyone_looks_for_himself_within_a_second() -> None:
    assert DatabaseOnlyBell.patience <= 1


@pytest.fixture
def bells(redis_server: Redis) -> Iterator[tuple[RedisBell, RedisBell]]:
    """The bells of two processes on the same Redis."""
    pair = RedisBell(redis_server.url), RedisBell(redis_server.url)
    yield pair
    for bell in pair:
        bell.close()


@pytest.mark.redis
def test_news_reach_the_other_process(bells: tuple[RedisBell, RedisBell]) -> None:
    here, there = bells
    there.wait("feed", 0)  # starts listening, which wakes once for what may have been missed
    assert there.wait("feed", 30)
    here.ring("feed")
    assert there.wait("feed", 2)


@pytest.mark.redis
def test_many_rings_for_work_are_one_job(bells: tuple[RedisBell, RedisBell], redis_server: Redis) -> None:
    for _ in range(20):
        bells[0].ring("outbound")
    with redis_client.Redis.from_url(redis_server.url) as client:
        assert Queue(QUEUE, connection=client, serializer=JSONSerializer).count == 1


@pytest.mark.redis
def test_a_worker_hears_work_that_another_process_rings(redis_server: Redis) -> None:
    web, worker, stop = RedisBell(redis_server.url), InProcessBell(), threading.Event()
    doorman = threading.Thread(target=answer, args=(redis_server.url, worker, stop), daemon=True)
    doorman.start()
    for _ in range(20):
        web.ring("inbound")
        assert worker.wait("inbound", 5)
    stop.set()
    web.close()


@pytest.mark.redis
def test_a_job_that_names_another_function_is_not_run(redis_server: Redis) -> None:
    with redis_client.Redis.from_url(redis_server.url) as client:
        queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
        job = queue.enqueue_call("os.mkdir", args=("made-by-a-job",), result_ttl=60)
        worker = DoorbellWorker([QUEUE], connection=client, serializer=JSONSerializer)
        worker.work(burst=True, logging_level="CRITICAL")
        assert job.id in queue.failed_job_registry.get_job_ids()
    assert not Path("made-by-a-job").exists()


def test_a_dead_redis_costs_a_ring_little_and_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    bell = RedisBell(f"redis://127.0.0.1:{free_port()}/0")
    started = time.monotonic()
    for _ in range(50):
        bell.ring("outbound")
        bell.ring("feed")
    assert time.monotonic() - started < 5
    assert bell.wait("outbound", 0), "threads of the same process hear it all the same"
    bell.close()


@pytest.mark.redis
def test_a_redis_that_hangs_holds_up_one_ring_for_half_a_second(redis_server: Redis) -> None:
    bell = RedisBell(redis_server.url)
    bell.ring("feed")
    assert redis_server.process is not None
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        for _ in range(10):
            bell.ring("feed")
        assert time.monotonic() - started < 4
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
        bell.close()


@pytest.mark.redis
def test_bells_ring_again_after_redis_was_restarted(
    bells: tuple[RedisBell, RedisBell], redis_server: Redis
) -> None:
    here, there = bells
    there.wait("feed", 0)
    assert there.wait("feed", 30)
    redis_server.restart()

    def heard() -> bool:
        here.ring("feed")
        return there.wait("feed", 0.2)

    wait_until(heard, 10, "a ring after the restart")
    while there.wait("feed", 0.3):  # what the reconnection itself rang
        continue
    wait_until(heard, 10, "another one")

"""The RQ side of a worker process: it answers the door and does no work itself.

The worker is a simple one, which does not fork, in a thread of its own: the loops it wakes are threads of the
same process, with the application imported once.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

import redis
import structlog
from rq import SimpleWorker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from inbox.jobs.bells import InProcessBell
from inbox.jobs.redis_bell import QUEUE, REDIS_SECONDS, ringing
from inbox.jobs.tasks import ALLOWED, listen

log = structlog.get_logger(__name__)

WORKER_TTL = 30
RETRY_SECONDS = 1.0


class DoorbellJob(Job):
    """A job that can only name a function on the list."""

    @property
    def func(self) -> Callable[..., Any]:
        """The named function. Raises NoSuchJobError for one that is not on the list."""
        try:
            return ALLOWED[str(self.func_name)]
        except KeyError as error:
            raise NoSuchJobError(f"no job of ours: {self.func_name!r}") from error


class DoorbellWorker(SimpleWorker):
    """A simple worker that lives in a thread: no signals, time-outs by timer."""

    job_class = DoorbellJob
    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        return

    def perform_job(self, job: Job, queue: Any, execution: Any) -> bool:
        """Allow the next ring before this one is heard: what it tells of may come after our look."""
        for name in job.args:
            self.connection.delete(ringing(str(name)))
        done: bool = super().perform_job(job, queue, execution)
        return done


def answer(redis_url: str, bell: InProcessBell, stop: threading.Event) -> None:
    """Take rings off the queue and ring `bell`, until `stop` is set, through any restart of Redis.

    RQ's own waiting for a lost Redis grows to minutes; a fresh worker every second is simpler and sooner.
    """
    listen(bell)
    for name in ("rq.worker", "rq.job", "rq.queue"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # its bookkeeping; our loops say what matters
    while not stop.is_set():
        try:
            client = redis.Redis.from_url(redis_url, socket_connect_timeout=REDIS_SECONDS)
            with client:
                worker = DoorbellWorker(
                    [QUEUE], connection=client, serializer=JSONSerializer, worker_ttl=WORKER_TTL
                )
                worker.max_connection_wait_time = RETRY_SECONDS
                worker.work(logging_level="CRITICAL")
        except (redis.RedisError, OSError) as error:
            log.warning("doorman.deaf", cause=type(error).__name__, again_in=RETRY_SECONDS)
        stop.wait(RETRY_SECONDS)

"""The bell that reaches other processes, through Redis.

Trouble with Redis is logged and nothing more. This is the one place where losing something is right: raising
would turn a committed message into a failed request, and waiting would make every request as slow as Redis.
"""

import threading
import time
from typing import Any

import redis
import structlog
from rq import Queue
from rq.serializers import JSONSerializer

from inbox.jobs.bells import WORK, InProcessBell
from inbox.jobs.tasks import WAKE

log = structlog.get_logger(__name__)

QUEUE = "onethread"
CHANNEL = "onethread:bell"
REDIS_SECONDS = 0.5
"""How long a ring may hold up whoever rings when Redis does not answer."""
BREAK_SECONDS = 5.0
"""How long Redis is left alone after it failed."""
RING_SECONDS = 60
"""How long a ring waits for a worker. One that is killed just after taking a ring leaves the bell marked as
ringing; after this time it can be rung again."""


def ringing(name: str) -> str:
    """The key that marks a bell as ringing, until a worker has heard it."""
    return f"{QUEUE}:ringing:{name}"


class RedisBell(InProcessBell):
    """Wakes this process's threads, and those of the others as well as Redis allows.

    Work is rung as an RQ job, of which there is one at a time however often it is rung, until a worker hears
    it. News are published to all processes.
    """

    patience = 2.0

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._client = redis.Redis.from_url(
            url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, retry=None
        )
        self._queue = Queue(QUEUE, connection=self._client, serializer=JSONSerializer)
        self._broken_until = 0.0
        self._listener: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = threading.Event()

    def ring(self, name: str) -> None:
        """Wake whoever waits for `name`, here and elsewhere. Never raises, takes half a second at worst."""
        self.ring_here(name)
        if time.monotonic() < self._broken_until:
            return
        try:
            if name in WORK:
                self._enqueue(name)
            else:
                self._client.publish(CHANNEL, name)
        except (redis.RedisError, OSError) as error:
            self._broken_until = time.monotonic() + BREAK_SECONDS
            log.warning("bell.lost", bell=name, cause=type(error).__name__)

    def wait(self, name: str, seconds: float) -> bool:
        """As InProcessBell.wait; the first wait for news starts to listen to the other processes."""
        if name not in WORK:
            self._listen()
        return super().wait(name, seconds)

    def close(self) -> None:
        """Wake everybody and stop listening."""
        self._closed.set()
        super().close()
        self._client.close()

    def _enqueue(self, name: str) -> None:
        # A mark of our own, not RQ's unique job ids: those are taken until the job has ended, and a ring that
        # comes after the worker has looked, but before that, would be lost.
        if self._client.set(ringing(name), "1", nx=True, ex=RING_SECONDS):
            self._queue.enqueue_call(
                WAKE, args=(name,), ttl=RING_SECONDS, result_ttl=0, failure_ttl=RING_SECONDS
            )

    def _listen(self) -> None:
        with self._starting:
            if self._listener is None:
                self._listener = threading.Thread(target=self._hear, name="bell", daemon=True)
                self._listener.start()

    def _hear(self) -> None:
        while not self._closed.is_set():
            try:
                self._hear_until_broken()
            except (redis.RedisError, OSError) as error:
                log.warning("bell.deaf", cause=type(error).__name__, again_in=1)
                self._closed.wait(1.0)

    def _hear_until_broken(self) -> None:
        # A client of its own: listening blocks, and the short time-out of rings would cut it.
        client = redis.Redis.from_url(
            self._url, socket_timeout=10, socket_connect_timeout=REDIS_SECONDS, health_check_interval=10
        )
        subscription: redis.client.PubSub = client.pubsub(  # type: ignore[no-untyped-call]
            ignore_subscribe_messages=True
        )
        with client, subscription:
            subscription.subscribe(CHANNEL)
            self.ring_all()  # whatever was rung while we were deaf
            while not self._closed.is_set():
                message: dict[str, Any] | None = subscription.get_message(timeout=1.0)
                if message is not None and message["type"] == "message":
                    self.ring_here(message["data"].decode("ascii", "replace"))

"""How soon: a mail in an open browser, a reply at the mail server, a colleague's note; in one process and in many."""

import itertools
import json
import re
import selectors
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import websocket

from bench.measure import Times, spread
from inbox.agents import actions as agents
from inbox.agents import sessions
from inbox.agents.words import Role
from tests.installation import ROOT, Installation
from tests.peers import postgres, redis
from tests.peers.dovecot import Dovecot
from tests.peers.process import wait_until
from tests.peers.smtp_sink import SmtpSink

RUNS = 30
AGENTS = 100
"""Agents with an open browser while a colleague writes."""
UNDO_SECONDS = 1
PATIENCE = 60.0
_MARK = re.compile(r"(?:mail|note)-\d+")
_numbers = itertools.count(1)


def measure(runs: int = RUNS, crowd: int = AGENTS) -> str:
    """Markdown rows: median, 95th percentile and worst of each way."""
    rows = _mode("one process, SQLite", runs, crowd, {})
    if postgres.missing_private() or redis.missing():
        return rows
    # A server of its own: the feed waits for older transactions anywhere in a cluster, also for those of others.
    with (
        redis.Redis() as bell,
        postgres.PrivatePostgres() as server,
        postgres.Databases(server.admin_url, "bench").scratch() as url,
    ):
        return rows + _mode("Procfile, PostgreSQL", runs, crowd, {"DATABASE_URL": url, "REDIS_URL": bell.url})


def _mode(name: str, runs: int, crowd: int, settings: dict[str, str]) -> str:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        dovecot, sink = stack.enter_context(Dovecot()), stack.enter_context(SmtpSink())
        settings = {**settings, "ONETHREAD_LOG_LEVEL": "warning", "ONETHREAD_UNDO_SECONDS": str(UNDO_SECONDS)}
        desk = Installation(Path(folder), **settings)
        stack.callback(desk.close)
        desk.set_up()
        channel = desk.add_mailbox(sink.port, dovecot.port)
        tokens = _hire(desk, crowd)
        _start(desk, embedded="DATABASE_URL" not in settings)
        one = stack.enter_context(_listening(desk, [desk.token]))
        _warm_up(dovecot, one)
        coming = [_mail(dovecot, one) for _ in range(runs)]
        thread = desk.api("/threads?view=open")["items"][0]["id"]
        going = [_reply(desk, sink, thread, channel) for _ in range(runs)]
        many = stack.enter_context(_listening(desk, tokens))
        _note(desk, many, thread)  # the first one finds everything cold
        told = [took for _ in range(runs) for took in _note(desk, many, thread)]
    return (
        f"| {name}: mail accepted by Dovecot → in an open browser | {_told(spread(coming))} | ≤ 2 s |\n"
        f"| {name}: end of the undo window → whole message at the mail server "
        f"| {_told(spread(going))} | ≤ 1 s |\n"
        f"| {name}: request to add a note → in the browsers of {crowd} colleagues "
        f"| {_told(spread(told))}, p99 {_p99(told):.0f} ms | p99 ≤ 200 ms |\n"
    )


def _told(times: Times) -> str:
    return f"{times.p50:.0f} / {times.p95:.0f}, worst {times.worst:.0f} ms"


def _p99(milliseconds: list[float]) -> float:
    return sorted(milliseconds)[int(len(milliseconds) * 0.99)]


def _hire(desk: Installation, count: int) -> list[str]:
    """So many agents; their tokens."""
    with desk.context() as ctx:

        def story(session: object, number: int) -> str:
            agent_id = agents.add_agent(
                session,  # type: ignore[arg-type]
                email=f"agent{number}@shop.example",
                name=f"Agent {number}",
                role=Role.AGENT,
                password=None,
                now=ctx.clock(),
            )
            return sessions.create_token(session, agent_id, "bench", ctx.clock())  # type: ignore[arg-type]

        return [ctx.db.run(story, number) for number in range(count)]


def _start(desk: Installation, *, embedded: bool) -> None:
    if embedded:
        desk.serve()
        return
    bind = ("--bind", f"127.0.0.1:{desk.port}", "--workers", "1")
    web = desk.start("-c", str(ROOT / "gunicorn.conf.py"), *bind, "wsgi:app", program="gunicorn")
    for name in ("worker", "poller", "clock"):
        desk.start(name)
    desk.wait_ready(web)


class _Crowd:
    """Open browsers, as lines below Socket.IO that one thread listens to: when each first heard of a mark."""

    def __init__(self, port: int, tokens: list[str]) -> None:
        self._heard: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._news = threading.Condition()
        self._over = threading.Event()
        self._lines = [self._open(port, token) for token in tokens]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def wait(self, mark: str) -> list[float]:
        """When each of them heard of it, on the monotonic clock."""
        with self._news:
            whole = self._news.wait_for(lambda: len(self._heard[mark]) == len(self._lines), PATIENCE)
            if not whole:
                raise TimeoutError(f"{len(self._heard[mark])} of {len(self._lines)} heard of {mark}.")
            return list(self._heard[mark].values())

    def close(self) -> None:
        """Hang up."""
        self._over.set()
        self._thread.join(5)
        for line in self._lines:
            line.shutdown()

    def _open(self, port: int, token: str) -> websocket.WebSocket:
        address = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        line = websocket.create_connection(address, timeout=30)
        line.recv()
        line.send("40" + json.dumps({"token": token}))
        answer = line.recv()
        assert str(answer).startswith("40{"), answer
        return line

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            for number, line in enumerate(self._lines):
                selector.register(line.sock, selectors.EVENT_READ, number)
            while not self._over.is_set():
                for key, _ in selector.select(0.2):
                    self._hear(key.data)

    def _hear(self, number: int) -> None:
        frame = str(self._lines[number].recv())
        now = time.monotonic()
        if frame == "2":
            self._lines[number].send("3")
        with self._news:
            for mark in _MARK.findall(frame):
                self._heard[mark].setdefault(number, now)
            self._news.notify_all()


@contextmanager
def _listening(desk: Installation, tokens: list[str]) -> Iterator[_Crowd]:
    crowd = _Crowd(desk.port, tokens)
    try:
        yield crowd
    finally:
        crowd.close()


def _warm_up(dovecot: Dovecot, crowd: _Crowd) -> None:
    """Until the connection to the mailbox stands, and waits in IDLE."""
    for _ in range(3):
        _mail(dovecot, crowd)
        time.sleep(0.5)


def _mail(dovecot: Dovecot, crowd: _Crowd) -> float:
    """Milliseconds of a mail from Dovecot's word that it has it to the browser."""
    number = next(_numbers)
    dovecot.deliver(
        f"From: Customer {number} <c{number}@example.org>\r\nTo: support@example.test\r\n"
        f"Subject: Order {number}\r\nMessage-ID: <bench{number}@example.org>\r\n\r\n"
        f"Where is it? mail-{number}\r\n".encode()
    )
    accepted = time.monotonic()
    [heard] = crowd.wait(f"mail-{number}")
    return (heard - accepted) * 1000


def _reply(desk: Installation, sink: SmtpSink, thread: int, channel: int) -> float:
    """Milliseconds from the moment at which a reply can be taken back no more to its last byte at the server."""
    word = f"reply-{next(_numbers)}"
    body = {"channel_id": channel, "body": f"It comes tomorrow. {word}", "client_msg_id": word}
    written = desk.api(f"/threads/{thread}/replies", body)
    due = datetime.fromisoformat(written["delivery"]["send_after"]).astimezone(UTC).timestamp()
    wait_until(lambda: any(word.encode() in r.raw for r in tuple(sink.receipts)), PATIENCE, "the reply")
    arrived = next(r.at for r in sink.receipts if word.encode() in r.raw)
    return (arrived + time.time() - time.monotonic() - due) * 1000


def _note(desk: Installation, crowd: _Crowd, thread: int) -> list[float]:
    """Milliseconds of a note to each browser, from the moment at which its author sends it off."""
    mark = f"note-{next(_numbers)}"
    began = time.monotonic()
    desk.api(f"/threads/{thread}/notes", {"body": f"Look at this. {mark}", "client_msg_id": mark})
    return [(heard - began) * 1000 for heard in crowd.wait(mark)]

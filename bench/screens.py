"""What an agent waits for, at a million messages: lists, threads and search, in the server's own time."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient

from bench.measure import times
from bench.seed import seed
from inbox.agents import actions as agents
from inbox.agents import sessions
from inbox.agents.words import Role
from inbox.app import build, create_app
from inbox.channels import actions as channels
from inbox.db.migrate import upgrade
from inbox.flows.context import Context
from inbox.settings import Settings
from tests.peers.postgres import ADMIN_URL, DEFAULT_ADMIN_URL, Databases

VIEWS = ("mine", "unassigned", "waiting", "open", "closed")


def measure() -> str:
    """Markdown rows for PostgreSQL and SQLite."""
    rows = []
    with Databases(ADMIN_URL or DEFAULT_ADMIN_URL, "bench").scratch() as url:
        rows += [f"| {name} | {figure} | {target} |\n" for name, figure, target in _on("PostgreSQL", url)]
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        rows += [f"| {name} | {figure} | {target} |\n" for name, figure, target in _on("SQLite", url)]
    return "".join(rows)


def _on(database: str, url: str) -> Iterator[tuple[str, str, str]]:
    with _context(url) as ctx:
        token = _populate(ctx)
        client = create_app(ctx).test_client()

        def get(path: str) -> Callable[[], None]:
            def call() -> None:
                response = client.get(path, headers={"Authorization": f"Bearer {token}"})
                if response.status_code != 200:
                    raise RuntimeError(f"{path}: {response.status_code} {response.text[:200]}")

            return call

        for view in VIEWS:
            took = times(get(f"/api/v1/threads?view={view}"))
            yield f"{database}: list “{view}”, first page", str(took), "p95 ≤ 20"
        took = times(get(f"/api/v1/threads?view=closed&cursor={_deep(client, token)}"))
        yield f"{database}: list “closed”, page 100", str(took), "p95 ≤ 20"
        yield f"{database}: counts of all views", str(times(get("/api/v1/views"))), "p95 ≤ 20"
        yield (
            f"{database}: open a thread of 2,000 messages",
            str(times(lambda: (get("/api/v1/threads/1")(), get("/api/v1/threads/1/messages?limit=50")()))),
            "p95 ≤ 25",
        )
        for words in ("zipper", "zipper 77777", "cust 77777", "zz"):
            name = f"{database}: search “{words}”"
            yield name, str(times(get(f"/api/v1/threads?q={words.replace(' ', '+')}"), runs=30)), "p95 ≤ 100"


@contextmanager
def _context(url: str) -> Iterator[Context]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=url, data_dir=Path(folder), log_level="warning")
        upgrade(settings.database)
        ctx = build(settings)
        try:
            yield ctx
        finally:
            ctx.stop.set()
            ctx.db.dispose()


def _populate(ctx: Context) -> str:
    """Four agents, a channel and the large shop; returns the first agent's token."""
    with ctx.db.write() as session:
        for number in range(1, 5):
            agents.add_agent(
                session,
                email=f"agent{number}@example.com",
                name=f"Agent {number}",
                role=Role.AGENT,
                password=None,
            )
        channels.connect(
            session,
            ctx.registry,
            ctx.vault,
            "email",
            "Support",
            {"address": "support@example.com", "imap_host": "i.example", "smtp_host": "s.example",
             "imap_username": "u", "imap_password": "p"},
        )  # fmt: skip
        token = sessions.create_token(session, 1, "bench", ctx.clock())
    seed(ctx.db)
    return token


def _deep(client: FlaskClient, token: str) -> str:
    """The cursor of the hundredth page."""
    cursor = ""
    for _ in range(99):
        page = client.get(
            "/api/v1/threads?view=closed&limit=50" + (f"&cursor={cursor}" if cursor else ""),
            headers={"Authorization": f"Bearer {token}"},
        ).get_json()
        cursor = page["next"]
    return cursor

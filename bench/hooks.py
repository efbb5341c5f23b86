"""Webhooks of all networks: how soon they are answered, and how soon a burst of them is in its threads."""

import tempfile
import time
from pathlib import Path
from statistics import quantiles

from inbox.app import build, create_app
from inbox.db.migrate import upgrade
from inbox.flows import receive
from inbox.settings import Settings
from tests import burst
from tests.peers.postgres import ADMIN_URL, DEFAULT_ADMIN_URL, Databases

COUNT = 5_000
WARM_UP = 100


def measure() -> str:
    """Markdown rows. Raises RuntimeError when a message is missing, doubled or out of order."""
    with (
        Databases(ADMIN_URL or DEFAULT_ADMIN_URL, "bench").scratch() as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        settings = Settings(
            database_url=url, data_dir=Path(folder), log_level="error", allow_private_hosts=True
        )
        upgrade(settings.database)
        ctx = build(settings)
        client = create_app(ctx).test_client()
        found = burst.networks()
        numbers = burst.connect(ctx, found)
        took = []
        for kind, body, headers in burst.calls(found, COUNT):
            began = time.perf_counter()
            answer = client.post(f"/hooks/{kind}/{numbers[kind]}", data=body, headers=headers)
            took.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{kind} was answered {answer.status_code}")
        began = time.perf_counter()
        while receive.drain(ctx):
            pass
        seconds = time.perf_counter() - began
        threads = burst.told(ctx)
        ctx.parser.close()
        ctx.db.dispose()
    messages = sum(len(texts) for texts in threads.values())
    if messages != COUNT or any(texts != sorted(set(texts)) for texts in threads.values()):
        raise RuntimeError(f"{messages} of {COUNT} messages are in their threads, or some stand out of order")
    shares = quantiles(took[WARM_UP:], n=20)
    return (
        f"| webhook to 200, PostgreSQL, five networks in turn | p50 {shares[9]:.1f} ms, p95 {shares[18]:.1f} ms "
        f"| p95 ≤ 20 ms |\n"
        f"| burst of {COUNT} webhooks, a tenth of them doubled, until each is once and in order in its thread "
        f"| {seconds:.0f} s, {COUNT / seconds:.0f}/s, one reader | all of them |\n"
    )

"""How fast messages are appended by the whole story, beside the database's own limit in the same run."""

import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine, text

from inbox.app import build
from inbox.channels import actions as channels
from inbox.channels import envelopes
from inbox.contract import Raw, RawItem
from inbox.db.migrate import upgrade
from inbox.flows import receive
from inbox.settings import Settings
from tests.peers.postgres import ADMIN_URL, DEFAULT_ADMIN_URL, Databases

RUNS = 1_000


def measure() -> str:
    """Markdown rows: raw commits per second, and messages per second through `flows.receive`."""
    with (
        Databases(ADMIN_URL or DEFAULT_ADMIN_URL, "bench").scratch() as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        settings = Settings(database_url=url, data_dir=Path(folder), log_level="error")
        upgrade(settings.database)
        ctx = build(settings)
        raw = _raw_limit(ctx.db.engine)
        with ctx.db.write() as session:
            channel = channels.connect(
                session, ctx.registry, ctx.vault, "email", "Bench",
                {"address": "support@example.test", "imap_host": "i.example", "smtp_host": "s.example",
                 "imap_username": "u", "imap_password": "p"},
            ).id  # fmt: skip
        mail = (
            "From: c{n}@example.org\r\nTo: support@example.test\r\n"
            "Message-ID: <{i}@example.org>\r\n\r\nHello {i}\r\n"
        )
        raws = [Raw(body=mail.format(n=i % 200, i=i).encode(), meta={"role": "inbox"}) for i in range(RUNS)]
        items = [RawItem(dedupe_key=f"INBOX/1/{i}", raw=raw) for i, raw in enumerate(raws)]
        with ctx.db.write() as session:
            envelopes.keep(session, ctx.files, channel, items, ctx.clock())
        receive.drain(ctx, 50)
        began = time.perf_counter()
        done = receive.drain(ctx, RUNS)
        full = done / (time.perf_counter() - began)
        ctx.parser.close()
        ctx.db.dispose()
    return (
        f"| append: one-row commits, the raw limit, one client | {raw:.0f}/s | |\n"
        f"| append: parse, identify, thread, wait, event, commit, one client | {full:.0f}/s "
        f"({full / raw:.0%} of the raw limit) | ≥ 25 % |\n"
    )


def _raw_limit(engine: Engine) -> float:
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE raw_limit (id bigserial PRIMARY KEY, body text)"))
        connection.commit()
        began = time.perf_counter()
        for number in range(RUNS):
            connection.execute(
                text("INSERT INTO raw_limit (body) VALUES (:body)"), {"body": f"Hello {number}" * 10}
            )
            connection.commit()
        return RUNS / (time.perf_counter() - began)

"""Every message of the collected samples goes the whole way in: kept, parsed in a child, stored in a thread."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from adapters.email import ADAPTER
from inbox.channels import envelopes
from inbox.channels.parsing import ParserPool
from inbox.channels.registry import Registry
from inbox.contract import Inbound, Raw, RawItem
from inbox.flows import receive
from inbox.flows.context import Context
from inbox.threads.words import Kind
from tests.adapters.email.reading import CONFIG
from tests.adapters.email.test_corpora import UNREADABLE, messages, parsed
from tests.factories import Make, ManualClock
from tests.invariants import faults
from tests.reading import Envelope, Message, rows

pytestmark = pytest.mark.corpora


@pytest.fixture
def mail_context(ctx: Context) -> Iterator[Context]:
    """`ctx` with the mail adapter, which reads in child processes as it does in earnest."""
    ctx.registry = Registry({"email": ADAPTER})
    pool = ParserPool(seconds=10, memory_mb=300, size=1, spool_dir=ctx.files.spool)
    ctx.parser = pool
    yield ctx
    pool.close()


def test_every_message_is_stored_or_kept_for_a_person(mail_context: Context, clock: ManualClock) -> None:
    ctx, names = mail_context, list(messages())
    values = {"imap_password": "secret", "smtp_password": "secret"}
    fields = CONFIG.model_dump(mode="json", include={"address", "other_addresses", "imap_host", "smtp_host"})
    channel = Make(ctx).channel("email", "Support", **fields, **values)
    items = [RawItem(dedupe_key=name, raw=Raw(body=messages()[name].read_bytes())) for name in names]
    assert ctx.db.run(envelopes.keep, ctx.files, channel, items, ctx.clock()) == len(names)
    while receive.drain(ctx):
        pass
    # A report on a message that we never sent is waited with for a while, in case that its message is still to come.
    clock.forward(days=2)
    ctx.db.run(_make_due)
    while receive.drain(ctx):
        pass

    states = {envelope.dedupe_key: envelope for envelope in rows(ctx, Envelope)}
    assert Counter(envelope.state for envelope in states.values())["new"] == 0
    assert {name for name, envelope in states.items() if envelope.state == "failed"} == set(UNREADABLE)
    stored = {message.external_id for message in rows(ctx, Message, Message.kind != Kind.SYSTEM)}
    for name, envelope in states.items():
        assert envelopes.load(envelope, ctx.files).body == messages()[name].read_bytes(), name
        if envelope.state != "failed":
            found = {item.external_id for item in parsed(name) if isinstance(item, Inbound)}
            assert found <= stored, name
    assert len(stored) > 200
    assert faults(ctx) == [], "numbers without gaps among them"


def _make_due(session: Session) -> None:
    session.execute(update(Envelope).values(not_before=datetime(2026, 1, 1, tzinfo=UTC)))

"""Filling, writing and removing the demo, on both databases."""

import json
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from inbox.agents import queries
from inbox.agents.identity import AgentIdentity
from inbox.db.base import Base
from inbox.db.tables import metadata
from inbox.demo import desk, fill, media, peer, script, write
from inbox.demo.remove import remove
from inbox.errors import NotFound
from inbox.flows import deliver, receive, reply
from inbox.flows.context import Context
from tests.factories import Make, ManualClock


def rows(ctx: Context, sql: str) -> list[Any]:
    with ctx.db.read() as session:
        return list(session.execute(text(sql)).all())


def values(ctx: Context, sql: str) -> list[Any]:
    return [row[0] for row in rows(ctx, sql)]


def agent_of(ctx: Context, email: str) -> AgentIdentity:
    """A colleague of the demo."""
    with ctx.db.read() as session:
        detail = queries.agent_by_email(session, email)
        found = None if detail is None else queries.identity(session, detail.id)
    assert found is not None
    return found


def counts(ctx: Context) -> dict[str, int]:
    """Rows of every table, except the event that a channel was connected once."""
    tables = set(metadata().tables) - {"event"}
    return {name: int(rows(ctx, f"SELECT count(*) FROM {name}")[0][0]) for name in sorted(tables)}


def test_it_is_filled_with_variety(filled: Context) -> None:
    ctx = filled
    assert fill.is_filled(ctx)
    assert len(values(ctx, "SELECT id FROM customer WHERE is_demo AND merged_into_id IS NULL")) >= 50
    assert len(set(values(ctx, "SELECT locale FROM customer"))) >= 15
    assert set(values(ctx, "SELECT DISTINCT kind FROM message")) == {"inbound", "reply", "note", "system"}
    states = Counter(values(ctx, "SELECT state FROM delivery"))
    assert states["failed"] == states["uncertain"] == 1
    assert set(states) == {"failed", "uncertain", "sent", "read"}
    levels = set(values(ctx, "SELECT DISTINCT level FROM identity"))
    assert levels == {"claimed", "channel", "mail_auth", "verified"}
    assert set(values(ctx, "SELECT DISTINCT status FROM thread")) == {"open", "resolved"}
    assert {"normal", "high", "urgent"} <= set(values(ctx, "SELECT DISTINCT priority FROM thread"))
    assert sum(values(ctx, "SELECT reopened_count FROM episode")) > 0
    assert len(values(ctx, "SELECT id FROM wait WHERE closed_at IS NULL")) >= 10
    assert values(ctx, "SELECT state FROM attachment WHERE state <> 'stored'") == []
    assert len(values(ctx, "SELECT body FROM draft")) == 2
    assert values(ctx, "SELECT error FROM envelope WHERE state = 'failed'") == []
    assert values(ctx, "SELECT id FROM delivery WHERE unseen_at IS NOT NULL") == [], "nothing goes on later"
    assert values(ctx, "SELECT address FROM claim") == ["t.brandner@brandner.example"]
    assert len(values(ctx, "SELECT score FROM rating WHERE score IS NOT NULL")) >= 8


def test_quotes_are_folded_and_answers_are_threaded(filled: Context) -> None:
    answers = rows(
        filled, "SELECT quoted_text, body_text FROM message WHERE kind = 'inbound' AND subject LIKE 'Re: %'"
    )
    assert len(answers) > 20
    assert sum(bool(quoted) for quoted, _ in answers) > 15
    assert not any("wrote:" in body for _, body in answers)


def test_nothing_lies_in_the_future_and_most_in_the_last_three_weeks(
    filled: Context, clock: ManualClock
) -> None:
    for table, column in (
        ("message", "created_at"),
        ("event", "at"),
        ("delivery", "sent_at"),
        ("thread", "last_message_at"),
    ):
        newest = values(filled, f"SELECT max({column}) FROM {table}")[0]
        moment = newest if isinstance(newest, datetime) else datetime.fromisoformat(newest)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        # Drafting happens when the demo has been filled.
        assert moment <= datetime.now(UTC), table
    oldest = values(filled, "SELECT min(created_at) FROM message")[0]
    oldest = oldest if isinstance(oldest, datetime) else datetime.fromisoformat(oldest)
    assert timedelta(days=18) < clock() - oldest.replace(tzinfo=UTC) < timedelta(days=23)


def test_removing_it_leaves_nothing_behind(ctx: Context, filled: Context) -> None:
    assert list(filled.files.keys(older_than=-10))
    threads = len(values(filled, "SELECT id FROM thread WHERE merged_into_id IS NULL"))
    assert threads >= 50
    assert remove(filled) == threads
    assert counts(filled) == counts(ctx), "as in a database that has just been made"
    assert list(filled.files.keys(older_than=-10)) == []
    assert not fill.is_filled(filled)


def test_removing_it_touches_nothing_real(filled: Context) -> None:
    make = Make(filled)
    channel_id, agent = make.channel(), make.agent("Ada")
    make.inbound(channel_id, sender="a real customer")
    make.inbound(channel_id, "And now?", sender="a real customer")
    remove(filled)
    left = counts(filled)
    assert {name: left[name] for name in ("customer", "thread", "agent", "channel")} == {
        "customer": 1,
        "thread": 1,
        "agent": 1,
        "channel": 1,
    }
    assert left["message"] == 2
    assert agent.id in values(filled, "SELECT id FROM agent")


def test_a_demo_agent_who_answered_a_real_customer_is_switched_off_and_not_removed(
    filled: Context,
) -> None:
    make = Make(filled)
    channel_id = make.channel()
    make.inbound(channel_id, sender="a real customer")
    thread_id = max(values(filled, "SELECT id FROM thread"))
    reply.reply(
        filled,
        agent_of(filled, "demo@alpe.example"),
        thread_id,
        reply.ReplyRequest(channel_id, "Hello.", "a"),
    )
    remove(filled)
    assert rows(filled, "SELECT email, is_active, password_hash FROM agent") == [
        ("demo@alpe.example", 0 if not filled.db.is_postgresql else False, None)
    ]
    assert "Hello." in values(filled, "SELECT body_text FROM message")


def test_an_interrupted_start_can_be_repeated(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_player: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fill._Player, "finish", cut)
    with pytest.raises(KeyboardInterrupt):
        fill.fill(ctx)
    monkeypatch.undo()
    assert not fill.is_filled(ctx)
    remove(ctx)
    fill.fill(ctx)
    assert fill.is_filled(ctx)


def test_a_customer_writes_into_his_thread(filled: Context) -> None:
    before = rows(filled, "SELECT id, last_seq FROM thread")
    assert write.write(filled, "giulia", "Grazie!") == "Giulia Ferrari"
    receive.drain(filled)
    changed = set(rows(filled, "SELECT id, last_seq FROM thread")) - set(before)
    assert len(changed) == 1
    assert len(before) == len(rows(filled, "SELECT id FROM thread"))


@pytest.mark.parametrize(
    ("name", "channel"),
    [("Giulia", "Support"), ("Thomas B.", "Shop chat"), ("Emre", "Alpe bot"), ("Nina", "Alpe bot")],
)
def test_customers_write_where_they_wrote_last(filled: Context, name: str, channel: str) -> None:
    full = write.write(filled, name, "One more question!")
    receive.drain(filled)
    newest = rows(
        filled,
        "SELECT channel.name, customer.name, message.body_text FROM message "
        "JOIN channel ON channel.id = message.channel_id JOIN thread ON thread.id = message.thread_id "
        "JOIN customer ON customer.id = thread.customer_id ORDER BY message.id DESC LIMIT 1",
    )[0]
    assert tuple(newest) == (channel, full, "One more question!")
    assert values(filled, "SELECT error FROM envelope WHERE state <> 'done' AND error IS NOT NULL") == []


def test_one_person_on_three_channels_is_one_customer_with_one_thread(filled: Context) -> None:
    found = rows(
        filled,
        "SELECT thread.id, thread.channel_ids FROM thread JOIN customer ON customer.id = thread.customer_id "
        "WHERE customer.name = 'Nina Berger' AND thread.last_seq > 0",
    )
    assert len(found) == 1
    thread_id = found[0][0]
    identities = rows(
        filled,
        "SELECT namespace, level FROM identity JOIN thread ON thread.customer_id = identity.customer_id "
        f"WHERE thread.id = {thread_id}",
    )
    assert {namespace for namespace, _ in identities} == {"email", "visitor", "user", "telegram"}
    wrote_on = values(
        filled, f"SELECT DISTINCT channel_id FROM message WHERE thread_id = {thread_id} AND kind = 'inbound'"
    )
    assert len(wrote_on) == 3
    codes = {
        (line if isinstance(line, dict) else json.loads(line))["code"]
        for line in values(
            filled, f"SELECT system FROM message WHERE thread_id = {thread_id} AND kind = 'system'"
        )
    }
    assert {"continued", "merged"} <= codes
    assert len(values(filled, "SELECT id FROM message_version")) == 1
    assert set(values(filled, "SELECT emoji FROM reaction")) == {"👍", "❤"}


def test_duplicates_wait_for_a_decision(filled: Context) -> None:
    found = rows(
        filled,
        "SELECT low.name, high.name FROM suggestion JOIN customer low ON low.id = low_id "
        "JOIN customer high ON high.id = high_id WHERE suggestion.state = 'open'",
    )
    assert {tuple(sorted(pair)) for pair in found} == {
        ("Thomas B.", "Thomas Brandner"),
        ("João Nascimento", "João Nascimento"),
    }


def test_the_chat_promises_what_it_keeps(filled: Context, clock: ManualClock) -> None:
    from inbox.insight.queries import expectation

    channel_id = values(filled, "SELECT id FROM channel WHERE name = 'Shop chat'")[0]
    with filled.db.read() as session:
        expected = expectation(session, channel_id, clock())
    assert expected is not None
    assert timedelta(minutes=3) < expected < timedelta(minutes=20)


def test_an_unknown_customer_is_told_who_there_is(filled: Context) -> None:
    with pytest.raises(NotFound, match="Giulia Ferrari"):
        write.write(filled, "nobody", "Hello")


def test_writing_without_a_demo_says_how_to_start_one(ctx: Context) -> None:
    with pytest.raises(NotFound, match="onethread demo"):
        write.write(ctx, "giulia", "Hello")


@pytest.mark.parametrize(
    ("kind", "where"), [("email", "Mail"), ("chat_widget", ""), ("telegram", "Telegram")]
)
def test_replies_end_in_this_process(
    filled: Context, monkeypatch: pytest.MonkeyPatch, kind: str, where: str
) -> None:
    def forbidden(*_args: object, **_options: object) -> Any:
        raise AssertionError("a connection to the outside")

    monkeypatch.setattr(socket, "create_connection", forbidden)
    arrivals = peer.attach(filled).arrivals
    marta = agent_of(filled, "marta@alpe.example")
    channel_id = values(filled, f"SELECT id FROM channel WHERE is_demo AND kind = '{kind}'")[0]
    thread_id = values(
        filled, f"SELECT id FROM thread WHERE waiting_since IS NOT NULL AND last_channel_id = {channel_id}"
    )[0]
    written = reply.reply(filled, marta, thread_id, reply.ReplyRequest(channel_id, "Hello **you**.", "a"))
    deliver.drain(filled)
    assert values(filled, f"SELECT state FROM delivery WHERE message_id = {written.message_id}") == ["sent"]
    assert [arrival.where for arrival in arrivals.newest()] == ([where] if where else [])
    assert all("Hello you." in arrival.text for arrival in arrivals.newest())


def test_what_a_newcomer_does_is_removed_with_the_demo(filled: Context, ctx: Context) -> None:
    """He plays the customer on the shop's site, and the agent at the desk: none of it may stay behind."""
    from inbox.customers.models import Consent, CustomerNote, CustomerTag, OneTimeCode
    from inbox.flows import panel, sites, triage, visits
    from inbox.threads.words import Status

    fresh, ctx = counts(ctx), filled
    now = ctx.clock()
    with ctx.db.read() as session:
        place = sites.by_id(session, ctx, values(ctx, "SELECT id FROM channel WHERE kind = 'chat_widget'")[0])
    assert place is not None
    alex = agent_of(ctx, "demo@alpe.example")
    arrived = visits.arrive(ctx, place, visits.Arrival(page=visits.Page("http://localhost:8001/")))
    panel.write(ctx, place, arrived.visitor, panel.Written("m1", "Is anybody there?"))
    panel.add_file(
        ctx,
        place,
        arrived.visitor,
        name="a.txt",
        claimed="text/plain",
        head=b"x",
        stored=ctx.files.put_bytes(b"x"),
    )
    receive.drain(ctx)
    thread_id, customer_id = rows(ctx, "SELECT id, customer_id FROM thread ORDER BY id DESC LIMIT 1")[0]
    identity_id = values(ctx, f"SELECT id FROM identity WHERE customer_id = {customer_id}")[0]
    channel_id = place.id
    reply.reply(ctx, alex, thread_id, reply.ReplyRequest(channel_id, "Yes.", "n1"))
    peer.attach(ctx)
    deliver.drain(ctx)
    triage.change(ctx, alex, thread_id, triage.Changes(status=Status.RESOLVED))

    def describe(session: Any) -> None:
        session.add_all(
            [
                CustomerNote(customer_id=customer_id, author_id=alex.id, body="Nice", created_at=now),
                CustomerTag(customer_id=customer_id, tag="vip"),
                Consent(
                    customer_id=customer_id,
                    namespace="email",
                    purpose="news",
                    granted=True,
                    source="a",
                    at=now,
                ),
                OneTimeCode(hash="h", purpose="p", identity_id=identity_id, created_at=now, expires_at=now),
            ]
        )

    ctx.db.run(describe)
    remove(ctx)
    assert counts(ctx) == fresh
    assert list(ctx.files.keys(older_than=-10)) == []


def test_removing_looks_at_every_table_that_may_name_somebody_of_the_demo() -> None:
    """Whoever adds a table that refers to people or threads has to say here or in `remove` what becomes of it."""
    import inspect as source

    from inbox.demo import remove as module

    of_agents = {"agent_session", "api_token", "team_member"}  # go with their agent
    text_of = source.getsource(module)
    named = {mapper.class_.__name__: mapper.local_table.name for mapper in Base.registry.mappers}
    covered = {table for name, table in named.items() if f"({name}, " in text_of or f", {name}, " in text_of}
    people = {"customer", "identity", "thread", "message", "episode", "channel", "agent", "visitor_session"}
    refer = {
        table.name
        for table in metadata().tables.values()
        if people & {key.column.table.name for key in table.foreign_keys}
    }
    assert refer - covered - of_agents == set()


def test_the_password_is_good_and_of_this_installation(ctx: Context) -> None:
    from inbox.agents.rules import check_password

    assert check_password(desk.password(ctx)) == desk.password(ctx)
    assert len(desk.password(ctx)) == 14


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3d 08:30", datetime(2026, 3, 7, 8, 30, tzinfo=UTC)),
        ("-95m", datetime(2026, 3, 10, 10, 25, tzinfo=UTC)),
        ("+2h", datetime(2026, 3, 9, 14, 0, tzinfo=UTC)),
        ("+9d", datetime(2026, 3, 10, 12, 0, tzinfo=UTC)),
    ],
)
def test_moments_of_the_stories(written: str, expected: datetime) -> None:
    now = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    assert script.moment(written, now, now - timedelta(days=1)) == expected


def test_a_moment_nobody_understands_is_an_error() -> None:
    with pytest.raises(ValueError, match="soon"):
        script.moment("soon", datetime.now(UTC), datetime.now(UTC))


def test_pictures_and_documents_are_what_they_say() -> None:
    picture, kind = media.make("a.png")
    assert (picture[:8], kind) == (b"\x89PNG\r\n\x1a\n", "image/png")
    document, kind = media.make("offer.pdf")
    assert (document[:5], kind) == (b"%PDF-", "application/pdf")
    assert media.make("a.png") == media.make("a.png")

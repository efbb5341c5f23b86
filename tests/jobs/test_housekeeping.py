"""Housekeeping removes what nobody needs, and nothing else."""

import os
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from inbox.agents import actions as agents
from inbox.channels import envelopes
from inbox.clock import utc_now
from inbox.events import queries as events
from inbox.flows.context import Context
from inbox.jobs import housekeeping
from inbox.threads import attachments
from tests.factories import Make, ManualClock
from tests.pigeon import note, payload


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def path_of(ctx: Context, key: str) -> Path:
    return ctx.files.root / key[:2] / key


def test_old_events_go_and_the_floor_rises(ctx: Context, make: Make) -> None:
    make.inbound(make.channel())
    ctx.db.run(lambda session: session.execute(text("UPDATE event SET at = '2020-01-01 00:00:00'")))
    with ctx.db.read() as session:
        seen = session.execute(text("SELECT xid, id FROM event ORDER BY xid DESC, id DESC LIMIT 1")).one()
    housekeeping.tidy_rows(ctx)
    with ctx.db.read() as session:
        assert session.execute(text("SELECT id FROM event")).scalars().all() == [seen.id], "the newest stays"
        assert events.feed(session, "0.0").reset, "who stopped before what was removed must reload"
        assert not events.feed(session, f"{seen.xid}.{seen.id}").reset, "who had seen it all goes on"


def test_young_events_stay(ctx: Context, make: Make) -> None:
    make.inbound(make.channel())
    ctx.clock = utc_now
    with ctx.db.read() as session:
        before = session.execute(text("SELECT count(*) FROM event")).scalar()
    housekeeping.tidy_rows(ctx)
    with ctx.db.read() as session:
        assert session.execute(text("SELECT count(*) FROM event")).scalar() == before


def test_a_file_that_no_row_names_goes_after_a_day(ctx: Context) -> None:
    old, young = ctx.files.put_bytes(b"old").key, ctx.files.put_bytes(b"young").key
    age(path_of(ctx, old), 25 * 3600)
    housekeeping.tidy_files(ctx)
    assert not path_of(ctx, old).exists()
    assert path_of(ctx, young).exists()


def test_files_of_payloads_attachments_and_agents_pictures_stay(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    channel_id, agent = make.channel(), make.agent()
    make.keep(channel_id, payload(note(1, text="x" * (envelopes.INLINE_MAX + 1))))
    stored = ctx.files.put_bytes(b"an upload")
    ctx.db.run(
        attachments.add_upload,
        agent.id,
        name="a.txt",
        claimed="text/plain",
        head=b"",
        stored=stored,
        now=clock(),
    )
    ctx.db.run(agents.set_photo, agent.id, ctx.files.put_bytes(b"a picture").key)
    kept = list(ctx.files.keys(older_than=-10))
    for key in kept:
        age(path_of(ctx, key), 48 * 3600)
    housekeeping.tidy_files(ctx)
    assert len(kept) == 3
    assert all(path_of(ctx, key).exists() for key in kept)


def test_what_was_left_in_the_spool_goes_after_an_hour(ctx: Context) -> None:
    ctx.files.prepare()
    old, young = ctx.files.spool / "parse-1", ctx.files.spool / "parse-2"
    for path in (old, young):
        path.write_bytes(b"x")
    age(old, 2 * 3600)
    housekeeping.tidy_files(ctx)
    assert not old.exists()
    assert young.exists()


def test_old_sessions_and_login_attempts_go(ctx: Context, clock: ManualClock) -> None:
    def story(session: object) -> None:
        session.execute(  # type: ignore[attr-defined]
            text("INSERT INTO login_attempt (key, at) VALUES ('k', :at)"),
            {"at": clock() - timedelta(days=30)},
        )

    ctx.db.run(story)
    housekeeping.tidy_rows(ctx)
    with ctx.db.read() as session:
        assert session.execute(text("SELECT count(*) FROM login_attempt")).scalar() == 0


def test_uploads_that_nobody_sent_are_forgotten_and_those_in_drafts_are_not(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    from inbox.flows.triage import DraftFields, save_draft
    from inbox.threads.words import DraftMode
    from tests.reading import Thread, the

    make.inbound(make.channel())
    ben = make.agent()

    def upload() -> int:
        return ctx.db.run(
            attachments.add_upload,
            ben.id,
            name="a.txt",
            claimed="text/plain",
            head=b"hello",
            stored=ctx.files.put_bytes(b"hello"),
            now=clock(),
        )["id"]

    lost, kept = upload(), upload()
    save_draft(ctx, ben, the(ctx, Thread).id, DraftMode.REPLY, DraftFields(attachment_ids=(kept,)))
    clock.forward(days=8)
    young = upload()
    housekeeping.tidy_rows(ctx)
    with ctx.db.read() as session:
        left = session.execute(text("SELECT id FROM attachment ORDER BY id")).scalars().all()
    assert left == [kept, young]
    assert lost not in left

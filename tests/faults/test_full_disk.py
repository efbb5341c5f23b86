"""No space is left (F13, F14): it is said where somebody can act, nothing is lost, work goes on with room."""

import contextlib
import resource
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from inbox.agents import sessions
from inbox.channels import envelopes
from inbox.cli.problems import explain
from inbox.contract import Raw, RawItem
from inbox.db import work
from inbox.db.work import Database, is_full
from inbox.files import StoreFull
from inbox.flows.context import Context
from inbox.jobs.loops import Crew, Loop, drain_inbound
from inbox.jobs.pollers import DATABASE_FULL, Supervisor
from inbox.web.auth import public
from tests.factories import Make
from tests.jobs.conftest import Coop, HomingPigeon
from tests.peers.process import wait_until
from tests.pigeon import note, payload

LONG = "Where is my order? " * 4000
"""So long that it fits into no page that is there already."""

UNLIMITED = 1_073_741_823
TABLES = ("envelope", "message")


class Disk:
    """The disk of a database: SQLite's is full by its limit of pages; PostgreSQL gives the answer of a full one."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pages = UNLIMITED
        if not db.is_postgresql:
            event.listen(db.engine, "checkout", self._limit)

    def fill(self) -> None:
        """Leave no room for anything long."""
        self._pages = 1  # SQLite takes as many as there are already
        if self._db.is_postgresql:
            self._run(
                "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$",
                *(
                    f"CREATE TRIGGER full_disk BEFORE INSERT ON {t} EXECUTE FUNCTION no_space()"
                    for t in TABLES
                ),
            )

    def free(self) -> None:
        """Make room again."""
        self._pages = UNLIMITED
        if self._db.is_postgresql:
            self._run(*(f"DROP TRIGGER full_disk ON {t}" for t in TABLES))

    def _limit(self, connection: Any, *_more: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {self._pages}")

    def _run(self, *statements: str) -> None:
        with self._db.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@pytest.fixture
def disk(ctx: Context) -> Disk:
    """The disk of `ctx`."""
    return Disk(ctx.db)


@pytest.fixture
def pigeon() -> HomingPigeon:
    """The test network, polled."""
    return HomingPigeon()


@contextlib.contextmanager
def running(ctx: Context, *loops: Loop) -> Iterator[None]:
    """These loops run meanwhile."""
    crew = Crew(ctx, loops)
    crew.start()
    try:
        yield
    finally:
        assert crew.stop(60) == []


def column(ctx: Context, sql: str) -> list[Any]:
    with ctx.db.read() as session:
        return list(session.execute(text(sql)).scalars())


def test_a_payload_waits_until_there_is_room(
    ctx: Context,
    make: Make,
    disk: Disk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def logged() -> str:
        return caplog.text + "".join(capsys.readouterr())  # where it goes depends on what ran before

    monkeypatch.setattr(envelopes, "LEASE", 0.5)
    channel = make.channel()
    make.keep(channel, payload(note(1, text=LONG)))
    make.keep(channel, payload(note(2, text=LONG)))
    disk.fill()
    with running(ctx, Loop("inbound-1", drain_inbound)):
        wait_until(lambda: "database.full" in logged(), 10, "the log says so")
        assert column(ctx, "SELECT id FROM message") == []
        assert column(ctx, "SELECT DISTINCT state FROM envelope") == ["new"]
        disk.free()
        wait_until(lambda: column(ctx, "SELECT seq FROM message ORDER BY seq") == [1, 2], 15, "both messages")
    assert column(ctx, "SELECT DISTINCT state FROM envelope") == ["done"]


def test_polling_waits_and_the_channel_says_why(
    ctx: Context, make: Make, disk: Disk, pigeon: HomingPigeon
) -> None:
    make.channel()
    pigeon.coops["Loft One"] = Coop()
    pigeon.coops["Loft One"].add(LONG, LONG)
    disk.fill()
    with running(ctx, Loop("pollers", Supervisor().run)):
        wait_until(lambda: column(ctx, "SELECT last_error FROM channel") == [DATABASE_FULL], 10, "shown")
        assert column(ctx, "SELECT id FROM envelope") == []
        disk.free()
        wait_until(lambda: len(column(ctx, "SELECT id FROM envelope")) == 2, 15, "kept after all")
        wait_until(lambda: column(ctx, "SELECT last_error FROM channel") == [None], 5, "no longer shown")


def test_programs_and_people_are_told_and_can_write_again(
    app: Flask, ctx: Context, make: Make, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config.update(TESTING=False)
    make.inbound(make.channel())
    agent, client = make.agent(), app.test_client()
    token = ctx.db.run(sessions.create_token, agent.id, "test", ctx.clock())
    [thread_id] = column(ctx, "SELECT id FROM thread")
    call = {
        "json": {"body": LONG[:60_000], "client_msg_id": "a"},
        "headers": {"Authorization": f"Bearer {token}"},
    }
    disk.fill()
    refused = client.post(f"/api/v1/threads/{thread_id}/notes", **call)
    assert refused.status_code == 507
    assert refused.mimetype == "application/problem+json"
    assert refused.get_json()["type"] == "/problems/database-full"
    assert "nothing of this was kept" in refused.get_json()["detail"]
    assert refused.headers["Retry-After"]
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["reasons"]) == (503, ["database: no space is left"])
    disk.free()
    assert client.post(f"/api/v1/threads/{thread_id}/notes", **call).status_code == 201
    assert column(ctx, "SELECT max(seq) FROM message") == [2]
    monkeypatch.setattr(work, "REFUSED", 0.0)
    assert client.get("/readyz").status_code == 200


def test_a_page_says_that_nothing_was_kept(app: Flask, ctx: Context, make: Make, disk: Disk) -> None:
    app.config.update(TESTING=False)
    channel = make.channel()

    def view() -> str:
        make.keep(channel, payload(note(1, text=LONG)))
        return "kept"

    app.add_url_rule("/store", "store", public(view))
    disk.fill()
    page = app.test_client().get("/store", headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (507, "text/html")
    assert "No space in the database" in page.text


def test_commands_say_what_to_do(ctx: Context, make: Make, disk: Disk) -> None:
    channel = make.channel()
    disk.fill()
    with pytest.raises(OperationalError) as caught:
        make.keep(channel, payload(note(1, text=LONG)))
    assert is_full(caught.value)
    assert "Make room" in (explain(caught.value) or "")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_other_trouble_of_a_database_is_no_full_disk(ctx: Context) -> None:
    with pytest.raises(OperationalError) as caught, ctx.db.read() as session:
        session.execute(text("SELECT * FROM nowhere"))
    assert not is_full(caught.value)
    assert not ctx.db.full


@pytest.fixture
def little_room() -> Iterator[int]:
    """No file of this process may grow beyond so many bytes."""
    bytes_most = 4 << 20
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_most, before[1]))
    yield bytes_most
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_file_store_that_refuses_leaves_no_row_and_no_half_file(
    ctx: Context, make: Make, little_room: int
) -> None:
    channel = make.channel()
    item = RawItem(dedupe_key="large", raw=Raw(body=bytes(little_room + 1)))
    with pytest.raises(StoreFull, match="cannot be written"):
        ctx.db.run(envelopes.keep, ctx.files, channel, [item], ctx.clock())
    assert column(ctx, "SELECT id FROM envelope") == []
    assert [path for path in ctx.files.root.rglob("*") if path.is_file()] == []
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    )
    assert ctx.db.run(envelopes.keep, ctx.files, channel, [item], ctx.clock()) == 1

"""The views of the inbox: complete, in order, only what may be seen, and each page a range of an index."""

import contextlib
import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from inbox.agents.audience import identities
from inbox.agents.identity import AgentIdentity
from inbox.db.work import Database
from inbox.errors import Invalid
from inbox.live import picture
from inbox.threads import queries, search
from inbox.threads.models import Draft, Thread
from inbox.threads.rules import may_see
from tests.live import crowd

EVERY_VIEW = (*queries.VIEWS, "all")
CROWD = 1200


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database with a crowd, on both backends."""
    database = Database(database_url)
    with database.write() as session:
        crowd.fill(session, CROWD)
    yield database
    database.dispose()


def everyone(session: Session) -> list[AgentIdentity]:
    return list(identities(session, range(1, crowd.AGENTS + 1)).values())


def belongs(agent: AgentIdentity, view: str, thread: Thread, drafts: set[tuple[int, int]]) -> bool:
    """What a view means, said once more in plain words. `drafts` are of replies, by agent and thread."""
    if not may_see(agent, thread.team_id, thread.assignee_id):
        return False
    is_open = thread.status == "open"
    return {
        "mine": is_open and thread.assignee_id == agent.id,
        "unassigned": is_open and thread.assignee_id is None,
        "waiting": thread.waiting_since is not None,
        "open": is_open,
        "closed": thread.status == "resolved",
        "failed": thread.trouble is not None,
        "drafts": (agent.id, thread.id) in drafts,
        "all": True,
    }[view]


def pages(session: Session, agent: AgentIdentity, view: str, limit: int) -> list[int]:
    """A whole view, page by page."""
    found: list[int] = []
    cursor: str | None = None
    while True:
        page = queries.page(session, agent, view, cursor=cursor, limit=limit)
        found += page.ids
        cursor = page.next
        if cursor is None:
            return found
        assert len(page.ids) == limit


def test_every_view_shows_what_belongs_to_it_in_its_order(db: Database) -> None:
    with db.read() as session:
        threads = session.scalars(select(Thread)).all()
        drafts = {(d.agent_id, d.thread_id) for d in session.scalars(select(Draft)) if d.mode == "reply"}
        for agent in everyone(session):
            counts = queries.counts(session, agent)
            for view in EVERY_VIEW:
                inside = [thread for thread in threads if belongs(agent, view, thread, drafts)]
                if view in queries.QUEUES:
                    inside.sort(key=lambda thread: (thread.due_at, thread.id))
                else:
                    inside.sort(key=lambda thread: (thread.last_message_at, thread.id), reverse=True)
                assert pages(session, agent, view, 89) == [thread.id for thread in inside], (agent, view)
                if view != "all":
                    assert counts[view] == min(len(inside), queries.COUNTED + 1), (agent, view)


@pytest.mark.parametrize("analysed", [False, True])
def test_no_page_of_any_view_reads_or_sorts_the_whole_table(db: Database, analysed: bool) -> None:
    """The plan of the statement that was really sent, with its parameters, with and without statistics."""
    if analysed:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        db.engine.dispose()
    with db.read() as session:
        people = everyone(session)
        for agent in (people[0], people[3]):
            for view in EVERY_VIEW:
                first = queries.page(session, agent, view, cursor=None, limit=50)
                for cursor in {None, first.next}:
                    with statements(db.engine) as sent:
                        queries.page(session, agent, view, cursor=cursor, limit=50)
                    [(statement, parameters)] = sent
                    check_plan(db, statement, parameters, (agent.id, view, cursor))


def check_plan(db: Database, statement: str, parameters: Any, about: object) -> None:
    with db.engine.connect() as connection:
        if db.is_postgresql:
            # On a table this small reading all of it may well be cheapest; what counts is that an index serves.
            for way in ("seqscan", "bitmapscan", "sort"):
                connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan" not in plan, f"{about}\n{plan}"
            # A sort may merge the ranges, each cut off before, or order an agent's few drafts.
            for part in plan.split("->  Sort ")[1:]:
                found = re.search(r"->  (Limit|Append|Merge Append|Index|Bitmap)", part)
                assert "draft" in plan or (found and not found[1].startswith(("Index", "Bitmap"))), (
                    f"{about}\n{plan}"
                )
        else:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plan = "\n".join(row[3] for row in rows)
            assert "SCAN thread" not in plan.replace("SCAN thread USING INDEX", ""), f"{about}\n{plan}"
            lines = plan.splitlines()
            for above, line in itertools.pairwise(lines):
                if "TEMP B-TREE FOR ORDER BY" in line:
                    # Merging ranges that were cut off before, or an agent's few drafts.
                    assert above.startswith("SCAN anon_") or "draft" in plan, f"{about}\n{plan}"


@contextlib.contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Collects the statements that are sent meanwhile, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_page_costs_the_same_number_of_queries_however_long_it_is(database_url: str) -> None:
    db = Database(database_url)
    with db.write() as session:
        crowd.fill(session, 120, messages=60)
    with db.read() as session:
        agent = everyone(session)[0]
        for limit in (1, 100):
            with statements(db.engine) as sent:
                page = picture.thread_page(session, agent, "all", limit=limit)
            assert len(page["items"]) == limit
            assert len(sent) == 5, [statement for statement, _ in sent]
        for limit in (1, 50):
            with statements(db.engine) as sent:
                messages = picture.message_page(session, agent, 1, limit=limit, html=True)
            assert len(messages["items"]) == limit
            assert len(sent) == 5, [statement for statement, _ in sent]
        with statements(db.engine) as sent:
            queries.counts(session, agent)
        assert len(sent) == 1
    db.dispose()


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "é", "AAAA", "!!!!", "bGFzdC4xLjI=.", "bGFzdC54LnM", "ZHVlLjEuMQ", "bGFzdC4xLi0x", "x" * 400,
     "bGFzdC45OTk5OTk5OTk5OTk5OTk5OTk5OS4x"],
)  # fmt: skip
def test_a_made_up_cursor_is_refused(database_url: str, cursor: str) -> None:
    """Among them one of a queue ("due.1.1"), one with a negative id, and one beyond the calendar."""
    db = Database(database_url)
    agent = AgentIdentity(1, "A", "a@shop.example", role="admin")  # type: ignore[arg-type]
    with db.read() as session, pytest.raises(Invalid) as refused:
        queries.page(session, agent, "open", cursor=cursor, limit=10)
    assert refused.value.pointer == "/cursor"
    db.dispose()


def test_visibility_in_sql_and_in_python_is_the_same(db: Database) -> None:
    with db.read() as session:
        threads = session.scalars(select(Thread)).all()
        for agent in everyone(session):
            by_sql = set(session.scalars(select(Thread.id).where(queries.visible_to(agent))))
            by_rule = {t.id for t in threads if may_see(agent, t.team_id, t.assignee_id)}
            assert by_sql == by_rule


def test_search_finds_words_names_and_addresses(db: Database) -> None:
    with db.read() as session:
        admin, *_rest = everyone(session)

        def found(q: str, agent: AgentIdentity = admin, limit: int = 100) -> list[int]:
            return search.search(session, agent, q, cursor=None, limit=limit).ids

        assert found("parcel p1199") == found("P1199 parc") == [1199]
        assert found("loft00077") == found("LOFT00077") == [77]
        assert found("Customer 00077") == [77]
        assert len(found("parcel")) == 100
        for nothing in ("", "   ", "…", "'", '"', "\\", "*", "nosuchword", "\0", "():&|!<->", "a:*b"):
            assert found(nothing) == [], nothing
        for agent in everyone(session):
            for number in found("parcel", agent):
                thread = session.get_one(Thread, number)
                assert may_see(agent, thread.team_id, thread.assignee_id)


def test_search_is_paged_without_repeating(db: Database) -> None:
    with db.read() as session:
        admin, *_rest = everyone(session)
        seen: list[int] = []
        cursor: str | None = None
        for _page in range(30):
            page = search.search(session, admin, "parcel", cursor=cursor, limit=40)
            seen += page.ids
            cursor = page.next
            if cursor is None:
                break
        assert cursor is None
        assert len(seen) == len(set(seen)) == search.HITS

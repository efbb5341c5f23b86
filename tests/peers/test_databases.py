"""PostgreSQL and Redis, private and shared, do what the tests of others rely on."""

import psycopg
import pytest
from redis import Redis as Client
from sqlalchemy import create_engine, inspect, text

from tests.peers.postgres import Databases, PrivatePostgres
from tests.peers.redis import Redis


def tables(url: str) -> list[str]:
    engine = create_engine(url)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_every_test_gets_a_migrated_database(database_url: str) -> None:
    assert {"customer", "thread", "message", "alembic_version"} <= set(tables(database_url))


@pytest.mark.parametrize("turn", [1, 2])
def test_and_it_is_its_own(database_url: str, turn: int) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (id integer)"))
    engine.dispose()


@pytest.mark.postgres
def test_a_lent_database_comes_back_empty_and_unknown(request: pytest.FixtureRequest) -> None:
    databases: Databases = request.getfixturevalue("_postgres_databases")
    template = request.getfixturevalue("_postgres_template")
    filled = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    urls = []
    for _turn in range(2):
        with databases.lent(template) as url:
            urls.append(url.replace("+psycopg", ""))
            with psycopg.connect(urls[-1]) as connection:
                rows = {
                    name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
                    for (name,) in connection.execute(filled).fetchall()
                }
                assert {name for name, count in rows.items() if count != (0,)} == {"alembic_version"}
                added = "INSERT INTO team (name, created_at) VALUES ('A', now()) RETURNING id"
                assert connection.execute(added).fetchone() == (1,)
            straggler = psycopg.connect(urls[-1])
        with pytest.raises(psycopg.OperationalError):
            straggler.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(urls[-1])
        straggler.close()
    assert urls[0] != urls[1]


def test_a_bare_database_has_no_table(bare_database_url: str) -> None:
    assert tables(bare_database_url) == []


@pytest.mark.postgres
def test_a_private_server_recovers_what_was_committed(private_postgres: PrivatePostgres) -> None:
    with psycopg.connect(private_postgres.admin_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    with psycopg.connect(private_postgres.admin_url) as connection:
        private_postgres.crash()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    private_postgres.start()
    with psycopg.connect(private_postgres.admin_url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


@pytest.mark.redis
def test_redis_restarts_empty_on_the_same_port(redis_server: Redis) -> None:
    with Client.from_url(redis_server.url) as client:
        client.set("key", "value")
        assert client.get("key") == b"value"
        redis_server.restart()
        assert client.get("key") is None

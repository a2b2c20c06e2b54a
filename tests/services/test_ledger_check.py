"""`ledger check` finds what is wrong, says where, and finds nothing in a ledger that stands (req. 41)."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
import tracemalloc
from typing import Any

import pytest
from sqlalchemy import text

from data.engine import writing
from data.values.uuid7 import uuid7
from services.errors import NotPermitted
from services.ledger_check import MAX_FINDINGS, check, check_ledger
from services.operator import Role
from services.posting import HoldPlaced, Leg, Posting
from services.rollups import roll_up
from tests.services.test_posting import CLERK, move, place
from tests.services.world import World


@pytest.fixture
def ledger(world: World) -> World:
    """Two members' accounts, a hot account with a roll-up, an open and an ended hold, a rejection and a reversal."""
    member = world.member()
    a, b = world.account(member, balance=100_00), world.account(member, balance=50_00)
    hot = world.account(None, product="control", tracked=False)
    first = place(world, move(a, b, 10_00))
    place(world, Posting(uuid7(), "test", (Leg(b, a, 1_00), Leg(a, hot, 2_00))))
    place(world, move(b, a, 10_00, reversal_of=first.id))
    held = place(world, Posting(uuid7(), "test", outcome="held", hold=HoldPlaced(a, 5_00)))
    place(world, Posting(uuid7(), "test", outcome="held", hold=HoldPlaced(b, 7_00)))
    place(world, move(a, b, 5_00, settles_hold=held.id))
    with pytest.raises(Exception, match="insufficient_funds"):
        place(world, move(a, b, 999_99))
    twice = place(world, Posting(uuid7(), "test", (Leg(a, b, 1_00), Leg(a, b, 1_00))))
    place(world, Posting(uuid7(), "test", (Leg(b, a, 1_00), Leg(b, a, 1_00)), reversal_of=twice.id))
    roll_up(CLERK, world.uow)
    place(world, move(a, hot, 3_00))
    return world


def tamper(world: World, statement: str, **values: Any) -> None:
    """Change what nobody may change, as an administrator of the database could: with the guards put aside."""
    with writing(world.engine).begin() as connection:
        if world.dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            names = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            for name, _ in names:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        changed = connection.execute(text(statement), values)
        assert changed.rowcount > 0, statement
        if world.dialect == "sqlite":
            for _, sql in names:
                connection.exec_driver_sql(sql)


def test_a_ledger_that_stands(ledger: World) -> None:
    assert check(ledger.uow) == ()


NEWEST = "(SELECT max(id) FROM entry)"
POSTED = "(SELECT max(seq) FROM operation WHERE outcome = 'posted')"
TAMPERING = [
    ("UPDATE account SET balance = balance + 1 WHERE id = 1", "balance"),
    ("UPDATE account SET balance = 1 WHERE NOT tracked", "untracked_balance"),
    ("UPDATE account SET held = held + 1 WHERE id = 1", "held"),
    ("UPDATE rollup SET balance = balance + 1", "rollup"),
    (f"UPDATE entry SET amount = amount + 1 WHERE id = {NEWEST}", "not_zero"),
    (f"UPDATE entry SET amount = -amount, balance_after = balance_after WHERE id >= {NEWEST} - 1", "entry"),
    (f"UPDATE entry SET account_id = 2 WHERE id = {NEWEST}", "entry"),
    (f"UPDATE entry SET balance_after = balance_after + 1 WHERE id = {NEWEST} - 1", "balance_after"),
    (f"DELETE FROM entry WHERE id = {NEWEST}", "not_zero"),
    (f"DELETE FROM entry WHERE id >= {NEWEST} - 1", "no_entries"),
    ("UPDATE transfer SET amount = amount + 1 WHERE leg = 2", "legs"),
    ("UPDATE transfer SET debit = credit, credit = debit WHERE leg = 2", "legs"),
    ("UPDATE hold SET amount = amount + 1", "hold"),
    ("DELETE FROM hold_release", "orphan_release"),
    (f"UPDATE operation SET outcome = 'rejected' WHERE seq = {POSTED}", "orphan_transfer"),
    ("UPDATE operation SET outcome = 'rejected' WHERE outcome = 'held'", "orphan_hold"),
    (f"UPDATE operation SET body = replace(body, '\"amount\"\\:300', '\"amount\"\\:301') WHERE seq = {POSTED}", "legs"),
    (f"UPDATE operation SET body = replace(body, '\"rules\"', '\"rulez\"') WHERE seq = {POSTED}", "evidence"),
    (f"UPDATE operation SET body = replace(body, ',', ', ') WHERE seq = {POSTED}", "canonical"),
    (f"UPDATE operation SET kind = 'other' WHERE seq = {POSTED}", "columns"),
    (f"UPDATE operation SET member_id = 1 WHERE seq = {POSTED}", "columns"),
    ("UPDATE operation SET reversal_of = NULL WHERE reversal_of IS NOT NULL", "columns"),
    ("UPDATE transfer SET amount = amount + 1 WHERE operation_id IN (SELECT reversal_of FROM operation)", "reversal"),
    ("UPDATE operation SET external_ref = id WHERE reversal_of IS NOT NULL", "columns"),
    (f"UPDATE operation SET request_hash = :junk WHERE seq = {POSTED}", "request_hash"),
    (f"DELETE FROM operation WHERE seq = {POSTED}", "operation_missing"),
    ("DELETE FROM audit_event WHERE id = (SELECT max(id) FROM audit_event WHERE object IS NOT NULL)", "untold"),
]


@pytest.mark.parametrize(("statement", "code"), TAMPERING, ids=[f"{n}-{row[1]}" for n, row in enumerate(TAMPERING)])
def test_each_change_is_found(ledger: World, statement: str, code: str) -> None:
    values = {"junk": hashlib.sha256(b"junk").digest()} if ":junk" in statement else {}
    if ledger.dialect == "sqlite" and code == "untold":
        tamper(ledger, "DELETE FROM audit_seal WHERE event_id = (SELECT max(event_id) FROM audit_seal)")
    if ledger.dialect == "sqlite" and "DELETE FROM operation" in statement:
        without_foreign_keys(ledger, statement)
    else:
        tamper(ledger, statement, **values)
    findings = check(ledger.uow)
    assert code in {finding.code for finding in findings}, findings
    assert all(finding.row and finding.text for finding in findings)


def without_foreign_keys(world: World, statement: str) -> None:
    """As plain SQLite does it unless told otherwise."""
    connection = sqlite3.connect(world.url.removeprefix("sqlite:///"))
    connection.execute("DROP TRIGGER operation_no_delete")
    assert connection.execute(statement).rowcount == 1
    connection.commit()
    connection.close()


def test_an_overdraft_is_found(ledger: World) -> None:
    """The CHECK forbids it in both engines; a store without the constraint is what is looked for."""
    if ledger.dialect == "sqlite":
        with ledger.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
            connection.commit()
            _drop_and_lower(connection)
    else:
        ledger.change("ALTER TABLE account DROP CONSTRAINT no_overdraft")
        tamper(ledger, "UPDATE account SET min_balance = balance + 1 WHERE id = 1")
    assert "overdraft" in {finding.code for finding in check(ledger.uow)}


def _drop_and_lower(connection: Any) -> None:
    connection.exec_driver_sql("UPDATE account SET min_balance = balance + 1 WHERE id = 1")
    connection.commit()
    connection.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")
    connection.commit()


def test_the_right_is_asked_for_and_the_check_is_told(ledger: World) -> None:
    with pytest.raises(NotPermitted):
        check_ledger(ledger.staff(), ledger.uow)
    auditor = ledger.staff("aud", roles=[Role.AUDITOR])
    assert check_ledger(auditor, ledger.uow) == ()
    results = [(event["result"], event.get("detail")) for event in ledger.events("ledger.check")]
    assert results[1:] == [("started", None), ("ok", {"findings": 0, "codes": []})]


HISTORY = text(
    "INSERT INTO operation (id, request_hash, kind, outcome, actor, branch, terminal, channel, body, value_date, at)"
    " VALUES (:id, :hash, 'history', 'posted', 'system', '000', 'T', 'sistema', :body, '2020-01-01', '2020-01-01T')"
)


def history(world: World, count: int) -> None:
    """Imported operations in bulk, as the importer writes them: into fifty accounts, made at the first call."""
    if not world.scalar("SELECT count(*) FROM account"):
        world.account(None, product="control", tracked=False)
        for number in range(50):
            world.account(world.member(str(60_000 + number)))
    first = world.scalar("SELECT min(id) FROM account")
    rows = [
        {
            "id": uuid7(),
            "hash": b"0" * 32,
            "body": json.dumps({"legs": [{"debit": first, "credit": first + 1 + n % 50, "amount": n + 1}]}),
        }
        for n in range(count)
    ]
    with writing(world.engine).begin() as connection:
        connection.execute(HISTORY, rows)


def test_memory_stays_flat(sqlite_world: World) -> None:
    def peak() -> int:
        tracemalloc.start()
        assert check(sqlite_world.uow) == ()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    history(sqlite_world, 2_000)
    peak()
    small = peak()
    history(sqlite_world, 6_000)
    assert peak() < small * 1.5


def test_a_ruin_is_cut_short(sqlite_world: World) -> None:
    history(sqlite_world, 400)
    tamper(sqlite_world, "UPDATE entry SET balance_after = 7 WHERE balance_after IS NOT NULL")
    assert len(check(sqlite_world.uow)) == MAX_FINDINGS


def test_it_takes_seconds(sqlite_world: World) -> None:
    """27,215 movements in under 3 s is the goal; a fifth of them, with room for a busy machine."""
    history(sqlite_world, 5_400)
    started = time.perf_counter()
    assert check(sqlite_world.uow) == ()
    assert time.perf_counter() - started < 3

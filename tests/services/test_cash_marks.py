"""Cash that is reported: asked about, sealed, and seen by compliance alone (L4, req. 45, 51, A17)."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from datetime import date

import pytest

from data.values.uuid7 import uuid7
from services.audit_log import ReadAudit, read_audit
from services.cash_mark_list import MarksOfMonth, export_marks, marks_of_month, parse_month
from services.errors import InvalidInput, NotPermitted
from services.ledger_check import check
from services.operations import Op
from services.operator import Operator, Role
from services.payments import ConfirmPayment
from services.receipt_print import text40
from services.receipts import GetReceipt, get_receipt
from services.reversals import Reverse, reverse
from services.timeline import MemberTimeline, member_timeline
from tests.services.counters import Counter
from tests.services.world import World

FUNDS = "Venta de una finca en Chepo"
NOVEMBER = MarksOfMonth(date(2026, 11, 1))


@pytest.fixture
def counter(world: World) -> Counter:
    counter = Counter(world)
    counter.open(500_00)
    return counter


@pytest.fixture
def officer(counter: Counter) -> Operator:
    return counter.world.staff("cumple", [Role.COMPLIANCE])


def stating(command: ConfirmPayment, funds: str = FUNDS) -> ConfirmPayment:
    return replace(command, funds=funds)


def marks(counter: Counter) -> list[tuple[int, int]]:
    rows = counter.world.rows(
        "SELECT m.amount, m.week_total FROM cash_mark m JOIN operation o ON o.id = m.operation_id ORDER BY o.seq"
    )
    return [(row["amount"], row["week_total"]) for row in rows]


def test_one_payment_that_reaches_it(counter: Counter, officer: Operator) -> None:
    assert not counter.prepare(Op.CASH_DEPOSIT, 9_999_99).funds_needed
    assert counter.prepare(Op.CASH_DEPOSIT, 10_000_00).funds_needed
    form = counter.form(Op.CASH_DEPOSIT, 10_000_00)
    for nothing in ("", "  ", "..", "4111 1111 1111 1111 de mi tarjeta"):
        with pytest.raises(InvalidInput) as refused:
            counter.confirm(stating(form, nothing))
        assert refused.value.field == "funds"
    assert counter.cash() == 500_00
    assert counter.confirm(stating(form)).outcome == "posted"
    assert counter.confirm(form).existed  # a repeated key needs no statement
    assert marks(counter) == [(10_000_00, 10_000_00)]
    (row,) = marks_of_month(NOVEMBER, officer, counter.world.uow)
    assert (row.member, row.name, row.direction, row.amount, row.source) == (
        "50012", "ITZEL PÉREZ MUÑOZ", "entrada", 10_000_00, FUNDS,
    )  # fmt: skip
    assert (row.week, row.agent, row.reversed, row.missing) == (date(2026, 11, 23), "caja", False, False)
    assert check(counter.world.uow) == ()


def test_successive_cash_of_a_week_in_both_directions(counter: Counter) -> None:
    counter.world.fund(counter.savings, 5_000_00)
    counter.deposit(7_000_00)
    counter.withdraw(2_000_00)
    assert not counter.prepare(Op.CASH_DEPOSIT, 999_99).funds_needed
    counter.confirm(stating(counter.form(Op.CASH_DEPOSIT, 1_000_00)))
    assert counter.prepare(Op.CASH_WITHDRAW, 1_00).funds_needed  # it stays reached until Sunday
    counter.confirm(stating(counter.form(Op.CASH_WITHDRAW, 1_00)))
    assert marks(counter) == [(1_000_00, 10_000_00), (1_00, 10_001_00)]


def test_the_week_ends_on_sunday_in_panama(counter: Counter) -> None:
    counter.deposit(9_000_00)  # Monday 23
    counter.world.clock.advance(days=6, hours=14, minutes=59)  # Sunday 29, 23:59 in Panama
    wake(counter)
    assert counter.prepare(Op.CASH_DEPOSIT, 1_000_00).funds_needed
    counter.world.clock.advance(minutes=1)
    assert not counter.prepare(Op.CASH_DEPOSIT, 1_000_00).funds_needed


def wake(counter: Counter) -> None:
    """Another session at the same desk, days later."""
    from data.types import utc_text

    now = counter.world.clock.now()
    stored = utc_text(now) if counter.world.dialect == "sqlite" else now
    counter.world.change("UPDATE staff_session SET started_at = :now, last_seen_at = :now", now=stored)


def test_what_was_reversed_and_what_is_no_cash_don_t_count(counter: Counter, officer: Operator) -> None:
    world = counter.world
    done = counter.deposit(9_000_00)
    reverse(Reverse(done.operation_id, "Monto equivocado", uuid7()), counter.boss, world.uow)
    second = world.account(counter.member, balance=50_000_00)
    form = counter.form(Op.TRANSFER_OWN, 20_000_00, from_account=second, to_account=counter.savings)
    assert counter.confirm(form).outcome == "posted" and marks(counter) == []
    assert not counter.prepare(Op.CASH_DEPOSIT, 9_000_00).funds_needed
    marked = counter.confirm(stating(counter.form(Op.CASH_DEPOSIT, 10_000_00)))
    reverse(Reverse(marked.operation_id, "Monto equivocado", uuid7()), counter.boss, world.uow)
    (row,) = marks_of_month(NOVEMBER, officer, world.uow)
    assert row.reversed and marks(counter) == [(10_000_00, 10_000_00)]  # the mark stays


def test_each_member_has_their_own_week(counter: Counter) -> None:
    counter.deposit(9_999_00)
    world, other = counter.world, counter.world.member("50013")
    counter.member, counter.savings = other, world.account(other)
    assert not counter.prepare(Op.CASH_DEPOSIT, 9_999_00).funds_needed


def test_the_statement_is_sealed_and_its_row_bound(counter: Counter, officer: Operator) -> None:
    world = counter.world
    first = counter.confirm(stating(counter.form(Op.CASH_DEPOSIT, 10_000_00)))
    second = counter.confirm(stating(counter.form(Op.CASH_DEPOSIT, 20_00), "Un préstamo de mi hermano"))
    everything = repr([world.rows("SELECT * FROM operation"), world.rows("SELECT * FROM cash_mark"),
                       world.rows("SELECT * FROM outbox"), world.events()])  # fmt: skip
    assert "finca" not in everything and "hermano" not in everything
    sealed = world.scalar("SELECT source_sealed FROM cash_mark WHERE operation_id = :id", id=second.operation_id)
    world.change(
        "UPDATE cash_mark SET source_sealed = :sealed WHERE operation_id = :id", sealed=sealed, id=first.operation_id
    )
    rows = marks_of_month(NOVEMBER, officer, world.uow)
    assert ["alterada" in row.source for row in rows] == [True, False] and rows[1].source == "Un préstamo de mi hermano"


def test_nobody_else_sees_that_there_is_a_mark(counter: Counter, officer: Operator) -> None:
    """The trail of a payment that was marked and of one that was not differ in nothing but their own data."""
    world = counter.world
    plain = counter.deposit(9_000_00)
    with pytest.raises(InvalidInput):
        counter.deposit(10_000_00)
    marked = counter.confirm(stating(counter.form(Op.CASH_DEPOSIT, 10_000_00)))
    receipts = [get_receipt(GetReceipt(one.operation_id), counter.boss, world.uow) for one in (plain, marked)]
    assert [label for label, _ in receipts[0].lines] == [label for label, _ in receipts[1].lines]
    assert "fondos" not in text40(receipts[1]).casefold()
    first, second = world.events("cash.deposit")[0], world.events("cash.deposit")[-1]
    assert first.keys() == second.keys() and first["detail"].keys() == second["detail"].keys()
    assert [event["reason"] for event in world.events("cash.deposit") if event["result"] == "refused"] == [
        "invalid_input"
    ]
    auditor = world.staff("audita", [Role.AUDITOR])
    shown = repr(read_audit(ReadAudit(), auditor, world.uow)) + repr(
        member_timeline(MemberTimeline(counter.member), counter.boss, world.uow)
    )
    for word in ("fondos", "funds", "mark", "marca", "reportable"):
        assert word not in shown.casefold(), word
    for role in set(Role) - {Role.COMPLIANCE}:
        person = world.staff(f"x{role.value}", [role])
        for look in (marks_of_month, export_marks):
            with pytest.raises(NotPermitted):
                look(NOVEMBER, person, world.uow)
    marks_of_month(NOVEMBER, officer, world.uow)
    (event,) = [event for event in world.events("cash.marks_view") if event["result"] == "ok"]
    assert event["detail"] == {"month": "2026-11"} and "member" not in event


def test_a_mark_that_is_missing_shows(counter: Counter, officer: Operator) -> None:
    done = counter.confirm(stating(counter.form(Op.CASH_DEPOSIT, 10_000_00)))
    counter.world.change("DELETE FROM cash_mark WHERE operation_id = :id", id=done.operation_id)
    (row,) = marks_of_month(NOVEMBER, officer, counter.world.uow)
    assert row.missing and row.source == "(sin declaración)" and row.week_total == 10_000_00


def test_the_export_is_what_a_spreadsheet_may_open(counter: Counter, officer: Operator) -> None:
    counter.world.fund(counter.savings, 20_000_00)
    counter.confirm(stating(counter.form(Op.CASH_DEPOSIT, 10_000_00), '=HYPERLINK("x"), dijo "así"'))
    counter.confirm(stating(counter.form(Op.CASH_WITHDRAW, 2_500_00), "-2+3 venta"))
    made = export_marks(NOVEMBER, officer, counter.world.uow)
    header, first, second, mark = list(csv.reader(io.StringIO(made.text, newline="")))
    rows = [dict(zip(header, line, strict=True)) for line in (first, second)]
    assert [(row["Sentido"], row["Monto"]) for row in rows] == [("entrada", "10,000.00"), ("salida", "2,500.00")]
    assert [row["Origen de los fondos"][:2] for row in rows] == ["'=", "'-"]
    assert rows[1]["Total de la semana"] == "12,500.00" and rows[0]["Semana del"] == "23/11/2026"
    assert mark[:2] == ["Exportado por cumple", "23/11/2026 09:00"]
    assert made.text.endswith("\r\n") and made.sha256 == hashlib.sha256(made.text.encode()).hexdigest()
    (event,) = counter.world.events("cash.marks_view")
    assert event["detail"] == {"month": "2026-11", "export": made.sha256}
    assert export_marks(MarksOfMonth(date(2026, 10, 1)), officer, counter.world.uow).rows == 0


def test_months() -> None:
    assert parse_month(" 11/2026 ") == date(2026, 11, 1) == parse_month("11/2026")
    for typed in ("13/2026", "0/2026", "2026-11", "11/26", "", "٣/2026"):
        with pytest.raises(InvalidInput):
            parse_month(typed)

"""The end of the day says what the ledger says, computed another way; screen, paper and workbook are one document."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter as Tally
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from data.values.uuid7 import uuid7
from services.checkpoints import checkpoint
from services.errors import InvalidInput, NotFound, NotPermitted
from services.operator import Operator, Role
from services.report_day import BILLERS, DRAWERS, OPEN, REVERSALS, STATE, TOTALS, kind_title
from services.report_document import Report, Series
from services.report_files import ExportReport, export_report, report_pdf
from services.report_periods import PeriodKind, ReportPeriod, parse_period, period_of
from services.report_reading import ReportStopped
from services.reports import MakeReport, make_report
from services.reversals import Reverse, reverse
from services.sandbox_billers import Fault
from services.timeline_words import CHANNELS
from tests.services.biller_desk import BillerDesk, biller_desk
from tests.services.counters import Counter
from tests.services.test_ledger_check import tamper
from tests.services.world import World

TODAY = date(2026, 11, 23)
DAY = period_of(PeriodKind.DAY, TODAY)
CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def busy_day(world: World) -> Counter:
    """Two deposits, one of them undone, a withdrawal, a drawer closed 5.00 short."""
    counter = Counter(world)
    counter.open(500_00)
    first = counter.deposit(75_00)
    counter.deposit(20_00)
    counter.withdraw(30_00)
    reverse(Reverse(first.operation_id, "El asociado se equivocó", uuid7()), counter.boss, world.uow)
    counter.close(485_00)
    counter.close(485_00, stands=True)
    return counter


def report(world: World, who: Operator, period: ReportPeriod = DAY, **more: Any) -> Report:
    return make_report(MakeReport("cierre", period, **more), who, world.uow)


def by_the_bodies(world: World, day: date) -> Tally[tuple[str, str, str]]:
    """Amount by branch, kind and channel, from what each operation's own sealed body says and from no table of the
    ledger."""
    found: Tally[tuple[str, str, str]] = Tally()
    for row in world.rows(
        "SELECT branch, kind, channel, body, outcome, CAST(value_date AS text) AS day FROM operation"
    ):
        if row["outcome"] == "posted" and row["day"] == day.isoformat():
            amount = sum(leg["amount"] for leg in json.loads(row["body"])["legs"])
            found[row["branch"], kind_title(row["kind"]), CHANNELS[row["channel"]]] += amount
    return found


def test_totals_are_those_of_the_operations_own_bodies(world: World) -> None:
    counter = busy_day(world)
    made = report(world, counter.boss)
    totals = made.table(TOTALS)
    assert {row[:3]: row[4] for row in totals.rows} == by_the_bodies(world, TODAY)
    assert len(totals.rows) >= 5 and totals.total is not None
    assert totals.total[3] == world.scalar("SELECT count(*) FROM operation WHERE outcome = 'posted'") - 1  # the opening
    assert totals.total[4] == sum(by_the_bodies(world, TODAY).values())
    (hours,) = (one for one in made.sections if isinstance(one, Series) and one.shape == "columns")
    assert dict(hours.points)["09"] == totals.total[3] == sum(value for _, value in hours.points)


def test_reversals_and_drawers(world: World) -> None:
    counter = busy_day(world)
    made = report(world, counter.boss)
    ((branch, number, undoes, kind, who, amount),) = made.table(REVERSALS).rows
    assert (branch, kind, who, amount) == ("018", "Depósito en efectivo", "jefa", 75_00)
    assert number != undoes and str(undoes).startswith("2026-")
    ((_, cashier, hours, opening, expected, counted, difference),) = made.table(DRAWERS).rows
    assert (cashier, opening, expected, counted, difference) == ("caja", 500_00, 490_00, 485_00, -5_00)
    assert difference == counter.differences() and hours == "09:00 09:00"
    state = {row[0]: row[1:3] for row in made.table(STATE).rows}
    assert state["Faltantes de caja"] == (1, 5_00) and state["Sobrantes de caja"] == (0, 0)
    assert state["Reversas"] == (1, 75_00) and state["Libro mayor"][0] == 0


def test_a_branch_alone_and_a_day_without_anything(world: World) -> None:
    counter = busy_day(world)
    nothing = report(world, counter.boss, branch="001")
    assert nothing.table(TOTALS).rows == () and nothing.table(DRAWERS).rows == ()
    assert report(world, counter.boss, branch="018").table(TOTALS) == report(world, counter.boss).table(TOTALS)
    assert report(world, counter.boss, DAY.before()).table(TOTALS).rows == ()
    week = report(world, counter.boss, period_of(PeriodKind.WEEK, TODAY))
    assert week.table(TOTALS) == report(world, counter.boss).table(TOTALS)
    assert [value for _, value in week.sections[2].points][:2] == [week.table(TOTALS).total[3], 0]  # type: ignore[union-attr, index]


def test_billers_and_what_is_in_process(world: World, tmp_path: Path) -> None:
    with biller_desk(world, tmp_path) as desk:
        orders(desk)
    boss = world.staff("jefa", [Role.SUPERVISOR])
    made = report(world, boss)
    rows = {row[0]: row[1:] for row in made.table(BILLERS).rows}
    paid = world.rows(
        "SELECT biller, count(*) AS n, sum(amount) AS s FROM biller_order WHERE state = 'paid' GROUP BY 1"
    )
    assert sum(int(row[1]) for row in rows.values()) == sum(row["n"] for row in paid) == 2  # type: ignore[arg-type]
    assert sum(int(row[2]) for row in rows.values()) == sum(row["s"] for row in paid)  # type: ignore[arg-type]
    held = int(world.scalar("SELECT sum(held) FROM account"))
    assert made.table(BILLERS).total[-2:] == (1, held)  # type: ignore[index]
    ((*_, amount),) = made.table(OPEN).rows
    assert amount == held > 0


def orders(desk: BillerDesk) -> None:
    """Two paid, one that the gateway leaves open."""
    desk.pay_all(5_00, 10_00)
    form = desk.form(3_00)
    desk.sandbox.faults.add(Fault.DOWN)
    desk.pay(form)


def test_a_ledger_that_does_not_stand_is_told(sqlite_world: World) -> None:
    counter = busy_day(sqlite_world)
    tamper(sqlite_world, "UPDATE account SET balance = balance + 1 WHERE id = :id", id=counter.savings)
    row = next(row for row in report(sqlite_world, counter.boss).table(STATE).rows if row[0] == "Libro mayor")
    assert row[1] == 1 and "saldo" in str(row[3]).lower()


def test_every_look_is_an_event_and_rights_are_the_policy_s(world: World) -> None:
    counter = busy_day(world)
    made = report(world, counter.boss, branch="018")
    (event,) = world.events("report.day")
    assert event["detail"] == {"period": "2026-11-23", "report": made.digest, "branch": "018"}
    with pytest.raises(NotPermitted):
        report(world, counter.cashier)
    for field, bad in (("period", {"period": DAY.after()}), ("branch", {"branch": "18"})):
        with pytest.raises(InvalidInput) as refused:
            report(world, counter.boss, **bad)  # type: ignore[arg-type]
        assert refused.value.field == field
    with pytest.raises(NotFound):
        make_report(MakeReport("nada", DAY), counter.boss, world.uow)


def test_who_stops_it_sees_nothing_and_that_is_told(world: World) -> None:
    counter = busy_day(world)
    seen: list[int] = []

    def progress(done: int, total: int) -> bool:
        seen.append(total)
        return done < 3

    with pytest.raises(ReportStopped):
        make_report(MakeReport("cierre", DAY), counter.boss, world.uow, progress=progress)
    assert len(seen) == 4
    in_the_ledger: list[int] = []

    def later(done: int, _total: int) -> bool:
        in_the_ledger.append(done)
        return in_the_ledger.count(6) < 3

    with pytest.raises(ReportStopped):
        make_report(MakeReport("cierre", DAY), counter.boss, world.uow, progress=later)
    assert in_the_ledger[-3:] == [6, 6, 6]  # the walk over the ledger is asked, too, again and again
    assert [event["result"] for event in world.events("report.day")] == ["stopped", "stopped"]


def test_the_report_carries_the_last_checkpoint(world: World, tmp_path: Path) -> None:
    counter, path = busy_day(world), tmp_path / "points.jsonl"
    assert report(world, counter.boss, checkpoints=path).mark == "aún no hay punto de control"
    point = checkpoint(world.uow, path, force=True)
    assert point is not None
    world.clock.advance(minutes=4)
    made = report(world, counter.boss, checkpoints=path)
    digits = point.head.hex()[:16].upper()
    assert made.mark == f"{point.seq}-{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:]}"
    assert made.table(STATE).rows[-1][3] == f"{made.mark}, firmado 23/11/2026 09:00"


def test_exports_are_the_document_and_leave_their_hash(world: World, tmp_path: Path) -> None:
    counter = busy_day(world)
    made = report(world, counter.boss)
    book = export_report(ExportReport(made, "xlsx", tmp_path), counter.boss, world.uow)
    paper = export_report(ExportReport(made, "pdf", tmp_path), counter.boss, world.uow)
    assert [event["detail"]["sha256"] for event in world.events("report.export")] == [book.sha256, paper.sha256]
    assert {event["detail"]["report"] for event in world.events("report.export")} == {made.digest}
    assert (book.path.stat().st_mode & 0o777, paper.path.stat().st_mode & 0o777) == (0o600, 0o600)
    with pytest.raises(NotPermitted):
        export_report(ExportReport(made, "pdf", tmp_path), counter.cashier, world.uow)
    with pytest.raises(InvalidInput):
        export_report(ExportReport(made, "docx", tmp_path), counter.boss, world.uow)
    assert len(list(tmp_path.glob("cierre-*"))) == 2
    sheets = read_book(book.path.read_bytes())
    assert ["018", "Retiro en efectivo", "Sucursal", "1", "30.00"] in sheets[2]
    assert any("jefa · 23/11/2026 09:00" in cell for line in sheets[0] for cell in line)
    text = report_pdf(made, "jefa")
    assert text == report_pdf(made, "jefa") and text.startswith(b"%PDF")


def read_book(content: bytes) -> list[list[list[str]]]:
    """The cells of each sheet, by a reader that knows nothing of the writer."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = [f"xl/worksheets/sheet{number}.xml" for number in range(1, len(book.namelist()) - 4)]
        trees = [ElementTree.fromstring(book.read(name)) for name in names]
    return [
        [["".join(cell.itertext()) for cell in row.iter(f"{CELLS}c")] for row in tree.iter(f"{CELLS}row")]
        for tree in trees
    ]


def test_periods() -> None:
    assert [parse_period(text).slug for text in ("23/11/2026", "11/2026", "2026-2")] == [
        "2026-11-23", "2026-11", "2026-s2"
    ]  # fmt: skip
    half = parse_period("2026-2")
    assert (half.first, half.last, half.text) == (date(2026, 7, 1), date(2026, 12, 31), "segundo semestre 2026")
    assert (half.before().text, half.after().text) == ("primer semestre 2026", "primer semestre 2027")
    assert period_of(PeriodKind.MONTH, date(2028, 2, 29)).last == date(2028, 2, 29)
    week = period_of(PeriodKind.WEEK, date(2026, 11, 29))
    assert (week.first, week.last, week.after().first) == (date(2026, 11, 23), date(2026, 11, 29), date(2026, 11, 30))
    for bad in ("", "13/2026", "2026-3", "31/02/2026"):
        with pytest.raises(InvalidInput):
            parse_period(bad)
    assert re.fullmatch(r"semana del .*", week.text)

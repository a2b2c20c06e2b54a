"""Reports by keyboard: the menu, one by its words, periods, a reading that is stopped, what F9 and X save."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from screens import report as report_screen
from screens.desk import Desk
from screens.desk_reports import OF_REPORTS
from screens.report import ReportScreen
from screens.reports import ReportsMenu
from services.operator import Operator, Role
from services.report_document import Report
from services.reports import REPORTS, MakeReport, make_report
from services.unit_of_work import UnitOfWork
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, screen_text
from tests.services.counters import Counter
from tests.services.world import World


@pytest.mark.parametrize("size", SIZES)
async def test_the_day_looks_so(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    counter = Counter(sqlite_world)
    counter.open(500_00)
    counter.deposit(75_00)
    counter.withdraw(30_00)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", size=size, code=sqlite_world.code().reveal()):
        await burst(app, ":reportes<enter>")
        assert isinstance(app.screen, ReportsMenu)
        assert "Fin de día" in screen_text(app)
        await burst(app, "<enter>")
        await at_rest(app)
        assert isinstance(app.screen, ReportScreen)
        assert_snapshot(app, f"report_day_{size[0]}x{size[1]}")
        await burst(app, "<f9>")
        await at_rest(app)
        assert "Guardado cierre-2026-11-23-" in screen_text(app)
        await burst(app, "x")
        await at_rest(app)
        await burst(app, "<left_square_bracket>")
        await at_rest(app)
        assert "22/11/2026" in screen_text(app)
        await burst(app, "<right_square_bracket>")
        await at_rest(app)
        await burst(app, "<right_square_bracket>")
        assert "Es el periodo de hoy" in screen_text(app)
        await burst(app, "m")
        await at_rest(app)
        assert "noviembre 2026" in screen_text(app)
        await burst(app, "<escape><escape>")
        assert isinstance(app.screen, Desk)
    kinds = sorted(path.suffix for path in app.receipts_folder.glob("cierre-2026-11-23-*"))
    assert kinds == [".pdf", ".xlsx"]
    assert len(sqlite_world.events("report.export")) == 2


async def test_a_line_opens_one_and_says_what_it_can_t(sqlite_world: World, tmp_path: Path) -> None:
    counter = Counter(sqlite_world)
    counter.open(500_00)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", code=sqlite_world.code().reveal()):
        await burst(app, ":rep cierre 11/2026 018<enter>")
        await at_rest(app)
        assert "Fin de día · noviembre 2026 · Sucursal David" in screen_text(app)
        await burst(app, "<escape>:rep nada")
        assert "No hay un reporte «nada»." in screen_text(app)
        await burst(app, "<escape>:rep cierre 2026-2<enter>")
        assert "no sale para ese periodo" in screen_text(app)
        await burst(app, "<escape>")


def test_the_desk_knows_what_the_reports_ask_for() -> None:
    assert set(OF_REPORTS) == {kind.op for kind in REPORTS.values()}


async def test_who_may_none_is_told_so(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.staff(sign_in=False)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app):
        await burst(app, ":reportes<enter>")
        assert isinstance(app.screen, Desk) or "Su rol no tiene reportes." in screen_text(app)
        assert "Su rol no tiene reportes." in screen_text(app)


async def test_esc_stops_a_reading(sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_world.staff("jefa", [Role.SUPERVISOR], sign_in=False)
    reached, go_on = threading.Event(), threading.Event()

    def slow(command: MakeReport, operator: Operator, uow: UnitOfWork, *, progress: Any) -> Report:
        def step(done: int, total: int) -> bool:
            reached.set()
            go_on.wait(20)
            return bool(progress(done, total))

        return make_report(command, operator, uow, progress=step)

    monkeypatch.setattr(report_screen, "make_report", slow)
    app = staff_app(sqlite_world, tmp_path)
    async with at_the_desk(app, "jefa", code=sqlite_world.code().reveal()):
        await burst(app, ":rep cierre<enter>")
        while not reached.is_set():
            await burst(app, "")
        await burst(app, "<escape>")
        assert isinstance(app.screen, ReportScreen)
        go_on.set()
        await at_rest(app)
        for _ in range(200):
            if "Reporte detenido" in screen_text(app):
                break
            await burst(app, "")
        assert "Reporte detenido: no se mostró nada." in screen_text(app)
    assert [event["result"] for event in sqlite_world.events("report.day")] == ["stopped"]

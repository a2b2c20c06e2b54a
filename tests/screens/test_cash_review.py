"""What others see of cash: supervisors the drawers and the vault, compliance the cash that is reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from screens.cash_marks import CashMarksScreen
from screens.desk import Desk
from screens.drawer_report import DrawerReportScreen
from screens.drawers_of_day import DrawersScreen
from services.operations import Op
from services.operator import Role
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, screen_text
from tests.services.counters import Counter
from tests.services.world import World


@pytest.fixture
def counter(sqlite_world: World) -> Counter:
    counter = Counter(sqlite_world)
    counter.open(500_00)
    return counter


async def keys(app: object, script: str) -> None:
    await burst(app, script)  # type: ignore[arg-type]
    await at_rest(app)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
async def test_a_supervisor_reviews_the_day(counter: Counter, tmp_path: Path, size: tuple[int, int]) -> None:
    world = counter.world
    counter.deposit(90_00)
    counter.close(509_00)
    counter.close(509_00)
    counter.world.clock.advance(seconds=30)
    app = staff_app(world, tmp_path)
    async with at_the_desk(app, "jefa", size=size, code=world.code().reveal()):
        await keys(app, ":cajas<enter>")
        assert isinstance(app.screen, DrawersScreen)
        shown = screen_text(app)
        assert "Faltan B/.81.00" in shown and "Bóveda 018: B/.50,009.00" in shown
        assert "pudo ser de B/.9.00" in shown
        assert_snapshot(app, f"drawers_of_day_{size[0]}x{size[1]}")
        await keys(app, "<enter>")
        assert isinstance(app.screen, DrawerReportScreen) and "COPIA" in screen_text(app)
        await keys(app, "<escape>]")
        assert "Es el día de hoy." in screen_text(app)
        await keys(app, "[")
        assert "Cajas del 22/11/2026" in screen_text(app) and "caja " not in screen_text(app)


async def test_a_supervisor_books_what_enters_the_vault(counter: Counter, tmp_path: Path) -> None:
    world = counter.world
    app = staff_app(world, tmp_path)
    async with at_the_desk(app, "jefa", code=world.code().reveal()):
        await keys(app, ":cajas<enter>e30<f2>")
        await keys(app, "1<f2>")
        assert "Entrada a la bóveda: B/.3,000.00, comprobante" in screen_text(app)
        await keys(app, "s9<f2><escape>")
    assert counter.vault() == 52_500_00


@pytest.mark.parametrize("size", SIZES)
async def test_compliance_sees_the_month(counter: Counter, tmp_path: Path, size: tuple[int, int]) -> None:
    world = counter.world
    form = counter.form(Op.CASH_DEPOSIT, 10_000_00)
    counter.confirm(replace(form, funds="Venta de una [b]finca[/]"))
    world.staff("cumple", [Role.COMPLIANCE], sign_in=False)
    app = staff_app(world, tmp_path)
    async with at_the_desk(app, "cumple", size=size, code=world.code().reveal()):
        await keys(app, ":efectivo<enter>")
        assert isinstance(app.screen, CashMarksScreen)
        shown = screen_text(app)
        assert "Venta de una [b]finca[/]" in shown and "10,000.00" in shown
        assert_snapshot(app, f"cash_marks_{size[0]}x{size[1]}")
        await keys(app, "[")
        assert "10/2026" in screen_text(app) and "No hay efectivo" in screen_text(app)
        await keys(app, "]]")
        assert "Es el mes de hoy." in screen_text(app)


async def test_nobody_else_sees_them(counter: Counter, tmp_path: Path) -> None:
    app = staff_app(counter.world, tmp_path)
    async with at_the_desk(app, "jefa", code=counter.world.code().reveal()):
        await keys(app, ":efectivo<enter>")
        assert not isinstance(app.screen, CashMarksScreen)
        await keys(app, "<escape>")
        assert isinstance(app.screen, Desk)

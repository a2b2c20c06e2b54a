"""The supervisor's view of what was paid to billers: differences with what to do, orders in process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from screens.desk import Desk
from screens.open_orders import OpenOrdersScreen
from screens.reconciliation import ReconciliationScreen
from services.operator import Role
from services.sandbox_billers import Fault
from tests.screens.staff import at_rest, at_the_desk, staff_app
from tests.screens.support import SIZES, assert_snapshot, burst, screen_text
from tests.services.biller_desk import BillerDesk, biller_desk
from tests.services.world import World

#: Keys that a snapshot may show.
KEYS = [f"019ab1c2-d3e4-7000-8000-00000000000{number}" for number in range(1, 4)]


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> Iterator[BillerDesk]:
    with biller_desk(sqlite_world, tmp_path / "sandbox") as desk:
        sqlite_world.staff("jefa", (Role.SUPERVISOR,), sign_in=False)
        sqlite_world.staff("auditora", (Role.AUDITOR,), sign_in=False)
        yield desk


def day_with_differences(desk: BillerDesk) -> None:
    """One lost there, one dearer there, one clean."""
    for key, amount in zip(KEYS, (5_00, 10_00, 15_00), strict=True):
        desk.pay(replace(desk.form(amount), key=key))
    entries = desk.sandbox.desk._book.entries
    del entries[KEYS[0]]
    entries[KEYS[1]] = replace(entries[KEYS[1]], record=replace(entries[KEYS[1]].record, amount=11_00))


@pytest.mark.parametrize("size", SIZES)
async def test_a_day_is_compared_and_a_difference_attended_to(
    desk: BillerDesk, tmp_path: Path, size: tuple[int, int]
) -> None:
    day_with_differences(desk)
    app = staff_app(desk.world, tmp_path, billers_url=desk.sandbox.url)
    async with at_the_desk(app, "jefa", size=size, code=desk.world.code().reveal()):
        await burst(app, ":conciliar<enter>")
        await at_rest(app)
        assert isinstance(app.screen, ReconciliationScreen) and "Aún no se ha conciliado" in screen_text(app)
        await burst(app, "<f3>23/11/2026<enter>")
        await at_rest(app)
        assert "2 por atender" in screen_text(app)
        assert_snapshot(app, f"reconciliation_{size[0]}x{size[1]}")
        await burst(app, "a1<f2>")
        await at_rest(app)
        assert "1 por atender" in screen_text(app)
        await burst(app, "<down>")
        await at_rest(app)
        assert "La pasarela lo corrige" in screen_text(app)
        await burst(app, "<escape>")
        await at_rest(app)
        assert isinstance(app.screen, Desk)
    (row,) = desk.world.rows("SELECT settled_by, note FROM reconciliation_line WHERE settled_at IS NOT NULL")
    assert row == {"settled_by": "jefa", "note": "La pasarela lo corrige"}


async def test_an_auditor_looks_and_marks_nothing(desk: BillerDesk, tmp_path: Path) -> None:
    day_with_differences(desk)
    app = staff_app(desk.world, tmp_path, billers_url=desk.sandbox.url)
    async with at_the_desk(app, "auditora", code=desk.world.code().reveal()):
        await burst(app, ":conciliar<enter>")
        await at_rest(app)
        await burst(app, "<f3>23/11/2026<enter>")
        await at_rest(app)
        await burst(app, "a")
        await at_rest(app)
        assert isinstance(app.screen, ReconciliationScreen) and "Su rol no permite" in screen_text(app)
    assert desk.world.scalar("SELECT count(*) FROM reconciliation_line WHERE settled_at IS NOT NULL") == 0


async def test_a_day_that_is_none_and_a_gateway_that_is_silent_are_told(desk: BillerDesk, tmp_path: Path) -> None:
    desk.sandbox.fault = Fault.DOWN
    app = staff_app(desk.world, tmp_path, billers_url=desk.sandbox.url)
    async with at_the_desk(app, "jefa", code=desk.world.code().reveal()):
        await burst(app, ":conciliar<enter>")
        await at_rest(app)
        await burst(app, "<f3>31/02/2026<enter>")
        await at_rest(app)
        assert "Fecha no válida" in screen_text(app)
        await burst(app, "<f3>23/11/2026<enter>")
        await at_rest(app)
        assert "no entregó el archivo" in screen_text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_orders_in_process_are_asked_for_and_given_up(
    desk: BillerDesk, tmp_path: Path, size: tuple[int, int]
) -> None:
    desk.sandbox.fault = Fault.DOWN
    for key, amount in zip(KEYS[:2], (5_00, 10_00), strict=True):
        desk.pay(replace(desk.form(amount), key=key))
    app = staff_app(desk.world, tmp_path, billers_url=desk.sandbox.url)
    async with at_the_desk(app, "jefa", size=size, code=desk.world.code().reveal()):
        await burst(app, ":ordenes<enter>")
        await at_rest(app)
        assert isinstance(app.screen, OpenOrdersScreen)
        assert_snapshot(app, f"open_orders_{size[0]}x{size[1]}")
        await burst(app, "p")
        await at_rest(app)
        assert "Sigue en proceso" in screen_text(app)
        desk.sandbox.fault = None
        await burst(app, "p")
        await at_rest(app)
        assert "quedó pagado" in screen_text(app) and "1 en proceso" in screen_text(app)
        await burst(app, "r1<f2>")
        await at_rest(app)
        assert "el dinero volvió" in screen_text(app) and "No hay pagos en proceso." in screen_text(app)
    desk.agree()


async def test_another_charge_is_settled_by_who_did_not_register_it(desk: BillerDesk, tmp_path: Path) -> None:
    desk.sandbox.faults.add(Fault.WRONG_AMOUNT, times=1)
    desk.pay(replace(desk.form(5_00), key=KEYS[0]))
    app = staff_app(desk.world, tmp_path, billers_url=desk.sandbox.url)
    async with at_the_desk(app, "jefa", code=desk.world.code().reveal()):
        await burst(app, ":ordenes<enter>")
        await at_rest(app)
        assert "cobró otro monto" in screen_text(app)
        await burst(app, "l")
        await at_rest(app)
        assert "Ordenado: B/.5.00   Cobró el recaudador: B/.6.00" in screen_text(app)
        await burst(app, "2<f2>1<f2>")
        await at_rest(app)
        assert "N2" in screen_text(app) and desk.held() == 5_00  # the member is not on the line
        await burst(app, "l1<f2>1<f2>")
        await at_rest(app)
        assert "salió de la cuenta B/.5.00; B/.1.00 a cargo de la cooperativa" in screen_text(app)
        assert "No hay pagos en proceso." in screen_text(app)
    assert desk.held() == 0 and desk.world.balance(desk.source) == 995_00
    event = desk.world.events("biller.settle")[-1]
    assert event["reason"] == "La pasarela confirmó el monto cobrado" and event["detail"]["charged"] == 6_00

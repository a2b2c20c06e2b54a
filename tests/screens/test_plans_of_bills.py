"""Bills in the basket and on their dates, on the real app over a sandbox gateway: each with a state of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.basket import BasketScreen
from screens.record import RecordScreen
from screens.schedule_form import ScheduleScreen
from services.sandbox_billers import Fault
from tests.screens.billers import ENSA, BillCounter, bill_counter
from tests.services.world import World

pytestmark = pytest.mark.thorough

TO_ENSA = f":pg ensa {ENSA} 12.34 de 1<enter>"
TO_PLAN = "t13<enter>cuota<enter>"


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> Iterator[BillCounter]:
    with bill_counter(sqlite_world, tmp_path) as desk:
        yield desk


@pytest.mark.parametrize(
    ("fault", "state", "told"),
    [
        (None, "Pagada", "Canasta confirmada: comprobantes"),
        (Fault.REFUSED, "Rechazada", "1 NO REALIZADO: el recaudador no lo aceptó"),
        (Fault.DOWN, "En proceso", "1 EN PROCESO: no lo repita."),
    ],
)
async def test_a_bill_of_the_basket_ends_on_its_own(
    desk: BillCounter, fault: Fault | None, state: str, told: str
) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(f"{TO_ENSA}b{TO_PLAN}bb")
        assert isinstance(desk.screen, BasketScreen) and "2 pagos · total B/.32.34" in desk.shown()
        assert "ENSA" in desk.shown() and desk.orders() == []
        if fault is not None:
            desk.sandbox.faults.add(fault, times=1)
        await desk.keys("<f2>")
        assert state in desk.shown() and "Aplicada" in desk.shown() and told in desk.shown()
        await desk.keys("<escape>")
        assert isinstance(desk.screen, RecordScreen) and told in desk.shown()
    assert desk.world.balance(desk.served.plan) == 20_00 and len(desk.orders()) == 1
    assert desk.paid() == ([12_34] if fault is None else [])
    held = desk.world.scalar("SELECT held FROM account WHERE id = :id", id=desk.served.desk.first)
    assert held == (12_34 if fault is Fault.DOWN else 0)


async def test_a_bill_is_repeated_from_its_receipt_and_kept(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(f"{TO_ENSA}<enter>f")
        assert "«ENSA 1234567» quedó en los favoritos" in desk.shown()
        await desk.keys("p")
        assert isinstance(desk.screen, ScheduleScreen) and f"Número de cliente (NAC) {ENSA}" in desk.shown()
        assert desk.screen.first.text == "23/12/2026"  # today's is paid
        await desk.keys("<f2><f2>")
        assert isinstance(desk.screen, RecordScreen) and "quedó programado cada mes, el día 23" in desk.shown()
    (row,) = desk.world.rows("SELECT kind, next_on, command FROM schedule")
    assert (row["kind"], str(row["next_on"])) == ("biller.pay", "2026-12-23") and '"biller":"ensa"' in row["command"]
    assert desk.world.scalar("SELECT last_amount FROM favourite") == 12_34


async def test_a_favourite_biller_is_paid_from_the_list_by_its_number(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(f"{TO_ENSA}<enter>f<escape>:fav<enter>1")
        assert desk.screen.prepared is not None and "ENSA" in desk.shown()
        await desk.keys("<enter>")
    assert len(desk.paid()) == 2

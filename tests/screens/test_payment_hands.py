"""Payments in which somebody else or cash has a hand: second person, queue, the cashier's drawer (req. 42, 45)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from screens.dialogs.approval import ApprovalDialog
from screens.payment import PaymentScreen
from screens.record import RecordScreen
from tests.screens.counter import Counter, counter, open_till, with_till
from tests.screens.support import NARROW, SIZES, assert_snapshot, screen_text
from tests.services.callers import sent_code
from tests.services.world import PASSWORD, World

OVER = "t350233<enter>2500<enter>"
"""More than an agent may send to somebody else alone."""
MEMBERS = ("transfer.third", "cash.deposit", "cash.withdraw", "loan.pay")


def on(served: Counter) -> Any:
    return served.desk.app.screen


def shown(served: Counter) -> str:
    return " ".join(screen_text(served.desk.app).replace("│", " ").split())


def done(served: Counter) -> list[str]:
    rows = served.world.rows("SELECT kind, outcome FROM operation ORDER BY seq")
    return [f"{row['kind']} {row['outcome']}" for row in rows if row["kind"] in MEMBERS]


def rich(world: World, folder: Path, size: tuple[int, int] = NARROW) -> Counter:
    """A third savings account, with B/.9,000.00; a supervisor in the house."""
    served = counter(world, folder, size=size, supervisor=True)
    world.account(served.desk.member, balance=9_000_00, number="06-018-50012-3")
    return served


async def code(served: Counter) -> None:
    """The member dictates the code of the payment on show."""
    await served.desk.keys("c")
    await served.desk.keys(f"{sent_code(served.world)}<enter>")


async def test_a_supervisor_signs_at_the_desk(sqlite_world: World, tmp_path: Path) -> None:
    served = rich(sqlite_world, tmp_path)
    async with served.desk.open(level=2):
        await served.desk.keys(OVER)
        assert "Pasa lo que su rol puede solo" in shown(served)
        await code(served)
        assert isinstance(on(served), ApprovalDialog) and done(served) == []
        await served.desk.keys("1")
        await served.desk.keys(f"sgomez<enter>{PASSWORD}<enter>{sqlite_world.code().reveal()}<enter>")
        screen = on(served)
        assert isinstance(screen, PaymentScreen) and screen.receipt is not None, shown(served)
        assert ("Aprobó", "sgomez") in screen.receipt.lines
    assert done(served) == ["transfer.third posted"]


@pytest.mark.parametrize("size", SIZES)
async def test_what_waits_in_the_queue_is_told_as_not_done(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    served = rich(sqlite_world, tmp_path, size)
    async with served.desk.open(level=2):
        await served.desk.keys(OVER)
        await code(served)
        await served.desk.keys("2Pago de matrícula<f2>")
        screen = on(served)
        assert isinstance(screen, PaymentScreen) and screen.receipt is None
        assert "NO SE APLICÓ" in shown(served) and "Comprobante" not in shown(served)
        assert_snapshot(served.desk.app, f"payment_waits_{size[0]}x{size[1]}")
        await served.desk.keys("<enter><f2>")  # nothing more can be done with it here
        assert sqlite_world.scalar("SELECT count(*) FROM approval_request") == 1
        await served.desk.keys("<escape>")
        assert isinstance(on(served), RecordScreen) and "! NO SE APLICÓ: espera la aprobación" in shown(served)
    assert done(served) == [] and sqlite_world.balance(served.theirs) == 10_00


async def test_the_question_for_approval_can_be_left(sqlite_world: World, tmp_path: Path) -> None:
    served = rich(sqlite_world, tmp_path)
    async with served.desk.open(level=2):
        await served.desk.keys(OVER)
        await code(served)
        await served.desk.keys("<escape>")
        assert on(served).prepared is not None and on(served).typed()[:3] == ("3", "50233", "2500")
        await served.desk.keys("<enter>")  # the code was right and is not asked for again
        assert isinstance(on(served), ApprovalDialog)
        await served.desk.keys("<escape><escape>")
        assert on(served).prepared is None and on(served).amount.input.has_focus
    assert done(served) == []


# Cash ---------------------------------------------------------------------------------------------


@pytest.fixture
def till(sqlite_world: World, tmp_path: Path) -> Counter:
    return with_till(sqlite_world, tmp_path)


async def test_cash_goes_in_and_out_by_the_letter_c(till: Counter) -> None:
    async with till.desk.open(level=2, username="caja"):
        open_till(till)
        await till.desk.keys("tc2<enter>40")
        assert "c Efectivo de su caja" in shown(till)
        await till.desk.keys("<enter>")
        assert "Depósito en efectivo" in shown(till)
        await till.desk.keys("<enter>")
        assert "Depósito aplicado" in shown(till) and till.world.balance(till.desk.second) == 40_00
        await till.desk.keys("<escape>t1c<enter>10<enter>")
        assert "Retiro en efectivo" in shown(till)
        await till.desk.keys("<enter><escape>tc5<enter>cuota<enter><enter>")
        assert on(till).receipt is not None
    assert done(till) == ["cash.deposit posted", "cash.withdraw posted", "loan.pay posted"]


async def test_without_an_open_drawer_there_is_no_cash(till: Counter) -> None:
    async with till.desk.open(level=2, username="caja"):
        await till.desk.keys("tc2<enter>40<enter>")
        assert "No tiene una caja abierta" in on(till).source.error
    assert done(till) == []


async def test_cash_is_not_paid_to_somebody_else(till: Counter) -> None:
    async with till.desk.open(level=2, username="caja"):
        open_till(till)
        await till.desk.keys("tc50233<enter>40<enter>")
        assert "solo entra a cuentas de quien se atiende" in on(till).source.error
    assert done(till) == []


async def test_much_cash_asks_where_it_comes_from_as_it_asks_for_any_field(till: Counter) -> None:
    async with till.desk.open(level=2, username="caja"):
        open_till(till)
        await till.desk.keys("tc2<enter>12000<enter>")
        assert on(till).funds.display and "RTE" not in shown(till) and "10,000" not in shown(till)
        await till.desk.keys("<enter>")
        assert on(till).funds.input.has_focus and on(till).receipt is None
        await till.desk.keys("Venta de un lote<enter>")
        assert on(till).receipt is not None, shown(till)
        assert "lote" not in shown(till)
    assert till.world.scalar("SELECT count(*) FROM cash_mark") == 1

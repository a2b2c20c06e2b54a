"""G: favourites by number, what is due, the billers; two keys pay again what was paid before (S10–S31, req. 8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.bill import BillScreen
from screens.pay_list import PayList
from screens.payment import PaymentScreen
from screens.record import RecordScreen
from services.operations import Op
from tests.screens.billers import ENSA, MOBILE, BillCounter, bill_counter
from tests.screens.support import SIZES, assert_snapshot
from tests.services.callers import sent_code
from tests.services.world import World

pytestmark = pytest.mark.thorough


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> Iterator[BillCounter]:
    """One savings account: the only one that can pay."""
    with bill_counter(sqlite_world, tmp_path, accounts=1) as desk:
        yield desk


def keep(desk: BillCounter) -> None:
    """Four favourites, in this order: light, mobile, somebody else's savings, the own loan."""
    desk.favourite(Op.BILLER_PAY, "Luz de la casa", biller="ensa", reference=ENSA)
    desk.used(desk.favourite(Op.BILLER_TOP_UP, "Celular de Rubén", biller="mas-movil", reference=MOBILE), 5_00)
    desk.used(desk.favourite(Op.TRANSFER_THIRD, "Mesada", to_account=desk.served.theirs), 40_00)
    desk.favourite(Op.LOAN_PAY, "Préstamo", to_account=desk.served.loan)


async def test_a_favourite_bill_is_two_keys_from_its_receipt(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        keep(desk)
        await desk.keys("g")
        assert isinstance(desk.screen, PayList)
        for text in ("Favoritos", "1 Luz de la casa", "ENSA 1234567", "2 Celular de Rubén", "último 5.00"):
            assert text in desk.shown()
        await desk.keys("1")
        assert isinstance(desk.screen, BillScreen) and desk.screen.prepared is not None, desk.shown()
        assert "Titular" in desk.shown()
        await desk.keys("<enter>")
        assert desk.screen.receipt is not None
        await desk.keys("<escape>")
        assert isinstance(desk.screen, RecordScreen)
    ((kind, biller, reference, amount),) = desk.orders()
    assert (kind, biller, reference) == ("biller.pay", "ensa", ENSA) and desk.paid() == [amount]
    assert desk.world.scalar("SELECT uses FROM favourite WHERE label = 'Luz de la casa'") == 1


async def test_a_favourite_recarga_is_suggested_with_the_amount_of_last_time(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        keep(desk)
        await desk.keys("g2")
        assert desk.screen.prepared is not None and "B/.5.00" in desk.shown()
        await desk.keys("<escape>10<enter>")
        assert "B/.10.00" in desk.shown() and desk.screen.amount.text == "10"
        await desk.keys("<enter>")
    assert desk.orders() == [("biller.top_up", "mas-movil", MOBILE, 10_00)]


async def test_a_favourite_of_somebody_else_still_wants_its_code(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        keep(desk)
        await desk.keys("g3")
        assert isinstance(desk.screen, PaymentScreen) and "RUBÉN Ñ••••" in desk.shown(), desk.shown()
        assert "B/.40.00" in desk.shown() and desk.screen.prepared.code_needed
        await desk.keys("c")
        await desk.keys(f"{sent_code(desk.world)}<enter>")
        assert desk.screen.receipt is not None
    assert desk.world.balance(desk.served.theirs) == 50_00


async def test_what_is_due_is_paid_with_the_quota_of_today(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=1):
        keep(desk)
        await desk.keys("g4")
        assert desk.screen.prepared is not None and desk.screen.amount.text == "cuota", desk.shown()
        await desk.keys("<escape><escape><f2>g")
        await desk.keys("seg<enter>")
        assert isinstance(desk.screen, PaymentScreen) and "B/.62.68" in desk.shown(), desk.shown()
        await desk.keys("<enter>")
        assert desk.screen.receipt is not None


async def test_a_biller_is_found_by_any_of_its_names(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        for typed, title in (("fenosa", "Naturgy (antes Unión Fenosa) · pago"), ("recarga movi", "+Móvil · recarga")):
            await desk.keys(f"g{typed}")
            assert "Por pagar" not in desk.shown()
            await desk.keys("<enter>")
            assert isinstance(desk.screen, BillScreen) and desk.screen.biller.text == title, desk.shown()
            assert desk.screen.reference.input.has_focus
            await desk.keys("<escape><f2>")
            assert isinstance(desk.screen, RecordScreen)


@pytest.mark.parametrize(("typed", "said"), [("7", "No hay un favorito número 7."), ("zzz", "Nada por pagar se llama")])
async def test_what_is_not_there_opens_nothing(desk: BillCounter, typed: str, said: str) -> None:
    async with desk.served.desk.open(level=2):
        keep(desk)
        await desk.keys(f"g{typed}")
        assert said in desk.shown()
        await desk.keys("<enter>")
        assert isinstance(desk.screen, PayList if typed == "zzz" else PaymentScreen | BillScreen)


async def test_a_favourite_that_cannot_be_paid_says_why(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        desk.favourite(Op.BILLER_PAY, "Luz", biller="ensa", reference=ENSA)
        desk.world.change("UPDATE favourite SET biller = 'digicel', kind = 'biller.top_up'")
        await desk.keys("g1")
        assert isinstance(desk.screen, PayList) and "! Digicel no está disponible." in desk.shown()


async def test_the_list_goes_with_the_verification(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        keep(desk)
        await desk.keys("g")
        desk.served.desk.run_out()
        await desk.served.desk.tick()
        assert isinstance(desk.screen, RecordScreen) and "Luz de la casa" not in desk.shown()
        await desk.keys("g")
        assert isinstance(desk.screen, RecordScreen) and "Requiere verificación N1" in desk.shown()


@pytest.mark.parametrize("size", SIZES)
async def test_what_the_list_looks_like(sqlite_world: World, tmp_path: Path, size: tuple[int, int]) -> None:
    with bill_counter(sqlite_world, tmp_path, accounts=1, size=size) as desk:
        async with desk.served.desk.open(level=2):
            keep(desk)
            await desk.keys("g")
            assert_snapshot(desk.served.desk.app, f"pay_list_{size[0]}x{size[1]}")
            await desk.keys("luz")
            assert_snapshot(desk.served.desk.app, f"pay_list_found_{size[0]}x{size[1]}")

"""Bills and recargas on the real app over a sandbox gateway: asked, reviewed, paid, «en proceso» (S18–S31, req. 9)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.bill import BillScreen
from screens.dialogs.confirm import Confirm
from screens.record import RecordScreen
from services.biller_gateway import BillerGateway
from services.biller_orders import attempt
from services.biller_payments import ConfirmBill, confirm_bill
from services.operations import Op
from services.operator import Operator
from services.receipts import Receipt
from services.retries import OutcomeUnknown
from services.sandbox_billers import Fault
from services.unit_of_work import UnitOfWork
from tests.screens.billers import ENSA, MOBILE, BillCounter, bill_counter
from tests.screens.support import NARROW, SIZES, WIDE, assert_snapshot, burst, key_event, type_slowly
from tests.services.world import World


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> Iterator[BillCounter]:
    """One savings account: the only one that can pay."""
    with bill_counter(sqlite_world, tmp_path, accounts=1) as desk:
        yield desk


@pytest.mark.parametrize("slowly", [False, True], ids=["burst", "slowly"])
async def test_a_bill_is_asked_for_and_paid_with_what_is_due(desk: BillCounter, slowly: bool) -> None:
    async with desk.served.desk.open(level=2):
        script = ":pg<enter>ensa<enter>1234-567<enter>"
        if slowly:
            await type_slowly(desk.served.desk.app, script)
            await desk.served.desk.rest()
        else:
            await desk.keys(script)
        assert desk.screen.prepared is not None, desk.shown()
        due = desk.screen.found.amount_due
        for text in ("Recaudador ENSA", "Titular", "Debe", "Vence", "Sin cargo", desk.screen.found.holder):
            assert text in desk.shown()
        assert desk.orders() == []
        await desk.keys("<enter>")
        assert ("Estado", "Pagada") in desk.screen.receipt.lines and "COMPROBANTE" in desk.shown()
        assert "Pago aplicado: comprobante" in desk.shown()
        await desk.keys("<enter><f2>")  # nothing more can be done with it
    assert desk.orders() == [("biller.pay", "ensa", ENSA, due)] and desk.paid() == [due]
    assert desk.world.balance(desk.served.desk.first) == 1_322_64 - due


async def test_a_part_of_what_is_due_can_be_paid(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(":pg<enter>luz<enter>")
        assert "puede ser 3 ENSA · pago o" in desk.screen.biller.error and "Naturgy" in desk.shown()
        await desk.keys(f"<backspace><backspace><backspace>ens<enter>{ENSA}<enter><escape>")
        assert desk.screen.amount.input.has_focus and desk.screen.prepared is None
        await desk.keys("5<enter>")
        assert desk.screen.amount.text == "5" and "B/.5.00" in desk.shown()
        await desk.keys("<enter>")
    assert [order[3] for order in desk.orders()] == [5_00]


async def test_a_recarga_says_number_operator_and_amount_once_more(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(f":rc<enter>movil<enter>{MOBILE}<enter>")
        assert desk.screen.amount.input.has_focus and "▸ 3" not in desk.shown()
        await desk.keys("4<enter>")
        assert "solo recarga estos montos: 1.00, 2.00" in desk.screen.amount.error
        await desk.keys("<backspace><down><down><down>")
        assert desk.screen.amount.text == "3" and "▸ 3" in desk.shown()
        await desk.keys("<enter>")
        for text in ("Una recarga no se puede reversar.", "+Móvil", "6123-4567", "B/.3.00", "tres balboas"):
            assert text in desk.shown()
        await desk.keys("<enter>")
        assert "Recarga aplicada: comprobante" in desk.shown()
    assert desk.orders() == [("biller.top_up", "mas-movil", MOBILE, 3_00)]


async def test_a_biller_that_wants_two_numbers_asks_for_both(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(":pg<enter>multas<enter>")
        assert "y también número de control, por ejemplo" in desk.shown()
        await desk.keys("8-123-456<enter>")
        assert desk.screen.extra.input.has_focus
        await desk.keys("<enter>")
        assert "Escriba también: Número de control" in desk.screen.extra.error
        await desk.keys("123456<enter>")
        assert desk.screen.prepared is not None and "Número de control" in desk.shown()


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ("claro<enter>", "biller", "Claro se paga como +Móvil."),
        ("zzz<enter>", "biller", "No hay un recaudador «zzz»"),
        ("99<enter>", "biller", "No hay un recaudador «99»"),
        ("panapass<enter>", "biller", "ENA (Panapass) solo admite recargas."),
        ("ensa<enter><enter>", "reference", "Falta este dato."),
        ("ensa<enter>12<enter>", "reference", "Ejemplo: 1234567"),
        ("ensa<enter>12345679<enter>", "reference", "no conoce ese número"),
        ("attt<enter>4111111111111111<enter>1<enter>", "reference", "tarjeta"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(desk: BillCounter, typed: str, field: str, said: str) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(f":pg<enter>{typed}")
        asked = getattr(desk.screen, field)
        assert said in asked.error, desk.shown()
        assert asked.input.has_focus and desk.screen.prepared is None
    assert desk.orders() == []


async def test_another_number_is_asked_for_again(desk: BillCounter) -> None:
    """Holder, due amount and the suggestion are those of the number that stands there."""
    async with desk.served.desk.open(level=2):
        await desk.keys(f":pg<enter>ensa<enter>{ENSA}<enter><escape>")
        assert "─ Factura ─" in desk.shown()
        first = desk.screen.found
        desk.screen.reference.input.focus()
        await desk.keys("<backspace>8")
        assert first.holder not in desk.shown() and desk.screen.amount.text == "" and desk.screen.found is None
        await desk.keys("<f2>")
        assert desk.screen.found.reference == "1234568" and desk.screen.prepared is not None


async def test_a_bill_with_nothing_due_asks_for_an_amount(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(":pg<enter>ensa<enter>1234560<enter>")
        assert "no se debe nada" in desk.shown() and desk.screen.amount.input.has_focus


# What goes wrong beyond the desk -------------------------------------------------------------------


async def test_a_silent_biller_is_paid_by_the_bill_in_hand_and_the_screen_says_so(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        desk.sandbox.faults.add(Fault.DOWN, times=1)
        await desk.keys(f":pg<enter>ensa<enter>{ENSA}<enter>")
        assert "NO SE PUDO COMPROBAR" in desk.shown() and "SIN COMPROBAR" in desk.shown()
        assert desk.screen.amount.input.has_focus and desk.screen.amount.text == ""
        await desk.keys("40<enter>")
        assert desk.screen.prepared is not None and "SIN COMPROBAR: el recaudador no" in desk.shown()
        await desk.keys("<enter>")
        assert "sin comprobar" in desk.shown()
    assert desk.orders() == [("biller.pay", "ensa", ENSA, 40_00)] and desk.paid() == [40_00]


async def test_an_enter_that_was_typed_ahead_pays_no_unchecked_bill(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        desk.sandbox.faults.add(Fault.DOWN, times=1)
        await desk.keys(f":pg ensa {ENSA} 40<enter><enter><enter>")
        assert desk.screen.prepared is not None and "SIN COMPROBAR: el recaudador no" in desk.shown()
        assert desk.orders() == []
        await desk.keys("<enter>")
    assert desk.orders() == [("biller.pay", "ensa", ENSA, 40_00)]


async def test_a_silent_biller_by_the_line_and_asked_again(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        desk.sandbox.faults.add(Fault.DOWN, times=1)
        await desk.keys(f":pg ensa {ENSA} 40<enter>")
        assert desk.screen.prepared is not None and "SIN COMPROBAR: el recaudador no" in desk.shown()
        await desk.keys("<escape>")
        desk.screen.reference.input.focus()
        await desk.keys("<enter>")  # it answers now
        assert desk.screen.prepared is not None and not desk.screen.asked.unchecked
        assert desk.screen.found.holder in desk.shown() and "SIN COMPROBAR" not in desk.shown()
    assert desk.orders() == []


async def test_a_silent_biller_that_fixes_the_amount_promises_nothing_and_is_asked_again(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        desk.sandbox.fault = Fault.DOWN
        await desk.keys(":pg<enter>attt<enter>8-123-456<enter>123456<enter>")
        assert "no se movió dinero" in desk.shown() and desk.screen.reference.input.has_focus
        desk.sandbox.fault = None
        await desk.keys("<enter><enter>")
        assert desk.screen.prepared is not None
    assert desk.orders() == []


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.ANSWER_LOST, Fault.WRONG_AMOUNT, Fault.MALFORMED])
async def test_what_the_gateway_leaves_open_is_in_process_and_not_repeated(desk: BillCounter, fault: Fault) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(f":pg<enter>ensa<enter>{ENSA}<enter>")
        desk.sandbox.fault = fault
        await desk.keys("<enter>")
        assert "Pago EN PROCESO: el recaudador no ha contestado. No lo repita" in desk.shown()
        assert ("Estado", "En proceso") in desk.screen.receipt.lines
        await desk.keys("<enter><f2><enter>")
        assert "EN PROCESO" in desk.shown() and "aplic" not in desk.shown()
        assert len(desk.orders()) == 1
        await desk.keys("<escape>")
        assert isinstance(desk.screen, RecordScreen) and "Pago EN PROCESO" in desk.shown()
    assert len(desk.sandbox.orders()) <= 1


async def test_a_receipt_in_process_tells_by_itself_how_it_ended(desk: BillCounter) -> None:
    """Whoever settles it: the screen listens to the worker's round, and the record's line goes with it."""
    app, gateway = desk.served.desk.app, BillerGateway(desk.sandbox.url)

    async def settle(state: str) -> None:
        (order,) = desk.world.rows("SELECT id FROM biller_order WHERE state IN ('pending', 'sent')")
        desk.sandbox.faults.clear()
        if state == "refused":
            desk.sandbox.faults.add(Fault.REFUSED, times=1)
        assert attempt(order["id"], gateway, desk.world.uow, at_once=True).state == state
        app._mail_moved()  # what a worker's round with mail in it tells
        await desk.served.desk.rest()

    async with desk.served.desk.open(level=2):
        desk.sandbox.faults.add(Fault.DOWN)
        await desk.keys(f":pg ensa {ENSA} 40<enter>")
        await desk.keys("<enter>")
        assert "EN PROCESO" in desk.shown()
        app.watch_orders()
        await desk.served.desk.rest()
        assert "EN PROCESO" in desk.shown()
        seen = len(desk.world.events("receipt.view"))
        await settle("paid")
        assert "Pago aplicado: comprobante" in desk.shown() and "EN PROCESO" not in desk.shown()
        assert ("Estado", "Pagada") in desk.screen.receipt.lines
        assert len(desk.world.events("receipt.view")) == seen + 1
        await settle_nothing(desk)
        desk.sandbox.faults.add(Fault.DOWN)
        await desk.keys(f"<escape>:pg ensa {ENSA} 30<enter>")
        await desk.keys("<enter><escape>")
        assert isinstance(desk.screen, RecordScreen) and "▲ En proceso: ENSA B/.30.00" in desk.shown()
        await settle("refused")
        assert "En proceso" not in desk.shown() and desk.world.balance(desk.served.desk.first) == 1_282_64


async def settle_nothing(desk: BillCounter) -> None:
    """A round that ended nothing on show reads nothing."""
    before = len(desk.world.events())
    desk.served.desk.app.watch_orders()
    await desk.served.desk.rest()
    assert len(desk.world.events()) == before


async def test_what_the_biller_refuses_goes_back(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(f":pg<enter>ensa<enter>{ENSA}<enter>")
        desk.sandbox.fault = Fault.REFUSED
        await desk.keys("<enter>")
        assert "Pago NO REALIZADO: el dinero sigue en la cuenta" in desk.shown()
        assert ("Estado", "Rechazada por el recaudador") in desk.screen.receipt.lines
    assert desk.world.balance(desk.served.desk.first) == 1_322_64


async def test_the_same_again_is_warned_of(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        for _ in range(2):
            await desk.keys(f":pg ensa {ENSA} 5<enter>")
            assert ("ya se ordenó una igual" in desk.shown()) is bool(desk.orders())
            await desk.keys("<enter><escape>")


async def test_what_the_database_leaves_open_is_asked_for_under_the_same_key(
    desk: BillCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    def lost(command: ConfirmBill, operator: Operator, gateway: BillerGateway, uow: UnitOfWork) -> Receipt:
        keys.append(command.key)
        receipt = confirm_bill(command, operator, gateway, uow)
        if len(keys) == 1:
            raise OutcomeUnknown
        return receipt

    monkeypatch.setattr("screens.bill.confirm_bill", lost)
    async with desk.served.desk.open(level=2):
        await desk.keys(f":pg<enter>ensa<enter>{ENSA}<enter><enter>")
        assert "No se sabe si se aplicó" in desk.shown() and "Sin respuesta" in desk.shown()
        await desk.keys("9<f2>")
        assert "Ya estaba aplicado" in desk.shown() and desk.screen.receipt.outcome == "posted"
    assert len(desk.orders()) == 1 and keys[0] == keys[1]


async def test_leaving_while_the_answer_is_out_does_not_lose_it(sqlite_world: World, tmp_path: Path) -> None:
    """A slow gateway lets Esc through; the form stays until it is known what became of the money."""
    with bill_counter(sqlite_world, tmp_path, accounts=1, slow_seconds=2) as desk:
        async with desk.served.desk.open(level=2):
            await desk.keys(f":pg<enter>ensa<enter>{ENSA}<enter>")
            desk.sandbox.fault = Fault.SLOW
            app = desk.served.desk.app
            app.post_message(key_event("enter"))
            while not desk.orders():
                await asyncio.sleep(0.002)
            app.gate.release_all()  # as Esc does after a second
            await burst(app, "<escape><escape>9<enter><f2>")
            assert isinstance(desk.screen, BillScreen) and "Ya se envió y falta la respuesta" in desk.shown()
            await until_answered(desk)
            assert isinstance(desk.screen, BillScreen) and desk.screen.receipt.outcome == "posted", desk.shown()
    assert len(desk.orders()) == 1


async def until_answered(desk: BillCounter) -> None:
    while any(worker.name == "post" and not worker.is_finished for worker in desk.served.desk.app.workers):
        await asyncio.sleep(0.002)
    await desk.served.desk.rest()


# Looks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_what_each_state_of_the_form_looks_like(
    sqlite_world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    named = f"{size[0]}x{size[1]}"
    with bill_counter(sqlite_world, tmp_path, accounts=1, size=size) as desk:
        async with desk.served.desk.open(level=2):
            app = desk.served.desk.app
            await desk.keys(":pg<enter>")
            assert_snapshot(app, f"bill_billers_{named}")
            await desk.keys("multas<enter>")
            assert_snapshot(app, f"bill_reference_{named}")
            await desk.keys("<escape>")
            assert isinstance(desk.screen, Confirm)
            await desk.keys(f"<f2>:pg<enter>ensa<enter>{ENSA}<enter>")
            assert_snapshot(app, f"bill_review_{named}")
            await desk.keys("<escape>")
            assert_snapshot(app, f"bill_due_{named}")
            desk.sandbox.fault = Fault.ANSWER_LOST
            await desk.keys("<enter><enter>")
            if size == NARROW:  # The paper's random reference lies below the edge.
                assert_snapshot(app, f"bill_in_process_{named}")


async def test_a_terminal_that_is_made_smaller_keeps_the_review_whole(sqlite_world: World, tmp_path: Path) -> None:
    with bill_counter(sqlite_world, tmp_path, accounts=1, size=WIDE) as desk:
        async with desk.served.desk.open(level=2) as pilot:
            await desk.keys(f":pg<enter>ensa<enter>{ENSA}<enter>")
            await pilot.resize_terminal(*NARROW)
            while desk.served.desk.app.screen._compositor.size != NARROW:  # laid out anew, not only told
                await pilot.pause()
            await desk.served.desk.rest()
            assert_snapshot(desk.served.desk.app, "bill_review_80x24")


async def test_at_the_end_of_the_verification_what_the_biller_said_goes(desk: BillCounter) -> None:
    async with desk.served.desk.open(level=2):
        await desk.keys(f":pg<enter>ensa<enter>{ENSA}<enter>")
        holder = desk.screen.found.holder
        assert holder in desk.shown()
        desk.served.desk.run_out()
        await desk.served.desk.tick()
        assert holder not in desk.shown() and desk.screen.prepared is None
        desk.served.desk.lease(2)
        await desk.keys("<f2>")
        assert holder in desk.shown() and desk.screen.prepared is not None


def test_all_operations_of_billers_have_a_word() -> None:
    from screens.bill_line import OPS

    assert set(OPS.values()) == {Op.BILLER_PAY, Op.BILLER_TOP_UP}


async def test_every_account_that_can_pay_stands_beside_the_form(sqlite_world: World, tmp_path: Path) -> None:
    """The list's height is that of its first drawing, before it knows its width."""
    with bill_counter(sqlite_world, tmp_path, accounts=2) as desk:
        async with desk.served.desk.open(level=2):
            await desk.keys(f":pg ensa {ENSA} 40<enter>")
            assert desk.screen.source.input.has_focus and desk.screen.prepared is None
            assert " 1 06-" in desk.shown() and " 2 06-" in desk.shown()

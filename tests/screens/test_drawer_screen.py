"""The drawer by keyboard: opened, counted blind, explained, closed; cash moved by four hands (C13)."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens.count import CountScreen
from screens.desk import Desk
from screens.dialogs.second_person import SecondPersonDialog
from screens.drawer import DrawerScreen
from screens.drawer_report import DifferenceScreen, DrawerReportScreen
from screens.receipt import ReceiptScreen
from services.drawer_handovers import OfferCash, SettleHandover, handovers, offer_cash, settle_handover
from services.operator import Channel, Role
from tests.screens.counter_desk import CounterDesk, counter_desk
from tests.screens.staff import at_rest, at_the_desk
from tests.screens.support import SIZES, KeyCounter, assert_snapshot, screen_text
from tests.services.counters import in_notes
from tests.services.world import PASSWORD, World

HUNDREDS = "{}<f2>"  # the first line is the note of 100


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> CounterDesk:
    return counter_desk(sqlite_world, tmp_path)


async def open_with_500(desk: CounterDesk) -> None:
    await desk.keys("a5<f2>")
    assert isinstance(desk.app.screen, DrawerScreen) and "Caja abierta." in screen_text(desk.app)


async def test_opened_by_counting_and_shown_at_the_desk(desk: CounterDesk) -> None:
    async with desk.at_the_drawer():
        assert "○ Cerrada" in screen_text(desk.app)
        await desk.keys("c")
        assert "Su caja está cerrada" in screen_text(desk.app)
        await open_with_500(desk)
        shown = screen_text(desk.app)
        assert "● Abierta desde las 09:00" in shown and "Apertura  B/.500.00" in shown
        await desk.keys("a")
        assert "ya está abierta" in screen_text(desk.app)
        await desk.keys("<escape>")
        assert isinstance(desk.app.screen, Desk) and "● caja abierta 09:00" in screen_text(desk.app)
    assert desk.counter.cash() == 500_00


@pytest.mark.parametrize("size", SIZES)
async def test_the_count_adds_up_and_never_says_what_there_should_be(desk: CounterDesk, size: tuple[int, int]) -> None:
    async with desk.at_the_drawer(size):
        await open_with_500(desk)
        desk.deposit(81_25)
        await desk.keys("c5<enter><down>3<down>1<down><down><down>x6<up>7")
        assert isinstance(desk.app.screen, CountScreen)
        shown = screen_text(desk.app)
        assert "581.25" not in shown and "Contado" in shown
        assert_snapshot(desk.app, f"drawer_count_{size[0]}x{size[1]}")
        await desk.keys("<escape>")
        assert "¿Descartar" in screen_text(desk.app)


async def test_closing_costs_two_keys_and_the_counts(desk: CounterDesk) -> None:
    async with desk.at_the_drawer() as pilot:
        await open_with_500(desk)
        counted = KeyCounter(pilot)
        await counted.press("c")
        await at_rest(desk.app)
        await counted.data("5")
        await counted.press("f2")
        await at_rest(desk.app)
        assert isinstance(desk.app.screen, DrawerReportScreen) and counted.count <= 2
        assert "CIERRE DE CAJA" in screen_text(desk.app)
    assert desk.counter.vault() == 50_000_00


@pytest.mark.parametrize("size", SIZES)
async def test_a_difference_is_told_after_the_count_with_its_suspects(desk: CounterDesk, size: tuple[int, int]) -> None:
    async with desk.at_the_drawer(size):
        await open_with_500(desk)
        for amount in (100_00, 100_00, 31_00):
            desk.deposit(amount)
        await desk.keys("c6<down><down><down><down><down><down>31<f2>")
        assert isinstance(desk.app.screen, DifferenceScreen)
        shown = screen_text(desk.app)
        assert "Faltan B/.100.00" in shown and "Puede contar 1 vez más" in shown
        assert_snapshot(desk.app, f"drawer_difference_{size[0]}x{size[1]}")
        await desk.keys("<enter>")
        assert isinstance(desk.app.screen, ReceiptScreen) and "B/.100.00" in screen_text(desk.app)
        await desk.keys("<escape>r")
        assert isinstance(desk.app.screen, CountScreen)
        await desk.keys("7<down><down><down><down><down><down>31<f2>")
        assert isinstance(desk.app.screen, DrawerReportScreen)
        assert "Apertura                       B/.500.00" in screen_text(desk.app)  # its last line differs each time
        await desk.keys("<f9>")
        assert "cierre-C-0000001.pdf" in screen_text(desk.app)
        await desk.keys("<escape>")
        assert "Caja cerrada. Diferencia: Ninguna." in screen_text(desk.app)
    assert desk.counter.differences() == 0


async def test_f2_lets_the_difference_stand_and_esc_leaves_it_open(desk: CounterDesk) -> None:
    async with desk.at_the_drawer():
        await open_with_500(desk)
        await desk.keys("c4<f2>")
        assert isinstance(desk.app.screen, DifferenceScreen)
        await desk.keys("<escape>")
        assert isinstance(desk.app.screen, DrawerScreen)
        assert "Conteos que no cuadraron  1 de 2" in screen_text(desk.app)
        assert desk.counter.cash() == 500_00
        await desk.keys("g4<f2><escape>")
        assert "Faltan B/.100.00" in screen_text(desk.app)
    assert (desk.counter.cash(), desk.counter.differences()) == (400_00, -100_00)


async def test_a_key_that_repeats_closes_no_drawer_with_a_difference(desk: CounterDesk) -> None:
    async with desk.at_the_drawer():
        await open_with_500(desk)
        await desk.keys("c4<f2><f2><f2>")
        assert "¿Cerrar con esta diferencia?" in screen_text(desk.app) and desk.counter.cash() == 500_00
        await desk.keys("<escape>")
        assert isinstance(desk.app.screen, DifferenceScreen)
        await desk.keys("<f2><f4><escape>")
        assert "Faltan B/.100.00" in screen_text(desk.app)
    assert (desk.counter.cash(), desk.counter.differences()) == (0, -100_00)


async def test_more_than_the_policy_s_amount_asks_for_a_supervisor(desk: CounterDesk) -> None:
    world = desk.counter.world
    async with desk.at_the_drawer():
        await open_with_500(desk)
        await desk.keys("d20<f2>")
        assert isinstance(desk.app.screen, SecondPersonDialog)
        await desk.keys("jefa<enter>no-es-esta<enter>000000<enter>")
        assert isinstance(desk.app.screen, SecondPersonDialog) and "incorrectos" in screen_text(desk.app)
        await desk.keys(f"{PASSWORD}<enter>{world.code().reveal()}<enter>")
        assert isinstance(desk.app.screen, DrawerScreen), screen_text(desk.app)
        assert "B/.2,000.00, comprobante" in screen_text(desk.app)
        assert desk.counter.cash() == 2_500_00
        await desk.keys("d20<f2><escape>")
        assert isinstance(desk.app.screen, DrawerScreen) and desk.counter.cash() == 2_500_00
        await desk.keys("b5<f2>")
        assert desk.counter.cash() == 2_000_00


async def test_cash_from_drawer_to_drawer(desk: CounterDesk) -> None:
    counter, world = desk.counter, desk.counter.world
    other = world.staff("otra", [Role.CASHIER], branch="018", channel=Channel.BRANCH)
    counter.open(100_00, operator=other)
    async with desk.at_the_drawer():
        await open_with_500(desk)
        await desk.keys("t2<f2>")
        assert isinstance(desk.app.screen, CountScreen) and "Falta este dato" in screen_text(desk.app)
        await desk.keys("otra<enter>")
        assert "usted → otra" in screen_text(desk.app)
        await desk.keys("r")
        assert "lo recibe la otra persona" in screen_text(desk.app)
        (waiting,) = handovers(other, world.uow)
        settle_handover(SettleHandover(waiting.handover_id, "accept"), other, world.uow)
        offer_cash(OfferCash(waiting.handover_id[:-1] + "0", "caja", in_notes(50_00)), other, world.uow)
        await desk.keys("<f5>")
        assert "otra → usted" in screen_text(desk.app)
        await desk.keys("r")
        assert "Recibido de otra, comprobante" in screen_text(desk.app)
        assert "otra → usted" not in screen_text(desk.app)
    assert (counter.cash(), counter.cash(other)) == (350_00, 250_00)


async def test_others_have_no_drawer(sqlite_world: World, tmp_path: Path) -> None:
    desk = counter_desk(sqlite_world, tmp_path)
    sqlite_world.staff(sign_in=False)
    async with at_the_desk(desk.app):
        await desk.keys("<ctrl+g>")
        assert isinstance(desk.app.screen, Desk) and "Su rol no permite" in screen_text(desk.app)
        assert "caja" not in screen_text(desk.app).split("Mi día")[1]

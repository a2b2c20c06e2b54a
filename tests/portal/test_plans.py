"""A member's favourites and scheduled payments, by keyboard, with the proofs of the payment itself (S10–S31)."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.engine import writing
from screens.dialogs.message import Message
from screens.portal.ask import Ask, AskSecret
from screens.portal.choose import Choose
from screens.portal.home import Home
from screens.portal.review import PaymentReceipt, ReviewPayment
from services.schedule_runs import run_due
from tests.portal.test_payments import balance, code_of, inside
from tests.screens.support import SIZES, assert_snapshot
from tests.services.world import World

FAVOURITES, PLANS = "t<end><up><enter>", "t<end><enter>"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_transfer_is_scheduled_seen_and_cancelled(
    size: tuple[int, int], sqlite_world: World, tmp_path: Path
) -> None:
    name = f"{size[0]}x{size[1]}"
    async with inside(sqlite_world, tmp_path, size) as desk:
        await desk.keys(f"{PLANS}<enter><enter><enter><enter>75<enter>para luz<enter><enter>")
        assert "¿Desde cuándo?" in desk.on(Ask)._question
        await desk.fill(first="30/11/2026", end="3", label="Para luz")
        assert_snapshot(desk.app, f"portal_plan_dates_{name}")
        await desk.keys("<enter>")
        desk.on(ReviewPayment)
        assert "3 veces" in desk.text and "30/11/2026" in desk.text
        await desk.keys("<enter>")
        assert "quedó programado" in desk.on(Message)._text
        await desk.keys("<enter>")
        assert "Para luz · B/.75.00" in desk.text
        assert_snapshot(desk.app, f"portal_plans_{name}")
        await desk.keys("<down><enter>")
        assert "Omitir la próxima fecha (30/11/2026)" in desk.text
        await desk.keys("<enter>")
        assert "No se pagará el 30/11/2026" in desk.on(Message)._text
        await desk.keys("<enter><down><enter><down><enter>")
        assert "quedó cancelado" in desk.on(Message)._text
        await desk.keys("<enter>")
        assert "cancelado" in desk.text
        await desk.keys("<down><enter>")
        assert "Está cancelado." in desk.on(Message)._text
        await desk.keys("<enter><escape>")
        desk.on(Home)
    assert balance(sqlite_world, "06-018-50012-1") == 1_322_64


async def test_a_payee_is_kept_from_the_receipt_then_scheduled_with_a_code(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("t<home>" + "<down>" * 5 + "<enter><enter>50233<enter>40<enter><enter><f2><enter>")
        desk.on(AskSecret)
        await desk.keys(f"{code_of(sqlite_world)}<enter>")
        desk.on(PaymentReceipt)
        await desk.keys("g")
        assert "quedó en los favoritos" in desk.text
        await desk.keys("<enter>")
        desk.on(Home)
        await desk.keys(FAVOURITES)
        desk.on(Choose)
        assert "ROSA D" in desk.text
        await desk.keys("<enter><down><enter>")  # «Programar»
        await desk.keys("<enter>25<enter><enter><enter>")
        assert "¿Desde cuándo?" in desk.on(Ask)._question
        await desk.fill(first="01/12/2026")
        await desk.keys("<enter><enter><enter>")
        desk.on(ReviewPayment)
        await desk.keys("<f2><enter>")
        desk.on(AskSecret)
        await desk.keys(f"{code_of(sqlite_world)}<enter>")
        assert "quedó programado" in desk.on(Message)._text
        await desk.keys("<enter><enter><down><down><enter>")  # its name
        await desk.fill(label="Tía Rosa")
        await desk.keys("<enter>")
        assert "Tía Rosa" in desk.text
        await desk.keys("<enter><end><enter>")
        assert "Favorito quitado" in desk.on(Message)._text
        await desk.keys("<enter>")
        assert "Todavía no tiene favoritos" in desk.on(Message)._text
    sqlite_world.clock.moment = sqlite_world.clock.moment.replace(month=12, day=1)
    assert run_due(sqlite_world.uow) == 1 and balance(sqlite_world, "06-018-50233-1") == 65_00


async def test_a_favourite_is_paid_without_its_account_being_typed(sqlite_world: World, tmp_path: Path) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("t<home><enter><enter><enter>75<enter><enter><enter>")
        desk.on(PaymentReceipt)
        await desk.keys("g<enter>")
        await desk.keys(f"{FAVOURITES}<enter><enter><enter>20<enter><enter><enter>")
        desk.on(PaymentReceipt)
        await desk.keys("<enter>")
        desk.on(Home)
        assert "1,227.64" in desk.text
    assert balance(sqlite_world, "06-018-50012-2") == 95_00
    assert sqlite_world.scalar("SELECT uses FROM favourite") == 1


async def test_a_favourite_that_cannot_be_paid_says_why_and_a_date_that_is_none_too(
    sqlite_world: World, tmp_path: Path
) -> None:
    async with inside(sqlite_world, tmp_path) as desk:
        await desk.keys("t<home><enter><enter><enter>75<enter><enter><enter>g<enter>")
        with writing(sqlite_world.engine).begin() as connection:
            connection.exec_driver_sql("UPDATE account SET status = 'blocked' WHERE number = '06-018-50012-2'")
        await desk.keys(f"{FAVOURITES}<enter>")
        assert "no recibe pagos por ahora" in desk.text and "Pagar" not in [
            line for _, line in desk.on(Choose)._choices
        ]
        await desk.keys("<escape><escape>")
        desk.on(Home)
        with writing(sqlite_world.engine).begin() as connection:
            connection.exec_driver_sql("UPDATE account SET status = 'open'")
        await desk.keys(f"{PLANS}<enter><enter><enter><enter>75<enter><enter><end><enter>")
        await desk.fill(first="22/11/2026")
        await desk.keys("<enter><enter>")
        assert "¿Desde cuándo?" in desk.on(Ask)._question and "✗" in desk.text
        await desk.keys("<escape>")
        assert "¿Cada cuánto?" in desk.text
    assert sqlite_world.scalar("SELECT count(*) FROM schedule") == 0

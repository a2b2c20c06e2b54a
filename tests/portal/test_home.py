"""The member's first page and what it leads to: groups, columns, movements, detail, statement, «Salir» (S74–S92)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from screens.dialogs.confirm import Confirm
from screens.portal.account_detail import CardStatement, Detail
from screens.portal.home import Home
from screens.portal.movements import MemberMovements
from screens.portal.review import PaymentReceipt
from screens.portal.statement import MonthlyStatement
from screens.portal.user import User
from tests.portal.kiosk import Kiosk, kiosk
from tests.screens.support import SIZES, assert_snapshot, told
from tests.services.portal_door import member_inside
from tests.services.world import World
from widgets.account_groups import AccountGroups

CARD = {"minimum": 35_00, "statement": 280_00, "limit": 5_000_00, "due_day": 5}


@asynccontextmanager
async def at_home(world: World, folder: Path, size: tuple[int, int] = SIZES[0]) -> AsyncIterator[Kiosk]:
    """A member with the guide's accounts, and one that nobody affiliated."""
    _, member = member_inside(world)
    world.account(member, product="01", label="APORTACIONES", balance=250_00, number="01-002-50012-1-7")
    world.account(member, product="03", label="FONDO DE INCAPACIDAD TEMPORAL", balance=75_00, number="03-002-50012-1-1")
    debts = {"floor": -10_000_00, "min_balance": -10_000_00}
    world.account(member, product="31", label="SEG.VIDA", balance=-62_68, number="0090703-6", **debts)
    card = {"card_last4": "4471", "terms": json.dumps(CARD)} | debts
    number = "5216-XXXX-XXXX-4471"
    world.account(member, product="41", label="MASTERCARD CLASICA PROFECARD", balance=-1_322_64, number=number, **card)
    world.account(member, product="06", label="SIN AFILIAR", number="06-002-50012-9", affiliated_at=None)
    async with kiosk(world, folder, size, first_access=False) as desk:
        desk.member = member
        await desk.sign_in()
        desk.on(Home)
        yield desk


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_first_page_is_the_guides(size: tuple[int, int], sqlite_world: World, tmp_path: Path) -> None:
    async with at_home(sqlite_world, tmp_path, size) as desk:
        assert "Buenos días, Itzel" in desk.text
        for title in ("Cuentas de Aportes", "Seguros", "Tarjetas de Crédito"):
            assert title in desk.text
        for column in ("No. cuenta", "Descripción", "Saldo", "Movimientos"):
            assert column in desk.text
        for link in ("Últimos 10, 20, 30", "Ver detalle", "Extracto de tarjeta"):
            assert link in desk.text
        assert "1,322.64" in desk.text and "SIN AFILIAR" not in desk.text
        assert_snapshot(desk.app, f"portal_home_{size[0]}x{size[1]}")
        await desk.keys("+")
        assert "Descripción: APORTACIONES" in desk.text


async def test_the_last_visit_is_told(sqlite_world: World, tmp_path: Path) -> None:
    async with at_home(sqlite_world, tmp_path) as desk:
        assert "Última visita: 23/11/2026|09:00 am" in desk.text
        await desk.keys("<escape><f2>")
        desk.clock.advance(4 * 3600)
        await desk.sign_in()
        await desk.keys("<escape><f2>")
        await desk.sign_in()
        assert "Buenas tardes, Itzel" in desk.text and "Última visita: 23/11/2026|01:00 pm" in desk.text


@pytest.mark.parametrize(("key", "count"), [("1", 10), ("2", 20), ("3", 30), ("<enter>", 10)])
async def test_movements_ten_twenty_thirty(key: str, count: int, sqlite_world: World, tmp_path: Path) -> None:
    async with at_home(sqlite_world, tmp_path) as desk:
        account = sqlite_world.scalar("SELECT id FROM account WHERE number = '01-002-50012-1-7'")
        for amount in range(1, 35):
            sqlite_world.fund(account, amount)
        await desk.keys(key)
        screen = desk.on(MemberMovements)
        assert screen.count == count and screen.query_one("#movements").row_count == count
        await desk.keys("3")
        assert screen.query_one("#movements").row_count == 30
        await desk.keys("<escape>")
        desk.on(Home)


async def test_a_movement_without_receipt_says_so(sqlite_world: World, tmp_path: Path) -> None:
    async with at_home(sqlite_world, tmp_path) as desk:
        await desk.keys("1<enter>")
        desk.on(MemberMovements)
        assert any("no tiene comprobante" in text for text in told(desk.app))
        assert not any(isinstance(screen, PaymentReceipt) for screen in desk.app.screen_stack)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_detail_and_statement(size: tuple[int, int], sqlite_world: World, tmp_path: Path) -> None:
    async with at_home(sqlite_world, tmp_path, size) as desk:
        groups = desk.app.screen.query_one(AccountGroups)
        await desk.keys("<down><down>")
        assert groups.current is not None and groups.current.link == "Ver detalle"
        await desk.keys("<enter>")
        desk.on(Detail)
        assert "Saldo adeudado" in desk.text and "62.68" in desk.text
        await desk.keys("<escape><down><enter>")
        desk.on(CardStatement)
        assert_snapshot(desk.app, f"portal_card_statement_{size[0]}x{size[1]}")
        assert "Pago mínimo" in desk.text and "35.00" in desk.text and "Saldo de hoy" in desk.text


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_months_statement_is_read_and_mailed(
    size: tuple[int, int], sqlite_world: World, tmp_path: Path
) -> None:
    async with at_home(sqlite_world, tmp_path, size) as desk:
        await desk.keys("e")
        screen = desk.on(MonthlyStatement)
        assert screen.period == "2026-10" and "Octubre de 2026. Del 01/10/2026 al 31/10/2026." in desk.text
        assert_snapshot(desk.app, f"portal_month_statement_{size[0]}x{size[1]}")
        await desk.keys("m<down><enter>")
        assert screen.period == "2026-09" and "Septiembre de 2026" in desk.text
        await desk.keys("e")
        assert "El PDF va en camino a s•••@example.com." in desk.text
        await desk.keys("<escape>")
        desk.on(Home)
        await desk.keys("<down><down><down><enter>")
        desk.on(CardStatement)
        await desk.keys("e")
        assert "El PDF va en camino a" in desk.text
    queued = sqlite_world.rows("SELECT template FROM outbox WHERE template LIKE '%asked' ORDER BY id")
    assert [row["template"] for row in queued] == ["account_statement_asked", "card_statement_asked"]


async def test_leaving_asks_first_and_ends_the_session(sqlite_world: World, tmp_path: Path) -> None:
    async with at_home(sqlite_world, tmp_path) as desk:
        await desk.keys("<escape>")
        desk.on(Confirm)
        await desk.keys("<escape>")
        desk.on(Home)
        await desk.keys("x<f2>")
        desk.on(User)
        assert sqlite_world.scalar("SELECT count(*) FROM member_session WHERE ended_at IS NULL") == 0
        assert "250.00" not in desk.text and "ITZEL" not in desk.text


async def test_the_absolute_limit_ends_the_visit_in_the_middle(sqlite_world: World, tmp_path: Path) -> None:
    """Twenty minutes at a kiosk, however busy (req. 13)."""
    limits = sqlite_world.uow.policy.portal
    async with at_home(sqlite_world, tmp_path) as desk:
        for _ in range(limits.kiosk_absolute_minutes + 1):
            await desk.keys("<down>")
            await desk.pass_time(60)
        desk.on(User)
        assert "250.00" not in desk.text

"""Every kind of payment that the guide names, from its line in «Transacciones» to its receipt (S10–S31)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from screens.portal.ask import Ask
from screens.portal.home import Home
from screens.portal.review import PaymentReceipt, ReviewPayment
from services.operations import Op
from services.sandbox_billers import SandboxBillers
from tests.portal.kiosk import Kiosk, kiosk
from tests.portal.test_payments import balance, code_of
from tests.screens.counter import CARD, LOAN
from tests.services.portal_door import member_inside
from tests.services.world import World

pytestmark = pytest.mark.thorough

ACCOUNTS = (
    ("11", "PLAN DE CAPITALIZACIÓN", 0, {"quota": 20_00}, "11-018-50012-1"),
    ("21", "PRÉSTAMO PERSONAL", -900_00, LOAN, "21-018-50012-1"),
    ("41", "MASTERCARD CLASICA PROFECARD", -322_64, CARD, "5216-XXXX-XXXX-4471"),
    ("51", "PLAN CELULAR", -18_50, {"quota": 18_50}, "51-018-50012-1"),
)


@asynccontextmanager
async def paying(world: World, folder: Path, billers_url: str | None = None) -> AsyncIterator[Kiosk]:
    """A member with an account of each kind, at their accounts."""
    _, member = member_inside(world)
    world.account(member, balance=1_000_00, number="06-018-50012-1")
    for product, label, owed, terms, number in ACCOUNTS:
        lowest = min(0, owed * 2)
        card = {"card_last4": "4471"} if product == "41" else {}
        world.account(
            member, product=product, label=label, balance=owed, floor=lowest, min_balance=lowest,
            terms=json.dumps(terms), number=number, **card,
        )  # fmt: skip
    async with kiosk(world, folder, first_access=False) as desk:
        desk.app.settings = replace(desk.app.settings, billers_url=billers_url)
        desk.member = member
        await desk.sign_in()
        desk.on(Home)
        yield desk


@pytest.mark.parametrize(
    ("line", "number", "kind"),
    [
        (1, "11-018-50012-1", Op.QUOTA_PAY),
        (2, "21-018-50012-1", Op.LOAN_PAY),
        (3, "5216-XXXX-XXXX-4471", Op.CARD_PAY),
        (4, "51-018-50012-1", Op.SERVICE_PAY),
    ],
)
async def test_an_own_account_of_each_kind(
    line: int, number: str, kind: Op, sqlite_world: World, tmp_path: Path
) -> None:
    async with paying(sqlite_world, tmp_path) as desk:
        before = balance(sqlite_world, number)
        await desk.keys("t<home>" + "<down>" * line + "<enter><enter><enter>")
        desk.on(Ask)
        await desk.keys("<enter><enter>")  # The usual amount stands there already.
        desk.on(ReviewPayment)
        await desk.keys("<enter>")
        desk.on(PaymentReceipt)
        assert balance(sqlite_world, number) > before
        assert sqlite_world.scalar("SELECT count(*) FROM operation WHERE kind = :kind", kind=kind.value) == 1


@pytest.mark.parametrize("line", [6, 7], ids=["bill", "recarga"])
async def test_an_outside_biller_is_paid_with_a_code(line: int, sqlite_world: World, tmp_path: Path) -> None:
    with SandboxBillers(tmp_path / "recaudadores", now=sqlite_world.clock.now) as sandbox:
        async with paying(sqlite_world, tmp_path, sandbox.url) as desk:
            biller = "ENSA" if line == 6 else "+Móvil"
            await desk.keys("t<home>" + "<down>" * line + "<enter><enter>")
            assert biller in desk.text
            choices = desk.app.screen.query_one("#choices")
            choices.mark("ensa" if line == 6 else "mas-movil")
            await desk.keys("<enter>" + ("123456" if line == 6 else "61234567") + "<enter>")
            if line == 6:
                desk.on(Ask)
            await desk.keys("<enter>")
            desk.on(ReviewPayment)
            await desk.keys("<enter><enter>")
            await desk.keys(f"{code_of(sqlite_world)}<enter>")
            desk.on(PaymentReceipt)
            assert sqlite_world.scalar("SELECT count(*) FROM biller_order") == 1
            assert balance(sqlite_world, "06-018-50012-1") < 1_000_00

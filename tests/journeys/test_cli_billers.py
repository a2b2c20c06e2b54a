"""`billers orders` and `billers reconcile` as scripts call them, against a gateway over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from data.catalog.billers import PaymentKind
from data.engine import writing
from data.values.dates import format_date, panama_date
from data.values.uuid7 import uuid7
from services.bill_entry import BillExecution, execute_bill
from services.biller_gateway import BillerGateway, Order
from services.biller_payments import PrepareBill, wanted_bill
from services.operations import Op
from services.operator import system_operator
from services.sandbox_billers import Fault, SandboxBillers
from services.unit_of_work import UnitOfWork
from tests.journeys.test_cli import Console, made

pytestmark = pytest.mark.timeout(400)


def set_aside(uow: UnitOfWork) -> str:
    """An order that waits: B/.1.00 of a member with savings; its key."""
    with writing(uow.engine).begin() as connection:
        account, member = connection.execute(
            text(
                "SELECT id, member_id FROM account WHERE product = '06' AND balance > 10000 AND status = 'open' LIMIT 1"
            )
        ).one()
        connection.execute(
            text("UPDATE account SET affiliated_at = '2026-01-01T00:00:00Z' WHERE id = :id"), {"id": account}
        )
    key = uuid7()
    with uow.begin_system(system_operator("prueba"), member_id=member) as tx:
        command = PrepareBill(Op.BILLER_TOP_UP, member, account, "mas-movil", "61234567", 1_00)
        execute_bill(tx, BillExecution(wanted_bill(tx, command), key), agreed=lambda _: None)
        tx.commit()
    return key


@pytest.mark.thorough
def test_a_day_and_what_is_in_process(tmp_path: Path) -> None:
    console = made(tmp_path)
    assert console.run("billers", "orders").out == "No hay órdenes en proceso.\n"
    refused = console.run("billers", "reconcile")
    assert refused.code == 1 and "no tiene pasarela" in refused.err
    with SandboxBillers(tmp_path / "sandbox") as sandbox, console.store() as uow:
        with (console.data / ".env").open("a") as settings:
            settings.write(f"COOP_BILLERS_URL={sandbox.url}\n")
        today = panama_date(uow.clock.now())
        _clean_and_differing(console, sandbox, uow, format_date(today))
        future = console.run("billers", "reconcile", "--day", format_date(today + timedelta(days=1)))
        assert future.code == 1 and "aún no ha llegado" in future.err
        assert "Fecha no válida" in console.run("billers", "reconcile", "--day", "31/02/2026").err
        sandbox.fault = Fault.DOWN
        silent = console.run("--json", "billers", "reconcile")
        assert (silent.code, silent.answer["error"]) == (1, "no_settlement_file")


def _clean_and_differing(console: Console, sandbox: SandboxBillers, uow: UnitOfWork, today: str) -> None:
    key = set_aside(uow)
    waiting = console.run("--json", "billers", "orders")
    (row,) = waiting.answer["data"]
    assert waiting.code == 0 and (row["id"], row["amount"], row["attention"]) == (key, 1_00, False)
    assert "en proceso" in console.run("billers", "orders").out
    BillerGateway(sandbox.url).order(Order(key, "mas-movil", PaymentKind.TOP_UP, "61234567", None, 1_00))
    clean = console.run("--json", "billers", "reconcile", "--day", today)
    data = clean.answer["data"]
    assert clean.code == 0 and (data["orders"], data["ours"], data["theirs"], data["lines"]) == (1, 1_00, 1_00, [])
    assert console.run("billers", "orders").out == "No hay órdenes en proceso.\n"  # it was settled on the way
    BillerGateway(sandbox.url).order(Order(uuid7(), "ensa", PaymentKind.BILL, "1234567", None, 9_99))
    differing = console.run("billers", "reconcile", "--day", today)
    assert differing.code == 1 and "No salió de aquí" in differing.out and "avise a seguridad" in differing.out
    assert console.run("ledger", "check").code == 0

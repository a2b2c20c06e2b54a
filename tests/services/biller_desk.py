"""A desk with a verified member, a sandbox gateway over real HTTP, and ways to look whether both sides agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from data.engine import writing
from data.tables import Lease, StaffSession
from data.values.uuid7 import uuid7
from services.biller_contract import OrderState
from services.biller_gateway import BillerGateway
from services.biller_payments import ConfirmBill, PrepareBill, confirm_bill, prepare_bill
from services.ledger_check import check
from services.operations import Op
from services.operator import Operator
from services.payments import Prepared
from services.receipts import Receipt
from services.sandbox_billers import Fault, SandboxBillers
from tests.services.world import World

MOBILE = "61234567"
ENSA = "1234567"


SILENT = frozenset({Fault.SLOW, Fault.NO_ANSWER})


def client_of(sandbox: SandboxBillers) -> BillerGateway:
    """A client that waits for no silence of seconds, but only while there is to be one: at other times a busy machine
    must not pass for a gateway that says nothing."""
    silent = any(rule.fault in SILENT for rule in sandbox.faults.rules())
    seconds = 0.5 if silent else 30
    return BillerGateway(sandbox.url, step_seconds=seconds, whole_seconds=seconds)


@dataclass
class BillerDesk:
    """An agent with a verified member who has savings; `gateway` speaks to `sandbox`."""

    world: World
    sandbox: SandboxBillers
    agent: Operator
    member: int
    source: int
    forms: list[ConfirmBill] = field(default_factory=list)

    @property
    def gateway(self) -> BillerGateway:
        return client_of(self.sandbox)

    def form(
        self, amount: int = 5_00, *, op: Op = Op.BILLER_TOP_UP, biller: str = "mas-movil", reference: str = MOBILE,
        **more: Any,
    ) -> ConfirmBill:  # fmt: skip
        """A reviewed form with a key of its own."""
        shown = self.prepare(amount, op=op, biller=biller, reference=reference, **more)
        form = ConfirmBill(uuid7(), shown.hash, op, self.member, self.source, biller, reference, amount, **more)
        self.forms.append(form)
        return form

    def prepare(
        self, amount: int = 5_00, *, op: Op = Op.BILLER_TOP_UP, biller: str = "mas-movil", reference: str = MOBILE,
        **more: Any,
    ) -> Prepared:  # fmt: skip
        command = PrepareBill(op, self.member, self.source, biller, reference, amount, **more)
        return prepare_bill(command, self.agent, self.world.uow)

    def pay(self, form: ConfirmBill | None = None) -> Receipt:
        return confirm_bill(form or self.form(), self.agent, self.gateway, self.world.uow)

    def pay_all(self, *amounts: int) -> list[ConfirmBill]:
        """Each reviewed and confirmed, one after the other."""
        for amount in amounts:
            self.pay(self.form(amount))
        return self.forms[-len(amounts) :]

    def wait(self, minutes: int) -> None:
        """Time passes, with the agent at the desk and the caller verified anew."""
        self.world.clock.advance(minutes=minutes)
        now = self.world.clock.now()
        with writing(self.world.engine).begin() as connection:
            connection.execute(update(StaffSession).values(last_seen_at=now, started_at=now))
            connection.execute(update(Lease).values(expires_at=now + timedelta(minutes=15)))

    def order(self, key: str) -> dict[str, Any]:
        (row,) = self.world.rows("SELECT * FROM biller_order WHERE id = :key", key=key)
        return row

    def held(self) -> int:
        return int(self.world.scalar("SELECT held FROM account WHERE id = :id", id=self.source))

    def paid(self) -> int:
        """What left the account for billers."""
        sql = (
            "SELECT coalesce(sum(t.amount), 0) FROM transfer t JOIN operation o ON o.id = t.operation_id"
            " WHERE t.debit = :id AND o.settles_hold IS NOT NULL"
        )
        return int(self.world.scalar(sql, id=self.source))

    def agree(self) -> None:
        """Nothing is open, and the gateway's own record and the ledger say the same of every order."""
        accepted = {r.id: r.amount for r in self.sandbox.orders() if r.state is OrderState.ACCEPTED}
        orders = {row["id"]: row for row in self.world.rows("SELECT * FROM biller_order")}
        assert {key: row["amount"] for key, row in orders.items() if row["state"] == "paid"} == accepted
        assert {row["state"] for row in orders.values()} <= {"paid", "refused"}
        assert self.held() == 0 and self.paid() == sum(amount or 0 for amount in accepted.values())
        ends = self.world.rows("SELECT settles_hold, outcome FROM operation WHERE settles_hold IS NOT NULL")
        assert {row["settles_hold"]: row["outcome"] == "posted" for row in ends} == {
            key: key in accepted for key in orders
        }
        assert len(ends) == len(orders)
        assert check(self.world.uow) == ()


@contextmanager
def biller_desk(world: World, folder: Path, balance: int = 1_000_00, **options: Any) -> Iterator[BillerDesk]:
    with SandboxBillers(folder, now=world.clock.now, **options) as sandbox:
        agent, member = world.staff(), world.member()
        world.lease(agent, member, level=2)
        source = world.account(member, balance=balance)
        yield BillerDesk(world, sandbox, agent, member, source)

"""Any sequence of payments, requests, approvals, refusals, bills at a failing gateway, cash, reversals and days that go
by: the money moves once or not at all, and only when another, unrelated person agreed to it (req. 40-43).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from data.secrets import Hasher, Secret, Secrets
from data.values.uuid7 import uuid7
from services.approval_ends import expire_due
from services.approval_views import GetApproval, approval_detail
from services.approvals import (
    Approve,
    Refuse,
    Withdraw,
    approve,
    confirm_with_second_person,
    refuse,
    withdraw,
)
from services.biller_orders import settle_due
from services.biller_payments import ConfirmBill, confirm_bill
from services.errors import CoopError
from services.operator import Operator
from services.payments import confirm
from services.receipts import Receipt
from services.reversals import Reverse, reverse
from services.sandbox_billers import Fault, SandboxBillers
from tests.services.approval_machine import BILLS, IN_THE_WAY, AskingMachine, Waiting, approvers, big, faults, seldom
from tests.services.machines import postgresql_world, run, sqlite_worlds
from tests.services.test_payments_model import TIMES, Counter, members, sources, targets
from tests.services.world import PASSWORD


class Queue(AskingMachine):
    """Who decides what waits, and who tries to."""

    asked = AskingMachine.asked

    # ------------------------------------------------------------ deciding

    def may(self, request: Waiting, who: str) -> bool:
        """Another person, in a role that approves, and no relative of who pays or is paid. The cashier's own person
        is nobody else here."""
        if who == "twin":
            return request.maker is not self.agent
        return who in ("boss", "other") or (who == "kin" and self.members[0] not in request.members)

    @rule(target=Counter.sent, request=asked, who=approvers, stale=seldom, fault=faults)
    def decide_for(self, request: Waiting, who: str, stale: bool, fault: Fault | None) -> Any:
        operator = self.people[who]
        self.sandbox.fault = fault
        shown = self._look(request, operator)
        agreed = request.form.prepared_hash if stale or not shown else shown
        opened = request.state == "waiting" and self.world.clock.now() < request.expires
        try:
            receipt = approve(Approve(request.key, agreed), operator, self.world.uow, self.gateway)
        except CoopError as error:
            if not self.may(request, who):
                assert error.code in ("not_permitted", "already_decided")
            elif not opened:
                assert error.code == "already_decided"
            elif shown and agreed == shown:
                raise AssertionError(f"looked at this moment, and refused: {error.code}") from error
            else:
                assert error.code in {"data_changed", *IN_THE_WAY}
            self.holds_true()
            return multiple()
        if request.state == "approved":  # told twice: nothing moved
            assert request.by == who and receipt.existed
            self.holds_true()
            return multiple()
        assert opened and self.may(request, who) and agreed == shown
        request.state, request.by, request.shown = "approved", who, agreed
        return self._moved(request, receipt)

    def _look(self, request: Waiting, operator: Operator) -> str:
        try:
            return approval_detail(GetApproval(request.key), operator, self.world.uow).hash
        except CoopError:
            return ""

    def _moved(self, request: Waiting, receipt: Receipt) -> Any:
        if isinstance(request.form, ConfirmBill):
            self.bills[request.key] = request.form
            self._bills_end()
            return multiple()
        self.applied(request.form, receipt)
        return request.form if request.maker is self.agent else multiple()

    @rule(target=Counter.sent, payer=members, payee=members, source=sources, to=targets, amount=big)
    def ask_and_get(self, payer: int, payee: int, source: int, to: int, amount: int) -> Any:
        """The usual way."""
        request = self.ask(payer, payee, source, to, amount)
        return self.decide_for(request, "boss", False, None) if isinstance(request, Waiting) else multiple()

    @rule(target=Counter.sent, payer=members, source=sources, amount=st.integers(15_00, 60_00), fault=faults)
    def bill_and_get(self, payer: int, source: int, amount: int, fault: Fault | None) -> Any:
        request = self.ask_bill(payer, source, amount, BILLS[amount % 2])
        return self.decide_for(request, "other", False, fault) if isinstance(request, Waiting) else multiple()

    @rule(request=asked)
    def told_twice(self, request: Waiting) -> None:
        """The approver's own words again give the first receipt; another's give none."""
        if request.state != "approved":
            return
        operator = self.people[request.by]
        receipt = approve(Approve(request.key, request.shown), operator, self.world.uow, self.gateway)
        assert receipt.existed and receipt.operation_id == request.key
        with pytest.raises(CoopError):
            other = self.people["other" if request.by != "other" else "boss"]
            approve(Approve(request.key, request.shown), other, self.world.uow, self.gateway)
        self._bills_end()

    @rule(request=asked, who=approvers)
    def say_no(self, request: Waiting, who: str) -> None:
        opened = request.state == "waiting" and self.world.clock.now() < request.expires
        try:
            refuse(Refuse(request.key, "No trae la escritura"), self.people[who], self.world.uow)
        except CoopError as error:
            assert error.code in ("not_permitted", "already_decided")
            assert not opened or who in ("kin", "twin", "agent", "auditor")
        else:
            assert opened and who not in ("agent", "auditor")
            request.state = "refused"
        self.holds_true()

    @rule(request=asked)
    def take_back(self, request: Waiting) -> None:
        opened = request.state == "waiting" and self.world.clock.now() < request.expires
        try:
            withdraw(Withdraw(request.key), request.maker, self.world.uow)
        except CoopError as error:
            assert error.code == "already_decided" and not opened
        else:
            assert opened
            request.state = "withdrawn"
        self.holds_true()

    @rule()
    def sweep(self) -> None:
        due = [r for r in self.requests.values() if r.state == "waiting" and r.expires <= self.world.clock.now()]
        assert expire_due(self.world.uow) == len(due)
        for request in due:
            request.state = "expired"
        self.holds_true()

    @rule(request=asked)
    def late_confirmation(self, request: Waiting) -> None:
        """The maker sends the form without anybody, whatever became of the request: nothing moves by that."""
        try:
            if isinstance(request.form, ConfirmBill):
                receipt = confirm_bill(request.form, request.maker, self.gateway, self.world.uow)
            else:
                receipt = confirm(request.form, request.maker, self.world.uow)
        except CoopError:
            assert request.state != "approved"
        else:
            assert request.state == "approved" and receipt.existed
        self.holds_true()

    @rule(target=Counter.sent, request=asked, who=approvers)
    def sign_here(self, request: Waiting, who: str) -> Any:
        """The same form signed at the desk while its request stands in the queue: it is done once."""
        if who in ("agent", "auditor"):
            return multiple()
        self.world.clock.advance(seconds=60)  # the last code was used
        operator, signed = self.people[who], (Secret(PASSWORD), self.world.code())
        try:
            receipt = confirm_with_second_person(
                request.form, operator.username, *signed, request.maker, self.world.uow, self.gateway
            )
        except CoopError:
            assert request.state != "approved"
            self.holds_true()
            return multiple()
        if request.state == "approved":
            assert receipt.existed
            self.holds_true()
            return multiple()
        assert request.state == "waiting" and self.may(request, who)
        request.state, request.by = "approved", who
        return self._moved(request, receipt)

    @rule(request=asked)
    def undo_bill(self, request: Waiting) -> None:
        """What was ordered outside is not undone here."""
        if isinstance(request.form, ConfirmBill):
            with pytest.raises(CoopError):
                reverse(Reverse(request.key, "Monto equivocado", uuid7()), self.boss, self.world.uow)
            self.holds_true()

    @rule()
    def other_rules(self) -> None:
        """Another policy document with the same figures: what was agreed to under the old one is asked again."""
        policy = self.world.uow.policy
        self.world.uow.policy = replace(policy, sha256=uuid7())

    def teardown(self) -> None:
        if hasattr(self, "requests"):
            self._settle_all()
            self.world.clock.advance(hours=24)
            self.sweep()
            for key, request in self.requests.items():
                rows = self.world.rows("SELECT outcome FROM operation WHERE id = :key", key=key)
                state = self.world.scalar("SELECT state FROM approval_request WHERE id = :key", key=key)
                assert state == request.state
                moved = {"held"} if isinstance(request.form, ConfirmBill) else {"posted"}
                expected = moved if request.state == "approved" else {"rejected"}
                assert {row["outcome"] for row in rows} == expected and len(rows) <= 1
        Counter.teardown(self)

    def _settle_all(self) -> None:
        """The gateway is well again: after that nothing is set aside any more."""
        self.sandbox.fault = None
        for _ in range(20):
            self.world.clock.advance(minutes=30)
            if not settle_due(self.world.uow, self.gateway) and not self.bills:
                break
            self._bills_end()
        assert self.bills == {}


@contextmanager
def billers(folder: Path) -> Iterator[type[Queue]]:
    with SandboxBillers(folder / "billers") as sandbox:
        yield type("Queue", (Queue,), {"sandbox": sandbox})


@pytest.mark.timeout(400)
def test_any_sequence_on_sqlite(tmp_path: Path, sqlite_template: Path, secrets: Secrets, hasher: Hasher) -> None:
    with billers(tmp_path) as machine:
        run(machine, sqlite_worlds(tmp_path, sqlite_template, secrets, hasher), 15 * TIMES, 30, shrink=False)


@pytest.mark.postgresql
@pytest.mark.timeout(400)
def test_any_sequence_on_postgresql(databases: Any, tmp_path: Path, secrets: Secrets, hasher: Hasher) -> None:
    with billers(tmp_path) as machine, postgresql_world(databases, secrets, hasher) as open_world:
        run(machine, open_world, 5 * TIMES, 25, shrink=False)

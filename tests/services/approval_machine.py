"""Half of the state machine of approvals: the people, what they ask for, and what bills set aside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, multiple, rule

from data.values.uuid7 import uuid7
from services.approvals import RequestApproval, request_approval
from services.biller_contract import OrderState
from services.biller_gateway import BillerGateway
from services.biller_orders import settle_due
from services.biller_payments import ConfirmBill, PrepareBill, prepare_bill
from services.drawer_moves import MoveVault, move_vault
from services.drawers import OpenDrawer, open_drawer
from services.errors import CoopError
from services.operations import MONEY_OPS, Op
from services.operator import Channel, Operator, Role
from services.payment_kinds import kind_for
from services.payments import ConfirmPayment, PreparePayment, prepare
from services.sandbox_billers import Fault, SandboxBillers
from tests.services.biller_desk import ENSA, MOBILE, client_of
from tests.services.counters import in_notes
from tests.services.test_payments_model import ACCOUNTS, Counter, amounts, members, sources, targets

SHARE = 20_00
BILLS = ((Op.BILLER_PAY, "ensa", ENSA), (Op.BILLER_TOP_UP, "mas-movil", MOBILE))
NOTE = "Lo pide para pagar la escuela"
#: What may stand in the way of an approval that was looked at this moment.
IN_THE_WAY = {"insufficient_funds", "account_unusable", "limit_exceeded"}
faults = st.sampled_from([None, None, Fault.ANSWER_LOST, Fault.DOWN, Fault.REFUSED])
approvers = st.sampled_from(["boss"] * 4 + ["other", "kin", "twin", "agent", "auditor"])
big = st.one_of(st.integers(SHARE, 4 * SHARE), amounts)
seldom = st.sampled_from([False] * 3 + [True])


@dataclass
class Waiting:
    """What was left in the queue, and what became of it as the model knows."""

    form: Any
    maker: Operator
    members: tuple[int, ...]
    expires: Any
    state: str = "waiting"
    by: str = ""
    shown: str = ""

    @property
    def key(self) -> str:
        return str(self.form.key)


class AskingMachine(Counter):
    """The counter, where more than B/.20.00 needs a second person; `gateway` speaks to a sandbox of all runs."""

    sandbox: SandboxBillers
    asked = Bundle("asked")

    @property
    def gateway(self) -> BillerGateway:
        return client_of(self.sandbox)

    @initialize()
    def begin(self) -> None:
        Counter.begin(self)
        world, number = self.world, self.members[0]
        policy = world.uow.policy
        shares = dict.fromkeys((Role.CIS_AGENT, Role.CASHIER), SHARE) | {Role.SUPERVISOR: 5_000_00}
        limits = {op: replace(policy.limits[op], single=shares) for op in MONEY_OPS}
        world.uow.policy = replace(policy, limits=policy.limits | limits)  # type: ignore[operator]
        self.requests: dict[str, Waiting] = {}
        self.bills: dict[str, ConfirmBill] = {}
        person = world.member(str(900_000 + number))
        world.change("UPDATE staff SET member_id = :m WHERE id = :id", m=person, id=self.agent.staff_id)
        self.people = {
            "boss": self.boss,
            "other": world.staff(f"jefa{number}", [Role.SUPERVISOR]),
            "kin": world.staff(f"tia{number}", [Role.SUPERVISOR]),
            "twin": world.staff(f"doble{number}", [Role.SUPERVISOR], member_id=person),
            "agent": self.agent,
            "auditor": world.staff(f"auditora{number}", [Role.AUDITOR]),
        }
        world.relative(self.people["kin"], self.members[0])
        self._open_drawer(number)

    def _open_drawer(self, number: int) -> None:
        world = self.world
        chief = world.staff(f"tesoro{number}", [Role.SUPERVISOR], branch="018", channel=Channel.BRANCH)
        self.cashier = world.staff(f"caja{number}", [Role.CASHIER], branch="018", channel=Channel.BRANCH)
        move_vault(MoveVault(uuid7(), "in", in_notes(500_00), "Remesa del banco"), chief, world.uow)
        open_drawer(OpenDrawer(uuid7(), in_notes(500_00)), self.cashier, world.uow)
        account = f"CAJ-018-{self.cashier.staff_id}"
        self.drawer = int(world.scalar("SELECT id FROM account WHERE number = :number", number=account))
        self.balances[self.drawer] = -500_00
        self.others.append(self.cashier)
        for member in self.members:
            world.lease(self.cashier, member, level=2, factors=["question", "code"])

    # ------------------------------------------------------------ asking

    @rule(target=asked, payer=members, payee=members, source=sources, to=targets, amount=big)
    def ask(self, payer: int, payee: int, source: int, to: int, amount: int) -> Any:
        kind = kind_for(ACCOUNTS[to][0], third=payer != payee)
        assert kind is not None
        sides = (self.rows[payer][source], self.rows[payee][to])
        return self._ask(PreparePayment(kind.op, self.members[payer], *sides, amount), self.agent, payer, payee)

    @rule(target=asked, payer=members, source=sources, amount=big, out=st.booleans())
    def ask_cash(self, payer: int, source: int, amount: int, out: bool) -> Any:
        sides = (self.rows[payer][source], self.drawer) if out else (self.drawer, self.rows[payer][source])
        op = Op.CASH_WITHDRAW if out else Op.CASH_DEPOSIT
        return self._ask(PreparePayment(op, self.members[payer], *sides, amount), self.cashier, payer)

    def _ask(self, wanted: PreparePayment, maker: Operator, *who: int) -> Any:
        try:
            shown = prepare(wanted, maker, self.world.uow)
            if shown.code_needed:
                self.say_code(wanted)
        except CoopError:
            return multiple()
        sides = (wanted.from_account, wanted.to_account)
        form = ConfirmPayment(uuid7(), shown.hash, wanted.op, wanted.member_id, *sides, wanted.amount)
        return self._queued(form, bool(shown.approval), maker, *who)

    @rule(target=asked, payer=members, source=sources, amount=st.integers(15_00, 60_00), bill=st.sampled_from(BILLS))
    def ask_bill(self, payer: int, source: int, amount: int, bill: tuple[Op, str, str]) -> Any:
        op, biller, reference = bill
        wanted = PrepareBill(op, self.members[payer], self.rows[payer][source], biller, reference, amount)
        try:
            shown = prepare_bill(wanted, self.agent, self.world.uow)
        except CoopError:
            return multiple()
        form = ConfirmBill(
            uuid7(), shown.hash, op, wanted.member_id, wanted.from_account, biller, reference, amount
        )  # fmt: skip
        return self._queued(form, bool(shown.approval), self.agent, payer)

    def _queued(self, form: Any, needed: bool, maker: Operator, *who: int) -> Any:
        """It waits, if it needs to: nothing moved."""
        try:
            requested = request_approval(RequestApproval(form, NOTE), maker, self.world.uow)
        except CoopError as error:
            assert error.code == "no_approval_needed" and not needed
            self.holds_true()
            return multiple()
        assert needed and not requested.existed
        found = Waiting(form, maker, tuple(self.members[one] for one in who), requested.expires_at)
        self.requests[form.key] = found
        self.holds_true()
        return found

    @rule(request=asked)
    def ask_again(self, request: Waiting) -> None:
        """The same request is the first one, whatever became of it; under its key nothing else is asked for."""
        self.everybody_begins_anew()
        assert request_approval(RequestApproval(request.form, NOTE), request.maker, self.world.uow).existed
        other = replace(request.form, amount=request.form.amount + 1)
        with pytest.raises(CoopError) as refused:
            request_approval(RequestApproval(other, NOTE), request.maker, self.world.uow)
        assert refused.value.code == "key_reused"
        self.holds_true()

    # ------------------------------------------------------------ bills

    @rule(minutes=st.integers(1, 20), fault=faults)
    def worker(self, minutes: int, fault: Fault | None) -> None:
        self.sandbox.fault = fault
        self.world.clock.advance(minutes=minutes)
        settle_due(self.world.uow, self.gateway)
        self.everybody_begins_anew()
        self._bills_end()

    def _bills_end(self) -> None:
        """What the gateway accepted and the worker heard of has left the account; what is open is set aside."""
        for key, form in list(self.bills.items()):
            state = self.world.scalar("SELECT state FROM biller_order WHERE id = :id", id=key)
            accepted = any(o.id == key and o.state is OrderState.ACCEPTED for o in self.sandbox.orders())
            if state in ("paid", "refused"):
                assert accepted is (state == "paid")
                self.balances[form.from_account] -= form.amount if accepted else 0
                del self.bills[key]
        self.holds_true()

    def holds_true(self) -> None:
        Counter.holds_true(self)
        aside = dict.fromkeys((account for row in self.rows for account in row), 0)
        for form in getattr(self, "bills", {}).values():
            aside[form.from_account] += form.amount
        for account, amount in aside.items():
            assert self.world.scalar("SELECT held FROM account WHERE id = :id", id=account) == amount

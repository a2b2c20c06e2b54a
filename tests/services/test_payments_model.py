"""Any sequence of payments of every kind, repeated, stale, reversed: the books stand after each (req. 40, 41).

Hypothesis makes the sequence; a few dictionaries say what must have come of it.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from data.secrets import Hasher, Secret, Secrets
from data.values.dates import panama_date
from data.values.money import Money
from data.values.uuid7 import uuid7
from services.errors import CoopError, InsufficientFunds
from services.ledger_check import check
from services.operations import Op
from services.operator import Operator, Role
from services.payment_codes import CheckPaymentCode, SendPaymentCode, check_payment_code, send_payment_code
from services.payment_kinds import kind_for
from services.payments import ConfirmPayment, PreparePayment, confirm, prepare
from services.receipts import Receipt
from services.reversals import Reverse, reverse
from tests.services.callers import sent_code
from tests.services.machines import postgresql_world, run, sqlite_worlds
from tests.services.world import World

#: What each member has: product, balance in centésimos, terms.
ACCOUNTS: tuple[tuple[str, int, dict[str, Any] | None], ...] = (
    ("06", 500_00, None),
    ("06", 20_00, None),
    ("11", 10_00, {"quota": 5_00}),
    ("21", -300_00, {"rate": "9.50", "quota": 30_00, "due_day": 15, "charges": 1_50}),
    ("41", -120_00, {"minimum": 10_00}),
    ("31", -62_68, None),
)
SAVINGS = 2
REASON = "Cuenta equivocada por el agente"
members = st.integers(0, 1)
sources = st.integers(0, SAVINGS - 1)
targets = st.integers(0, len(ACCOUNTS) - 1)
amounts = st.one_of(st.integers(1, 40_00), st.sampled_from([300_00, 62_68, 500_00, 521_00]))


class Counter(RuleBasedStateMachine):
    """One agent, one supervisor, two members who pay to themselves and to each other."""

    open_world: Callable[[], Any]
    numbers = itertools.count()
    sent = Bundle("sent")

    @initialize()
    def begin(self) -> None:
        self.context = type(self).open_world()
        self.world: World = self.context.__enter__()
        number = next(self.numbers)
        self.agent = self.world.staff(f"agente{number}")
        self.boss = self.world.staff(f"jefe{number}", [Role.SUPERVISOR])
        self.others: list[Operator] = []
        self.members: list[int] = []
        self.rows: list[list[int]] = []
        self.balances: dict[int, int] = {}
        self.receipts: dict[str, Receipt] = {}
        self.reversed: set[str] = set()
        self.loans: dict[int, list[str]] = {}
        for who in range(2):
            member = self.world.member(str(50_000 + 2 * number + who))
            self.world.lease(self.agent, member, level=2, factors=["question", "code"])
            self.members.append(member)
            self.rows.append([self._account(member, *told) for told in ACCOUNTS])

    def _account(self, member: int, product: str, balance: int, terms: dict[str, Any] | None) -> int:
        lowest = min(0, balance * 2)
        account = self.world.account(
            member, product=product, balance=balance, floor=lowest, min_balance=lowest,
            terms=json.dumps(terms) if terms else None, opened_on=date(2024, 3, 15),
        )  # fmt: skip
        self.balances[account] = balance
        return account

    def teardown(self) -> None:
        if hasattr(self, "context"):
            try:
                assert check(self.world.uow) == ()
                assert int(self.world.scalar("SELECT coalesce(sum(amount), 0) FROM entry")) == 0
                orphans = "SELECT count(*) FROM hold WHERE id NOT IN (SELECT hold_id FROM hold_release)"
                assert int(self.world.scalar(orphans)) == 0
                kinds = "kind NOT IN ('opening')"
                posted = self.world.scalar(f"SELECT count(*) FROM operation WHERE outcome = 'posted' AND {kinds}")
                told = [event for event in self.world.events() if "body" in (event.get("detail") or {})]
                assert posted == sum(event["result"] == "ok" for event in told)
            finally:
                self.context.__exit__(None, None, None)

    def holds_true(self) -> None:
        """Every balance is what was told, none below its floor."""
        for account, balance in self.balances.items():
            assert self.world.balance(account) == balance
        floors = self.world.scalar("SELECT count(*) FROM account WHERE tracked AND balance - held < min_balance")
        assert floors == 0

    @rule(target=sent, payer=members, payee=members, source=sources, to=targets, amount=amounts)
    def pay(self, payer: int, payee: int, source: int, to: int, amount: int) -> Any:
        member, origin, target = self.members[payer], self.rows[payer][source], self.rows[payee][to]
        kind = kind_for(ACCOUNTS[to][0], third=payer != payee)
        assert kind is not None
        wanted = PreparePayment(kind.op, member, origin, target, amount)
        try:
            shown = prepare(wanted, self.agent, self.world.uow)
            if shown.code_needed:
                self.say_code(wanted)
            form = ConfirmPayment(uuid7(), shown.hash, kind.op, member, origin, target, amount)
            receipt = confirm(form, self.agent, self.world.uow)
        except CoopError:
            self.holds_true()  # whatever was refused, nothing moved
            return multiple()
        self.applied(form, receipt)
        return form

    def applied(self, form: ConfirmPayment, receipt: Receipt) -> None:
        """What a posted payment must have moved."""
        assert not receipt.existed
        arrived = form.amount
        if form.op in (Op.LOAN_PAY, Op.LOAN_PAY_THIRD):
            self.loans.setdefault(form.to_account, []).append(form.key)
            capital = dict(receipt.lines).get("A capital")
            arrived = Money.parse(capital.removeprefix("B/.")).centesimos if capital else 0
            if form.op is Op.LOAN_PAY_THIRD:  # how it was divided is not told; the ledger knows
                arrived = self.world.balance(form.to_account) - self.balances[form.to_account]
        self.balances[form.from_account] -= form.amount
        self.balances[form.to_account] += arrived
        self.receipts[form.key] = receipt
        self.holds_true()

    def say_code(self, wanted: PreparePayment) -> None:
        send = SendPaymentCode(
            wanted.op, wanted.member_id, wanted.from_account, wanted.to_account, wanted.amount, "email"
        )
        send_payment_code(send, self.agent, self.world.uow)
        code = Secret(sent_code(self.world))
        assert check_payment_code(CheckPaymentCode(wanted.member_id, code), self.agent, self.world.uow)
        # A case takes five codes; the next payment is another call.
        self.world.change("DELETE FROM one_time_code WHERE ended_at IS NOT NULL")

    @rule(form=sent)
    def again(self, form: ConfirmPayment) -> None:
        """The same key: the first receipt, and nothing else."""
        receipt = confirm(form, self.agent, self.world.uow)
        assert receipt.existed and receipt.number == self.receipts[form.key].number
        self.holds_true()

    @rule(form=sent, more=st.integers(1, 9))
    def same_key_for_something_else(self, form: ConfirmPayment, more: int) -> None:
        other = ConfirmPayment(
            form.key, form.prepared_hash, form.op, form.member_id, form.from_account, form.to_account,
            form.amount + more,
        )  # fmt: skip
        with pytest.raises(CoopError) as refused:
            confirm(other, self.agent, self.world.uow)
        assert refused.value.code == "key_reused"
        self.holds_true()

    @rule(form=sent)
    def stale(self, form: ConfirmPayment) -> None:
        """An old review under a new key: asked again, unless everything is as it was then."""
        fresh = ConfirmPayment(
            uuid7(), form.prepared_hash, form.op, form.member_id, form.from_account, form.to_account, form.amount
        )
        try:
            receipt = confirm(fresh, self.agent, self.world.uow)
        except CoopError as error:
            assert error.code in ("data_changed", "code_needed", "invalid_input", "approval_needed")
            self.holds_true()
        else:
            assert self.reversed  # only then can the balance be again what it was
            self.applied(fresh, receipt)

    @rule(form=sent)
    def undo(self, form: ConfirmPayment) -> None:
        done = self.receipts[form.key]
        try:
            receipt = reverse(Reverse(form.key, REASON, uuid7()), self.boss, self.world.uow)
        except CoopError as error:
            line = self.loans.get(form.to_account, [])
            not_the_last = form.key in line and line[-1] != form.key
            spent = isinstance(error, InsufficientFunds)
            late = (panama_date(self.world.clock.now()) - panama_date(done.at)).days > 1
            assert form.key in self.reversed or not_the_last or spent or late
            self.holds_true()
            return
        assert form.key not in self.reversed and receipt.amount == done.amount
        self.reversed.add(form.key)
        if form.to_account in self.loans:
            self.loans[form.to_account].remove(form.key)
        legs = self.world.rows("SELECT debit, credit, amount FROM transfer WHERE operation_id = :id", id=form.key)
        for leg in legs:
            for account, sign in ((leg["debit"], 1), (leg["credit"], -1)):
                if account in self.balances:
                    self.balances[account] += sign * leg["amount"]
        self.holds_true()

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        """Interest accrues; the session and the leases of the day before are over and begin anew."""
        self.world.clock.advance(days=days)
        self.everybody_begins_anew()

    def everybody_begins_anew(self) -> None:
        """Passwords were typed this moment, and both members are verified."""
        now = self.world.clock.now()
        moment = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if self.world.dialect == "sqlite" else now
        for column in ("started_at", "last_seen_at", "authenticated_at"):
            self.world.change(f"UPDATE staff_session SET {column} = :t", t=moment)
        self.world.change("UPDATE verification_lease SET ended_at = :t WHERE ended_at IS NULL", t=moment)
        self.world.change("UPDATE service_case SET closed_at = :t WHERE closed_at IS NULL", t=moment)
        for who, member in itertools.product((self.agent, *self.others), self.members):
            self.world.lease(who, member, level=2, factors=["question", "code"])


#: More of everything where time is no matter: LEDGER_EXAMPLES=10 is ten times as many.
TIMES = int(os.environ.get("LEDGER_EXAMPLES", "1"))


def test_any_sequence_on_sqlite(tmp_path: Path, sqlite_template: Path, secrets: Secrets, hasher: Hasher) -> None:
    run(Counter, sqlite_worlds(tmp_path, sqlite_template, secrets, hasher), 20 * TIMES, 20, shrink=False)


@pytest.mark.postgresql
def test_any_sequence_on_postgresql(databases: Any, secrets: Secrets, hasher: Hasher) -> None:
    with postgresql_world(databases, secrets, hasher) as open_world:
        run(Counter, open_world, 6 * TIMES, 15, shrink=False)

"""Any baskets, killed anywhere, sent twice at once, while accounts and the billers' gateway change: all of it or none,
once, and each payment to a biller ends on its own (req. 40).

Hypothesis makes the call; a few dictionaries say what must have come of it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from data.secrets import Hasher, Secrets
from data.values.uuid7 import uuid7
from services import faults
from services.baskets import (
    BasketPaid,
    ConfirmBasket,
    KeyedItem,
    PrepareBasket,
    basket_of,
    confirm_basket,
    prepare_basket,
    resubmit_basket,
)
from services.biller_contract import OrderState
from services.biller_orders import settle_due
from services.biller_payments import PrepareBill
from services.errors import CoopError, DataChanged
from services.ledger_check import check
from services.operations import Op
from services.payments import PreparePayment
from services.sandbox_billers import Fault, SandboxBillers
from tests.services.biller_desk import ENSA, MOBILE, BillerDesk
from tests.services.machines import OpenWorld, postgresql_world, run, sqlite_worlds
from tests.services.test_posting import together
from tests.services.world import World

#: What a basket may hold: where each pays to.
PLACES = ("second", "quota", "card", "theirs", "luz", "celular")
BILLS = ("luz", "celular")
#: Places and amounts; 400.00 twice is more than the account has.
ITEMS = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from([1_00, 5_00, 10_00, 60_00, 400_00])),
    min_size=1, max_size=4, unique_by=lambda item: item[0],
)  # fmt: skip
#: What the gateway does to one request; none takes time.
FAULTS = (Fault.REFUSED, Fault.DOWN, Fault.ANSWER_LOST, Fault.MALFORMED, Fault.DUPLICATE)
forms = Bundle("forms")


class Killed(BaseException):
    """The process is gone."""


class Calls(RuleBasedStateMachine):
    """One agent, one member; the sandbox keeps the orders of all examples."""

    open_world: Callable[[], Any]
    numbers = itertools.count()
    sandbox: SandboxBillers
    clock: list[World]

    @initialize()
    def begin(self) -> None:
        self.context = type(self).open_world()
        self.world: World = self.context.__enter__()
        self.clock[:] = [self.world]
        self.sandbox.fault = None
        number = next(self.numbers)
        agent = self.world.staff(f"agente{number}")
        member = self.world.member(str(50_000 + 2 * number))
        self.world.lease(agent, member, level=2)
        self.names = {
            "savings": self.world.account(member, balance=500_00),
            "second": self.world.account(member),
            "quota": self.world.account(member, product="11"),
            "card": self.world.account(
                member, product="41", balance=-300_00, floor=-600_00, min_balance=-600_00, terms='{"minimum": 1000}'
            ),
            "theirs": self.world.account(self.world.member(str(50_001 + 2 * number))),
        }
        self.desk = BillerDesk(self.world, self.sandbox, agent, member, self.names["savings"])
        self.outside = dict.fromkeys(self.names.values(), 0) | {
            self.names["savings"]: 500_00,
            self.names["card"]: -300_00,
        }
        self.made: dict[str, ConfirmBasket] = {}
        self.spare: dict[str, int] = {}  # what the source could spare at the review
        self.at: dict[str, int] = {}  # the state of the store at the review
        self.changes = 0

    def teardown(self) -> None:
        faults.hook = None
        if hasattr(self, "context"):
            try:
                self.sandbox.fault = None
                self.block(to="open")
                for _ in range(3):
                    self.desk.wait(60)
                    settle_due(self.world.uow, self.desk.gateway)
                self.holds_true()
                self.everything_ended()
            finally:
                self.context.__exit__(None, None, None)

    # What happens ---------------------------------------------------------------------------------

    @rule(target=forms, items=ITEMS)
    def look(self, items: list[tuple[str, int]]) -> Any:
        return self.review(items)

    def review(self, items: list[tuple[str, int]]) -> Any:
        """A form of what was shown; nothing for what is refused."""
        wanted = tuple(self.item(place, amount) for place, amount in items)
        before = self.balances()
        try:
            shown = prepare_basket(PrepareBasket(self.desk.member, wanted), self.desk.agent, self.world.uow)
        except CoopError:
            assert self.balances() == before
            return multiple()
        assert not shown.code_needed and shown.total == sum(amount for _, amount in items)
        keyed = tuple(KeyedItem(uuid7(), item) for item in wanted)
        form = ConfirmBasket(uuid7(), shown.hash, self.desk.member, keyed)
        self.made[form.key] = form
        self.spare[form.key], self.at[form.key] = self.available(), self.changes
        return form

    def item(self, place: str, amount: int) -> PreparePayment | PrepareBill:
        member, source = self.desk.member, self.desk.source
        if place == "luz":
            return PrepareBill(Op.BILLER_PAY, member, source, "ensa", ENSA, amount)
        if place == "celular":
            return PrepareBill(Op.BILLER_TOP_UP, member, source, "mas-movil", MOBILE, amount)
        ops = {"second": Op.TRANSFER_OWN, "quota": Op.QUOTA_PAY, "card": Op.CARD_PAY, "theirs": Op.TRANSFER_THIRD}
        return PreparePayment(ops[place], member, source, self.names[place], amount)

    @rule(form=forms)
    def confirm(self, form: ConfirmBasket) -> None:
        """Nothing changed since the review: it is paid. What it stood on changed: nothing is, and it is asked anew."""
        first, spare = not any(self.outcomes(form)), self.available()
        try:
            paid = self.send(form)
        except DataChanged:
            assert first and self.changes != self.at[form.key] and not any(self.outcomes(form))
            return
        except CoopError:
            assert self.changes != self.at[form.key] or not first
            assert set(self.outcomes(form)) <= {None, "rejected"}
            return
        finally:
            self.changed()
        assert paid.existed is not first
        assert [receipt.operation_id for receipt in paid.receipts] == [item.key for item in form.items]
        assert not first or spare == self.spare[form.key]

    def send(self, form: ConfirmBasket) -> BasketPaid:
        return confirm_basket(form, self.desk.agent, self.desk.gateway, self.world.uow)

    @rule(form=forms)
    def confirm_from_everywhere(self, form: ConfirmBasket) -> None:
        """Three at once: one of them pays, if it can be paid; the others hear of the same receipts."""
        first, same = not any(self.outcomes(form)), self.changes == self.at[form.key]
        answers = together(*[partial(self.send, form)] * 3)
        paid = [answer for answer in answers if isinstance(answer, BasketPaid)]
        made = [answer for answer in paid if not answer.existed]
        assert len(made) == int(first and bool(paid)) and len(paid) in (0, 3), answers
        assert paid or not (first and same), answers
        self.changed()

    @rule(target=forms, items=ITEMS, step=st.integers(0, 18))
    def confirm_and_die(self, items: list[tuple[str, int]], step: int) -> Any:
        """The process ends at whatever step comes then: of the ledger, of an order, between two items."""
        form = self.review(items)
        if not isinstance(form, ConfirmBasket):
            return form
        left = itertools.count(step, -1)

        def hook(_name: str) -> None:
            if next(left) <= 0:
                raise Killed

        faults.hook = hook
        try:
            self.send(form)
        except (Killed, CoopError):
            pass
        finally:
            faults.hook = None
        self.changed()
        return form

    @rule(form=forms)
    def start_again(self, form: ConfirmBasket) -> None:
        """What the journal asks after a crash: it stands as it was paid, or can never arrive."""
        before = self.outcomes(form)
        kept = json.loads(json.dumps(form.payload()))
        assert basket_of(kept) == form
        found = resubmit_basket(kept, self.desk.agent, self.world.uow)
        told = [receipt.outcome for receipt in found.receipts]
        assert (told == ["rejected"] * len(told)) is (not any(before) or "rejected" in before)
        self.changed()
        with_money = [row for row in self.outcomes(form) if row != "rejected"]
        assert len(with_money) in (0, len(form.items))

    @rule(amount=st.sampled_from([-100_00, 50_00, 300_00]))
    def move(self, amount: int) -> None:
        """The member is paid, or spends elsewhere."""
        if self.available() + amount >= 0:
            self.world.fund(self.desk.source, amount)
            self.outside[self.desk.source] += amount
            self.changed()

    @rule(to=st.sampled_from(["open", "blocked"]), name=st.sampled_from(["second", "quota"]))
    def block_one(self, to: str, name: str) -> None:
        self.block(to=to, name=name)

    def block(self, to: str, name: str = "second") -> None:
        self.world.change("UPDATE account SET status = :to WHERE id = :id", to=to, id=self.names[name])
        self.changed()

    @rule(fault=st.sampled_from(FAULTS))
    def gateway_fails(self, fault: Fault) -> None:
        self.sandbox.faults.add(fault, times=1)

    @rule(minutes=st.sampled_from([1, 20, 60]))
    def worker(self, minutes: int) -> None:
        self.desk.wait(minutes)
        settle_due(self.world.uow, self.desk.gateway)
        self.changed()

    # What must be so ------------------------------------------------------------------------------

    def changed(self) -> None:
        """Something may stand otherwise than at the reviews; the books stand all the same."""
        self.changes += 1
        self.holds_true()

    def outcomes(self, form: ConfirmBasket) -> list[str | None]:
        return [self.world.scalar("SELECT outcome FROM operation WHERE id = :id", id=item.key) for item in form.items]

    def balances(self) -> dict[int, int]:
        return {account: self.world.balance(account) for account in self.names.values()}

    def available(self) -> int:
        return int(self.world.scalar("SELECT balance - held FROM account WHERE id = :id", id=self.desk.source))

    def orders(self) -> dict[str, dict[str, Any]]:
        sql = "SELECT * FROM biller_order WHERE member_id = :member"
        return {row["id"]: row for row in self.world.rows(sql, member=self.desk.member)}

    def holds_true(self) -> None:
        """Of each basket every item or none; the accounts have what those items say, and hold what is in process."""
        told, held, orders = dict(self.outside), 0, self.orders()
        for form in self.made.values():
            outcomes = self.outcomes(form)
            whole = {"posted" if isinstance(item.payment, PreparePayment) else "held" for item in form.items}
            assert set(outcomes) in ({None}, {"rejected"}, whole), outcomes
            if set(outcomes) != whole:
                assert not {item.key for item in form.items} & orders.keys()
                continue
            for item in form.items:
                payment, state = item.payment, orders.get(item.key, {}).get("state")
                if isinstance(payment, PreparePayment):
                    told[payment.from_account] -= payment.amount
                    told[payment.to_account] += payment.amount
                elif state == "paid":
                    told[payment.from_account] -= payment.amount
                elif state != "refused":
                    assert state in ("pending", "sent")
                    held += payment.amount
        assert self.balances() == told and self.desk.held() == held

    def everything_ended(self) -> None:
        """No order is open any more, and the gateway's own record says the same of each."""
        orders = self.orders()
        accepted = {one.id: one.amount for one in self.sandbox.orders() if one.state is OrderState.ACCEPTED}
        paid = {key: row["amount"] for key, row in orders.items() if row["state"] == "paid"}
        assert paid == {key: amount for key, amount in accepted.items() if key in orders}
        assert {row["state"] for row in orders.values()} <= {"paid", "refused"}
        assert check(self.world.uow) == ()


def run_calls(open_world: OpenWorld, folder: Path, examples: int, steps: int) -> None:
    """With one sandbox, whose time is that of the world that is open."""
    clock: list[World] = []
    with SandboxBillers(folder / "sandbox", now=lambda: clock[0].clock.now()) as sandbox:
        machine = type("OnSandbox", (Calls,), {"sandbox": sandbox, "clock": clock})
        run(machine, open_world, examples, steps)


def test_any_calls_on_sqlite(tmp_path: Path, sqlite_template: Path, secrets: Secrets, hasher: Hasher) -> None:
    run_calls(sqlite_worlds(tmp_path, sqlite_template, secrets, hasher), tmp_path, 25, 20)


@pytest.mark.postgresql
def test_any_calls_on_postgresql(tmp_path: Path, databases: Any, secrets: Secrets, hasher: Hasher) -> None:
    with postgresql_world(databases, secrets, hasher) as open_world:
        run_calls(open_world, tmp_path, 10, 15)

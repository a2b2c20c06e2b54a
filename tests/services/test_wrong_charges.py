"""What a biller charged otherwise than ordered is ended by a second person, and never beyond what the member agreed to
(req. 8, 41, 43)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.biller_orders import settle_due
from services.biller_payments import BillerSilent, ConfirmBill
from services.errors import (
    CoopError,
    DataChanged,
    InsufficientFunds,
    InvalidInput,
    LimitExceeded,
    NotFound,
    NotPermitted,
    ReauthenticationNeeded,
    VerificationNeeded,
)
from services.ledger_check import check
from services.movements import LastMovements, last_movements
from services.open_orders import AskAgain, ask_again
from services.operations import Op
from services.operator import Operator, Role
from services.receipts import GetReceipt, Receipt, get_receipt
from services.reconciliation import Reconcile, reconcile
from services.sandbox_billers import Fault
from services.wrong_charges import (
    AsOrdered,
    LookAtCharge,
    SettleCharge,
    Way,
    WrongCharge,
    look_at_charge,
    settle_charge,
    way_words,
)
from tests.services.biller_desk import ENSA, BillerDesk, biller_desk
from tests.services.test_posting import together
from tests.services.test_schedules import notices
from tests.services.world import World

TODAY = date(2026, 11, 23)
REASON = "La pasarela confirmó el monto cobrado"


class Charged:
    """A bill of B/.10.00 that was charged with another amount, and a supervisor."""

    def __init__(self, desk: BillerDesk) -> None:
        self.desk, self.world = desk, desk.world
        self.boss = self.world.staff("jefa", [Role.SUPERVISOR])
        self.form = self.order()

    def order(self, charged: int = 11_00, amount: int = 10_00) -> ConfirmBill:
        self.desk.sandbox.faults.add(Fault.WRONG_AMOUNT, times=1)
        form = self.desk.form(amount, op=Op.BILLER_PAY, biller="ensa", reference=ENSA)
        assert self.desk.pay(form).outcome == "held"
        self.amend(form, amount=charged)
        return form

    def amend(self, form: ConfirmBill, **changes: Any) -> None:
        """The gateway's own record, changed there."""
        entries = self.desk.sandbox.desk._book.entries
        entries[form.key] = replace(entries[form.key], record=replace(entries[form.key].record, **changes))

    def look(self, by: Operator | None = None) -> WrongCharge:
        return look_at_charge(LookAtCharge(self.form.key), by or self.boss, self.desk.gateway, self.world.uow)

    def settle(
        self, way: Way, charged: int = 11_00, *, reason: str = REASON, by: Operator | None = None, form: Any = None
    ) -> Receipt:
        command = SettleCharge((form or self.form).key, charged, way, reason)
        return settle_charge(command, by or self.boss, self.desk.gateway, self.world.uow)

    def house(self, number: str) -> int:
        sql = "SELECT coalesce(sum(e.amount), 0) FROM entry e JOIN account a ON a.id = e.account_id WHERE a.number = :n"
        return int(self.world.scalar(sql, n=number))

    def untouched(self) -> None:
        assert self.desk.held() == 10_00 and self.desk.paid() == 0
        assert self.desk.order(self.form.key)["state"] == "sent" and check(self.world.uow) == ()


@pytest.fixture
def case(world: World, tmp_path: Path) -> Iterator[Charged]:
    with biller_desk(world, tmp_path / "sandbox") as desk:
        yield Charged(desk)


def test_less_was_charged_and_the_rest_is_the_members_again(case: Charged) -> None:
    case.amend(case.form, amount=8_50)
    seen = case.look()
    assert (seen.ordered, seen.charged, seen.ways, seen.biller) == (10_00, 8_50, (Way.APPLY,), f"ENSA {ENSA}")
    assert way_words(Way.APPLY, seen) == "Cobrar B/.8.50 y devolver la diferencia a la cuenta"
    receipt = case.settle(Way.APPLY, 8_50)
    lines = dict(receipt.lines)
    assert receipt.outcome == "posted" and lines["Estado"] == "Pagada" and lines["Agente"] == "mrodriguez"
    assert (lines["Monto ordenado"], lines["Cobró el recaudador"]) == ("B/.10.00", "B/.8.50")
    assert lines["Diferencia"] == "B/.1.50 sigue en la cuenta"
    assert case.world.balance(case.desk.source) == 991_50 and case.desk.held() == 0
    assert case.house("REC-ensa") == 8_50 and case.house("DIF-RECAUDADORES") == 0
    assert check(case.world.uow) == ()


def test_more_was_charged_and_the_member_pays_what_they_authorised(case: Charged) -> None:
    assert case.look().ways == (Way.HOUSE, Way.MEMBER)
    receipt = case.settle(Way.HOUSE)
    lines = dict(receipt.lines)
    assert (lines["Cobró el recaudador"], lines["Salió de la cuenta"]) == ("B/.11.00", "B/.10.00")
    assert lines["Diferencia"] == "B/.1.00 a cargo de la cooperativa"
    assert case.world.balance(case.desk.source) == 990_00 and case.desk.held() == 0
    assert case.house("REC-ensa") == 11_00 and case.house("DIF-RECAUDADORES") == -1_00
    assert check(case.world.uow) == ()
    copy = get_receipt(GetReceipt(case.form.key), case.desk.agent, case.world.uow)
    assert dict(copy.lines)["Cobró el recaudador"] == "B/.11.00"
    moved = last_movements(LastMovements(case.desk.source), case.desk.agent, case.world.uow).rows[0]
    assert (moved.debit, moved.balance) == ("10.00", "990.00")


def test_all_of_it_by_the_members_new_decision(case: Charged) -> None:
    with pytest.raises(VerificationNeeded):
        case.settle(Way.MEMBER)
    case.untouched()
    case_id = case.world.lease(case.boss, case.desk.member, level=2)
    receipt = case.settle(Way.MEMBER)
    assert dict(receipt.lines)["Diferencia"] == "B/.1.00 aceptada por el asociado"
    assert case.world.balance(case.desk.source) == 989_00 and case.house("DIF-RECAUDADORES") == 0
    event = case.world.events("biller.settle_more")[-1]
    assert (event["case"], event["reason"]) == (case_id, REASON)
    assert event["detail"] == {"ordered": 10_00, "charged": 11_00, "way": "member"}
    assert check(case.world.uow) == ()


def test_the_member_is_told_both_amounts(case: Charged) -> None:
    case.settle(Way.HOUSE)
    (told,) = notices(case.desk, "bill_charged")
    assert told["amount"] == "B/.10.00" and told["charged"] == "B/.11.00"
    assert told["paid"] == "B/.10.00" and told["difference"] == "B/.1.00 a cargo de la cooperativa"


def test_what_cannot_be(case: Charged) -> None:
    case.world.lease(case.boss, case.desk.member, level=2)
    doubled = case.world.staff("doble", [Role.SUPERVISOR])
    names = {"one": "doble", "other": case.desk.agent.username, "member": case.world.member("50099")}
    case.world.change("UPDATE staff SET member_id = :member WHERE username IN (:one, :other)", **names)
    refusals: list[tuple[Any, type[CoopError]]] = [
        (partial(case.settle, Way.HOUSE, by=doubled), NotPermitted),  # who registered it, by another user name
        (partial(case.look, doubled), NotPermitted),
        (partial(case.settle, Way.HOUSE, by=case.world.staff("audi", [Role.AUDITOR])), NotPermitted),
        (partial(case.settle, Way.HOUSE, 12_00), DataChanged),  # not what the gateway says
        (partial(case.settle, Way.APPLY), InvalidInput),
        (partial(case.settle, Way.HOUSE, reason=" "), InvalidInput),
        (partial(case.settle, Way.MEMBER, 6_000_00), LimitExceeded),  # above the supervisor's share
        (partial(case.settle, Way.MEMBER, 20_000_00), LimitExceeded),
    ]
    for work, error in refusals:
        with pytest.raises(error):
            work()
        case.untouched()
    case.desk.sandbox.fault = Fault.DOWN
    with pytest.raises(BillerSilent):
        case.settle(Way.HOUSE)
    case.untouched()


def test_own_and_relatives_orders_and_an_old_session(case: Charged) -> None:
    case.world.relative(case.boss, case.desk.member)
    with pytest.raises(NotPermitted):
        case.settle(Way.HOUSE)
    case.world.change("DELETE FROM staff_relative")
    case.desk.wait(30)
    with pytest.raises(ReauthenticationNeeded):
        case.settle(Way.HOUSE)
    case.untouched()


def test_the_account_has_not_got_it(case: Charged) -> None:
    case.world.lease(case.boss, case.desk.member, level=2)
    case.amend(case.form, amount=1_000_01)
    with pytest.raises(InsufficientFunds):
        case.settle(Way.MEMBER, 1_000_01)
    case.untouched()
    assert case.settle(Way.HOUSE, 1_000_01).outcome == "posted"
    assert case.world.balance(case.desk.source) == 990_00 and case.house("DIF-RECAUDADORES") == -990_01


def test_a_gateway_that_corrects_itself_needs_nobody(case: Charged) -> None:
    case.amend(case.form, amount=10_00)
    with pytest.raises(AsOrdered):
        case.settle(Way.HOUSE)
    case.untouched()
    assert ask_again(AskAgain(case.form.key), case.boss, case.desk.gateway, case.world.uow).state == "paid"
    with pytest.raises(NotFound):
        case.settle(Way.HOUSE)
    case.desk.agree()


def test_two_supervisors_and_the_worker_at_once(case: Charged) -> None:
    other = case.world.staff("otra", [Role.SUPERVISOR])
    case.desk.wait(30)
    case.world.change("UPDATE staff_session SET authenticated_at = last_seen_at")
    done = together(
        partial(case.settle, Way.HOUSE),
        partial(case.settle, Way.HOUSE, by=other),
        partial(settle_due, case.world.uow, case.desk.gateway),
    )
    receipts = [one for one in done if isinstance(one, Receipt)]
    assert len(receipts) == 1 and case.desk.order(case.form.key)["state"] == "paid"
    assert case.house("REC-ensa") == 11_00 and case.world.balance(case.desk.source) == 990_00
    assert check(case.world.uow) == ()


def test_the_days_comparison_agrees(case: Charged) -> None:
    less = case.order(charged=3_00, amount=4_00)
    compare = partial(reconcile, Reconcile(TODAY), case.boss, case.desk.gateway, case.world.uow)
    assert [line.difference for line in compare().lines] == ["amount", "amount"]
    case.settle(Way.HOUSE)
    case.settle(Way.APPLY, 3_00, form=less)
    done = compare()
    assert done.lines == () and done.ours == done.theirs == 14_00
    case.amend(less, amount=4_00)  # corrected there after it was settled here: a difference again
    (line,) = compare().lines
    assert line.difference == "amount" and "B/.3.00" in line.ours and "B/.4.00" in line.theirs

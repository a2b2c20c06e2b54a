"""What else waits: cash, loans whose division changes by the day, bills that leave the house (req. 42, 45)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.secrets import Secret
from services.approval_ends import expire_due
from services.approval_families import FAMILIES
from services.approval_views import GetApproval, approval_detail
from services.approvals import (
    Approve,
    Refuse,
    RequestApproval,
    approve,
    confirm_with_second_person,
    refuse,
    request_approval,
)
from services.biller_payments import ConfirmBill, NoGateway, confirm_bill
from services.cash_marks import opened
from services.errors import AccountUnusable, InvalidInput, NotPermitted
from services.ledger_check import check
from services.operations import MONEY_OPS, Op
from services.operator import Role
from services.payment_limits import ApprovalNeeded
from tests.services.approval_desk import BIG, NOTE, ApprovalDesk, tighten
from tests.services.biller_desk import ENSA, BillerDesk, biller_desk
from tests.services.counters import Counter
from tests.services.world import PASSWORD, World

FUNDS = "Venta de una finca en Chepo"
TERMS = {"rate": "12.00", "quota": 100_00, "due_day": 30, "interest_paid_to": "2026-10-30", "next_due": "2026-11-30"}


def test_whatever_moves_money_can_wait() -> None:
    assert set(FAMILIES) == set(MONEY_OPS)


@pytest.mark.parametrize(
    ("op", "product", "balance"),
    [(Op.QUOTA_PAY, "11", 0), (Op.SERVICE_PAY, "31", -300_00), (Op.CARD_PAY, "41", -300_00)],
)
def test_each_own_kind_waits_and_is_approved(world: World, op: Op, product: str, balance: int) -> None:
    desk = ApprovalDesk(world, op=op)
    lowest = balance * 2
    desk.second = world.account(desk.member, product=product, balance=balance, floor=lowest, min_balance=lowest)
    receipt = desk.approve(desk.ask().request_id, desk.supervisor())
    assert receipt.kind == op.value and world.balance(desk.second) == balance + BIG


def test_a_loan_that_waits_over_night_is_divided_anew_and_says_so(world: World) -> None:
    desk = ApprovalDesk(world, op=Op.LOAN_PAY)
    floor = -2_000_00
    desk.second = world.account(
        desk.member, product="21", balance=-900_00, floor=floor, min_balance=floor, terms=json.dumps(TERMS)
    )
    asked, supervisor = desk.ask(), desk.supervisor()
    assert desk.detail(asked.request_id, supervisor).changes == ()
    desk.later(hours=20)  # the next day in Panama
    detail = desk.detail(asked.request_id, supervisor)
    assert {"A interés", "A capital"} <= {label for label, _, _ in detail.changes}
    receipt = desk.approve(asked.request_id, supervisor, detail.hash)
    assert dict(receipt.lines)["A interés"] == dict(detail.summary)["A interés"]
    assert check(world.uow) == ()


# ---------------------------------------------------------------- cash


@pytest.fixture
def counter(world: World) -> Counter:
    counter = Counter(world)
    counter.open(500_00)
    tighten(world, Op.CASH_DEPOSIT, single={Role.CASHIER: 50_00, Role.SUPERVISOR: 500_000_00})
    return counter


def test_cash_goes_through_the_drawer_of_who_registered_it(counter: Counter) -> None:
    world = counter.world
    forms = [counter.form(Op.CASH_DEPOSIT, 75_00) for _ in range(2)]
    first, late = (request_approval(RequestApproval(form, NOTE), counter.cashier, world.uow) for form in forms)
    detail = approval_detail(GetApproval(first.request_id), counter.boss, world.uow)
    assert dict(detail.summary)["Desde"] == "CAJA caja"
    receipt = approve(Approve(first.request_id, detail.hash), counter.boss, world.uow)
    assert dict(receipt.lines)["Agente"] == "caja" and dict(receipt.lines)["Aprobó"] == "jefa"
    assert (counter.cash(), world.balance(counter.savings)) == (575_00, 1_075_00)
    shown = approval_detail(GetApproval(late.request_id), counter.boss, world.uow).hash
    counter.close(575_00)
    with pytest.raises(AccountUnusable):  # the drawer is closed: nobody has that cash
        approve(Approve(late.request_id, shown), counter.boss, world.uow)
    assert check(world.uow) == ()


def test_cash_whose_source_must_be_stated_is_approved_at_the_counter(counter: Counter) -> None:
    world = counter.world
    form = counter.form(Op.CASH_DEPOSIT, 12_000_00)
    with pytest.raises(InvalidInput) as refused:
        request_approval(RequestApproval(form, NOTE), counter.cashier, world.uow)
    assert refused.value.field == "funds"
    stating = replace(form, funds=FUNDS)
    with pytest.raises(NotPermitted):
        request_approval(RequestApproval(stating, NOTE), counter.cashier, world.uow)
    assert world.scalar("SELECT count(*) FROM approval_request") == 0
    confirm_with_second_person(stating, "jefa", Secret(PASSWORD), world.code(), counter.cashier, world.uow)
    (mark,) = world.rows("SELECT * FROM cash_mark")
    with world.uow.begin_system(counter.boss) as tx:
        assert opened(tx, mark["operation_id"], bytes(mark["source_sealed"])) == FUNDS


def test_cash_that_becomes_reportable_while_it_waits_is_not_approved_from_the_queue(counter: Counter) -> None:
    world = counter.world
    asked = request_approval(RequestApproval(counter.form(Op.CASH_DEPOSIT, 75_00), NOTE), counter.cashier, world.uow)
    shown = approval_detail(GetApproval(asked.request_id), counter.boss, world.uow).hash
    rest = replace(counter.form(Op.CASH_DEPOSIT, 9_950_00), funds="")
    confirm_with_second_person(rest, "jefa", Secret(PASSWORD), world.code(), counter.cashier, world.uow)
    detail = approval_detail(GetApproval(asked.request_id), counter.boss, world.uow)
    assert detail.hash == "" and "mostrador" in detail.trouble
    with pytest.raises(NotPermitted):
        approve(Approve(asked.request_id, shown), counter.boss, world.uow)
    assert world.balance(counter.savings) == 10_950_00 and check(world.uow) == ()


# ---------------------------------------------------------------- bills


@pytest.fixture
def billers(world: World, tmp_path: Path) -> Iterator[BillerDesk]:
    tighten(world, Op.BILLER_PAY, single={Role.CIS_AGENT: 20_00, Role.SUPERVISOR: 500_00})
    with biller_desk(world, tmp_path) as desk:
        yield desk


def bill(desk: BillerDesk) -> ConfirmBill:
    return desk.form(40_00, op=Op.BILLER_PAY, biller="ensa", reference=ENSA)


def test_a_bill_is_ordered_when_it_is_approved(billers: BillerDesk) -> None:
    world, form = billers.world, bill(billers)
    with pytest.raises(ApprovalNeeded):
        billers.pay(form)
    asked = request_approval(RequestApproval(form, NOTE), billers.agent, world.uow)
    assert billers.held() == 0 and list(billers.sandbox.orders()) == []
    supervisor = world.staff("sgomez", [Role.SUPERVISOR])
    detail = approval_detail(GetApproval(asked.request_id), supervisor, world.uow)
    assert dict(detail.summary)["Monto"] == "B/.40.00" and detail.changes == ()
    command = Approve(asked.request_id, detail.hash)
    with pytest.raises(NoGateway):
        approve(command, supervisor, world.uow)
    receipt = approve(command, supervisor, world.uow, billers.gateway)
    lines = dict(receipt.lines)
    assert (receipt.outcome, lines["Aprobó"], lines["Agente"]) == ("posted", "sgomez", "mrodriguez")
    again = approve(command, supervisor, world.uow, billers.gateway)
    assert again.number == receipt.number
    billers.agree()


def test_a_bill_signed_at_the_desk(billers: BillerDesk) -> None:
    world = billers.world
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    signed = ("sgomez", Secret(PASSWORD), world.code())
    receipt = confirm_with_second_person(bill(billers), *signed, billers.agent, world.uow, billers.gateway)
    assert receipt.outcome == "posted" and dict(receipt.lines)["Aprobó"] == "sgomez"
    billers.agree()


def test_a_bill_that_was_refused_or_ran_out_is_never_ordered(billers: BillerDesk) -> None:
    world, forms = billers.world, [bill(billers) for _ in range(2)]
    for form in forms:
        request_approval(RequestApproval(form, NOTE), billers.agent, world.uow)
    refuse(Refuse(forms[0].key, "La factura es de otra casa"), world.staff("sgomez", [Role.SUPERVISOR]), world.uow)
    world.clock.advance(hours=24)
    assert expire_due(world.uow) == 1
    outcomes = [row["outcome"] for row in world.rows("SELECT outcome FROM operation WHERE kind = 'biller.pay'")]
    assert outcomes == ["rejected", "rejected"]
    assert list(billers.sandbox.orders()) == [] and billers.held() == 0 and check(world.uow) == ()


def test_a_bill_with_a_closed_key_does_not_arrive_late(billers: BillerDesk) -> None:
    world, form = billers.world, bill(billers)
    request_approval(RequestApproval(form, NOTE), billers.agent, world.uow)
    refuse(Refuse(form.key, "La factura es de otra casa"), world.staff("sgomez", [Role.SUPERVISOR]), world.uow)
    tighten(world, Op.BILLER_PAY, single={Role.CIS_AGENT: 500_00})
    with pytest.raises(Exception, match="refused"):
        confirm_bill(form, billers.agent, billers.gateway, world.uow)
    assert list(billers.sandbox.orders()) == [] and billers.held() == 0

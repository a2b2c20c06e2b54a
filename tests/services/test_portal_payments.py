"""A member pays in the portal: own and others' accounts and billers, with the code of this payment, inside their own
limits, and nothing of anybody else's (req. 39–44; L11)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.bill_code_sending import SendBillCode, send_bill_code
from services.biller_payments import ConfirmBill, PrepareBill, confirm_bill, prepare_bill
from services.errors import CoopError, InvalidInput, LimitExceeded, NotFound, NotPermitted, RateLimited
from services.movements import LastMovements, last_movements
from services.operations import Op
from services.operator import Operator
from services.payees import FindPayees, find_payees
from services.payment_codes import CheckPaymentCode, CodeNeeded, SendPaymentCode, check_payment_code, send_payment_code
from services.payments import ConfirmPayment, OutcomeOf, PreparePayment, abandon, confirm, outcome, prepare
from services.receipts import GetReceipt, get_receipt
from tests.services import portal_door as portal
from tests.services.access_cases import mails
from tests.services.biller_desk import ENSA, biller_desk
from tests.services.world import World


def ready(world: World) -> tuple[Operator, int, int, int, int]:
    """A member inside with two savings accounts, and somebody else's account."""
    operator, member = portal.member_inside(world)
    one, two = world.account(member, balance=10_000_00), world.account(member)
    other = world.member("50013")
    return operator, member, one, two, world.account(other, balance=1_00)


def sent_code(world: World) -> str:
    return str(mails(world, "portal_code")[-1]["context"]["code"])


def pay(world: World, operator: Operator, op: Op, member: int, one: int, two: int, amount: int) -> Any:
    wanted = (member, one, two, amount)
    shown = prepare(PreparePayment(op, *wanted), operator, world.uow)
    return confirm(ConfirmPayment(uuid7(), shown.hash, op, *wanted), operator, world.uow)


def refused(call: Any) -> type[CoopError]:
    with pytest.raises(CoopError) as raised:
        call()
    return type(raised.value)


def test_between_own_accounts_with_the_fresh_answer_of_the_door(world: World) -> None:
    operator, member, one, two, _ = ready(world)
    receipt = pay(world, operator, Op.TRANSFER_OWN, member, one, two, 75_00)
    assert (receipt.outcome, world.balance(one), world.balance(two)) == ("posted", 9_925_00, 75_00)
    lines = dict(receipt.lines)
    assert (lines["Canal"], lines["Agente"]) == ("Web", "en línea")
    assert get_receipt(GetReceipt(receipt.operation_id), operator, world.uow).copy
    assert outcome(OutcomeOf(receipt.operation_id), operator, world.uow) is not None
    assert outcome(OutcomeOf(uuid7()), operator, world.uow) is None
    moved = last_movements(LastMovements(one), operator, world.uow)
    assert moved.rows[0].debit == "75.00"
    assert [mail["template"] for mail in mails(world)][-1] == "transfer_done"


def test_to_somebody_else_only_with_the_code_of_this_very_payment(world: World) -> None:
    operator, member, one, _, theirs = ready(world)
    wanted = (member, one, theirs, 40_00)
    shown = prepare(PreparePayment(Op.TRANSFER_THIRD, *wanted), operator, world.uow)
    assert shown.code_needed
    form = ConfirmPayment(uuid7(), shown.hash, Op.TRANSFER_THIRD, *wanted)
    assert refused(lambda: confirm(form, operator, world.uow)) is CodeNeeded
    sent = send_payment_code(SendPaymentCode(Op.TRANSFER_THIRD, *wanted, "email"), operator, world.uow)
    assert "•" in sent.destination and "B/.40.00" in sent.operation and "ITZEL P" in sent.operation
    code = sent_code(world)
    wrong = "000000" if code != "000000" else "111111"
    assert not check_payment_code(CheckPaymentCode(member, Secret(wrong)), operator, world.uow)
    assert check_payment_code(CheckPaymentCode(member, Secret(code)), operator, world.uow)
    dearer = (member, one, theirs, 41_00)
    second = prepare(PreparePayment(Op.TRANSFER_THIRD, *dearer), operator, world.uow)
    other = ConfirmPayment(uuid7(), second.hash, Op.TRANSFER_THIRD, *dearer)
    assert refused(lambda: confirm(other, operator, world.uow)) is CodeNeeded
    assert confirm(form, operator, world.uow).outcome == "posted" and world.balance(theirs) == 41_00
    assert confirm(form, operator, world.uow).existed
    again = prepare(PreparePayment(Op.TRANSFER_THIRD, *wanted), operator, world.uow)
    repeated = ConfirmPayment(uuid7(), again.hash, Op.TRANSFER_THIRD, *wanted)
    assert refused(lambda: confirm(repeated, operator, world.uow)) is CodeNeeded
    assert code not in str(world.events()) + str(world.rows("SELECT * FROM member_code"))


def test_a_code_dies_of_three_wrong_tries_of_time_and_of_another_session(world: World) -> None:
    operator, member, one, _, theirs = ready(world)
    command = SendPaymentCode(Op.TRANSFER_THIRD, member, one, theirs, 40_00, "email")
    send_payment_code(command, operator, world.uow)
    code = sent_code(world)
    wrong = Secret("000000" if code != "000000" else "111111")
    for _ in range(3):
        assert not check_payment_code(CheckPaymentCode(member, wrong), operator, world.uow)
    with pytest.raises(InvalidInput):
        check_payment_code(CheckPaymentCode(member, Secret(code)), operator, world.uow)
    send_payment_code(command, operator, world.uow)
    code = sent_code(world)
    operator = portal.sign_in(world).operator
    with pytest.raises(InvalidInput):
        check_payment_code(CheckPaymentCode(member, Secret(code)), operator, world.uow)
    for _ in range(3):
        send_payment_code(command, operator, world.uow)
    with pytest.raises(RateLimited):
        send_payment_code(command, operator, world.uow)
    for _ in range(3):
        world.clock.advance(minutes=4)
        prepare(PreparePayment(Op.TRANSFER_THIRD, member, one, theirs, 40_00), operator, world.uow)
    with pytest.raises(InvalidInput):
        check_payment_code(CheckPaymentCode(member, Secret(sent_code(world))), operator, world.uow)


def test_above_their_own_share_they_are_sent_to_a_branch_and_nobody_approves(world: World) -> None:
    operator, member, one, two, _ = ready(world)
    limits = world.uow.policy.limits
    tight = replace(limits[Op.TRANSFER_OWN], single_of_member=100_00, member_daily=150_00)
    world.uow.policy = replace(world.uow.policy, limits={**limits, Op.TRANSFER_OWN: tight})
    with pytest.raises(LimitExceeded) as raised:
        prepare(PreparePayment(Op.TRANSFER_OWN, member, one, two, 100_01), operator, world.uow)
    assert "B/.100.00" in raised.value.user_text and "sucursal" in raised.value.user_text
    pay(world, operator, Op.TRANSFER_OWN, member, one, two, 100_00)
    assert refused(lambda: pay(world, operator, Op.TRANSFER_OWN, member, one, two, 50_01)) is LimitExceeded
    pay(world, operator, Op.TRANSFER_OWN, member, one, two, 50_00)
    from services.approvals import RequestApproval, confirm_with_second_person, request_approval

    form = ConfirmPayment(uuid7(), "x", Op.TRANSFER_OWN, member, one, two, 500_00)
    note = "Lo pide el asociado en el kiosco"
    assert refused(lambda: request_approval(RequestApproval(form, note), operator, world.uow)) is NotPermitted
    call = lambda: confirm_with_second_person(form, "jefa", Secret("x"), None, operator, world.uow)  # noqa: E731
    assert refused(call) is NotPermitted
    assert world.scalar("SELECT count(*) FROM approval_request") == 0


def test_nothing_of_anybody_elses_by_any_way(world: World) -> None:
    operator, member, one, two, theirs = ready(world)
    stranger = int(world.scalar("SELECT member_id FROM account WHERE id = :id", id=theirs))
    for to in (one, two):
        asked = PreparePayment(Op.TRANSFER_OWN, member, theirs, to, 1_00)
        assert refused(lambda asked=asked: prepare(asked, operator, world.uow)) is NotFound
    for op in (Op.TRANSFER_OWN, Op.TRANSFER_THIRD):
        asked = PreparePayment(op, stranger, theirs, one, 1_00)
        assert refused(lambda asked=asked: prepare(asked, operator, world.uow)) is NotPermitted
        form = ConfirmPayment(uuid7(), "x", op, stranger, theirs, one, 1_00)
        assert refused(lambda form=form: confirm(form, operator, world.uow)) is NotPermitted
        assert refused(lambda form=form: abandon(form.payload(), operator, world.uow)) is NotPermitted
    assert refused(lambda: last_movements(LastMovements(theirs), operator, world.uow)) is NotPermitted
    assert refused(lambda: find_payees(FindPayees(stranger, "50012"), operator, world.uow)) is NotPermitted
    agent = world.staff("otra")
    world.lease(agent, stranger, 2)
    second = world.account(stranger)
    receipt = pay(world, agent, Op.TRANSFER_OWN, stranger, theirs, second, 1_00)
    assert refused(lambda: get_receipt(GetReceipt(receipt.operation_id), operator, world.uow)) is NotPermitted
    assert refused(lambda: outcome(OutcomeOf(receipt.operation_id), operator, world.uow)) is NotPermitted
    assert world.scalar("SELECT count(*) FROM operation WHERE actor LIKE 'member:%'") == 0


def test_a_bill_needs_its_code_too(world: World, tmp_path: Path) -> None:
    with biller_desk(world, tmp_path / "sandbox") as desk:
        operator, member = portal.member_inside(world, "50099", "otra")
        source = world.account(member, balance=100_00)
        asked = PrepareBill(Op.BILLER_PAY, member, source, "ensa", ENSA, 5_00)
        shown = prepare_bill(asked, operator, world.uow)
        assert shown.code_needed
        form = ConfirmBill(uuid7(), shown.hash, Op.BILLER_PAY, member, source, "ensa", ENSA, 5_00)
        assert refused(lambda: confirm_bill(form, operator, desk.gateway, world.uow)) is CodeNeeded
        sent = send_bill_code(SendBillCode(asked, "email"), operator, world.uow)
        assert re.fullmatch(r"pagar B/\.5\.00 a ENSA .+", sent.operation)
        assert check_payment_code(CheckPaymentCode(member, Secret(sent_code(world))), operator, world.uow)
        dearer = replace(form, amount=6_00)
        assert issubclass(refused(lambda: confirm_bill(dearer, operator, desk.gateway, world.uow)), CoopError)
        assert confirm_bill(form, operator, desk.gateway, world.uow).outcome == "posted"
        assert world.balance(source) == 95_00


def test_several_payments_of_one_call_are_for_staff(world: World) -> None:
    from services.baskets import PrepareBasket, prepare_basket

    operator, member, one, two, _ = ready(world)
    wanted = ((two, 1_00), (world.account(member), 2_00))
    items = tuple(PreparePayment(Op.TRANSFER_OWN, member, one, to, amount) for to, amount in wanted)
    assert refused(lambda: prepare_basket(PrepareBasket(member, items), operator, world.uow)) is NotPermitted

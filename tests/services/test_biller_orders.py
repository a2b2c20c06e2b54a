"""Orders at the gateway while it fails in every way it can: posted, given back or visibly open, and never twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from data.catalog.billers import PaymentKind
from data.values.uuid7 import uuid7
from services import faults
from services.biller_contract import OrderState
from services.biller_gateway import BillerGateway, Order
from services.biller_orders import attempt, next_pause, settle_due
from services.errors import DataChanged, InsufficientFunds, NotPermitted, StoreUnavailable
from services.folder_sms import FolderSms
from services.mail_messages import MailIdentity
from services.maildir import MaildirMail
from services.operations import Op
from services.operator import Operator
from services.order_notices import EndedOrders, FollowReceipt, ended_orders, follow_receipt
from services.receipts import Receipt
from services.records import OpenRecord, refresh_record
from services.sandbox_billers import Fault, SandboxBillers
from services.transports import Transports
from services.worker import run_once
from tests.services.biller_desk import ENSA, BillerDesk, biller_desk
from tests.services.test_posting import together
from tests.services.world import World


class Died(BaseException):
    """The process ends here; nothing of the program catches it."""


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Iterator[BillerDesk]:
    with biller_desk(world, tmp_path / "sandbox", slow_seconds=1) as desk:
        yield desk


def later(desk: BillerDesk, minutes: int = 20) -> int:
    """The next round of the worker, when every order is due."""
    desk.wait(minutes)
    return settle_due(desk.world.uow, desk.gateway)


def postings(desk: BillerDesk, key: str) -> int:
    return int(desk.world.scalar("SELECT count(*) FROM operation WHERE settles_hold = :key", key=key))


# ---------------------------------------------------------------- one fault, then all is well


@pytest.mark.parametrize(
    ("fault", "state", "error"),
    [
        (Fault.SLOW, "sent", "timeout"),
        (Fault.NO_ANSWER, "sent", "timeout"),
        (Fault.ANSWER_LOST, "sent", "closed"),
        (Fault.DOWN, "pending", "unavailable"),
        (Fault.MALFORMED, "sent", "malformed"),
    ],
)
def test_without_an_answer_it_stays_in_process_and_ends_later(
    desk: BillerDesk, fault: Fault, state: str, error: str
) -> None:
    desk.sandbox.fault = fault
    form = desk.form()
    receipt = desk.pay(form)
    assert (receipt.outcome, dict(receipt.lines)["Estado"]) == ("held", "En proceso")
    order = desk.order(form.key)
    assert (order["state"], order["error"], order["attempts"]) == (state, error, 1)
    assert desk.held() == 5_00 and desk.paid() == 0
    assert desk.world.rows("SELECT template FROM outbox") == [{"template": "bill_waiting"}]
    assert settle_due(desk.world.uow, desk.gateway) == 0 and desk.order(form.key)["attempts"] == 1  # not yet due
    desk.sandbox.fault = None
    assert later(desk) == 1
    assert desk.order(form.key)["state"] == "paid" and len(desk.sandbox.orders()) == 1
    assert desk.pay(form).outcome == "posted"
    desk.agree()


@pytest.mark.parametrize(("fault", "code"), [(Fault.REFUSED, "rejected"), (Fault.DUPLICATE, "duplicate")])
def test_a_refusal_ends_it_at_once(desk: BillerDesk, fault: Fault, code: str) -> None:
    desk.sandbox.fault = fault
    form = desk.form()
    assert desk.pay(form).outcome == "released"
    order = desk.order(form.key)
    assert (order["state"], order["error"]) == ("refused", code)
    desk.sandbox.fault = None
    assert later(desk) == 0 and postings(desk, form.key) == 1
    desk.agree()


def test_another_amount_is_never_posted(desk: BillerDesk) -> None:
    desk.sandbox.fault = Fault.WRONG_AMOUNT
    form = desk.form()
    receipt = desk.pay(form)
    assert receipt.outcome == "held" and desk.held() == 5_00
    for _ in range(3):
        order = desk.order(form.key)
        assert (order["state"], order["error"]) == ("sent", "wrong_amount") and order["gateway_ref"]
        assert postings(desk, form.key) == 0 and later(desk) == 0
    assert len(desk.sandbox.orders()) == 1


def test_one_that_stands_in_doubt_does_not_hold_up_the_others(desk: BillerDesk) -> None:
    desk.sandbox.faults.add(Fault.WRONG_AMOUNT, times=1)
    desk.pay(desk.form())
    desk.sandbox.fault = Fault.DOWN
    forms = desk.pay_all(10_00, 15_00)
    desk.sandbox.fault = None
    assert later(desk) == 2
    assert {desk.order(form.key)["state"] for form in forms} == {"paid"}


def test_down_then_up_for_an_hour(desk: BillerDesk) -> None:
    """The gateway dies for an hour: everything waits, visibly, and is paid once when it is back."""
    desk.sandbox.fault = Fault.DOWN
    desk.pay_all(5_00, 10_00, 15_00, 20_00)
    before = desk.sandbox.requests
    for _ in range(60):
        desk.wait(1)
        assert settle_due(desk.world.uow, desk.gateway) == 0
    assert desk.held() == 50_00 and desk.sandbox.orders() == []
    assert desk.sandbox.requests - before <= 60  # a gateway that fails is asked once a round, not once an order
    desk.sandbox.fault = None
    ended = later(desk)
    while ended < 4:
        ended += later(desk)
    assert [record.amount for record in desk.sandbox.orders()] and len(desk.sandbox.orders()) == 4
    desk.agree()


def test_what_was_lost_is_asked_for_before_it_is_ordered_again(
    desk: BillerDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for name in ("status", "order"):
        whole = getattr(BillerGateway, name)

        def told(self: BillerGateway, what: object, name: str = name, whole: object = whole) -> object:
            asked.append(name)
            return whole(self, what)  # type: ignore[operator]

        monkeypatch.setattr(BillerGateway, name, told)
    desk.sandbox.faults.add(Fault.ANSWER_LOST, times=1)
    desk.pay(desk.form())
    assert later(desk) == 1 and asked == ["order", "status"]
    asked.clear()
    desk.sandbox.faults.add(Fault.NO_ANSWER, times=1)
    desk.pay(desk.form(10_00))
    assert later(desk) == 1 and asked == ["order", "status", "order"]
    asked.clear()
    desk.sandbox.faults.add(Fault.DOWN, times=1)
    desk.pay(desk.form(15_00))
    assert later(desk) == 1 and asked == ["order", "order"]
    desk.agree()


def test_an_order_that_was_withdrawn_there_is_given_back(desk: BillerDesk) -> None:
    desk.sandbox.faults.add(Fault.NO_ANSWER, times=1)
    form = desk.form()
    desk.pay(form)
    assert desk.gateway.withdraw(form.key).state is OrderState.WITHDRAWN
    assert later(desk) == 1
    order = desk.order(form.key)
    assert (order["state"], order["error"], order["decided_on"]) == ("refused", "withdrawn", None)
    assert "se retiró" in dict(desk.pay(form).lines)["Motivo"]
    desk.agree()


def test_an_id_that_means_something_else_there_is_left_for_a_person(desk: BillerDesk) -> None:
    desk.sandbox.fault = Fault.DOWN
    form = desk.form()
    desk.pay(form)
    desk.sandbox.fault = None
    desk.gateway.order(Order(form.key, "ensa", PaymentKind.BILL, ENSA, None, 1_00))
    assert later(desk) == 0 and desk.order(form.key)["error"] == "conflict"
    assert later(desk) == 0 and desk.order(form.key)["error"] == "conflict"
    assert postings(desk, form.key) == 0 and desk.held() == 5_00


def test_an_account_that_was_blocked_meanwhile_is_left_for_a_person(desk: BillerDesk) -> None:
    desk.sandbox.faults.add(Fault.ANSWER_LOST, times=1)
    form = desk.form()
    desk.pay(form)
    desk.world.change("UPDATE account SET status = 'blocked' WHERE id = :id", id=desk.source)
    assert later(desk) == 0
    order = desk.order(form.key)
    assert (order["state"], order["error"]) == ("sent", "account_unusable") and order["gateway_ref"]
    desk.world.change("UPDATE account SET status = 'open' WHERE id = :id", id=desk.source)
    assert later(desk) == 1
    desk.agree()


def test_pauses_double_up_to_the_most(world: World) -> None:
    policy = world.uow.policy.billers
    seconds = [int(next_pause(policy, attempts).total_seconds()) for attempts in (1, 2, 3, 4, 5, 6, 99)]
    assert seconds == [30, 60, 120, 240, 480, 900, 900]


def test_the_worker_does_it_in_its_rounds(desk: BillerDesk, tmp_path: Path) -> None:
    desk.sandbox.faults.add(Fault.DOWN, times=1)
    form = desk.form()
    desk.pay(form)
    desk.world.clock.advance(minutes=1)
    transports = Transports(MaildirMail(tmp_path / "mail"), FolderSms(tmp_path / "sms"), MailIdentity())
    done = run_once(desk.world.uow, transports, [partial(settle_due, gateway=desk.gateway)])
    assert done.failures == () and done.drained.sent == 2  # in process, then paid
    assert settle_due(desk.world.uow, None) == 0
    desk.agree()


# ---------------------------------------------------------------- crashes


@pytest.mark.parametrize(
    ("point", "sent"),
    [
        ("hold_committed", False),
        ("order_claimed", False),
        ("biller_answered", True),
        ("before_settle", True),
        ("before_commit", True),
        ("after_settle", True),
    ],
)
def test_a_crash_between_any_two_steps(
    desk: BillerDesk, point: str, sent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = desk.form()
    seen: list[str] = []

    def hook(name: str) -> None:
        seen.append(name)
        # the first commit places the hold; the second is that of the settlement
        if name == point and (name != "before_commit" or "before_settle" in seen):
            raise Died

    monkeypatch.setattr(faults, "hook", hook)
    with pytest.raises(Died):
        desk.pay(form)
    monkeypatch.setattr(faults, "hook", None)
    assert len(desk.sandbox.orders()) == sent
    assert postings(desk, form.key) == (point == "after_settle")
    assert desk.order(form.key)["state"] in ("pending", "sent", "paid")
    again = desk.pay(form)  # the same form again, before the worker: it answers and orders nothing
    assert again.existed and again.outcome == ("posted" if point == "after_settle" else "held")
    later(desk)
    assert postings(desk, form.key) == 1 and len(desk.sandbox.orders()) == 1
    desk.agree()


def test_the_database_falls_silent_between_the_answer_and_the_ledger(
    desk: BillerDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = desk.form()

    def silent(*_: object) -> str:
        raise StoreUnavailable

    with monkeypatch.context() as patched:
        patched.setattr("services.biller_orders.settle", silent)
        receipt = desk.pay(form)
    assert (receipt.outcome, receipt.existed) == ("held", False)  # nobody is told «failed»
    assert later(desk) == 1
    desk.agree()


def test_a_second_settlement_is_impossible(desk: BillerDesk) -> None:
    """The answer of a slow step arrives when another has settled, and the row is as if nobody had."""
    form = desk.form()
    desk.pay(form)
    desk.world.change("UPDATE biller_order SET state = 'sent'")
    done = attempt(form.key, desk.gateway, desk.world.uow, at_once=True)
    assert done.state == "paid" and postings(desk, form.key) == 1
    assert desk.world.rows("SELECT template FROM outbox") == [{"template": "bill_paid"}]
    assert desk.world.events("biller.top_up")[-1]["result"] == "repeated"
    desk.agree()


# ---------------------------------------------------------------- many at once


def test_double_enter(desk: BillerDesk) -> None:
    form = desk.form()
    receipts = [one for one in together(*[lambda: desk.pay(form)] * 8) if isinstance(one, Receipt)]
    assert len(receipts) == 8 and {receipt.number for receipt in receipts} == {receipts[0].number}
    assert sum(not receipt.existed for receipt in receipts) == 1
    assert len(desk.sandbox.orders()) == 1 and postings(desk, form.key) == 1
    desk.agree()


@pytest.mark.parametrize("fault", [None, Fault.ANSWER_LOST])
def test_two_workers_at_once(desk: BillerDesk, fault: Fault | None) -> None:
    desk.sandbox.fault = fault or Fault.DOWN
    forms = desk.pay_all(5_00, 10_00, 15_00)
    desk.sandbox.fault = None
    desk.wait(20)
    together(*[lambda: settle_due(desk.world.uow, desk.gateway)] * 4)
    together(*[partial(attempt, form.key, desk.gateway, desk.world.uow, at_once=True) for form in forms] * 3)
    assert len(desk.sandbox.orders()) == 3
    desk.agree()


def test_twenty_threads_never_overdraw_and_pay_each_once(desk: BillerDesk) -> None:
    desk.world.fund(desk.source, -900_00)  # B/.100.00: five of twenty find money
    policy = desk.world.uow.policy
    wide = replace(policy.limits[Op.BILLER_TOP_UP], member_daily=10_000_00, agent_daily=10_000_00)
    desk.world.uow.policy = replace(policy, limits={**policy.limits, Op.BILLER_TOP_UP: wide})
    forms = [desk.form(20_00, reference=f"6{number:07d}") for number in range(1, 21)]
    done: list[str] = []
    lock = threading.Lock()

    def pay(number: int) -> None:
        form = forms[number]
        for _ in range(25):
            try:
                outcome = desk.pay(form).outcome
            except DataChanged:  # somebody else's payment changed what was shown: review and confirm again
                try:
                    shown = desk.prepare(20_00, reference=form.reference)
                except InsufficientFunds:
                    outcome = "no funds"
                else:
                    form = replace(form, prepared_hash=shown.hash)
                    continue
            except InsufficientFunds:
                outcome = "no funds"
            with lock:
                done.append(outcome)
            return

    together(*[partial(pay, number) for number in range(20)])
    later(desk)
    assert len(done) == 20
    taken = [record for record in desk.sandbox.orders() if record.state is OrderState.ACCEPTED]
    refused = [record for record in desk.sandbox.orders() if record.state is OrderState.REFUSED]
    assert desk.paid() == 20_00 * len(taken) and desk.world.balance(desk.source) >= 0
    assert len(taken) == 5 and len(refused) <= 4  # numbers that end in 9 or 0 don't exist there or owe nothing
    desk.agree()


def test_the_sandbox_forgets_nothing_over_a_restart(world: World, tmp_path: Path) -> None:
    with biller_desk(world, tmp_path / "sandbox") as desk:
        desk.sandbox.fault = Fault.ANSWER_LOST
        form = desk.form()
        desk.pay(form)
    with SandboxBillers(tmp_path / "sandbox", now=world.clock.now) as again:
        world.clock.advance(minutes=20)
        assert settle_due(world.uow, BillerGateway(again.url)) == 1
        assert len(again.orders()) == 1


def test_what_is_in_process_stands_on_the_record_and_its_end_is_told_quietly(desk: BillerDesk) -> None:
    desk.sandbox.fault = Fault.DOWN
    form, other = desk.pay_all(5_00, 10_00)
    stranger = desk.world.staff("otra")

    def pending(operator: Operator) -> tuple[str, ...]:
        return refresh_record(OpenRecord(desk.member), operator, desk.world.uow).pending

    assert pending(desk.agent) == ("En proceso: +Móvil B/.5.00", "En proceso: +Móvil B/.10.00")
    assert pending(stranger) == ("2 pagos en proceso",)  # nobody is verified there
    asked = EndedOrders(frozenset({form.key, other.key, uuid7()}))
    assert ended_orders(asked, stranger, desk.world.uow) == frozenset()
    desk.sandbox.fault = None
    assert attempt(form.key, desk.gateway, desk.world.uow, at_once=True).state == "paid"
    seen = desk.world.scalar("SELECT last_seen_at FROM staff_session WHERE id = :id", id=desk.agent.session_id)
    events = len(desk.world.events())
    desk.world.clock.advance(minutes=1)
    assert ended_orders(asked, desk.agent, desk.world.uow) == {form.key}
    assert len(desk.world.events()) == events
    receipt = follow_receipt(FollowReceipt(form.key), desk.agent, desk.world.uow)
    assert (receipt.outcome, receipt.existed, receipt.copy) == ("posted", False, False)
    sql = "SELECT last_seen_at FROM staff_session WHERE id = :id"
    assert desk.world.scalar(sql, id=desk.agent.session_id) == seen
    desk.world.relative(stranger, desk.member)
    with pytest.raises(NotPermitted):
        follow_receipt(FollowReceipt(form.key), stranger, desk.world.uow)

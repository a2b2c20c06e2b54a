"""A day against the gateway's file: each planted difference is found, a clean day has none, and somebody attends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from data.catalog.billers import PaymentKind
from data.values.uuid7 import uuid7
from services.biller_contract import OrderState
from services.biller_gateway import BillerGateway, Order
from services.biller_orders import settle_due
from services.biller_payments import NoGateway
from services.daily_reconciliation import DailyReconciliation
from services.errors import InvalidInput, NotFound, NotPermitted, ReauthenticationNeeded
from services.open_orders import AskAgain, OpenOrders, WithdrawOrder, ask_again, open_orders, withdraw_order
from services.operations import Op
from services.operator import Operator, Role
from services.reconciliation import BadFile, NoFile, Reconcile, reconcile
from services.reconciliation_lines import (
    AttendLine,
    Reconciled,
    ShowReconciliation,
    attend_line,
    show_reconciliation,
)
from services.sandbox_billers import Fault
from tests.services.biller_desk import ENSA, BillerDesk, biller_desk
from tests.services.world import World

TODAY = date(2026, 11, 23)


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Iterator[BillerDesk]:
    with biller_desk(world, tmp_path / "sandbox") as desk:
        yield desk


@pytest.fixture
def boss(world: World, desk: BillerDesk) -> Operator:
    return world.staff("jefa", [Role.SUPERVISOR])


def compare(desk: BillerDesk, boss: Operator, day: date = TODAY) -> Reconciled:
    return reconcile(Reconcile(day), boss, desk.gateway, desk.world.uow)


def amend(desk: BillerDesk, key: str, **changes: Any) -> None:
    """The gateway's own record of an order, changed behind everybody's back."""
    entries = desk.sandbox.desk._book.entries
    entries[key] = replace(entries[key], record=replace(entries[key].record, **changes))


def test_a_clean_day_has_no_difference(desk: BillerDesk, boss: Operator) -> None:
    desk.pay_all(5_00, 10_00)
    desk.pay(desk.form(12_34, op=Op.BILLER_PAY, biller="ensa", reference=ENSA))
    desk.sandbox.faults.add(Fault.REFUSED, times=1)
    desk.pay(desk.form(15_00))
    done = compare(desk, boss)
    assert done.lines == () and done.orders == 4
    assert done.ours == done.theirs == 27_34 and len(done.file_sha256) == 64
    assert desk.world.rows("SELECT orders, ours, theirs FROM reconciliation") == [
        {"orders": 4, "ours": 27_34, "theirs": 27_34}
    ]
    event = desk.world.events("biller.reconcile")[-1]
    assert event["detail"] == {"day": "2026-11-23", "orders": 4, "differences": 0}


def test_each_planted_difference_is_found_and_nothing_else(desk: BillerDesk, boss: Operator) -> None:
    clean, gone, dearer, undone, elsewhere, renamed = desk.pay_all(1_00, 2_00, 3_00, 5_00, 10_00, 15_00)
    strange = Order(uuid7(), "ensa", PaymentKind.BILL, ENSA, None, 9_99)
    desk.gateway.order(strange)
    del desk.sandbox.desk._book.entries[gone.key]
    amend(desk, dearer.key, amount=4_00)
    amend(desk, undone.key, state=OrderState.REFUSED, amount=None, gateway_ref=None, code="rejected")
    amend(desk, elsewhere.key, reference="62345678")
    amend(desk, renamed.key, gateway_ref="SB-99999999")
    done = compare(desk, boss)
    assert {line.order_id: line.difference for line in done.lines} == {
        gone.key: "missing_there",
        strange.id: "missing_here",
        dearer.key: "amount",
        undone.key: "state",
        elsewhere.key: "reference",
        renamed.key: "reference",
    }
    by_key = {line.order_id: line for line in done.lines}
    assert clean.key not in by_key
    assert by_key[dearer.key].ours.startswith("pagada · B/.3.00 · +Móvil 61234567 · SB-")
    assert by_key[dearer.key].theirs.startswith("aceptada · B/.4.00")
    assert by_key[strange.id].number == "" and by_key[gone.key].number.startswith("2026-")
    assert by_key[gone.key].theirs == by_key[strange.id].ours == "—"
    assert all(len(line.advice) > 60 and line.title for line in done.lines)
    assert (done.ours, done.theirs) == (36_00, 36_00 - 2_00 + 1_00 - 5_00 + 9_99)


def test_what_is_open_here_and_decided_there_is_settled_first(desk: BillerDesk, boss: Operator) -> None:
    desk.sandbox.faults.add(Fault.ANSWER_LOST, times=1)
    assert desk.pay(desk.form()).outcome == "held"
    done = compare(desk, boss)
    assert done.lines == () and done.ours == done.theirs == 5_00
    desk.agree()


def test_another_amount_is_a_difference_and_stays_set_aside(desk: BillerDesk, boss: Operator) -> None:
    desk.sandbox.faults.add(Fault.WRONG_AMOUNT, times=1)
    form = desk.form()
    desk.pay(form)
    (line,) = compare(desk, boss).lines
    assert (line.difference, line.ours[:10]) == ("amount", "en proceso") and desk.held() == 5_00
    amend(desk, form.key, amount=5_00)  # the gateway mends it: the next comparison pays it
    assert compare(desk, boss).lines == ()
    desk.agree()


def test_an_order_of_yesterday_that_was_decided_today_stands_in_today_s_file(desk: BillerDesk, boss: Operator) -> None:
    desk.sandbox.fault = Fault.DOWN
    desk.pay(desk.form())
    desk.wait(24 * 60)
    desk.sandbox.fault = None
    assert compare(desk, boss).lines == () and compare(desk, boss).orders == 0
    settle_due(desk.world.uow, desk.gateway)
    yesterday, today = compare(desk, boss), compare(desk, boss, TODAY + timedelta(days=1))
    assert (yesterday.lines, yesterday.orders, yesterday.ours) == ((), 0, 0)
    assert (today.lines, today.orders, today.ours) == ((), 1, 5_00)


def test_a_difference_is_attended_to_once_with_a_note_and_stays_so(desk: BillerDesk, boss: Operator) -> None:
    form = desk.form()
    desk.pay(form)
    del desk.sandbox.desk._book.entries[form.key]
    (line,) = compare(desk, boss).lines
    with pytest.raises(InvalidInput):
        attend_line(AttendLine(line.id, "ok"), boss, desk.world.uow)
    done = attend_line(AttendLine(line.id, "La pasarela la reenvía mañana"), boss, desk.world.uow)
    (attended,) = done.lines
    assert (attended.attended_by, attended.note, done.open_lines) == ("jefa", "La pasarela la reenvía mañana", 0)
    with pytest.raises(NotFound):
        attend_line(AttendLine(line.id, "Otra vez lo mismo"), boss, desk.world.uow)
    again = compare(desk, boss)
    assert again.open_lines == 0 and again.lines[0].note == attended.note
    assert show_reconciliation(ShowReconciliation(), boss, desk.world.uow) == again
    assert show_reconciliation(ShowReconciliation(TODAY - timedelta(days=1)), boss, desk.world.uow) is None


def test_a_file_that_is_not_whole_or_does_not_come_changes_nothing(desk: BillerDesk, boss: Operator) -> None:
    desk.pay(desk.form())
    desk.sandbox.fault = Fault.MALFORMED
    with pytest.raises(BadFile) as bad:
        compare(desk, boss)
    assert "línea 1" in bad.value.user_text
    desk.sandbox.fault = Fault.DOWN
    with pytest.raises(NoFile):
        compare(desk, boss)
    with pytest.raises(NoGateway):
        reconcile(Reconcile(TODAY), boss, None, desk.world.uow)
    with pytest.raises(InvalidInput):
        compare(desk, boss, TODAY + timedelta(days=1))
    assert desk.world.scalar("SELECT count(*) FROM reconciliation") == 0


def test_who_may(desk: BillerDesk, boss: Operator) -> None:
    auditor = desk.world.staff("auditora", [Role.AUDITOR])
    form = desk.form()
    desk.pay(form)
    del desk.sandbox.desk._book.entries[form.key]
    (line,) = compare(desk, auditor).lines
    uow = desk.world.uow
    refused = (
        partial(attend_line, AttendLine(line.id, "Una auditora no cambia nada"), auditor, uow),
        partial(ask_again, AskAgain(form.key), auditor, desk.gateway, uow),
        partial(withdraw_order, WithdrawOrder(form.key, "Lo pidió el asociado"), auditor, desk.gateway, uow),
        partial(reconcile, Reconcile(TODAY), desk.agent, desk.gateway, uow),
        partial(open_orders, OpenOrders(), desk.agent, uow),
    )
    for call in refused:
        with pytest.raises(NotPermitted):
            call()
    assert compare(desk, boss).open_lines == 1


# ---------------------------------------------------------------- what is in process


def test_open_orders_tell_since_when_and_which_need_a_person(desk: BillerDesk, boss: Operator) -> None:
    desk.sandbox.faults.add(Fault.WRONG_AMOUNT, times=1)
    desk.pay(desk.form(10_00))
    desk.sandbox.fault = Fault.DOWN
    desk.pay(desk.form(5_00))
    first, second = open_orders(OpenOrders(), boss, desk.world.uow)
    assert (first.amount, first.attention) == (10_00, True)
    assert first.trouble == "El recaudador cobró otro monto que el ordenado."
    assert (second.attention, second.trouble, second.attempts) == (False, "La pasarela no está disponible.", 1)
    assert (second.holder, second.biller, second.reference) == ("ITZEL P••••", "+Móvil", "6123-4567")
    desk.wait(60)
    assert [row.attention for row in open_orders(OpenOrders(), boss, desk.world.uow)] == [True, True]


def test_a_supervisor_asks_again_now(desk: BillerDesk, boss: Operator) -> None:
    desk.sandbox.faults.add(Fault.DOWN, times=1)
    form = desk.form()
    desk.pay(form)
    assert ask_again(AskAgain(form.key), boss, desk.gateway, desk.world.uow).state == "paid"
    with pytest.raises(NotFound):
        ask_again(AskAgain(form.key), boss, desk.gateway, desk.world.uow)
    desk.agree()


@pytest.mark.parametrize(
    ("fault", "state", "orders"), [(Fault.NO_ANSWER, "refused", 0), (Fault.ANSWER_LOST, "paid", 1)]
)
def test_an_order_is_given_up_only_by_the_gateway_s_word(
    desk: BillerDesk, boss: Operator, fault: Fault, state: str, orders: int
) -> None:
    desk.sandbox.faults.add(fault, times=1)
    form = desk.form()
    desk.pay(form)
    give_up = WithdrawOrder(form.key, "El asociado ya no quiere esperar al recaudador")
    desk.sandbox.fault = Fault.DOWN
    assert withdraw_order(give_up, boss, desk.gateway, desk.world.uow).state == "sent"  # no word: nothing goes back
    assert desk.held() == 5_00
    desk.sandbox.fault = None
    assert withdraw_order(give_up, boss, desk.gateway, desk.world.uow).state == state
    assert len(desk.sandbox.orders()) == orders
    desk.agree()


def test_to_give_up_asks_for_the_password_again(desk: BillerDesk, boss: Operator) -> None:
    desk.sandbox.fault = Fault.DOWN
    form = desk.form()
    desk.pay(form)
    desk.wait(10)
    with pytest.raises(ReauthenticationNeeded):
        withdraw_order(WithdrawOrder(form.key, "Lo pidió el asociado"), boss, desk.gateway, desk.world.uow)


# ---------------------------------------------------------------- by itself


def test_the_worker_compares_each_day_that_is_over_once(desk: BillerDesk) -> None:
    task, world = DailyReconciliation(desk.gateway), desk.world
    assert task(world.uow) == 0
    desk.pay(desk.form())
    assert task(world.uow) == 0  # the day is not over
    desk.wait(3 * 24 * 60)
    desk.sandbox.fault = Fault.DOWN
    with pytest.raises(NoFile):
        task(world.uow)
    desk.sandbox.fault = None
    assert task(world.uow) == 0  # a while later
    desk.wait(20)
    assert task(world.uow) == 3 and task(world.uow) == 0
    assert DailyReconciliation(desk.gateway)(world.uow) == 0  # another worker, another start
    days = world.rows("SELECT day, orders FROM reconciliation ORDER BY day")
    assert [row["orders"] for row in days] == [1, 0, 0]
    assert DailyReconciliation(None)(world.uow) == 0


def test_a_comparison_during_the_day_does_not_stand_for_the_whole_day(desk: BillerDesk, boss: Operator) -> None:
    desk.pay(desk.form())
    compare(desk, boss)
    desk.wait(24 * 60)
    assert DailyReconciliation(BillerGateway(desk.sandbox.url))(desk.world.uow) == 1

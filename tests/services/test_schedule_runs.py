"""Each date of each schedule is paid once, on its day or late, or told as failed (req. 7, 40, 44)."""

from __future__ import annotations

import json
from datetime import date
from functools import partial

import pytest

from services.calendar_rules import Every
from services.ledger_check import check
from services.movements import LastMovements, last_movements
from services.operations import Op
from services.operator import Role
from services.payments import PreparePayment, prepare
from services.receipts import GetReceipt, get_receipt
from services.schedule_changes import CancelSchedule, cancel_schedule
from services.schedule_runs import run_due
from services.timeline import MemberTimeline, member_timeline
from tests.services.plans import TODAY, PlanDesk
from tests.services.test_payments_own import tighten
from tests.services.test_posting import together
from tests.services.test_schedules import notices
from tests.services.world import World


@pytest.fixture
def desk(world: World) -> PlanDesk:
    return PlanDesk(world)


def test_paid_on_its_day_and_not_before(desk: PlanDesk) -> None:
    made = desk.create(first_on=date(2026, 11, 30), every=Every.MONTH, memo="Ahorro")
    for day in (TODAY, date(2026, 11, 29)):
        desk.on(day, hour=18)
        assert run_due(desk.world.uow) == 0
    desk.on(date(2026, 11, 30), hour=0)
    assert run_due(desk.world.uow) == 1 and run_due(desk.world.uow) == 0
    assert desk.paid() == [("2026-11-30", "posted", 10_00)] and desk.world.balance(desk.second) == 10_00
    (row,) = desk.list()
    assert row.next_on == date(2026, 12, 30) and row.last == "30/11/2026: pagado" and row.id == made.schedule_id
    assert row.operation_id is not None
    receipt = dict(get_receipt(GetReceipt(row.operation_id), desk.agent, desk.world.uow).lines)
    assert receipt["Programado"] == "para el 30/11/2026" and receipt["Canal"] == "Sistema"
    assert (receipt["Agente"], receipt["Detalle"]) == ("mrodriguez", "Ahorro")
    assert len(notices(desk, "transfer_done")) == 1 and check(desk.world.uow) == ()
    timeline = member_timeline(MemberTimeline(desk.member), desk.agent, desk.world.uow)
    (line,) = [row for row in timeline if row.what == "Pago programado"]
    assert line.kind == "sistema" and line.reason.endswith("30/11/2026")
    moved = last_movements(LastMovements(desk.second), desk.agent, desk.world.uow)
    assert moved.rows[0].description == "Transferencia entre cuentas propias · Ahorro"


def test_what_was_missed_runs_late_oldest_first(desk: PlanDesk) -> None:
    desk.create(first_on=date(2026, 11, 27), every=Every.WEEK, times=4, label="Semana")
    desk.create(first_on=date(2026, 12, 1), every=Every.ONCE, amount=1_00)
    desk.on(date(2026, 12, 9))  # the 8th is a holiday
    assert run_due(desk.world.uow) == 3
    assert [amount for _, _, amount in desk.paid()] == [10_00, 1_00, 10_00]
    assert {day for day, _, _ in desk.paid()} == {"2026-12-09"}
    late = [event["reason"] for event in desk.world.events("schedule.run")]
    assert late[0] == "Semana: 27/11/2026, se hizo después" and late[2].startswith("Semana: 04/12/2026, se")
    desk.on(date(2026, 12, 18))
    assert run_due(desk.world.uow) == 2
    states = {row.label: row.state_text for row in desk.list()}
    assert set(states.values()) == {"terminado"} and len(desk.paid()) == 5
    assert run_due(desk.world.uow) == 0


@pytest.mark.parametrize(
    ("rule", "day"), [("same", date(2026, 11, 28)), ("next", date(2026, 11, 30)), ("previous", date(2026, 11, 27))]
)
def test_holidays_by_rule(desk: PlanDesk, rule: str, day: date) -> None:
    """28/11 is a holiday on a Saturday."""
    desk.create(first_on=date(2026, 11, 28), every=Every.ONCE, rule=rule)
    desk.on(date.fromordinal(day.toordinal() - 1))
    assert run_due(desk.world.uow) == 0
    desk.on(day)
    assert run_due(desk.world.uow) == 1 and desk.runs() == [("2026-11-28", "done", 1)]
    assert "se hizo después" not in desk.world.events("schedule.run")[0]["reason"]


def test_month_ends_do_not_drift(desk: PlanDesk) -> None:
    desk.create(first_on=date(2026, 11, 30), day=31, rule="same", times=4)
    for day in (date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)):
        desk.on(day)
        run_due(desk.world.uow)
    assert [due for due, _, _ in desk.runs()] == ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"]
    assert desk.world.balance(desk.second) == 40_00


def test_without_funds_it_is_tried_on_business_days_and_then_told(desk: PlanDesk) -> None:
    desk.create(amount=1_000_01, first_on=date(2026, 11, 26), every=Every.ONCE, label="Grande")
    tries = [date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1)]
    for day in tries:
        desk.on(day)
        for _ in range(2):
            assert run_due(desk.world.uow) == 0
    desk.on(date(2026, 12, 2))
    run_due(desk.world.uow)
    assert desk.paid() == [(str(day), "rejected", 0) for day in tries]
    assert desk.runs() == [("2026-11-26", "failed", 4)]
    assert notices(desk, "schedule_failed") == [
        {"label": "Grande", "due": "26/11/2026", "amount": "B/.1,000.01", "reason": "saldo insuficiente"}
    ]
    assert [row.last for row in desk.list()] == ["26/11/2026: NO SE PUDO (saldo insuficiente)"]
    results = [event["result"] for event in desk.world.events("schedule.run")]
    assert results == ["rejected", "rejected", "rejected", "failed"]


def test_funds_that_come_in_time_are_used(desk: PlanDesk) -> None:
    desk.create(amount=1_000_01, first_on=date(2026, 11, 26), every=Every.MONTH)
    desk.on(date(2026, 11, 26))
    run_due(desk.world.uow)
    (row,) = desk.list()
    assert row.last == "26/11/2026: por reintentar el 27/11/2026 (saldo insuficiente)" and row.can_change
    desk.world.fund(desk.savings, 1)
    desk.on(date(2026, 11, 29))  # nothing ran on the 27th
    assert run_due(desk.world.uow) == 1 and desk.runs() == [("2026-11-26", "done", 2)]
    assert [outcome for _, outcome, _ in desk.paid()] == ["rejected", "posted"]
    assert desk.list()[0].next_on == date(2026, 12, 26)


def test_cancelled_is_not_tried_again(desk: PlanDesk) -> None:
    made = desk.create(amount=1_000_01, first_on=date(2026, 11, 26), every=Every.ONCE)
    desk.on(date(2026, 11, 26))
    run_due(desk.world.uow)
    cancel_schedule(CancelSchedule(desk.member, made.schedule_id), desk.agent, desk.world.uow)
    desk.world.fund(desk.savings, 500_00)
    desk.on(date(2026, 11, 27))
    assert run_due(desk.world.uow) == 0 and desk.runs() == [("2026-11-26", "skipped", 1)]
    assert desk.world.balance(desk.second) == 0


def test_an_account_that_closed_fails_at_once(desk: PlanDesk) -> None:
    desk.create(first_on=date(2026, 11, 26), every=Every.MONTH)
    desk.world.change("UPDATE account SET status = 'blocked' WHERE id = :id", id=desk.second)
    desk.on(date(2026, 11, 26))
    run_due(desk.world.uow)
    assert desk.runs() == [("2026-11-26", "failed", 1)] and desk.list()[0].next_on == date(2026, 12, 26)
    assert notices(desk, "schedule_failed")[0]["reason"] == "una de las cuentas no admite la operación"


def test_the_members_day_counts_and_not_the_agents(desk: PlanDesk) -> None:
    desk.create(first_on=date(2026, 11, 26), every=Every.ONCE, amount=60_00)
    desk.create(first_on=date(2026, 11, 26), every=Every.ONCE, amount=60_00)
    tighten(desk.world, member_daily=100_00, agent_daily=1_00, single={Role.CIS_AGENT: 1_00})
    desk.on(date(2026, 11, 26))
    assert run_due(desk.world.uow) == 1
    desk.on(date(2026, 11, 27))
    assert run_due(desk.world.uow) == 1 and desk.world.balance(desk.second) == 120_00
    asked = PreparePayment(Op.TRANSFER_OWN, desk.member, desk.savings, desk.second, 1_00)
    assert prepare(asked, desk.agent, desk.world.uow).approval == ()  # the agent's day is still whole


def test_the_quota_of_the_day(desk: PlanDesk) -> None:
    terms = {
        "rate": "12.00", "quota": 100_00, "due_day": 30, "interest_paid_to": "2026-10-30", "next_due": "2026-11-30",
    }  # fmt: skip
    loan = desk.world.account(
        desk.member, product="21", balance=-900_00, floor=-2_000_00, min_balance=-2_000_00, terms=json.dumps(terms)
    )
    desk.create(
        op=Op.LOAN_PAY, to_account=loan, amount=0, word="cuota", first_on=date(2026, 11, 30), every=Every.FORTNIGHT
    )
    assert desk.list()[0].amount == "la cuota de ese día"
    desk.on(date(2026, 11, 30))
    assert run_due(desk.world.uow) == 1
    assert desk.paid() == [("2026-11-30", "posted", 100_00)]


def test_nothing_owed_is_nothing_paid(desk: PlanDesk) -> None:
    card = desk.world.account(desk.member, product="41", balance=-50_00, floor=-500_00, min_balance=-500_00)
    desk.create(op=Op.CARD_PAY, to_account=card, amount=0, word="total", every=Every.WEEK, times=2)
    assert run_due(desk.world.uow) == 1 and desk.world.balance(card) == 0
    desk.on(date(2026, 11, 30))
    assert run_due(desk.world.uow) == 0
    assert desk.paid() == [("2026-11-23", "posted", 50_00)] and desk.runs()[1] == ("2026-11-30", "skipped", 1)
    assert desk.list()[0].last == "30/11/2026: omitido (no había nada que pagar)"


def test_two_workers_at_once(desk: PlanDesk) -> None:
    for number in range(3):
        desk.create(first_on=date(2026, 11, 24), every=Every.WEEK, times=2, amount=1_00 + number)
    desk.on(date(2026, 12, 1))
    work = partial(run_due, desk.world.uow)
    paid = together(work, work, work)
    assert sum(paid) == 6  # type: ignore[arg-type]
    assert sorted(amount for _, _, amount in desk.paid()) == [1_00, 1_00, 1_01, 1_01, 1_02, 1_02]
    assert desk.world.balance(desk.second) == 6_06 and check(desk.world.uow) == ()


def test_a_favourite_counts_what_the_program_pays(desk: PlanDesk) -> None:
    from services.favourites import KeepFavourite, ListFavourites, favourites, keep_favourite

    keep_favourite(KeepFavourite(desk.member, Op.TRANSFER_OWN, to_account=desk.second), desk.agent, desk.world.uow)
    desk.create(every=Every.ONCE)
    assert run_due(desk.world.uow) == 1
    assert favourites(ListFavourites(desk.member), desk.agent, desk.world.uow)[0].uses == 1

"""Scheduled payments: agreed to like the payment itself, told, changed by date (req. 7, 40, 42)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from data.secrets import Secret, box
from services.calendar_rules import Every
from services.errors import (
    AccountUnusable,
    CoopError,
    DataChanged,
    InvalidInput,
    KeyReused,
    NotFound,
    NotPermitted,
    VerificationNeeded,
)
from services.operations import Op
from services.operator import Role
from services.payment_codes import CheckPaymentCode, CodeNeeded, SendPaymentCode, check_payment_code, send_payment_code
from services.payment_limits import ApprovalNeeded
from services.schedule_changes import CancelSchedule, SkipDate, cancel_schedule, skip_date
from services.schedule_plan import Plan
from services.schedules import create_of, create_schedule
from tests.services.biller_desk import BillerDesk
from tests.services.callers import sent_code
from tests.services.plans import TODAY, PlanDesk
from tests.services.test_payments_own import tighten
from tests.services.world import World


@pytest.fixture
def desk(world: World) -> PlanDesk:
    return PlanDesk(world)


def test_what_is_agreed_is_shown_and_kept(desk: PlanDesk) -> None:
    shown = desk.prepare(first_on=date(2026, 11, 28), until=date(2027, 1, 31))
    rows = dict(shown.summary)
    assert rows["Cuándo"] == "cada mes, el día 28" and rows["Termina"] == "hasta el 31/01/2027"
    assert rows["Monto"] == "B/.10.00" and rows["Titular"] == "ITZEL P••••"
    assert rows["Si no es día hábil"] == "el día hábil siguiente"
    # 28/11 is a holiday and a Saturday, 28/12 a Monday, 28/01 a Thursday.
    assert shown.dates == (date(2026, 11, 30), date(2026, 12, 28), date(2027, 1, 28)) and not shown.code_needed
    assert desk.world.scalar("SELECT count(*) FROM schedule") == 0
    made = desk.create(first_on=date(2026, 11, 28), until=date(2027, 1, 31), label="Ahorro de Navidad")
    assert made.text == "«Ahorro de Navidad» quedó programado cada mes, el día 28; primer pago el 30/11/2026."
    (row,) = desk.list()
    assert (row.label, row.amount, row.state_text) == ("Ahorro de Navidad", "B/.10.00", "activo")
    assert (row.next_on, row.next_day) == (date(2026, 11, 28), date(2026, 11, 30)) and row.can_change
    assert "•••" in row.source and "•••" in row.target and row.last == ""
    assert notices(desk, "schedule_created") == [
        {"label": "Ahorro de Navidad", "plan": "cada mes, el día 28", "amount": "B/.10.00"}
    ]
    assert desk.world.events("schedule.manage")[-1]["detail"]["first"] == "2026-11-28"


def notices(desk: PlanDesk | BillerDesk, template: str) -> list[dict[str, str]]:
    key = desk.world.uow.secrets.data_key
    rows = desk.world.rows("SELECT sealed, message_id FROM outbox WHERE template = :t ORDER BY id", t=template)
    found = [json.loads(box.open_(key, bytes(row["sealed"]), row["message_id"]))["context"] for row in rows]
    return [{name: value for name, value in one.items() if name != "at"} for one in found]


def test_the_same_key_again_answers_the_same(desk: PlanDesk) -> None:
    form = desk.form()
    first = create_schedule(form, desk.agent, desk.world.uow)
    kept = create_of(json.loads(json.dumps(form.payload())))
    assert kept == form
    again = create_schedule(kept, desk.agent, desk.world.uow)
    assert again.existed and again.schedule_id == first.schedule_id
    assert desk.world.scalar("SELECT count(*) FROM schedule") == 1 and len(notices(desk, "schedule_created")) == 1
    with pytest.raises(KeyReused):
        create_schedule(replace(form, payment=replace(form.payment, amount=11_00)), desk.agent, desk.world.uow)


def test_what_was_not_reviewed_is_not_kept(desk: PlanDesk) -> None:
    form = desk.form()
    for changed in (
        replace(form.payment, amount=11_00),
        replace(form.payment, every=Every.WEEK),
        replace(form.payment, times=3),
        replace(form.payment, rule="same"),
        replace(form.payment, memo="otra cosa"),
        replace(form.payment, from_account=desk.second, to_account=desk.savings),
    ):
        with pytest.raises(DataChanged):
            create_schedule(replace(form, payment=changed), desk.agent, desk.world.uow)
    assert desk.list() == ()


def test_to_somebody_else_it_takes_a_code_that_says_how_often(desk: PlanDesk) -> None:
    world = desk.world
    theirs = world.account(world.member("50233", given_names="Rubén", surnames="Ñato"))
    third: dict[str, Any] = {"op": Op.TRANSFER_THIRD, "to_account": theirs, "amount": 20_00}
    assert desk.prepare(**third).code_needed

    def code(every: str) -> None:
        asked = SendPaymentCode(Op.TRANSFER_THIRD, desk.member, desk.savings, theirs, 20_00, "email", "", every)
        send_payment_code(asked, desk.agent, world.uow)
        assert check_payment_code(CheckPaymentCode(desk.member, Secret(sent_code(world))), desk.agent, world.uow)

    code("")  # a code for one payment is none for a payment each month
    form = desk.form(**third)
    with pytest.raises(CodeNeeded):
        create_schedule(form, desk.agent, world.uow)
    code("month")
    assert notices(desk, "one_time_code")[-1]["operation"] == "pagar B/.20.00 a RUBÉN Ñ•••• cada mes"
    assert not desk.prepare(**third).code_needed
    create_schedule(form, desk.agent, world.uow)
    with pytest.raises(CodeNeeded):  # it serves once
        create_schedule(desk.form(**third), desk.agent, world.uow)


def test_it_asks_for_the_rights_of_the_payment_itself(desk: PlanDesk) -> None:
    colleague, auditor = desk.world.staff("jcastillo"), desk.world.staff("aud", [Role.AUDITOR])
    desk.world.lease(colleague, desk.member, level=1)
    desk.world.lease(auditor, desk.member, level=3)
    form = desk.form()
    with pytest.raises(VerificationNeeded):
        create_schedule(form, colleague, desk.world.uow)
    with pytest.raises(NotPermitted):
        create_schedule(form, auditor, desk.world.uow)
    policy = desk.world.uow.policy
    strict = {Op.TRANSFER_OWN: replace(policy.operations[Op.TRANSFER_OWN], level=3)}
    desk.world.uow.policy = replace(policy, operations=policy.operations | strict)  # type: ignore[operator]
    with pytest.raises(VerificationNeeded):
        desk.prepare()


def test_an_amount_that_waits_for_approval_is_refused(desk: PlanDesk) -> None:
    tighten(desk.world, single={Role.CIS_AGENT: 5_00})
    with pytest.raises(ApprovalNeeded) as refused:
        desk.prepare()
    assert "no espera aprobación" in refused.value.user_text and refused.value.field == "amount"
    tighten(desk.world, single={Role.CIS_AGENT: 50_00}, member_daily=5_00)
    with pytest.raises(ApprovalNeeded):
        desk.prepare()


def test_what_can_be_known_today_is_checked_today(desk: PlanDesk) -> None:
    world = desk.world
    closed, theirs = world.account(desk.member, status="closed"), world.account(world.member("50233"))
    assert desk.prepare(amount=900_000_00 // 20).summary  # more than there is: it counts on the day
    refusals: list[tuple[type[CoopError], dict[str, Any]]] = [
        (AccountUnusable, {"to_account": closed}),
        (NotFound, {"to_account": theirs}),
        (InvalidInput, {"amount": 0}),
        (InvalidInput, {"first_on": TODAY - timedelta(days=1)}),
        (InvalidInput, {"first_on": TODAY + timedelta(days=367)}),
        (InvalidInput, {"until": TODAY - timedelta(days=1)}),
        (InvalidInput, {"times": 0}),
        (InvalidInput, {"rule": "never"}),
        (InvalidInput, {"day": 31}),  # the first date is the 23rd
        (NotPermitted, {"op": Op.CASH_DEPOSIT}),
        (InvalidInput, {"op": Op.NOTE_ADD}),
        (InvalidInput, {"label": "4111 1111 1111 1111"}),
        (InvalidInput, {"memo": "4111 1111 1111 1111"}),
        (InvalidInput, {"word": "cuota"}),  # and an amount
        (InvalidInput, {"word": "lo que sea", "amount": 0}),
        (InvalidInput, {"op": Op.TRANSFER_THIRD, "to_account": theirs, "word": "total", "amount": 0}),
    ]
    for error, changed in refusals:
        with pytest.raises(error):
            desk.prepare(**changed)
    assert desk.list() == ()


def test_the_next_date_is_left_out_once(desk: PlanDesk) -> None:
    made = desk.create(times=3)
    first = SkipDate(desk.member, made.schedule_id, TODAY)
    assert not skip_date(first, desk.agent, desk.world.uow).existed
    assert skip_date(first, desk.agent, desk.world.uow).existed
    (row,) = desk.list()
    assert row.next_on == date(2026, 12, 23) and row.ends == "2 veces"
    assert row.last == "23/11/2026: omitido (a pedido del asociado)"
    with pytest.raises(DataChanged):
        skip_date(replace(first, due_on=date(2027, 1, 23)), desk.agent, desk.world.uow)
    other = desk.world.member("50233")
    desk.world.lease(desk.agent, other, level=2)
    for strange in (replace(first, member_id=other), replace(first, schedule_id="no")):
        with pytest.raises(NotFound):
            skip_date(strange, desk.agent, desk.world.uow)
    for due in (date(2026, 12, 23), date(2027, 1, 23)):
        skip_date(replace(first, due_on=due), desk.agent, desk.world.uow)
    assert [row.state_text for row in desk.list()] == ["terminado"]


def test_cancelled_is_over(desk: PlanDesk) -> None:
    made = desk.create()
    command = CancelSchedule(desk.member, made.schedule_id)
    other = desk.world.member("50233")
    desk.world.lease(desk.agent, other, level=2)
    with pytest.raises(NotFound):
        cancel_schedule(replace(command, member_id=other), desk.agent, desk.world.uow)
    assert "no se paga más" in cancel_schedule(command, desk.agent, desk.world.uow).text
    assert cancel_schedule(command, desk.agent, desk.world.uow).existed
    assert [(row.state_text, row.next_on, row.can_change) for row in desk.list()] == [("cancelado", None, False)]
    assert len(notices(desk, "schedule_cancelled")) == 1
    with pytest.raises(DataChanged):
        skip_date(SkipDate(desk.member, made.schedule_id, TODAY), desk.agent, desk.world.uow)


@pytest.mark.parametrize(
    ("every", "first", "changed", "words"),
    [
        (Every.ONCE, date(2026, 12, 15), {}, ("una vez, el 15/12/2026", "")),
        (Every.MONTH, date(2027, 2, 28), {"day": 31}, ("cada mes, el día 31", "hasta que se cancele")),
        (Every.WEEK, date(2026, 11, 27), {"times": 1}, ("cada semana, los viernes", "1 vez")),
        (
            Every.FORTNIGHT, date(2026, 11, 30), {"times": 4, "until": date(2027, 1, 15)},
            ("cada quincena, desde el 30/11/2026", "hasta el 15/01/2027, 4 veces"),
        ),
    ],
)  # fmt: skip
def test_plans_in_words(every: Every, first: date, changed: dict[str, Any], words: tuple[str, str]) -> None:
    from services.calendar_rules import BusinessRule

    plan = Plan(first, every, BusinessRule.SAME, **changed)
    assert (plan.words, plan.end_words) == words

"""A member schedules their own payments: the rules, proofs and notices of staff's, and nobody of staff behind them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services import favourites as fav
from services.calendar_rules import Every
from services.errors import CoopError, DataChanged, LimitExceeded, NotFound, NotPermitted
from services.member_authorisation import ProofNeeded
from services.operations import Op
from services.operator import Operator
from services.payment_codes import CheckPaymentCode, CodeNeeded, SendPaymentCode, check_payment_code, send_payment_code
from services.receipts import GetReceipt, get_receipt
from services.schedule_changes import CancelSchedule, SkipDate, cancel_schedule, skip_date
from services.schedule_list import ListSchedules, schedules
from services.schedule_runs import run_due
from services.schedule_subjects import PlannedPayment
from services.schedules import CreateSchedule, PrepareSchedule, create_schedule, prepare_schedule
from tests.services import portal_door as portal
from tests.services.access_cases import mails
from tests.services.world import World

FIRST = date(2026, 11, 30)


class Planner:
    """A member inside with savings of B/.1,000.00 and a second account; somebody else's savings."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.operator, self.member = portal.member_inside(world)
        self.savings = world.account(self.member, balance=1_000_00)
        self.second = world.account(self.member)
        self.theirs = world.account(world.member("50233"))

    def payment(self, **changed: Any) -> PlannedPayment:
        values: dict[str, Any] = {
            "op": Op.TRANSFER_OWN, "member_id": self.member, "from_account": self.savings, "to_account": self.second,
            "first_on": FIRST, "every": Every.MONTH, "amount": 10_00,
        }  # fmt: skip
        return PlannedPayment(**values | changed)

    def third(self, **changed: Any) -> PlannedPayment:
        return self.payment(op=Op.TRANSFER_THIRD, to_account=self.theirs, **changed)

    def create(self, payment: PlannedPayment, operator: Operator | None = None, key: str = "") -> str:
        who = operator or self.operator
        shown = prepare_schedule(PrepareSchedule(payment), who, self.world.uow)
        return create_schedule(CreateSchedule(key or uuid7(), shown.hash, payment), who, self.world.uow).schedule_id

    def give_code(self, payment: PlannedPayment) -> None:
        asked = (payment.op, payment.member_id, payment.from_account, payment.to_account or 0, payment.amount)
        command = SendPaymentCode(*asked, "email", every=payment.every.value)
        send_payment_code(command, self.operator, self.world.uow)
        code = Secret(str(mails(self.world, "portal_code")[-1]["context"]["code"]))
        assert check_payment_code(CheckPaymentCode(self.member, code), self.operator, self.world.uow)

    def on(self, day: date) -> None:
        self.world.clock.moment = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)


@pytest.fixture
def planner(world: World) -> Planner:
    return Planner(world)


def test_it_is_made_told_paid_on_its_day_and_shown_as_theirs(planner: Planner) -> None:
    world, uow = planner.world, planner.world.uow
    made = planner.create(planner.payment(label="Para luz"))
    (row,) = schedules(ListSchedules(planner.member), planner.operator, uow)
    assert (row.id, row.label, row.next_on) == (made, "Para luz", FIRST)
    assert [mail["to"] for mail in mails(world, "schedule_created")] == ["socio50012@example.com"]
    planner.on(FIRST)
    assert run_due(uow) == 1 and run_due(uow) == 0 and world.balance(planner.second) == 10_00
    inside = portal.sign_in(world).operator
    (row,) = schedules(ListSchedules(planner.member), inside, uow)
    assert row.last == "30/11/2026: pagado" and row.operation_id is not None
    receipt = dict(get_receipt(GetReceipt(row.operation_id), inside, uow).lines)
    assert (receipt["Agente"], receipt["Programado"]) == ("en línea", "para el 30/11/2026")
    (run,) = [event for event in world.events(Op.TRANSFER_OWN.value) if event["result"] == "ok"]
    assert run["detail"]["made_by"] == "50012"


def test_the_step_ups_are_those_of_the_payment_itself(planner: Planner) -> None:
    planner.world.clock.advance(minutes=4, seconds=59)
    planner.create(planner.payment())
    planner.world.clock.advance(seconds=2)
    with pytest.raises(ProofNeeded) as asked:
        planner.create(planner.payment())
    assert asked.value.proof == "answer"
    payment = planner.third()
    with pytest.raises(CodeNeeded):
        planner.create(payment)
    planner.give_code(payment)
    with pytest.raises(CodeNeeded):  # the code says how often, how much and to whom
        planner.create(planner.third(every=Every.WEEK))
    with pytest.raises(CodeNeeded):
        planner.create(planner.third(amount=10_01))
    planner.create(payment)
    with pytest.raises(CodeNeeded):  # and is good once
        planner.create(payment)


def test_the_members_own_limits_hold_and_nobody_approves(planner: Planner) -> None:
    most = planner.world.uow.policy.limits[Op.TRANSFER_THIRD].single_of_member
    with pytest.raises(LimitExceeded) as refused:
        planner.create(planner.third(amount=most + 1))
    assert "205-0911" in refused.value.user_text
    assert planner.world.scalar("SELECT count(*) FROM approval_request") == 0


def test_bills_are_scheduled_elsewhere(planner: Planner) -> None:
    bill = planner.payment(op=Op.BILLER_PAY, to_account=None, biller="ensa", reference="1234567")
    with pytest.raises(NotPermitted) as refused:
        prepare_schedule(PrepareSchedule(bill), planner.operator, planner.world.uow)
    assert "205-0911" in refused.value.user_text


def test_nothing_of_anybody_elses_by_any_way(planner: Planner) -> None:
    world, uow = planner.world, planner.world.uow
    made = planner.create(planner.payment())
    stranger, other = portal.member_inside(world, "50013", "otra", "Otra.Persona")
    for call in (
        lambda: schedules(ListSchedules(planner.member), stranger, uow),
        lambda: cancel_schedule(CancelSchedule(planner.member, made), stranger, uow),
        lambda: cancel_schedule(CancelSchedule(other, made), stranger, uow),
        lambda: skip_date(SkipDate(other, made, FIRST), stranger, uow),
        lambda: prepare_schedule(PrepareSchedule(planner.payment()), stranger, uow),
        lambda: prepare_schedule(PrepareSchedule(planner.payment(member_id=other)), stranger, uow),
        lambda: fav.favourites(fav.ListFavourites(planner.member), stranger, uow),
    ):
        with pytest.raises((NotPermitted, NotFound)):
            call()
    assert world.scalar("SELECT state FROM schedule") == "active"


def test_a_date_is_left_out_and_the_whole_is_cancelled(planner: Planner) -> None:
    world, uow = planner.world, planner.world.uow
    made = planner.create(planner.payment())
    skip_date(SkipDate(planner.member, made, FIRST), planner.operator, uow)
    with pytest.raises(DataChanged):
        skip_date(SkipDate(planner.member, made, date(2026, 12, 1)), planner.operator, uow)
    cancel_schedule(CancelSchedule(planner.member, made), planner.operator, uow)
    planner.on(date(2026, 12, 30))
    assert run_due(uow) == 0 and world.balance(planner.second) == 0
    assert len(mails(world, "schedule_cancelled")) == 1


@pytest.mark.parametrize(("state", "paid"), [("suspendido", 0), ("cerrado", 0), ("bloqueado", 1)])
def test_a_suspended_member_pays_nobody_and_a_block_by_a_stranger_stops_nothing(
    planner: Planner, state: str, paid: int
) -> None:
    planner.create(planner.payment(every=Every.ONCE))
    planner.world.change("UPDATE access SET state_before_block = state, state = :state", state=state)
    planner.on(FIRST)
    assert run_due(planner.world.uow) == paid and planner.world.balance(planner.second) == paid * 10_00
    told = [mail["context"]["reason"] for mail in mails(planner.world, "schedule_failed")]
    assert told == ([] if paid else ["su acceso en línea está suspendido o cerrado"])


def test_the_same_key_again_makes_one(planner: Planner) -> None:
    key = uuid7()
    planner.create(planner.payment(), key=key)
    planner.create(planner.payment(), key=key)
    assert planner.world.scalar("SELECT count(*) FROM schedule") == 1
    with pytest.raises(CoopError):
        planner.create(planner.payment(amount=11_00), key=key)


def test_a_favourite_of_their_own_is_kept_named_and_taken_off(planner: Planner) -> None:
    world, uow = planner.world, planner.world.uow
    kept = fav.keep_favourite(
        fav.KeepFavourite(planner.member, Op.TRANSFER_THIRD, "Tía Rosa", None, planner.theirs), planner.operator, uow
    )
    (row,) = fav.favourites(fav.ListFavourites(planner.member), planner.operator, uow)
    assert (row.label, row.to_account, row.holder) == ("Tía Rosa", planner.theirs, row.holder)
    assert "50233" not in row.holder
    fav.rename_favourite(fav.RenameFavourite(planner.member, kept.favourite_id, "Rosa"), planner.operator, uow)
    fav.forget_favourite(fav.ForgetFavourite(planner.member, kept.favourite_id), planner.operator, uow)
    assert fav.favourites(fav.ListFavourites(planner.member), planner.operator, uow) == ()
    assert world.scalar("SELECT count(*) FROM favourite") == 1

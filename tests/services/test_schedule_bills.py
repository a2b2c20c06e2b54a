"""Bills and recargas on their dates, and the favourites that their payments count (S18–S31, req. 8, 40)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.values.uuid7 import uuid7
from services import schedule_runs
from services.biller_orders import settle_due
from services.bills import BillerUnavailable
from services.calendar_rules import Every
from services.errors import CoopError, InvalidInput, NotFound
from services.favourites import KeepFavourite, KeepPaid, ListFavourites, favourites, keep_favourite, keep_paid
from services.operations import Op
from services.sandbox_billers import Fault
from services.schedule_list import ListSchedules, ScheduleRow, schedules
from services.schedule_runs import run_due
from services.schedule_subjects import PlannedPayment
from services.schedules import CreateSchedule, PrepareSchedule, create_schedule, prepare_schedule
from tests.services.biller_desk import ENSA, MOBILE, BillerDesk, biller_desk
from tests.services.plans import TODAY
from tests.services.world import World


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Iterator[BillerDesk]:
    with biller_desk(world, tmp_path / "sandbox") as desk:
        yield desk


def schedule(desk: BillerDesk, **changed: Any) -> str:
    values: dict[str, Any] = {
        "op": Op.BILLER_TOP_UP, "biller": "mas-movil", "reference": "6123-4567", "amount": 5_00, "first_on": TODAY,
        "every": Every.WEEK, "times": 2,
    }  # fmt: skip
    payment = PlannedPayment(**{"member_id": desk.member, "from_account": desk.source} | values | changed)
    shown = prepare_schedule(PrepareSchedule(payment), desk.agent, desk.world.uow)
    command = CreateSchedule(uuid7(), shown.hash, payment)
    assert create_schedule(command, desk.agent, desk.world.uow).existed is False
    return command.key


def rows(desk: BillerDesk) -> tuple[ScheduleRow, ...]:
    return schedules(ListSchedules(desk.member), desk.agent, desk.world.uow)


def test_a_recarga_is_set_aside_and_ordered_on_its_day(desk: BillerDesk) -> None:
    schedule(desk)
    assert run_due(desk.world.uow) == 0  # without a gateway it waits
    assert run_due(desk.world.uow, bills=True) == 1 and run_due(desk.world.uow, bills=True) == 0
    assert desk.held() == 5_00 and rows(desk)[0].last == "23/11/2026: en proceso en el recaudador"
    desk.world.clock.advance(minutes=5)
    assert settle_due(desk.world.uow, desk.gateway) == 1
    desk.agree()
    (row,) = rows(desk)
    assert row.target == "+Móvil 6123-4567" and row.last == "23/11/2026: pagado"
    assert row.next_on == date(2026, 11, 30) and row.label == "+Móvil 6123-4567"


def test_what_the_biller_refused_on_its_day_stands_on_the_list(desk: BillerDesk) -> None:
    schedule(desk)
    desk.sandbox.faults.add(Fault.REFUSED, times=1)
    assert run_due(desk.world.uow, bills=True) == 1
    desk.world.clock.advance(minutes=5)
    assert settle_due(desk.world.uow, desk.gateway) == 1
    (row,) = rows(desk)
    assert row.trouble and row.last.startswith("23/11/2026: RECHAZADO por el recaudador")
    assert desk.held() == 0 and desk.world.scalar("SELECT count(*) FROM outbox WHERE template = 'bill_refused'") >= 1


def test_bills_that_wait_for_a_gateway_hold_nobody_up(desk: BillerDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: what needs no gateway is paid all the same."""
    monkeypatch.setattr(schedule_runs, "ROUND", 2)
    for amount in (5_00, 10_00):
        schedule(desk, amount=amount)
    second = desk.world.account(desk.member)
    schedule(desk, op=Op.TRANSFER_OWN, biller=None, reference="", to_account=second, amount=1_00)
    assert run_due(desk.world.uow) == 1 and desk.world.balance(second) == 1_00
    assert desk.held() == 0


def test_what_the_biller_would_refuse_is_refused_today(desk: BillerDesk) -> None:
    refusals: list[tuple[dict[str, Any], type[CoopError]]] = [
        ({"amount": 4_00}, InvalidInput),
        ({"reference": "123"}, InvalidInput),
        ({"amount": 0, "word": "total"}, InvalidInput),
        ({"biller": "claro"}, BillerUnavailable),
        ({"to_account": desk.source}, InvalidInput),
    ]
    for changed, error in refusals:
        with pytest.raises(error):
            schedule(desk, **changed)
    assert rows(desk) == ()


def test_a_favourite_counts_what_the_biller_took(desk: BillerDesk) -> None:
    kept = KeepFavourite(desk.member, Op.BILLER_TOP_UP, biller="mas-movil", reference=MOBILE, label="Mi celular")
    keep_favourite(kept, desk.agent, desk.world.uow)

    def uses() -> list[tuple[str, int, int | None]]:
        found = favourites(ListFavourites(desk.member), desk.agent, desk.world.uow)
        return [(row.label, row.uses, row.last_amount) for row in found]

    desk.sandbox.faults.add(Fault.REFUSED, times=1)
    assert desk.pay(desk.form(10_00)).outcome == "released"
    assert uses() == [("Mi celular", 0, None)]
    assert desk.pay(desk.form(5_00)).outcome == "posted"
    assert uses() == [("Mi celular", 1, 5_00)]


def test_a_bill_is_kept_from_its_receipt(desk: BillerDesk) -> None:
    receipt = desk.pay(desk.form(12_00, op=Op.BILLER_PAY, biller="ensa", reference=ENSA))
    settled = desk.world.scalar("SELECT id FROM operation WHERE settles_hold = :id", id=receipt.operation_id)
    first = keep_paid(KeepPaid(desk.member, receipt.operation_id, "Luz"), desk.agent, desk.world.uow)
    again = keep_paid(KeepPaid(desk.member, settled), desk.agent, desk.world.uow)
    assert first.favourite_id == again.favourite_id and again.label == "ENSA 1234567"
    (row,) = favourites(ListFavourites(desk.member), desk.agent, desk.world.uow)
    assert (row.biller, row.reference, row.last_amount, row.from_account) == ("ensa", ENSA, 12_00, desk.source)
    desk.sandbox.faults.add(Fault.REFUSED, times=1)
    refused = desk.pay(desk.form(5_00))
    with pytest.raises(NotFound):
        keep_paid(KeepPaid(desk.member, refused.operation_id), desk.agent, desk.world.uow)

"""A desk whose member schedules payments, and days that pass in a test."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from data.values.uuid7 import uuid7
from services.calendar_rules import Every
from services.operations import Op
from services.schedule_list import ListSchedules, ScheduleRow, schedules
from services.schedule_subjects import PlannedPayment
from services.schedules import (
    CreateSchedule,
    PrepareSchedule,
    ScheduleChanged,
    SchedulePrepared,
    create_schedule,
    prepare_schedule,
)
from tests.services.world import World

TODAY = date(2026, 11, 23)  # the Monday of World's clock


class PlanDesk:
    """An agent with a verified member: savings of B/.1,000.00, a second savings account, a quota account."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.agent = world.staff()
        self.member = world.member()
        self.case = world.lease(self.agent, self.member, level=2, factors=["question", "code"])
        self.savings = world.account(self.member, balance=1_000_00)
        self.second = world.account(self.member)
        self.quota = world.account(self.member, product="11", label="NAVIDAD")

    def payment(self, **changed: Any) -> PlannedPayment:
        values: dict[str, Any] = {
            "op": Op.TRANSFER_OWN,
            "member_id": self.member,
            "from_account": self.savings,
            "to_account": self.second,
            "first_on": TODAY,
            "every": Every.MONTH,
            "amount": 10_00,
        }
        return PlannedPayment(**values | changed)

    def prepare(self, **changed: Any) -> SchedulePrepared:
        return prepare_schedule(PrepareSchedule(self.payment(**changed)), self.agent, self.world.uow)

    def form(self, **changed: Any) -> CreateSchedule:
        return CreateSchedule(uuid7(), self.prepare(**changed).hash, self.payment(**changed))

    def create(self, **changed: Any) -> ScheduleChanged:
        return create_schedule(self.form(**changed), self.agent, self.world.uow)

    def list(self) -> tuple[ScheduleRow, ...]:
        return schedules(ListSchedules(self.member), self.agent, self.world.uow)

    def on(self, day: date, hour: int = 9) -> None:
        """It is that day, at that hour in Panama; everybody is still signed in and the caller verified."""
        self.world.clock.moment = datetime(day.year, day.month, day.day, hour + 5, tzinfo=UTC)
        now = self.world.clock.now()
        stored = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if self.world.dialect == "sqlite" else now
        later = now + timedelta(minutes=15)
        end = later.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if self.world.dialect == "sqlite" else later
        self.world.change(
            "UPDATE staff_session SET started_at = :now, last_seen_at = :now, authenticated_at = :now", now=stored
        )
        self.world.change("UPDATE verification_lease SET expires_at = :end", end=end)

    def paid(self) -> list[tuple[str, str, int]]:
        """(day, outcome, amount) of the operations that the program made, in order."""
        found = self.world.rows(
            "SELECT o.value_date, o.outcome, coalesce((SELECT sum(t.amount) FROM transfer t"
            " WHERE t.operation_id = o.id), 0) AS amount FROM operation o WHERE o.channel = 'sistema'"
            " AND o.kind <> 'opening' ORDER BY o.seq"
        )
        return [(str(row["value_date"]), row["outcome"], int(row["amount"])) for row in found]

    def runs(self) -> list[tuple[str, str, int]]:
        found = self.world.rows("SELECT due_on, state, attempts FROM schedule_run ORDER BY due_on, schedule_id")
        return [(str(row["due_on"]), row["state"], row["attempts"]) for row in found]

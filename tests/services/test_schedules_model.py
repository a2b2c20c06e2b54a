"""Any clocks, any workers, dying anywhere, two at once: each date is settled at most once and none is lost (req. 40).

Hypothesis makes the days; a plain reading of the calendar says which dates must have been settled by now.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from data.catalog.holidays import load_holidays
from data.secrets import Hasher, Secrets
from services import faults
from services.calendar_rules import BusinessRule, Every, business_day, due_dates
from services.ledger_check import check
from services.operations import Op
from services.schedule_changes import CancelSchedule, SkipDate, cancel_schedule, skip_date
from services.schedule_runs import run_due
from tests.services.machines import postgresql_world, run, sqlite_worlds
from tests.services.plans import TODAY, PlanDesk
from tests.services.test_posting import together
from tests.services.world import World

END = date(2027, 6, 1)
RETRIES = 3  # of the policy
#: What is paid each time: between own accounts, or a bill.
KINDS: dict[str, dict[str, Any]] = {
    "transfer": {"op": Op.TRANSFER_OWN},
    "bill": {"op": Op.BILLER_PAY, "to_account": None, "biller": "ensa", "reference": "1234567"},
}


class Killed(BaseException):
    """The process is gone."""


class Days(RuleBasedStateMachine):
    open_world: Callable[[], Any]
    numbers = itertools.count()

    @initialize()
    def begin(self) -> None:
        self.context = type(self).open_world()
        self.world: World = self.context.__enter__()
        number = next(self.numbers)
        self.world.clock.__init__()  # type: ignore[misc]
        self.desk = PlanDesk.__new__(PlanDesk)
        self.desk.world = self.world
        self.desk.agent = self.world.staff(f"agente{number}")
        self.desk.member = self.world.member(str(60_000 + number))
        self.world.lease(self.desk.agent, self.desk.member, level=2)
        self.desk.savings = self.world.account(self.desk.member, balance=200_00)
        self.desk.second = self.world.account(self.desk.member)
        self.today = TODAY
        self.plans: dict[str, tuple[Every, date, BusinessRule, int | None, date | None]] = {}
        self.over: dict[str, set[date]] = {}

    def teardown(self) -> None:
        faults.hook = None
        if hasattr(self, "context"):
            try:
                self.work()
                self.nothing_lost()
                assert check(self.world.uow) == ()
            finally:
                self.context.__exit__(None, None, None)

    def on(self, day: date) -> None:
        self.today = day
        self.desk.on(day)

    def work(self) -> None:
        run_due(self.world.uow, bills=True)

    @rule(
        kind=st.sampled_from(sorted(KINDS)),
        every=st.sampled_from(Every),
        ahead=st.integers(0, 40),
        rule=st.sampled_from(["", *BusinessRule]),
        end=st.one_of(st.integers(1, 6), st.timedeltas(timedelta(0), timedelta(100))),
        amount=st.sampled_from([1_00, 30_00, 150_00, 400_00]),
    )
    def schedule(self, kind: str, every: Every, ahead: int, rule: str, end: int | timedelta, amount: int) -> None:
        """So many times or until a day; without a rule the policy's holds."""
        first = self.today + timedelta(days=ahead)
        times, until = (end, None) if isinstance(end, int) else (None, first + end)
        made = self.desk.create(
            every=every, first_on=first, rule=rule, times=times, until=until, amount=amount, **KINDS[kind]
        )
        holidays = BusinessRule(rule or self.world.uow.policy.schedules.holidays)
        self.plans[made.schedule_id] = (every, first, holidays, times, until)
        self.over[made.schedule_id] = set()

    @rule(days=st.integers(0, 45))
    def pass_days(self, days: int) -> None:
        self.on(min(END, self.today + timedelta(days=days)))

    @rule(days=st.integers(1, 12))
    def day_by_day(self, days: int) -> None:
        """The worker runs each day, whatever it finds."""
        for _ in range(days):
            self.on(min(END, self.today + timedelta(days=1)))
            self.work()
        self.nothing_lost()

    @rule(amount=st.sampled_from([-100_00, 50_00, 200_00]))
    def move(self, amount: int) -> None:
        """The member is paid, or spends."""
        spare = "SELECT balance - held FROM account WHERE id = :id"
        if self.world.scalar(spare, id=self.desk.savings) + amount >= 0:
            self.world.fund(self.desk.savings, amount)

    @rule()
    def one_worker(self) -> None:
        self.work()
        self.nothing_lost()

    @rule()
    def two_workers(self) -> None:
        together(*[partial(run_due, self.world.uow, bills=True)] * 2)
        self.nothing_lost()

    @rule(step=st.integers(0, 25))
    def a_worker_dies(self, step: int) -> None:
        """At whatever step comes then: before, between and after those of a payment, of a refusal, of a notice."""
        left = itertools.count(step, -1)

        def hook(_name: str) -> None:
            if next(left) <= 0:
                raise Killed

        faults.hook = hook
        try:
            self.work()
        except Killed:
            pass
        finally:
            faults.hook = None
        self.at_most_once()

    @precondition(lambda self: self.plans)
    @rule(choice=st.integers(0, 99), whole=st.booleans())
    def change(self, choice: int, whole: bool) -> None:
        """The member leaves a date out, or ends it all."""
        rows = [row for row in self.desk.list() if row.state == "active"]
        if not rows:
            return
        row = rows[choice % len(rows)]
        assert row.next_on is not None
        if whole and choice % 3 == 0:
            cancel_schedule(CancelSchedule(self.desk.member, row.id), self.desk.agent, self.world.uow)
            self.plans.pop(row.id)
        else:
            skip_date(SkipDate(self.desk.member, row.id, row.next_on), self.desk.agent, self.world.uow)
            self.over[row.id].add(row.next_on)

    def dates(self, schedule_id: str) -> set[date]:
        """The dates that must be settled by now, or that the member left out."""
        every, first, rule_, times, until = self.plans[schedule_id]
        found = due_dates(first, every, until, count=times)
        holidays = load_holidays()
        past = itertools.takewhile(lambda due: due <= self.today + timedelta(days=14), found)
        return {due for due in past if business_day(due, rule_, holidays) <= self.today} | self.over[schedule_id]

    def nothing_lost(self) -> None:
        self.at_most_once()
        for schedule_id in self.plans:
            rows = self.world.rows("SELECT due_on, state FROM schedule_run WHERE schedule_id = :id", id=schedule_id)
            assert {date.fromisoformat(str(row["due_on"])) for row in rows} == self.dates(schedule_id)
            late = self.world.scalar(
                "SELECT count(*) FROM schedule_run WHERE schedule_id = :id AND state = 'trying'"
                " AND next_try_on <= :today",
                id=schedule_id, today=self.today.isoformat() if self.world.dialect == "sqlite" else self.today,
            )  # fmt: skip
            assert late == 0

        self.failures_are_told()

    def failures_are_told(self) -> None:
        """A date that could not be paid was tried as often as the policy says, stands on the list, and the member has
        a message of it."""
        failed = self.world.rows(
            "SELECT r.schedule_id, r.attempts, r.reason FROM schedule_run r JOIN schedule s ON s.id = r.schedule_id"
            " WHERE r.state = 'failed' AND s.member_id = :m",
            m=self.desk.member,
        )
        assert all((row["attempts"], row["reason"]) == (RETRIES + 1, "insufficient_funds") for row in failed)
        sql = "SELECT count(*) FROM outbox WHERE template = 'schedule_failed' AND kind = 'mail' AND member_id = :m"
        assert self.world.scalar(sql, m=self.desk.member) == len(failed)
        for row in self.desk.list():
            newest = self.world.rows(
                "SELECT state FROM schedule_run WHERE schedule_id = :id ORDER BY due_on DESC LIMIT 1", id=row.id
            )
            assert row.trouble is (bool(newest) and newest[0]["state"] in ("trying", "failed"))
            assert ("NO SE PUDO" in row.last) is (bool(newest) and newest[0]["state"] == "failed")

    def at_most_once(self) -> None:
        """As many payments as dates that say so, and the money moved or set aside says the same."""
        done = self.world.rows(
            "SELECT r.operation_id, o.outcome FROM schedule_run r JOIN schedule s ON s.id = r.schedule_id"
            " LEFT JOIN operation o ON o.id = r.operation_id WHERE r.state = 'done' AND s.member_id = :m",
            m=self.desk.member,
        )
        made = self.world.rows(
            "SELECT o.id, o.outcome, coalesce(t.amount, h.amount) AS amount FROM operation o"
            " LEFT JOIN transfer t ON t.operation_id = o.id LEFT JOIN hold h ON h.id = o.id"
            " WHERE o.member_id = :m AND o.channel = 'sistema' AND o.outcome IN ('posted', 'held')",
            m=self.desk.member,
        )
        assert sorted(row["operation_id"] for row in done) == sorted(row["id"] for row in made)
        moved, held = (sum(row["amount"] for row in made if row["outcome"] == it) for it in ("posted", "held"))
        assert self.world.balance(self.desk.second) == moved
        assert self.world.scalar("SELECT held FROM account WHERE id = :id", id=self.desk.savings) == held
        assert self.world.scalar("SELECT count(*) FROM biller_order WHERE member_id = :m", m=self.desk.member) == sum(
            row["outcome"] == "held" for row in made
        )


def test_any_days_on_sqlite(tmp_path: Path, sqlite_template: Path, secrets: Secrets, hasher: Hasher) -> None:
    run(Days, sqlite_worlds(tmp_path, sqlite_template, secrets, hasher), 20, 20)


@pytest.mark.postgresql
def test_any_days_on_postgresql(databases: Any, secrets: Secrets, hasher: Hasher) -> None:
    with postgresql_world(databases, secrets, hasher) as open_world:
        run(Days, open_world, 8, 15)

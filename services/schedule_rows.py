"""Scheduled payments as they are stored: what is read of them, by the member's desk and by the worker."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.driver_sql import DriverSql
from services.calendar_rules import BusinessRule, Every
from services.operations import Op
from services.operator import Channel
from services.posting import Maker
from services.schedule_plan import Plan
from services.unit_of_work import Transaction

TERMINAL = "programados"
#: Why a date was not paid, as the member is told.
REASONS = {
    "member": "a pedido del asociado",
    "cancelled": "se canceló",
    "nothing_due": "no había nada que pagar",
    "insufficient_funds": "saldo insuficiente",
    "account_unusable": "una de las cuentas no admite la operación",
    "approval_needed": "pasa el límite del día",
    "limit_exceeded": "pasa el monto máximo",
    "biller_unavailable": "el recaudador no está disponible",
    "access_paused": "su acceso en línea está suspendido o cerrado",
    "invalid_input": "el destino no recibe ese monto",
}
UNSAID = "no se pudo aplicar"
COLUMNS = (
    "SELECT s.id, s.member_id, s.kind, s.label, s.command, s.every, s.first_on, s.day, s.until, s.runs_left,"
    " s.holidays, s.state, s.next_on, s.staff_id, s.case_id, coalesce(p.username, m.number) AS username,"
    " coalesce(p.branch, m.branch) AS branch"
    " FROM schedule s JOIN member m ON m.id = s.member_id LEFT JOIN staff p ON p.id = s.staff_id"
)
OF_MEMBER = DriverSql(
    COLUMNS, " WHERE s.member_id = :member_id ORDER BY s.state <> 'active', s.next_on, s.id DESC LIMIT 60"
)
ONE = DriverSql(COLUMNS, " WHERE s.id = :id")
ONE_LOCKED = DriverSql(COLUMNS, " WHERE s.id = :id FOR NO KEY UPDATE OF s")
INSERT_RUN = DriverSql(
    "INSERT INTO schedule_run (schedule_id, due_on, state, attempts, operation_id, reason, next_try_on, at) VALUES"
    " (:schedule_id, :due_on, :state, :attempts, :operation_id, :reason, :next_try_on, :now)"
)
UPDATE_RUN = DriverSql(
    "UPDATE schedule_run SET state = :state, attempts = :attempts, operation_id = :operation_id, reason = :reason,"
    " next_try_on = :next_try_on, at = :now WHERE schedule_id = :schedule_id AND due_on = :due_on"
)
STEP = DriverSql("UPDATE schedule SET next_on = :next_on, runs_left = :runs_left WHERE id = :id")
END = DriverSql(
    "UPDATE schedule SET state = :state, next_on = NULL, runs_left = :runs_left, ended_at = :now WHERE id = :id"
)


@dataclass(frozen=True, slots=True)
class StoredPayment:
    """What is paid each time. `amount` in centésimos, or `word` for what is due that day (`cuota`, `total`…)."""

    from_account: int
    to_account: int | None
    amount: int
    word: str
    memo: str
    biller: str | None
    reference: str
    extra: str


@dataclass(frozen=True, slots=True)
class Stored:
    """One schedule, read whole. `next_on` is the nominal date of the next run. `staff_id` None: the member made it in
    the portal, and `username` and `branch` are the member's number and branch."""

    id: str
    member_id: int
    op: Op
    label: str
    asked: StoredPayment
    plan: Plan  # `times` are those that are left
    state: str  # active | ended | cancelled
    next_on: date | None
    staff_id: int | None
    case_id: str | None
    username: str
    branch: str

    @property
    def maker(self) -> Maker:
        """Who registered it, as its operations say it: the program carries it out."""
        channel = Channel.SYSTEM.value
        actor = f"member:{self.member_id}" if self.staff_id is None else f"staff:{self.staff_id}"
        return Maker(actor, self.username, self.branch, TERMINAL, channel, self.case_id)


def stored(row: Any) -> Stored:
    """A row of COLUMNS."""
    command = json.loads(row.command)
    rule = BusinessRule(row.holidays)
    first, until, next_on = (stored_day(value) for value in (row.first_on, row.until, row.next_on))
    if first is None:
        raise LookupError("a schedule without a first date")
    plan = Plan(first, Every(row.every), rule, until, row.runs_left, row.day)
    return Stored(
        row.id, row.member_id, Op(row.kind), row.label, StoredPayment(**command), plan, row.state, next_on,
        row.staff_id, row.case_id, row.username, row.branch,
    )  # fmt: skip


def stored_day(value: Any) -> date | None:
    """A stored day as either driver gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def locked(tx: Transaction, schedule_id: str) -> Stored | None:
    """One schedule that nobody else changes until the commit."""
    statement = ONE_LOCKED if tx.connection.dialect.name == "postgresql" else ONE
    row = statement.first(tx.connection, {"id": schedule_id})
    return None if row is None else stored(row)


def step_on(tx: Transaction, schedule: Stored, due: date) -> None:
    """One date of it is over: the next one, or its end."""
    left = None if schedule.plan.times is None else schedule.plan.times - 1
    following = None if left == 0 else schedule.plan.after(due)
    values = {"id": schedule.id, "runs_left": left}
    if following is None:
        END.run(tx.connection, values | {"state": "ended", "now": tx.now})
    else:
        STEP.run(tx.connection, values | {"next_on": following})


def keep_run(tx: Transaction, schedule_id: str, due: date, *, first: bool, **became: Any) -> None:
    """What became of one date: its row is written once and changed by later tries. `became`: state, attempts, and
    perhaps operation_id, reason, next_try_on."""
    values = {"operation_id": None, "reason": None, "next_try_on": None} | became
    values |= {"schedule_id": schedule_id, "due_on": due, "now": tx.now}
    (INSERT_RUN if first else UPDATE_RUN).run(tx.connection, values)

"""The program carries out what is scheduled: each date of each schedule once, whoever runs it and whenever they die.

What became of a date is written in the transaction of its payment, and the operation's key follows from the schedule,
the date and the try: a second worker finds the date taken, and one that comes back from the dead finds it done or not
begun. Dates that were missed while nothing ran are made up for, oldest first, and told as late (req. 40).
"""

from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy.exc import InterfaceError, OperationalError

from data.driver_sql import DriverSql
from data.values.dates import format_date, panama_date
from data.values.uuid7 import uuid7_after
from services import outbox
from services.access_states import AccessPaused, AccessState
from services.authorisation import member_alone
from services.bill_entry import BillExecution, execute_bill
from services.bills import MODES
from services.errors import AccountUnusable, CoopError, InsufficientFunds, StoreUnavailable
from services.faults import fault
from services.operator import system_operator
from services.payment_entry import Execution, execute
from services.payment_limits import ApprovalNeeded
from services.posting import Posting, close_key
from services.receipts import Receipt
from services.retries import retrying
from services.schedule_plan import MOST_DAYS_OFF, next_business_day
from services.schedule_rows import COLUMNS, REASONS, UNSAID, Stored, keep_run, locked, step_on, stored, stored_day
from services.schedule_subjects import amount_words, bill_of, payment_of
from services.unit_of_work import Transaction, UnitOfWork

WORKER = "programados"
RUN = "schedule.run"
ROUND = 200  # schedules looked at in one round
#: What may be otherwise tomorrow; everything else fails at once and is told.
PASSING = (InsufficientFunds, ApprovalNeeded)
DUE = DriverSql(
    COLUMNS,
    " WHERE s.state = 'active' AND (s.next_on <= :today OR (s.holidays = 'previous' AND s.next_on <= :ahead))"
    " AND (:bills = 1 OR s.kind NOT IN ('biller.pay', 'biller.top_up'))"
    " ORDER BY s.next_on, s.id LIMIT :most",
)
RETRIES = DriverSql(
    "SELECT r.schedule_id, s.member_id, r.due_on, r.attempts FROM schedule_run r"
    " JOIN schedule s ON s.id = r.schedule_id"
    " WHERE r.state = 'trying' AND r.next_try_on <= :today"
    " AND (:bills = 1 OR s.kind NOT IN ('biller.pay', 'biller.top_up')) ORDER BY r.due_on, r.schedule_id LIMIT :most"
)
ACCESS = DriverSql("SELECT state FROM access WHERE member_id = :member_id")
SHUT = frozenset({AccessState.SUSPENDED.value, AccessState.CLOSED.value})
ATTEMPTS = DriverSql(
    "SELECT attempts FROM schedule_run WHERE schedule_id = :schedule_id AND due_on = :due_on AND state = 'trying'"
)


@dataclass(frozen=True, slots=True)
class Due:
    """One try at one date: `attempt` counts from 1."""

    schedule_id: str
    member_id: int
    on: date
    attempt: int

    @property
    def key(self) -> str:
        """The operation's, the same for whoever makes this try."""
        return uuid7_after(self.schedule_id, f"schedule {self.on.isoformat()} {self.attempt}")


def run_due(uow: UnitOfWork, *, bills: bool = False) -> int:
    """Carry out what is due, oldest date first; answers how many dates were paid. A worker's task.

    `bills`: there is a gateway; without one the bills wait. What is set aside here is ordered by the worker's next
    task (biller_orders.settle_due).

    Raises StoreUnavailable: the rest is done in the next round.
    """
    return sum(retrying(partial(_run, uow, due)) for due in _due(uow, bills=bills))


def _due(uow: UnitOfWork, *, bills: bool) -> list[Due]:
    """Every date until today of every schedule, and what is to be tried again."""
    today = panama_date(uow.clock.now())
    values = {"today": today, "ahead": today + MOST_DAYS_OFF, "most": ROUND, "bills": int(bills)}
    try:
        with uow.engine.connect() as connection:
            active = [stored(row) for row in DUE.rows(connection, values)]
            again = RETRIES.rows(connection, values)
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable from error
    found = [Due(one.id, one.member_id, on, 1) for one in active for on in _until(one, today)]
    for row in again:
        if (on := stored_day(row.due_on)) is not None:
            found.append(Due(row.schedule_id, row.member_id, on, row.attempts + 1))
    return sorted(found, key=lambda due: (due.on, due.schedule_id))


def _until(schedule: Stored, today: date) -> list[date]:
    dates = []
    for on in schedule.plan.dates(schedule.next_on):
        if schedule.plan.day_for(on) > today:
            break
        dates.append(on)
    return dates


def _run(uow: UnitOfWork, due: Due) -> bool:
    """Pay one date, if it is still to be paid. Answers whether this call did."""
    execution: Execution | BillExecution | None = None
    fault("schedule_before_begin")
    try:
        with uow.begin_system(system_operator(WORKER), member_id=due.member_id) as tx:
            schedule = _claim(tx, due)
            if schedule is None:
                return False
            _still_theirs(tx, schedule)
            execution = _execution(tx, schedule, due)
            if execution is None:
                _over(tx, schedule, due, "skipped", reason="nothing_due")
                tx.commit()
                return False
            receipt = _pay(tx, execution)
            _over(tx, schedule, due, "done", receipt=receipt)
            fault("schedule_before_commit")
            tx.commit()
            return True
    except StoreUnavailable:
        raise
    except CoopError as error:
        _refused(uow, due, error, execution.posting if execution else None)
        return False


def _claim(tx: Transaction, due: Due) -> Stored | None:
    """The schedule, if this try is still to be made: nobody else can make it until the commit."""
    member_alone(tx.connection, due.member_id)
    schedule = locked(tx, due.schedule_id)
    if schedule is None or schedule.state == "cancelled":
        return None
    if due.attempt == 1:
        return schedule if schedule.state == "active" and schedule.next_on == due.on else None
    tried = ATTEMPTS.scalar(tx.connection, {"schedule_id": due.schedule_id, "due_on": due.on})
    return schedule if tried == due.attempt - 1 else None


def _still_theirs(tx: Transaction, schedule: Stored) -> None:
    """What the member scheduled in the portal is not paid while staff hold their access suspended, or have closed it:
    whoever made it may not have been the member. A block after wrong tries stops nothing; any stranger can cause one.

    Raises AccessPaused.
    """
    if schedule.staff_id is None and ACCESS.scalar(tx.connection, {"member_id": schedule.member_id}) in SHUT:
        raise AccessPaused("El acceso en línea del asociado está suspendido o cerrado.")


def _execution(tx: Transaction, schedule: Stored, due: Due) -> Execution | BillExecution | None:
    """The payment of that date; None if nothing is owed. Without an approval: of the limits the member's day counts,
    which nobody at a desk answers for now."""
    lines = (("Programado", f"para el {format_date(due.on)}{_late(tx, schedule, due)}"),)
    if schedule.op in MODES:
        return BillExecution(bill_of(tx, schedule), due.key, maker=schedule.maker, lines=lines)
    wanted = payment_of(tx, schedule)
    if wanted is None:
        return None
    return Execution(wanted, due.key, maker=schedule.maker, code_used=True, lines=lines)


def _pay(tx: Transaction, execution: Execution | BillExecution) -> Receipt:
    """Whatever holds now is what was agreed to: source, destination and amount were, when it was scheduled."""
    if isinstance(execution, BillExecution):
        return execute_bill(tx, execution, agreed=lambda _shown: None)
    return execute(tx, execution, agreed=lambda _shown: None)


def _late(tx: Transaction, schedule: Stored, due: Due) -> str:
    """Said of what is done after its day."""
    return ", se hizo después" if panama_date(tx.now) > schedule.plan.day_for(due.on) else ""


def _over(
    tx: Transaction,
    schedule: Stored,
    due: Due,
    state: str,
    *,
    receipt: Receipt | None = None,
    reason: str | None = None,
) -> None:
    """The date is settled: paid, or with nothing to pay."""
    operation_id = receipt.operation_id if receipt else None
    keep_run(
        tx, schedule.id, due.on, first=due.attempt == 1, state=state, attempts=due.attempt, reason=reason,
        operation_id=operation_id,
    )  # fmt: skip
    if due.attempt == 1:
        step_on(tx, schedule, due.on)
    told = f"{schedule.label}: {format_date(due.on)}{_late(tx, schedule, due)}"
    detail = {"schedule": schedule.id, "due": due.on.isoformat(), "attempt": due.attempt}
    tx.record(RUN, result="ok" if receipt else "none", about=operation_id or schedule.id, reason=told, detail=detail)


def _refused(uow: UnitOfWork, due: Due, error: CoopError, posting: Posting | None) -> None:
    """The try failed: its key is closed, and the date is tried again on another business day or given up and told."""
    fault("schedule_refused")
    with uow.begin_system(system_operator(WORKER), member_id=due.member_id) as tx:
        schedule = _claim(tx, due)
        if schedule is None:  # somebody else made the same try meanwhile, or it was cancelled
            return
        if posting is not None and isinstance(error, (InsufficientFunds, AccountUnusable)):
            close_key(tx, posting, error)
        first = due.attempt == 1
        again = isinstance(error, PASSING) and due.attempt <= tx.policy.schedules.retry_days
        became = {
            "state": "trying" if again else "failed",
            "attempts": due.attempt,
            "operation_id": due.key if posting is not None else None,
            "reason": error.code,
            "next_try_on": next_business_day(panama_date(tx.now)) if again else None,
        }
        keep_run(tx, schedule.id, due.on, first=first, **became)
        if first:
            step_on(tx, schedule, due.on)
        detail = {"schedule": schedule.id, "due": due.on.isoformat(), "attempt": due.attempt}
        tx.record(RUN, result="rejected" if again else "failed", about=schedule.id, reason=error.code, detail=detail)
        if not again:
            _tell_failure(tx, schedule, due, error)
        tx.commit()


def _tell_failure(tx: Transaction, schedule: Stored, due: Due, error: CoopError) -> None:
    context = {
        "label": schedule.label,
        "due": format_date(due.on),
        "amount": amount_words(schedule.asked.amount, schedule.asked.word),
        "reason": REASONS.get(error.code, UNSAID),
    }
    outbox.notice(tx, schedule.member_id, "schedule_failed", context)

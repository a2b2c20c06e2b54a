"""What a member has changed in a scheduled payment: the next date left out, the whole of it cancelled."""

from dataclasses import dataclass
from datetime import date

from data.driver_sql import DriverSql
from data.values.dates import format_date
from services import outbox
from services.errors import DataChanged, NotFound
from services.operations import Op
from services.operator import Operator
from services.schedule_rows import END, Stored, keep_run, locked, step_on
from services.schedules import ScheduleChanged
from services.unit_of_work import Transaction, UnitOfWork

TRYING = DriverSql(
    "UPDATE schedule_run SET state = 'skipped', reason = 'cancelled', next_try_on = NULL, at = :now"
    " WHERE schedule_id = :id AND state = 'trying' RETURNING due_on"
)
SKIPPED = DriverSql("SELECT 1 FROM schedule_run WHERE schedule_id = :id AND due_on = :due_on AND state = 'skipped'")


@dataclass(frozen=True, slots=True)
class SkipDate:
    """Leave the next date out. `due_on` is the nominal date that the person saw."""

    member_id: int
    schedule_id: str
    due_on: date


@dataclass(frozen=True, slots=True)
class CancelSchedule:
    member_id: int
    schedule_id: str


def skip_date(command: SkipDate, operator: Operator, uow: UnitOfWork) -> ScheduleChanged:
    """Leave out the next date; the same once more changes nothing. Raises NotFound, DataChanged if another date is
    next, and what authorisation raises."""
    with uow.begin(operator, Op.SCHEDULE_MANAGE, member_id=command.member_id) as tx:
        schedule = _theirs(tx, command.schedule_id, command.member_id)
        told = f"No se pagará el {format_date(command.due_on)}."
        if SKIPPED.first(tx.connection, {"id": schedule.id, "due_on": command.due_on}) is not None:
            return ScheduleChanged(schedule.id, told, existed=True)
        if schedule.state != "active" or schedule.next_on != command.due_on:
            raise DataChanged("Esa ya no es la próxima fecha. Revise la lista.")
        keep_run(tx, schedule.id, command.due_on, first=True, state="skipped", attempts=0, reason="member")
        step_on(tx, schedule, command.due_on)
        tx.record(about=schedule.id, detail={"skipped": command.due_on.isoformat()})
        tx.commit()
    return ScheduleChanged(schedule.id, told)


def cancel_schedule(command: CancelSchedule, operator: Operator, uow: UnitOfWork) -> ScheduleChanged:
    """End it: nothing more is paid, also not what was to be tried again. Raises NotFound, DataChanged if it had ended,
    and what authorisation raises."""
    with uow.begin(operator, Op.SCHEDULE_MANAGE, member_id=command.member_id) as tx:
        schedule = _theirs(tx, command.schedule_id, command.member_id)
        told = f"«{schedule.label}» quedó cancelado: no se paga más."
        if schedule.state == "cancelled":
            return ScheduleChanged(schedule.id, told, existed=True)
        given_up = TRYING.rows(tx.connection, {"id": schedule.id, "now": tx.now})
        if schedule.state == "ended" and not given_up:
            raise DataChanged("Ese pago programado ya había terminado.")
        values = {"id": schedule.id, "state": "cancelled", "runs_left": schedule.plan.times, "now": tx.now}
        END.run(tx.connection, values)
        tx.record(about=schedule.id, detail={"cancelled": True})
        context = {"label": schedule.label, "plan": schedule.plan.words}
        outbox.notice(tx, command.member_id, "schedule_cancelled", context)
        tx.commit()
    return ScheduleChanged(schedule.id, told)


def _theirs(tx: Transaction, schedule_id: str, member_id: int) -> Stored:
    schedule = locked(tx, schedule_id)
    if schedule is None or schedule.member_id != member_id:
        raise NotFound("Ese pago programado no existe.")
    return schedule

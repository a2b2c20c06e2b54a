"""The scheduled payments of a member, with what became of their last dates."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, column, text

from data.types import Day, String
from data.values.dates import format_date
from services.bills import stored_name
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.payment_facts import account_name
from services.schedule_rows import OF_MEMBER, REASONS, UNSAID, Stored, locked, stored
from services.schedule_subjects import amount_words
from services.schedules import ScheduleChanged
from services.text_cleaning import clean
from services.timeline_words import WORDS
from services.unit_of_work import Transaction, UnitOfWork

VIEW = "schedule.view"
STATES = {"active": "activo", "ended": "terminado", "cancelled": "cancelado"}
RUN_STATES = {"trying": "por reintentar", "done": "pagado", "failed": "NO SE PUDO", "skipped": "omitido"}
#: Of a bill that was ordered, by the state of its order.
ORDER_STATES = {"paid": "pagado", "refused": "RECHAZADO por el recaudador: el dinero sigue en la cuenta"}
IN_PROCESS = "en proceso en el recaudador"
LAST_DATES = 3  # dates of each that are told
RUNS = (
    text(
        "SELECT r.schedule_id, r.due_on, r.state, r.operation_id, r.reason, r.next_try_on, b.state AS order_state"
        " FROM (SELECT l.*, row_number() OVER (PARTITION BY l.schedule_id ORDER BY l.due_on DESC) AS place"
        " FROM schedule_run l WHERE l.schedule_id IN :ids) r LEFT JOIN biller_order b ON b.id = r.operation_id"
        " WHERE r.place <= :most ORDER BY r.schedule_id, r.due_on DESC"
    )
    .bindparams(bindparam("ids", expanding=True))
    .columns(
        column("schedule_id", String()), column("due_on", Day()), column("state", String()),
        column("operation_id", String()), column("reason", String()), column("next_try_on", Day()),
        column("order_state", String()),
    )
)  # fmt: skip
ACCOUNTS = text(
    "SELECT a.id, a.number, a.label, a.product, a.card_last4, m.given_names, m.surnames FROM account a"
    " LEFT JOIN member m ON m.id = a.member_id WHERE a.id IN :ids"
).bindparams(bindparam("ids", expanding=True))


@dataclass(frozen=True, slots=True)
class ListSchedules:
    member_id: int


@dataclass(frozen=True, slots=True)
class FindSchedule:
    """By the key of the request that made it."""

    member_id: int
    key: str


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One scheduled payment, in Spanish. `next_on` is its next date by the calendar, `next_day` when it is carried out;
    `past` says what became of its last dates, the newest first, and `operation_id` names the newest operation.
    `trouble`: the newest date was not paid. `can_change`: something is still to come."""

    id: str
    kind: Op
    label: str
    source: str
    target: str
    holder: str
    amount: str
    plan: str
    ends: str
    state: str  # active | ended | cancelled
    state_text: str
    next_on: date | None
    next_day: date | None
    past: tuple[str, ...]
    operation_id: str | None
    trouble: bool
    can_change: bool

    @property
    def last(self) -> str:
        """What became of the newest date; empty before there is one."""
        return self.past[0] if self.past else ""

    @property
    def kind_title(self) -> str:
        """What the operation is called."""
        return WORDS[self.kind.value]


def schedules(command: ListSchedules, operator: Operator, uow: UnitOfWork) -> tuple[ScheduleRow, ...]:
    """Those that run first, by their next date, then what is over. Raises the errors of authorisation (N1)."""
    with uow.begin(operator, Op.BALANCES_VIEW, member_id=command.member_id) as tx:
        found = [stored(row) for row in OF_MEMBER.rows(tx.connection, {"member_id": command.member_id})]
        rows = _rows(tx, found)
        tx.record(VIEW, detail={"rows": len(rows)})
        tx.commit()
    return rows


def find_schedule(command: FindSchedule, operator: Operator, uow: UnitOfWork) -> ScheduleChanged | None:
    """Whether a request whose answer was lost arrived; None if it never did. Needs no verified caller: after a crash
    the call may be over."""
    with uow.begin(operator, Op.RECEIPT_VIEW, member_id=command.member_id) as tx:
        found = locked(tx, command.key)
        there = found is not None and found.member_id == command.member_id
        tx.record("payment.outcome", about=command.key, result="ok" if there else "none")
        tx.commit()
    if found is None or not there:
        return None
    return ScheduleChanged(found.id, f"«{found.label}» quedó programado {found.plan.words}.", existed=True)


def _rows(tx: Transaction, found: list[Stored]) -> tuple[ScheduleRow, ...]:
    if not found:
        return ()
    ids = {number for one in found for number in (one.asked.from_account, one.asked.to_account) if number}
    accounts = {row.id: row for row in tx.connection.execute(ACCOUNTS, {"ids": sorted(ids)})}
    runs: dict[str, list[Any]] = {one.id: [] for one in found}
    for run in tx.connection.execute(RUNS, {"ids": list(runs), "most": LAST_DATES}):
        runs[run.schedule_id].append(run)
    return tuple(_row(one, accounts, runs[one.id]) for one in found)


def _row(one: Stored, accounts: dict[int, Any], runs: list[Any]) -> ScheduleRow:
    target = accounts[one.asked.to_account] if one.asked.to_account else None
    active = one.state == "active"
    return ScheduleRow(
        id=one.id,
        kind=one.op,
        label=clean(one.label, 60),
        source=account_name(accounts[one.asked.from_account]),
        target=account_name(target) if target is not None else _biller(one),
        holder=masked_name(target.given_names, target.surnames) if target is not None else "",
        amount=amount_words(one.asked.amount, one.asked.word),
        plan=one.plan.words,
        ends=one.plan.end_words if active else "",
        state=one.state,
        state_text=STATES[one.state],
        next_on=one.next_on,
        next_day=one.plan.day_for(one.next_on) if one.next_on else None,
        past=tuple(map(_past, runs)),
        operation_id=next((run.operation_id for run in runs if run.operation_id), None),
        trouble=bool(runs) and (runs[0].state in ("trying", "failed") or runs[0].order_state == "refused"),
        can_change=active or any(run.state == "trying" for run in runs),
    )


def _biller(one: Stored) -> str:
    return " ".join(stored_name(one.op, one.asked.biller or "", one.asked.reference))


def _past(run: Any) -> str:
    """`15/12/2026: NO SE PUDO (saldo insuficiente)`; of a bill how its order stands."""
    done = RUN_STATES[run.state]
    if run.order_state is not None:
        done = ORDER_STATES.get(run.order_state, IN_PROCESS)
    words = f"{format_date(run.due_on)}: {done}"
    if run.state == "trying" and run.next_try_on is not None:
        words += f" el {format_date(run.next_try_on)}"
    return f"{words} ({REASONS.get(run.reason, UNSAID)})" if run.reason else words

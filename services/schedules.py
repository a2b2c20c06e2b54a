"""Payments that the member leaves scheduled: on a date, each week, quincena or month (S10–S17, req. 7, 40, 42).

Created with what the payment itself would ask for (rights, verification, a code that names payee, amount and how
often), carried out by the program (services/schedule_runs.py).
"""

import hashlib
import hmac
import itertools
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert

from data.tables import Schedule
from data.values.card_number import NOTE_MESSAGE, contains_card_number
from data.values.dates import WEEKDAYS, format_date, panama_date
from data.values.uuid7 import is_uuid7
from services import authorisation, member_authorisation, outbox, payment_codes
from services.audit_trail import canonical
from services.calendar_rules import BusinessRule, Every, day_in_month
from services.errors import DataChanged, InvalidInput, KeyReused, NotPermitted
from services.operations import MONEY_OPS, Op
from services.operator import Operator
from services.payment_kinds import KINDS
from services.payment_limits import ApprovalNeeded
from services.retries import retrying
from services.schedule_plan import RULES, Plan, check_plan
from services.schedule_rows import Stored, locked
from services.schedule_subjects import PlannedPayment, Subject, subject_of
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

DOMAIN = b"coop-tui prepared schedule v1\0"
BILLS_ELSEWHERE = "Los pagos a recaudadores se programan por medio del CIS, 205-0911, o en una sucursal."
LABEL_LENGTH = 40
SHOWN_DATES = 3


@dataclass(frozen=True, slots=True)
class PrepareSchedule:
    payment: PlannedPayment


@dataclass(frozen=True, slots=True)
class SchedulePrepared:
    """What the person reviews; `hash` stands for it. `dates` are the first days on which it is carried out."""

    summary: tuple[tuple[str, str], ...]
    dates: tuple[date, ...]
    hash: str
    code_needed: bool


@dataclass(frozen=True, slots=True)
class CreateSchedule:
    """`key` is the UUIDv7 minted when the form opened, and the schedule's id; `prepared_hash` what was reviewed."""

    key: str
    prepared_hash: str
    payment: PlannedPayment

    def payload(self) -> dict[str, Any]:
        """What the local journal keeps, to ask again after a crash: days as ISO texts."""
        plain = asdict(self.payment)
        days = {name: plain[name].isoformat() for name in ("first_on", "until") if plain[name] is not None}
        return {"key": self.key, "prepared_hash": self.prepared_hash, "payment": plain | days}


@dataclass(frozen=True, slots=True)
class ScheduleChanged:
    """`text` says in Spanish what happened. `existed`: this very request had been done before."""

    schedule_id: str
    text: str
    existed: bool = False


def create_of(payload: dict[str, Any]) -> CreateSchedule:
    """The command that the journal keeps. Raises TypeError, ValueError, KeyError for another's."""
    plain = payload["payment"]
    days = {name: date.fromisoformat(plain[name]) for name in ("first_on", "until") if plain[name] is not None}
    payment = PlannedPayment(**plain | days | {"op": Op(plain["op"]), "every": Every(plain["every"])})
    return CreateSchedule(payload["key"], payload["prepared_hash"], payment)


def prepare_schedule(command: PrepareSchedule, operator: Operator, uow: UnitOfWork) -> SchedulePrepared:
    """Show what would be paid and when; keeps nothing. Funds are not looked at: they count on the day.

    Raises InvalidInput at the field, NotFound, AccountUnusable, NotPermitted, LimitExceeded, ApprovalNeeded (it can't
    wait for a second person), and what authorisation raises for schedules and for this kind of payment.
    """
    with uow.begin(operator, Op.SCHEDULE_MANAGE, member_id=command.payment.member_id) as tx:
        seen = _look(tx, command.payment)
        tx.record("schedule.prepare", detail={"kind": command.payment.op.value})
        tx.commit()
    return seen.prepared


def create_schedule(command: CreateSchedule, operator: Operator, uow: UnitOfWork) -> ScheduleChanged:
    """Keep what was prepared, once: the same key again answers the same. The code of a payment to somebody else is
    used up here.

    Raises DataChanged, CodeNeeded, KeyReused, OutcomeUnknown, and what `prepare_schedule` raises.
    """
    return retrying(lambda: _create(command, operator, uow))


@dataclass(frozen=True, slots=True)
class _Looked:
    subject: Subject
    plan: Plan
    label: str
    prepared: SchedulePrepared


def _create(command: CreateSchedule, operator: Operator, uow: UnitOfWork) -> ScheduleChanged:
    if not is_uuid7(command.key):
        raise InvalidInput("La clave de la operación no es válida. Abra un formulario nuevo.")
    payment = command.payment
    with uow.begin(operator, Op.SCHEDULE_MANAGE, member_id=payment.member_id) as tx:
        if (before := locked(tx, command.key)) is not None:
            return _before(tx, before, payment)
        seen = _look(tx, payment)
        if not hmac.compare_digest(seen.prepared.hash, command.prepared_hash):
            raise DataChanged
        if seen.subject.wanted is not None:
            payment_codes.use(tx, seen.subject.wanted, payment.every.value)
        tx.connection.execute(insert(Schedule).values(_values(tx, command.key, payment, seen)))
        context = {"label": seen.label, "plan": seen.plan.words, "amount": payment.amount_words}
        outbox.notice(tx, payment.member_id, "schedule_created", context)
        detail = seen.subject.detail | {
            "kind": payment.op.value,
            "amount": payment.amount,
            "every": payment.every.value,
            "first": payment.first_on.isoformat(),
        }
        tx.record(about=command.key, detail=detail)
        tx.commit()
    return ScheduleChanged(command.key, _told(seen))


def _before(tx: Transaction, before: Stored, payment: PlannedPayment) -> ScheduleChanged:
    """The same key again. Raises KeyReused if it made something else."""
    if before.member_id != payment.member_id or before.op is not payment.op or before.asked != payment.stored:
        raise KeyReused
    tx.record(result="repeated", about=before.id)
    tx.commit()
    return ScheduleChanged(before.id, f"«{before.label}» ya estaba programado.", existed=True)


def _look(tx: Transaction, payment: PlannedPayment) -> _Looked:
    """Everything that creation rests on, checked. Raises what `prepare_schedule` says."""
    if payment.op not in MONEY_OPS:
        raise InvalidInput("Esa operación no se programa.", field="op")
    if tx.operator.is_member and payment.op not in KINDS:
        raise NotPermitted(BILLS_ELSEWHERE)  # the code of a bill is for one payment of it
    if tx.standing is not None:
        rule = tx.policy.operations[payment.op]
        gate = member_authorisation if tx.operator.is_member else authorisation
        gate.decide(payment.op, rule, tx.standing, member_id=payment.member_id, now=tx.now, policy=tx.policy)
    plan = _plan(tx, payment)
    subject = subject_of(tx, payment)
    if subject.reasons:
        ask = "Un pago programado no espera aprobación: pida a un supervisor que lo registre."
        raise ApprovalNeeded(f"{subject.reasons[0]} {ask}", field="amount")
    days = tuple(plan.day_for(due) for due in itertools.islice(plan.dates(), SHOWN_DATES))
    summary = (*subject.rows, *_when(payment, plan, days))
    seen = (payment.op.value, payment.member_id, payment.stored, plan, summary, tx.policy.sha256)
    wanted = subject.wanted
    prepared = SchedulePrepared(
        summary,
        days,
        hashlib.sha256(DOMAIN + repr(seen).encode()).hexdigest(),
        wanted is not None and payment_codes.is_needed(tx, wanted, payment.every.value),
    )
    return _Looked(subject, plan, _label(payment.label) or subject.name, prepared)


def _plan(tx: Transaction, payment: PlannedPayment) -> Plan:
    schedules = tx.policy.schedules
    if payment.rule not in ("", *BusinessRule):
        raise InvalidInput("Elija qué hacer cuando la fecha no es hábil.", field="rule")
    rule = BusinessRule(payment.rule or schedules.holidays)
    day = payment.day if payment.every is Every.MONTH else None
    if day is not None and day_in_month(payment.first_on.year, payment.first_on.month, day) != payment.first_on:
        raise InvalidInput("La primera fecha no cae en ese día del mes.", field="first_on")
    plan = Plan(payment.first_on, payment.every, rule, payment.until, payment.times, day)
    check_plan(plan, panama_date(tx.now), schedules.most_days_ahead)
    return plan


def _values(tx: Transaction, key: str, payment: PlannedPayment, seen: _Looked) -> dict[str, Any]:
    plan = seen.plan
    return {
        "id": key,
        "member_id": payment.member_id,
        "kind": payment.op.value,
        "label": seen.label,
        "command": canonical(asdict(payment.stored)),
        "every": plan.every.value,
        "first_on": plan.first,
        "day": plan.day,
        "until": plan.until,
        "runs_left": plan.times,
        "holidays": plan.rule.value,
        "state": "active",
        "next_on": next(plan.dates()),
        "staff_id": None if tx.operator.is_member else tx.operator.staff_id,
        "case_id": tx.case_id,
        "created_at": tx.now,
    }


def _when(payment: PlannedPayment, plan: Plan, days: tuple[date, ...]) -> tuple[tuple[str, str], ...]:
    shown = [f"{WEEKDAYS[day.weekday()][:3]} {format_date(day)}" for day in days]
    return (
        ("Monto", payment.amount_words),
        ("Cuándo", plan.words),
        ("Termina", plan.end_words or "después de esa fecha"),
        ("Si no es día hábil", RULES[plan.rule]),
        ("Próximas fechas", ", ".join(shown)),
        ("Detalle", payment.stored.memo or "—"),
        ("Cargo", "Sin cargo"),
    )


def _label(typed: str) -> str:
    label = clean(typed, LABEL_LENGTH)
    if contains_card_number(typed) or contains_card_number(label):
        raise InvalidInput(NOTE_MESSAGE, field="label")
    return label


def _told(seen: _Looked) -> str:
    return f"«{seen.label}» quedó programado {seen.plan.words}; primer pago el {format_date(seen.prepared.dates[0])}."

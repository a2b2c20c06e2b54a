"""The register of rights over personal data: asked for, attended, closed with a reason, each with its clock (req. 54).

An answer is due ten business days after the day on which the request was received. Nothing is changed or taken away:
each step is a row and an event. What the person asked stands in the register, never in the trail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from data.catalog.holidays import load_holidays
from data.tables import Member, PrivacyRequest, PrivacyStep, Staff
from data.types import utc_text
from data.values.card_number import NOTE_MESSAGE, contains_card_number
from data.values.dates import add_business_days, format_date, panama_date
from data.values.uuid7 import is_uuid7
from services.errors import CoopError, InvalidInput, NotFound, RateLimited
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.receipts import concern
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

TRIES = text("SELECT count(*) FROM audit_event WHERE actor = :actor AND at > :since AND action = 'privacy.register'")
COLUMNS = ("id", "member_id", "kind", "received_on", "due_on", "asked")
LONGEST = 1_000
LEAST = 5
MOST = 200


class RequestKind(StrEnum):
    """The rights of Ley 81, art. 15."""

    ACCESS = "acceso"
    RECTIFICATION = "rectificacion"
    CANCELLATION = "cancelacion"
    OPPOSITION = "oposicion"
    PORTABILITY = "portabilidad"


KIND_LABELS = {
    RequestKind.ACCESS: "Acceso",
    RequestKind.RECTIFICATION: "Rectificación",
    RequestKind.CANCELLATION: "Cancelación",
    RequestKind.OPPOSITION: "Oposición",
    RequestKind.PORTABILITY: "Portabilidad",
}
OUTCOMES = {"granted": "Concedida", "partly": "Concedida en parte", "denied": "Negada"}
STATES = {"registered": "Recibida", "attending": "En atención", "exported": "Datos entregados", "closed": "Cerrada"}


class RequestClosed(CoopError):
    code = "request_closed"
    default = "Esa solicitud ya está cerrada: lo que se decidió no cambia. Registre una nueva si hace falta."


@dataclass(frozen=True, slots=True, repr=False)
class RegisterRequest:
    """`key` UUIDv7, minted when the form opened; `number` of the member; `asked` in the person's words; `received_on` a
    day in Panama, today unless told."""

    key: str
    number: str
    kind: RequestKind
    asked: str
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class AttendRequest:
    """Somebody works on it, or writes down how far they are."""

    request_id: str
    note: str


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """`outcome`: granted | partly | denied; `reason`: why, as the person is told."""

    request_id: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListRequests:
    """Those that wait for an answer, or all of them."""

    closed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when (UTC), who, what, and in words."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class RequestRow:
    """`holder` is masked. `days_left` business days until it is due, below zero when it is late; None once closed.
    `late`: it is due and not answered, or was answered after it was due."""

    request_id: str
    number: str
    holder: str
    member_id: int
    kind: RequestKind
    received_on: date
    due_on: date
    asked: str
    state: str
    outcome: str | None
    days_left: int | None
    late: bool
    steps: tuple[Step, ...]

    @property
    def clock(self) -> str:
        """`quedan 4 días hábiles`, `vence hoy`, `venció hace 2 días hábiles`, `respondida a tiempo`."""
        if self.days_left is None:
            return "respondida fuera de plazo" if self.late else "respondida a tiempo"
        if self.days_left == 0:
            return "vence hoy"
        days = "1 día hábil" if abs(self.days_left) == 1 else f"{abs(self.days_left)} días hábiles"
        if self.days_left < 0:
            return f"venció hace {days}"
        return f"{'queda' if self.days_left == 1 else 'quedan'} {days}"


def register_request(command: RegisterRequest, operator: Operator, uow: UnitOfWork) -> RequestRow:
    """Write it down. The same key again answers with what it wrote.

    Raises InvalidInput (fields `key`, `asked`, `received_on`), NotFound (no such member), RateLimited and the errors of
    authorisation.
    """
    with uow.begin(operator, Op.PRIVACY_REGISTER, alone=True) as tx:
        today = panama_date(tx.now)
        received = command.received_on or today
        if not is_uuid7(command.key):
            raise InvalidInput("La solicitud no tiene una clave válida.", field="key")
        if received > today:
            raise InvalidInput("La fecha de recibo no puede estar en el futuro.", field="received_on")
        asked = _asked(command.asked)
        _check_tries(tx)
        member = tx.connection.execute(
            select(col(Member.id)).where(col(Member.number) == command.number.strip())
        ).scalar()
        if member is None:
            raise NotFound
        concern(tx, member)
        if (row := _one(tx, command.key)) is not None:
            tx.record(result="repeated", about=f"privacy:{command.key}")
            tx.commit()
            return row
        due = add_business_days(received, tx.policy.privacy.answer_business_days, load_holidays())
        tx.connection.execute(
            insert(PrivacyRequest).values(
                id=command.key, member_id=member, kind=command.kind.value, received_on=received, due_on=due,
                asked=asked, staff_id=operator.staff_id, branch=operator.branch, channel=operator.channel.value,
                at=tx.now,
            )
        )  # fmt: skip
        _step(tx, command.key, "registered", "")
        facts = {"kind": command.kind.value, "since": received.isoformat(), "until": due.isoformat()}
        tx.record(about=f"privacy:{command.key}", detail=facts)
        row = _there(tx, command.key)
        tx.commit()
    return row


def attend_request(command: AttendRequest, operator: Operator, uow: UnitOfWork) -> RequestRow:
    """Add a step. Raises InvalidInput (field `reason`), NotFound, RequestClosed and the errors of authorisation."""
    with uow.begin(operator, Op.PRIVACY_ATTEND) as tx:
        note = check_reason(command.note)
        open_request(tx, command.request_id)
        _step(tx, command.request_id, "attending", note)
        tx.record(about=f"privacy:{command.request_id}", reason=note)
        row = _there(tx, command.request_id)
        tx.commit()
    return row


def close_request(command: CloseRequest, operator: Operator, uow: UnitOfWork) -> RequestRow:
    """The answer and why. Raises InvalidInput (fields `reason`, `outcome`), NotFound, RequestClosed and the errors of
    authorisation."""
    with uow.begin(operator, Op.PRIVACY_ATTEND) as tx:
        reason = check_reason(command.reason)
        if command.outcome not in OUTCOMES:
            raise InvalidInput(f"El resultado es uno de: {', '.join(OUTCOMES.values())}.", field="outcome")
        open_request(tx, command.request_id)
        _step(tx, command.request_id, "closed", reason, command.outcome)
        row = _there(tx, command.request_id)
        facts = {"state": "closed", "outcome": command.outcome, "late": row.late}
        tx.record(about=f"privacy:{command.request_id}", reason=reason, detail=facts)
        tx.commit()
    return row


def list_requests(command: ListRequests, operator: Operator, uow: UnitOfWork) -> tuple[RequestRow, ...]:
    """Those that are due first come first; at most 200. Raises the errors of authorisation."""
    with uow.begin(operator, Op.PRIVACY_VIEW) as tx:
        closed = exists().where(
            col(PrivacyStep.request_id) == col(PrivacyRequest.id), col(PrivacyStep.state) == "closed"
        )
        rows = _rows(tx, *(() if command.closed else (~closed,)))
        tx.record(detail={"rows": len(rows), "members": sorted({row.member_id for row in rows})})
        tx.commit()
    return rows


def open_request(tx: Transaction, request_id: str) -> RequestRow:
    """A request that is not closed, of somebody whom the operator may serve. Raises NotFound, RequestClosed."""
    row = _there(tx, request_id)
    concern(tx, row.member_id)
    if row.state == "closed":
        raise RequestClosed
    return row


def _check_tries(tx: Transaction) -> None:
    """A number that is tried here is a look-up like any other (req. 16). Raises RateLimited."""
    limits = tx.policy.lookup
    since = utc_text(tx.now - timedelta(minutes=limits.window_minutes))
    if tx.connection.execute(TRIES, {"actor": tx.operator.actor, "since": since}).scalar_one() >= limits.per_window:
        raise RateLimited


def _asked(typed: str) -> str:
    if contains_card_number(typed):
        raise InvalidInput(NOTE_MESSAGE, field="asked")
    asked = clean(typed, LONGEST)
    if sum(char.isalpha() for char in asked) < LEAST:
        raise InvalidInput("Escriba qué pide la persona.", field="asked")
    return asked


def _step(tx: Transaction, request_id: str, state: str, note: str, outcome: str | None = None) -> None:
    values = {"request_id": request_id, "state": state, "outcome": outcome, "note": note, "at": tx.now}
    try:
        tx.connection.execute(insert(PrivacyStep).values(staff_id=tx.operator.staff_id, **values))
    except IntegrityError as error:  # somebody else closed it this moment
        raise RequestClosed from error


def note_export(tx: Transaction, request_id: str, note: str) -> None:
    """The step of data that were handed over (services/member_export.py)."""
    _step(tx, request_id, "exported", note)


def _there(tx: Transaction, request_id: str) -> RequestRow:
    row = _one(tx, request_id)
    if row is None:
        raise NotFound("Esa solicitud no está en el registro.")
    return row


def _one(tx: Transaction, request_id: str) -> RequestRow | None:
    return next(iter(_rows(tx, col(PrivacyRequest.id) == request_id)), None)


def _rows(tx: Transaction, *where: Any) -> tuple[RequestRow, ...]:
    query = (
        select(
            *(col(getattr(PrivacyRequest, name)) for name in COLUMNS),
            col(Member.number), col(Member.given_names), col(Member.surnames),
        )
        .join(Member, col(Member.id) == col(PrivacyRequest.member_id))
        .where(*where)
        .order_by(col(PrivacyRequest.due_on), col(PrivacyRequest.id))
        .limit(MOST)
    )  # fmt: skip
    found = tx.connection.execute(query).all()
    steps = _steps(tx, [row.id for row in found])
    return tuple(_row(tx, row, steps[row.id]) for row in found)


def _steps(tx: Transaction, ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in ids}
    query = (
        select(
            col(PrivacyStep.request_id), col(PrivacyStep.state), col(PrivacyStep.outcome), col(PrivacyStep.note),
            col(PrivacyStep.at), col(Staff.username),
        )
        .join(Staff, col(Staff.id) == col(PrivacyStep.staff_id))
        .where(col(PrivacyStep.request_id).in_(ids))
        .order_by(col(PrivacyStep.id))
    )  # fmt: skip
    for step in tx.connection.execute(query):
        found[step.request_id].append(step)
    return found


def _row(tx: Transaction, row: Any, steps: list[Any]) -> RequestRow:
    last = steps[-1]
    closed = last.state == "closed"
    day = panama_date(last.at if closed else tx.now)
    return RequestRow(
        request_id=row.id,
        number=row.number,
        holder=masked_name(row.given_names, row.surnames),
        member_id=row.member_id,
        kind=RequestKind(row.kind),
        received_on=row.received_on,
        due_on=row.due_on,
        asked=row.asked,
        state=last.state,
        outcome=last.outcome,
        days_left=None if closed else business_days(day, row.due_on),
        late=day > row.due_on,
        steps=tuple(Step(step.at, step.username, _words(step)) for step in steps),
    )


def business_days(start: date, end: date) -> int:
    """Business days from `start`, which is not counted, to `end`; below zero when `end` is over."""
    first, last = min(start, end), max(start, end)
    holidays, days, day = load_holidays(), 0, first
    while day < last:
        day = add_business_days(day, 1, holidays)
        days += day <= last
    return days if end >= start else -max(1, days)


def _words(step: Any) -> str:
    outcome = f": {OUTCOMES[step.outcome]}" if step.outcome else ""
    return f"{STATES[step.state]}{outcome}{f'. {step.note}' if step.note else ''}"


def due_text(row: RequestRow) -> str:
    """`07/12/2026, quedan 4 días hábiles`."""
    return f"{format_date(row.due_on)}, {row.clock}"

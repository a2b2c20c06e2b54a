"""The register of breaches of personal data, with the 72-hour clock (L8, req. 54; DE 285 of 2021, art. 37 and 38).

What is told to the authority and to the people concerned, and what is kept of every breach, are the same facts: what
happened, which data, what was done at once, what people can do, where they learn more; when it happened, why, what it
leads to, how many it concerns, and whether it puts anybody at risk. They grow while one learns: each step keeps all
that was known at that moment. The fields follow what is public of these articles; counsel must confirm them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from data.tables import Breach, BreachStep, Staff
from data.values.card_number import NOTE_MESSAGE, contains_card_number
from data.values.dates import PANAMA, format_datetime, parse_date, to_utc
from data.values.errors import InvalidValue
from data.values.uuid7 import is_uuid7
from services.audit_trail import canonical
from services.errors import CoopError, InvalidInput, NotFound
from services.moments import span
from services.operations import Op
from services.operator import Operator
from services.privacy_requests import Step
from services.reasons import check_reason
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

LONGEST = 1_000
MOST = 200
#: Field of the facts → what people call it. `nature` and `data` are needed from the first moment.
FIELDS: Mapping[str, str] = {
    "nature": "Naturaleza del incidente",
    "data": "Datos comprometidos",
    "happened": "Cuándo ocurrió",
    "cause": "Motivo y hechos",
    "effects": "Efectos posibles",
    "people": "Personas afectadas",
    "measures": "Acciones inmediatas",
    "advice": "Recomendaciones al titular",
    "contact": "Dónde informarse",
}
NEEDED = ("nature", "data")
TO_TELL = ("nature", "data", "measures", "advice", "contact")
WHEN = "Fecha y hora no válidas (dd/mm/aaaa hh:mm)."
_TIME = re.compile(r"(\S+)\s+([01]?[0-9]|2[0-3]):([0-5][0-9])")
STATES = {
    "registered": "Registrada",
    "updated": "Actualizada",
    "told_authority": "Notificada a ANTAI",
    "told_people": "Notificada a las personas",
    "closed": "Cerrada",
}


class BreachClosed(CoopError):
    code = "breach_closed"
    default = "Esa vulneración ya está cerrada; lo registrado no cambia. Registre otra si hace falta."


class NotTold(CoopError):
    """There is risk and somebody was not told."""

    code = "breach_not_told"
    default = "Hay riesgo para las personas: antes de cerrarla, notifique a ANTAI y a las personas afectadas."


@dataclass(frozen=True, slots=True)
class BreachFacts:
    """Texts of up to 1,000 characters, without personal data; `risk`: whether it puts the people concerned at risk."""

    nature: str = ""
    data: str = ""
    happened: str = ""
    cause: str = ""
    effects: str = ""
    people: str = ""
    measures: str = ""
    advice: str = ""
    contact: str = ""
    risk: bool = True


@dataclass(frozen=True, slots=True)
class RegisterBreach:
    """`key` UUIDv7 of the form; `known_at` UTC: from then on the clock runs; now unless told."""

    key: str
    facts: BreachFacts
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddToBreach:
    """`state`: updated (with the facts as they are known now) | told_authority | told_people | closed."""

    breach_id: str
    state: str
    note: str
    facts: BreachFacts | None = None


@dataclass(frozen=True, slots=True)
class ListBreaches:
    """Those that are open, or all of them."""

    closed: bool = False


@dataclass(frozen=True, slots=True)
class BreachRow:
    """One breach as it stands. `clock`: what is left of the 72 hours, or how they ended. `late`: the hours are over and
    somebody who must be told was not, or was told too late."""

    breach_id: str
    known_at: datetime
    due_at: datetime
    facts: BreachFacts
    state: str
    told_authority: datetime | None
    told_people: datetime | None
    clock: str
    late: bool
    steps: tuple[Step, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What a notification needs and nobody has written yet."""
        return tuple(FIELDS[name] for name in TO_TELL if not getattr(self.facts, name))


def register_breach(command: RegisterBreach, operator: Operator, uow: UnitOfWork) -> BreachRow:
    """Write it down; the clock runs from `known_at`. The same key again answers with what it wrote.

    Raises InvalidInput (the field is its name, or `key`, `known_at`) and the errors of authorisation.
    """
    with uow.begin(operator, Op.BREACH_REGISTER, alone=True) as tx:
        known = command.known_at or tx.now
        if not is_uuid7(command.key):
            raise InvalidInput("El registro no tiene una clave válida.", field="key")
        if known > tx.now:
            raise InvalidInput("No se puede conocer una vulneración en el futuro.", field="known_at")
        facts = _checked(command.facts)
        if (row := _one(tx, command.key)) is not None:
            tx.record(result="repeated", about=f"breach:{command.key}")
            tx.commit()
            return row
        due = known + timedelta(hours=tx.policy.privacy.breach_hours)
        values = {"id": command.key, "known_at": known, "due_at": due, "at": tx.now}
        tx.connection.execute(insert(Breach).values(staff_id=operator.staff_id, **values))
        _step(tx, command.key, "registered", "", facts)
        tx.record(about=f"breach:{command.key}", detail={"state": "registered", "risk": facts.risk})
        row = _there(tx, command.key)
        tx.commit()
    return row


def add_to_breach(command: AddToBreach, operator: Operator, uow: UnitOfWork) -> BreachRow:
    """Add what was learnt, that somebody was told, or the end.

    Raises InvalidInput (fields `reason`, `state`, those of the facts; a notification without all that it must say),
    NotFound, BreachClosed, NotTold and the errors of authorisation.
    """
    with uow.begin(operator, Op.BREACH_REGISTER) as tx:
        note = check_reason(command.note)
        if command.state not in STATES or command.state == "registered":
            raise InvalidInput("Ese paso no existe.", field="state")
        before = _there(tx, command.breach_id)
        if before.state == "closed":
            raise BreachClosed
        facts = _checked(command.facts) if command.facts else before.facts
        if command.state in ("told_authority", "told_people") and before.missing:
            raise InvalidInput(f"Falta para notificar: {', '.join(before.missing)}.", field="facts")
        if command.state == "closed" and facts.risk and not (before.told_authority and before.told_people):
            raise NotTold
        _step(tx, command.breach_id, command.state, note, facts)
        row = _there(tx, command.breach_id)
        detail = {"state": command.state, "risk": facts.risk, "late": row.late}
        tx.record(about=f"breach:{command.breach_id}", reason=note, detail=detail)
        tx.commit()
    return row


def list_breaches(command: ListBreaches, operator: Operator, uow: UnitOfWork) -> tuple[BreachRow, ...]:
    """The oldest clock first; at most 200. Raises the errors of authorisation."""
    with uow.begin(operator, Op.BREACH_VIEW) as tx:
        rows = tuple(row for row in _rows(tx) if command.closed or row.state != "closed")
        tx.record(detail={"rows": len(rows)})
        tx.commit()
    return rows


def _checked(facts: BreachFacts) -> BreachFacts:
    cleaned: dict[str, str] = {}
    for name, label in FIELDS.items():
        typed = str(getattr(facts, name))
        if contains_card_number(typed):
            raise InvalidInput(NOTE_MESSAGE, field=name)
        cleaned[name] = clean(typed, LONGEST).strip()
        if name in NEEDED and not cleaned[name]:
            raise InvalidInput(f"Falta: {label}.", field=name)
    return replace(facts, **cleaned)  # type: ignore[arg-type]


def _step(tx: Transaction, breach_id: str, state: str, note: str, facts: BreachFacts) -> None:
    values = {"breach_id": breach_id, "state": state, "facts": canonical(asdict(facts)), "note": note, "at": tx.now}
    try:
        tx.connection.execute(insert(BreachStep).values(staff_id=tx.operator.staff_id, **values))
    except IntegrityError as error:
        raise BreachClosed from error


def _there(tx: Transaction, breach_id: str) -> BreachRow:
    row = _one(tx, breach_id)
    if row is None:
        raise NotFound("Esa vulneración no está en el registro.")
    return row


def _one(tx: Transaction, breach_id: str) -> BreachRow | None:
    return next(iter(_rows(tx, col(Breach.id) == breach_id)), None)


def _rows(tx: Transaction, *where: Any) -> tuple[BreachRow, ...]:
    query = select(col(Breach.id), col(Breach.known_at), col(Breach.due_at)).where(*where)
    found = tx.connection.execute(query.order_by(col(Breach.due_at), col(Breach.id)).limit(MOST)).all()
    steps: dict[str, list[Any]] = {row.id: [] for row in found}
    asked = (
        select(
            col(BreachStep.breach_id), col(BreachStep.state), col(BreachStep.facts), col(BreachStep.note),
            col(BreachStep.at), col(Staff.username),
        )
        .join(Staff, col(Staff.id) == col(BreachStep.staff_id))
        .where(col(BreachStep.breach_id).in_(list(steps)))
        .order_by(col(BreachStep.id))
    )  # fmt: skip
    for step in tx.connection.execute(asked):
        steps[step.breach_id].append(step)
    return tuple(_row(tx, row, steps[row.id]) for row in found)


def _row(tx: Transaction, row: Any, steps: list[Any]) -> BreachRow:
    told = {state: next((one.at for one in steps if one.state == state), None) for state in STATES}
    facts = BreachFacts(**json.loads(steps[-1].facts))
    authority, people = told["told_authority"], told["told_people"]
    done = max(authority, people) if authority and people else None
    clock, late = _clock(tx.now, row.due_at, done, waits=facts.risk and told["closed"] is None)
    return BreachRow(
        breach_id=row.id, known_at=row.known_at, due_at=row.due_at, facts=facts, state=steps[-1].state,
        told_authority=authority, told_people=people, clock=clock, late=late,
        steps=tuple(
            Step(one.at, one.username, f"{STATES[one.state]}{f'. {one.note}' if one.note else ''}") for one in steps
        ),
    )  # fmt: skip


def _clock(now: datetime, due: datetime, done: datetime | None, *, waits: bool) -> tuple[str, bool]:
    """What people read, and whether it is late. Both must have been told within the hours where there is risk."""
    if done is not None:
        late = done > due
        return f"notificada {'fuera de plazo' if late else 'a tiempo'} ({format_datetime(done)})", late
    if not waits:
        return "sin riesgo: no se notifica", False
    left = due - now
    if left >= timedelta(0):
        return f"quedan {span(left)}", False
    return f"venció hace {span(-left)}", True


def parse_moment(typed: str) -> datetime:
    """`23/11/2026 09:41`, a time in Panama, as UTC. Raises InvalidValue."""
    match = _TIME.fullmatch(typed.strip())
    if match is None:
        raise InvalidValue(WHEN)
    day = parse_date(match[1])
    return to_utc(datetime(day.year, day.month, day.day, int(match[2]), int(match[3]), tzinfo=PANAMA))

"""The lines that patterns drew, for supervisors: read, looked into, closed with a reason (C16).

Nobody sees or closes a line about themselves. None of it blocks anybody's work.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import col

from data.tables import Member, PatternClosure, PatternLine, Staff
from services.approval_rules import check_other_person
from services.audit_body import AuditRow
from services.audit_log import rows_of
from services.audit_policy import RULES
from services.errors import CoopError, NotFound
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.seen_lists import record_once
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

MOST = 200
OWN = "Es una señal sobre usted: la revisa otra persona."
PARAMETERS: Mapping[str, str] = {
    "takeover_hours": "dentro de {} h",
    "address_members": "{} asociados",
    "address_hours": "dentro de {} h",
    "guess_failures": "{} fallos",
    "guess_cases": "en {} llamadas",
    "guess_hours": "dentro de {} h",
    "split_payments": "{} pagos",
    "split_hours": "dentro de {} h",
    "split_percent": "desde {} % del límite",
    "office_opens": "abre a las {} h",
    "office_closes": "cierra a las {} h",
    "office_days": "{} días de la semana",
    "late_events": "{} eventos",
    "idle_members": "{} asociados",
    "idle_minutes": "dentro de {} min",
    "probing_misses": "{} búsquedas",
    "probing_minutes": "dentro de {} min",
    "terminal_changes": "{} cambios de terminal",
    "terminal_minutes": "dentro de {} min",
    "sign_in_failures": "{} fallos",
    "sign_in_minutes": "dentro de {} min",
    "stamp_approvals": "{} aprobaciones",
    "stamp_seconds": "dentro de {} s",
}


class AlreadyClosed(CoopError):
    code = "pattern_closed"
    default = "Esa señal ya está cerrada."


@dataclass(frozen=True, slots=True)
class ListPatterns:
    """The open lines, or with `closed` those that were closed, newest first; at most 200."""

    closed: bool = False


@dataclass(frozen=True, slots=True)
class PatternRow:
    """One line. `title` says the rule in words, `who` the user name concerned (empty: nobody in particular), `member`
    number and masked name; `count` events behind it. `closed_by`, `closed_at`, `reason` None or empty while open."""

    line_id: int
    rule: str
    title: str
    who: str
    number: str
    member: str
    count: int
    happened_at: datetime
    closed_by: str
    closed_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class GetPattern:
    line_id: int


@dataclass(frozen=True, slots=True)
class PatternDetail:
    """`params`: the rule's parameters when it was drawn, in words; `policy`: the hash of the policy that they are from;
    `events`: those behind it, oldest first."""

    row: PatternRow
    params: tuple[str, ...]
    policy: str
    events: tuple[AuditRow, ...]


@dataclass(frozen=True, slots=True)
class ClosePattern:
    """`reason`: what was found out, in words; it stays."""

    line_id: int
    reason: str


def list_patterns(command: ListPatterns, operator: Operator, uow: UnitOfWork) -> tuple[PatternRow, ...]:
    """The lines, but none about the operator. A new list leaves an event (see record_once)."""
    with uow.begin(operator, Op.PATTERN_VIEW, touch=False) as tx:
        state = col(PatternClosure.id).is_not(None) if command.closed else col(PatternClosure.id).is_(None)
        query = _query().where(state, ~_about(tx)).order_by(col(PatternLine.id).desc()).limit(MOST)
        rows = tuple(_row(row) for row in tx.connection.execute(query))
        record_once(tx, "closed" if command.closed else "open", [row.line_id for row in rows])
    return rows


def open_rows(tx: Transaction) -> tuple[PatternRow, ...]:
    """Every open line, oldest first, for the command line, which asks for nobody."""
    query = _query().where(col(PatternClosure.id).is_(None)).order_by(col(PatternLine.id))
    return tuple(_row(row) for row in tx.connection.execute(query))


def open_count(operator: Operator, uow: UnitOfWork) -> int:
    """How many lines wait for somebody, none about the operator; no event: nothing of them is shown."""
    with uow.begin(operator, Op.PATTERN_VIEW, touch=False) as tx:
        query = _query(col(PatternLine.id)).where(col(PatternClosure.id).is_(None), ~_about(tx)).limit(MOST)
        return len(tx.connection.execute(query).all())


def pattern_detail(command: GetPattern, operator: Operator, uow: UnitOfWork) -> PatternDetail:
    """One line with its events; the look is an event. Raises NotFound, also for one about the operator."""
    with uow.begin(operator, Op.PATTERN_VIEW) as tx:
        row = tx.connection.execute(_query().where(col(PatternLine.id) == command.line_id, ~_about(tx))).first()
        if row is None:
            raise NotFound("Esa señal no existe, o es sobre usted.")
        ids = json.loads(row.events)
        detail = PatternDetail(_row(row), parameters(json.loads(row.params)), row.policy, rows_of(tx, ids))
        tx.record(about=f"line:{row.id}", detail={"rule": row.rule})
        tx.commit()
    return detail


def close_pattern(command: ClosePattern, operator: Operator, uow: UnitOfWork) -> None:
    """Close a line for good. Raises NotFound, NotPermitted (about oneself), AlreadyClosed, InvalidInput (reason)."""
    with uow.begin(operator, Op.PATTERN_CLOSE) as tx:
        reason = check_reason(command.reason)
        query = select(col(PatternLine.id), col(PatternLine.rule), col(PatternLine.staff_id)).where(
            col(PatternLine.id) == command.line_id
        )
        line = tx.connection.execute(query).first()
        if line is None:
            raise NotFound("Esa señal no existe.")
        if line.staff_id is not None:
            check_other_person(tx, operator.staff_id, line.staff_id, OWN)
        closed = select(col(Staff.username)).join(PatternClosure, col(PatternClosure.staff_id) == col(Staff.id))
        by = tx.connection.execute(closed.where(col(PatternClosure.line_id) == line.id)).scalar()
        if by is not None:
            raise AlreadyClosed(f"Esa señal ya la cerró {by}.")
        values = {"line_id": line.id, "staff_id": operator.staff_id, "reason": reason, "at": tx.now}
        try:
            tx.connection.execute(insert(PatternClosure).values(**values))
        except IntegrityError:  # somebody was faster: a line has one closure
            raise AlreadyClosed from None
        tx.record(about=f"line:{line.id}", reason=reason, detail={"rule": line.rule})
        tx.commit()


def parameters(params: Mapping[str, int]) -> tuple[str, ...]:
    """A rule's parameters in words: `3 asociados`, `dentro de 168 h`."""
    return tuple(PARAMETERS.get(name, f"{clean(name, 40)} {{}}").format(value) for name, value in params.items())


def _query(*columns: Any) -> Any:
    concerned, closer = aliased(Staff), aliased(Staff)
    shown = columns or (
        *PatternLine.__table__.c,  # type: ignore[attr-defined]
        concerned.username.label("who"),  # type: ignore[attr-defined]
        closer.username.label("closer"),  # type: ignore[attr-defined]
        col(PatternClosure.at).label("closed_at"),
        col(PatternClosure.reason),
        col(Member.number),
        col(Member.given_names),
        col(Member.surnames),
    )
    return (
        select(*shown)
        .select_from(PatternLine)
        .outerjoin(PatternClosure, col(PatternClosure.line_id) == col(PatternLine.id))
        .outerjoin(concerned, col(concerned.id) == col(PatternLine.staff_id))
        .outerjoin(closer, col(closer.id) == col(PatternClosure.staff_id))
        .outerjoin(Member, col(Member.id) == col(PatternLine.member_id))
    )


def _about(tx: Transaction) -> Any:
    """Whether a line is about the operator, under whatever user name."""
    same = select(col(Staff.member_id)).where(col(Staff.id) == tx.operator.staff_id, col(Staff.member_id).is_not(None))
    names = select(col(Staff.id)).where((col(Staff.id) == tx.operator.staff_id) | col(Staff.member_id).in_(same))
    return col(PatternLine.staff_id).is_not(None) & col(PatternLine.staff_id).in_(names)


def _row(row: Any) -> PatternRow:
    return PatternRow(
        line_id=row.id,
        rule=row.rule,
        title=RULES.get(row.rule) or clean(row.rule, 40),
        who=clean(row.who or "", 60),
        number=row.number or "",
        member=masked_name(row.given_names, row.surnames) if row.number else "",
        count=len(json.loads(row.events)),
        happened_at=row.happened_at,
        closed_by=row.closer or "",
        closed_at=row.closed_at,
        reason=clean(row.reason or "", 200),
    )

"""How a filter becomes SQL that answers at once, however long the trail is (C11).

The newest events come first, by time and id. One word of the filter leads: the rarest, which has an index in that
order (data/sql/indexes_audit_*.sql). Several actions or results are looked up one by one, so that each is read from
its end and nothing has to be sorted. SQLite, which keeps no figures about single values, is told which index leads.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select, tuple_, union_all
from sqlmodel import col

from data.tables import AuditEvent, AuditSeal, Case, Member, PatternLine, Staff
from data.types import utc_text
from data.values.dates import panama_midnight
from services.audit_filter import AuditFilter
from services.errors import InvalidInput
from services.unit_of_work import Transaction

SYSTEM = "sistema"
ID: Any = col(AuditEvent.id)
AT: Any = col(AuditEvent.at)
#: Words that have no column: the same expressions as in the indexes.
TERMINAL: dict[str, Any] = {
    "sqlite": literal_column("json_extract(audit_event.body, '$.terminal')"),
    "postgresql": literal_column("(audit_event.body::jsonb ->> 'terminal')"),
}
AMOUNT: dict[str, Any] = {
    "sqlite": literal_column("json_extract(audit_event.body, '$.detail.amount')"),
    "postgresql": literal_column("(audit_event.body::jsonb #>> '{detail,amount}')"),
}
NOT_WELL: Any = literal_column("audit_event.result <> 'ok'")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: time and id of an event."""

    at: str
    event_id: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """`lead`: the SQLite index; `each`: values of the leading word that are looked up one by one."""

    lead: str
    conditions: list[ColumnElement[Any]]
    each: list[ColumnElement[Any]]


def page_ids(
    tx: Transaction, wanted: AuditFilter, limit: int, *, before: Place | None = None, after: Place | None = None
) -> list[int]:
    """The newest events that fit, before or after a place, by id. Raises InvalidInput (field `filter`)."""
    plan = _plan(tx, wanted)
    bounds: list[Any] = []
    if before is not None:
        bounds += [before.at >= AT, tuple_(AT, ID) < tuple_(before.at, before.event_id)]
    if after is not None:
        bounds += [after.at <= AT, tuple_(AT, ID) > tuple_(after.at, after.event_id)]
    parts = [
        _from(plan, ID.label("id"), AT.label("at")).where(*bounds, *each).order_by(AT.desc(), ID.desc()).limit(limit)
        for each in ([[one] for one in plan.each] or [[]])
    ]
    if len(parts) == 1:
        return [row.id for row in tx.connection.execute(parts[0])]
    found = union_all(*(select(part.subquery()) for part in parts)).subquery()
    query = select(found.c.id).order_by(found.c.at.desc(), found.c.id.desc()).limit(limit)
    return list(tx.connection.execute(query).scalars())


def selected(tx: Transaction, wanted: AuditFilter, *columns: Any) -> Select[Any]:
    """A query of these columns over all events that fit, for counts."""
    plan = _plan(tx, wanted)
    return _from(plan, *columns).where(*_any(plan))


def place_of(tx: Transaction, event_id: int) -> Place | None:
    """Where an event stands."""
    at = tx.connection.execute(select(AT).where(event_id == ID)).scalar()
    return None if at is None else Place(at, event_id)


def _from(plan: _Plan, *columns: Any) -> Select[Any]:
    query = select(*columns).select_from(AuditEvent).where(*plan.conditions)
    return query.with_hint(AuditEvent, f"INDEXED BY {plan.lead}", "sqlite") if plan.lead else query


def _any(plan: _Plan) -> list[ColumnElement[Any]]:
    if not plan.each:
        return []
    first, *rest = plan.each
    for condition in rest:
        first = first | condition
    return [first]


def _plan(tx: Transaction, wanted: AuditFilter) -> _Plan:
    engine = tx.connection.dialect.name
    conditions = list(_days(wanted))
    leads: list[str] = []
    if wanted.seq is not None:
        return _Plan("", [_event(tx, wanted.seq) == ID, *conditions], [])
    member_id = _member(tx, wanted.member_number) if wanted.member_number is not None else None
    if wanted.line_id is not None:
        leads.append("")  # the events' own key
        conditions.append(ID.in_(_events_of_line(tx, wanted.line_id)))
    if wanted.case_id is not None:
        member_id = _member_of_case(tx, wanted.case_id, member_id)
        conditions.append(col(AuditEvent.case_id) == wanted.case_id)
    if member_id is not None:
        leads.append("ix_audit_event_member_id")
        conditions += [col(AuditEvent.member_id) == member_id, col(AuditEvent.member_id).is_not(None)]
    if wanted.amount is not None:
        leads.append("ix_audit_event_amount")
        value = wanted.amount if engine == "sqlite" else str(wanted.amount)
        conditions += [AMOUNT[engine] == value, AMOUNT[engine].is_not(None)]
    badly = wanted.results is not None and "ok" not in wanted.results
    if badly:
        conditions.append(NOT_WELL)
    if wanted.who is not None:
        conditions.append(col(AuditEvent.actor) == _actor(tx, wanted.who))
    if wanted.terminal is not None:
        conditions.append(TERMINAL[engine] == wanted.terminal)
    leads += ["ix_audit_event_result"] * badly
    leads += ["ix_audit_event_actor"] * (wanted.who is not None) + ["ix_audit_event_terminal"] * bool(wanted.terminal)
    leads += ["ix_audit_event_action"] * (wanted.actions is not None)
    lead = leads[0] if leads else "ix_audit_event_at"
    return _Plan(lead, conditions, _several(wanted, lead, conditions))


def _several(wanted: AuditFilter, lead: str, conditions: list[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """The values of the leading word, one by one; those of other words go to the conditions."""
    each: list[ColumnElement[Any]] = []
    for values, column, own in (
        (wanted.actions, col(AuditEvent.action), "ix_audit_event_action"),
        (wanted.results, col(AuditEvent.result), "ix_audit_event_result"),
    ):
        if values is not None and own == lead:
            each = [column == value for value in values]
        elif values is not None:
            conditions.append(column.in_(values))
    return each


def _days(wanted: AuditFilter) -> Iterator[ColumnElement[Any]]:
    if wanted.since is not None:
        yield utc_text(panama_midnight(wanted.since)) <= AT
    if wanted.until is not None:
        yield utc_text(panama_midnight(wanted.until + timedelta(days=1))) > AT


def _actor(tx: Transaction, username: str) -> str:
    if username == SYSTEM:
        return "system"
    staff_id = tx.connection.execute(select(col(Staff.id)).where(col(Staff.username) == username)).scalar()
    if staff_id is None:
        raise InvalidInput(f"No hay un usuario «{username}».", field="filter")
    return f"staff:{staff_id}"


def _member(tx: Transaction, number: str) -> int:
    member_id = tx.connection.execute(select(col(Member.id)).where(col(Member.number) == number)).scalar()
    if member_id is None:
        raise InvalidInput(f"No hay un asociado con el número «{number}».", field="filter")
    return int(member_id)


def _member_of_case(tx: Transaction, case_id: str, member_id: int | None) -> int:
    """A case is of one member, and the member's events have an index."""
    found = tx.connection.execute(select(col(Case.member_id)).where(col(Case.id) == case_id)).scalar()
    if found is None or member_id not in (None, found):
        raise InvalidInput("No hay un caso con ese número.", field="filter")
    return int(found)


def _event(tx: Transaction, seq: int) -> int:
    event_id = tx.connection.execute(select(col(AuditSeal.event_id)).where(col(AuditSeal.seq) == seq)).scalar()
    if event_id is None:
        raise InvalidInput(f"No hay un evento {seq:,}.", field="filter")
    return int(event_id)


def _events_of_line(tx: Transaction, line_id: int) -> list[int]:
    """The events behind a line of the patterns; of one about the reader there are none."""
    query = select(col(PatternLine.events)).where(
        col(PatternLine.id) == line_id,
        col(PatternLine.staff_id).is_(None) | (col(PatternLine.staff_id) != tx.operator.staff_id),
    )
    events = tx.connection.execute(query).scalar()
    if events is None:
        raise InvalidInput(f"No hay una señal {line_id}.", field="filter")
    return [int(event) for event in json.loads(events)]


def people(tx: Transaction) -> Sequence[str]:
    """Every user name, for completion."""
    return tx.connection.execute(select(col(Staff.username)).order_by(col(Staff.username))).scalars().all()

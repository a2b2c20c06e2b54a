"""Cases as people follow them: the list by agent, member and state, one case's story, and taking a case up again.

Agents see their own cases and, of a member whose number they give, everybody's; who supervises or audits sees all. A
case that is taken up again is a new one that names the former: each contact keeps its own time and verification.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from data.tables import AuditEvent, Case, Member, Staff
from services.case_kinds import KIND_LABELS, CaseTime, times_of
from services.cases import open_case
from services.errors import InvalidInput, NotFound
from services.follow_ups import PendingFollowUp, kin_of, pending_of, sees_all
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.staff_proof import reading
from services.text_cleaning import clean
from services.timeline import TimelineRow, timeline_row, what_text
from services.timeline_words import CHANNELS, LOOKS
from services.unit_of_work import Transaction, UnitOfWork

MOST = 200
OPEN, CLOSED, WAITING, RESUMED = "abierto", "cerrado", "pendiente", "retomado"
STATES = (OPEN, CLOSED, WAITING, RESUMED)


@dataclass(frozen=True, slots=True)
class ListCases:
    """None: any. `agent`: a user name; `number`: a member's; `state`: one of STATES. The newest 200 that fit."""

    agent: str | None = None
    number: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case. `time` its facts; `number` and masked `member`; `state` one of STATES, «pendiente» before the others;
    `done`: what was done, in words, or «consulta»; `follow_ups`: how many wait with it."""

    time: CaseTime
    number: str
    member: str
    state: str
    kind: str
    channel: str
    done: str
    reopens: str | None
    follow_ups: int


@dataclass(frozen=True, slots=True)
class GetCase:
    case_id: str


@dataclass(frozen=True, slots=True)
class CaseStory:
    """A case with those that it takes up and that take it up, oldest first, what happened in them, and what waits."""

    row: CaseRow
    chain: tuple[CaseRow, ...]
    events: tuple[TimelineRow, ...]
    follow_ups: tuple[PendingFollowUp, ...]


@dataclass(frozen=True, slots=True)
class ReopenCase:
    case_id: str


def list_cases(command: ListCases, operator: Operator, uow: UnitOfWork) -> tuple[CaseRow, ...]:
    """The cases that fit, newest first; one event. Raises InvalidInput (field `filter`: nobody has that name or
    number) and the errors of authorisation."""
    if command.state is not None and command.state not in STATES:
        raise InvalidInput(f"No hay un estado «{command.state}»: {', '.join(STATES)}.", field="filter")
    member_id = _member_by_number(uow, command.number)
    with uow.begin(operator, Op.CASES_VIEW, member_id=member_id) as tx:
        where = _conditions(tx, command, member_id)
        ids = select(col(Case.id)).where(*where).order_by(col(Case.opened_at).desc(), col(Case.id).desc())
        wanted = list(tx.connection.execute(ids.limit(MOST)).scalars())
        rows = _rows(tx, wanted)
        rows = tuple(row for row in rows if command.state in (None, row.state))
        asked = {"who": command.agent, "member_number": command.number, "state": command.state}
        told = {name: clean(value, 60) for name, value in asked.items() if value}
        tx.record(detail={"rows": len(rows), **({"filter": told} if told else {})})
        tx.commit()
    return rows


def case_story(command: GetCase, operator: Operator, uow: UnitOfWork) -> CaseStory:
    """One case told. Raises NotFound and the errors of authorisation."""
    member_id = _member_of(uow, command.case_id)
    with uow.begin(operator, Op.CASES_VIEW, member_id=member_id) as tx:
        if member_id is None:
            raise NotFound("Ese caso no existe.")
        chain = _chain(tx, command.case_id)
        rows = {row.time.case_id: row for row in _rows(tx, chain)}
        bodies = tx.connection.execute(
            select(col(AuditEvent.body))
            .where(
                col(AuditEvent.member_id) == member_id,
                col(AuditEvent.case_id).in_(chain),
                ~(col(AuditEvent.action).in_(LOOKS) & (col(AuditEvent.result) == "ok")),
            )
            .order_by(col(AuditEvent.id))
            .limit(MOST)
        ).scalars()
        events = tuple(timeline_row(json.loads(body)) for body in bodies)
        follow_ups = tuple(one for one in pending_of(tx, member_id=member_id))
        tx.record(about=f"case:{command.case_id}")
        tx.commit()
    return CaseStory(rows[command.case_id], tuple(rows[one] for one in chain), events, follow_ups)


def reopen_case(command: ReopenCase, operator: Operator, uow: UnitOfWork) -> str:
    """Take a closed case up again in a new one; answers its id. The record is opened next, as for any call.

    Raises NotFound, InvalidInput (still open, or already taken up), and the errors of authorisation.
    """
    member_id = _member_of(uow, command.case_id)
    with uow.begin(operator, Op.CASE_OPEN, member_id=member_id) as tx:
        former = tx.session.get(Case, command.case_id)
        if former is None or member_id is None:
            raise NotFound("Ese caso no existe.")
        if former.closed_at is None:
            raise InvalidInput("Ese caso sigue abierto.")
        later = select(col(Case.id)).where(col(Case.reopens) == command.case_id, col(Case.member_id) == member_id)
        if tx.connection.execute(later).first() is not None:
            raise InvalidInput("Ese caso ya se retomó: siga en el último de la cadena.")
        if tx.case_id is not None:
            raise InvalidInput("Ya atiende a este asociado en un caso abierto: termínelo con F7 antes de retomar otro.")
        case_id = open_case(tx, member_id, reopens=command.case_id)
        tx.commit()
    return case_id


def _conditions(tx: Transaction, command: ListCases, member_id: int | None) -> list[Any]:
    where: list[Any] = [col(Case.member_id).not_in(kin_of(tx))]
    if command.number is not None:
        if member_id is None:
            raise InvalidInput(f"No hay un asociado con el número «{clean(command.number, 40)}».", field="filter")
        where.append(col(Case.member_id) == member_id)
    agent = command.agent
    if agent is not None:
        staff = select(col(Staff.id)).where(col(Staff.username) == agent.casefold())
        staff_id = tx.connection.execute(staff).scalar()
        if staff_id is None:
            raise InvalidInput(f"No hay un usuario «{clean(agent, 40)}».", field="filter")
        where.append(col(Case.staff_id) == staff_id)
    if command.number is None and not sees_all(tx):
        where.append(col(Case.staff_id) == tx.operator.staff_id)
    if command.state == OPEN:
        where.append(col(Case.closed_at).is_(None))
    elif command.state is not None:
        where.append(col(Case.closed_at).is_not(None))
    if command.state == WAITING:
        where.append(col(Case.id).in_({one.case_id for one in pending_of(tx) if one.case_id is not None}))
    return where


def _rows(tx: Transaction, ids: list[str]) -> tuple[CaseRow, ...]:
    """In the order of the ids."""
    if not ids:
        return ()
    later = aliased(Case)
    query = (
        select(
            col(Case.id),
            col(Case.reopens),
            col(Member.number),
            col(Member.given_names),
            col(Member.surnames),
            later.id.label("resumed"),  # type: ignore[attr-defined]
        )
        .join(Member, col(Member.id) == col(Case.member_id))
        .outerjoin(later, (col(later.reopens) == col(Case.id)) & (col(later.member_id) == col(Case.member_id)))
        .where(col(Case.id).in_(ids))
    )
    more = {row.id: row for row in tx.connection.execute(query)}
    times = {time.case_id: time for time in times_of(tx, col(Case.id).in_(ids))}
    waiting: dict[str, int] = {}
    for one in pending_of(tx):
        if one.case_id is not None:
            waiting[one.case_id] = waiting.get(one.case_id, 0) + 1
    return tuple(_row(times[one], more[one], waiting.get(one, 0)) for one in ids if one in times)


def _row(time: CaseTime, row: Any, follow_ups: int) -> CaseRow:
    if time.ended_at is None:
        state = OPEN
    elif follow_ups:
        state = WAITING
    else:
        state = RESUMED if row.resumed else CLOSED
    return CaseRow(
        time=time,
        number=row.number,
        member=masked_name(row.given_names, row.surnames),
        state=state,
        kind=KIND_LABELS[time.kind],
        channel=CHANNELS.get(time.channel, clean(time.channel, 20)),
        done=" · ".join(what_text(action) for action in time.actions) or "consulta",
        reopens=row.reopens,
        follow_ups=follow_ups,
    )


def _member_of(uow: UnitOfWork, case_id: str) -> int | None:
    """Whom a case is about, for the transaction that begins for that member; nothing is shown."""
    with reading(uow) as connection:
        return connection.execute(select(col(Case.member_id)).where(col(Case.id) == case_id)).scalar()


def _member_by_number(uow: UnitOfWork, number: str | None) -> int | None:
    if number is None:
        return None
    with reading(uow) as connection:
        return connection.execute(select(col(Member.id)).where(col(Member.number) == number)).scalar()


def _chain(tx: Transaction, case_id: str) -> list[str]:
    """The case with those before and after it, oldest first, as far as the operator may see them."""
    member = select(col(Case.member_id)).where(col(Case.id) == case_id).scalar_subquery()
    query = select(col(Case.id), col(Case.reopens)).where(col(Case.member_id) == member)
    rows = tx.connection.execute(query).all()
    before = {row.id: row.reopens for row in rows}
    after = {row.reopens: row.id for row in rows if row.reopens}
    chain = [case_id]
    while (former := before.get(chain[0])) is not None and former in before and former not in chain:
        chain.insert(0, former)
    while (later := after.get(chain[-1])) is not None and later not in chain:
        chain.append(later)
    return chain

"""Cases: one contact of one agent's session with one member, opened with the record and closed with the
next (req. 24).

A case ends with its leases and its codes. Its outcome is what was done in it, read from the audit trail.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import col

from data.tables import AuditEvent, Case, Lease, OneTimeCode, StaffSession
from data.types import utc_text
from data.values.uuid7 import uuid7
from services.case_kinds import DONE, INQUIRY, counted
from services.errors import NotFound
from services.operations import Op
from services.operator import Operator
from services.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class CloseCase:
    """The contact with this member is over."""

    member_id: int


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """`outcome`: the operations that were done, parted by blanks, or «consulta».

    `seconds` from open to close.
    """

    case_id: str
    outcome: str
    seconds: int


def close_case(command: CloseCase, operator: Operator, uow: UnitOfWork) -> CaseClosed:
    """Close the open case of this session with the member. Raises NotFound if there is none."""
    with uow.begin(operator, Op.CASE_CLOSE, member_id=command.member_id) as tx:
        mine = [case for case in _open_cases(tx) if case.member_id == command.member_id]
        if not mine:
            raise NotFound("No hay un caso abierto con este asociado.")
        closed = [_close(tx, case) for case in mine][-1]
        tx.commit()
    return closed


def open_case(tx: Transaction, member_id: int, reopens: str | None = None) -> str:
    """The open case of this session with the member, a new one if there is none; cases with others are
    closed. `reopens`: the closed case that a new one takes up again.

    From here on the transaction's events carry it. Writes CASE_OPEN and CASE_CLOSE events for what it
    changed.
    """
    # A second Enter must find the first one's case: on PostgreSQL the session's row is where they queue.
    tx.connection.execute(
        select(col(StaffSession.id)).where(col(StaffSession.id) == tx.operator.session_id).with_for_update()
    )
    case_id = None
    for case in _open_cases(tx):
        if case.member_id == member_id and case_id is None:
            case_id = str(case.id)
        else:
            _close(tx, case)
    if case_id is None:
        case_id = uuid7()
        tx.connection.execute(
            insert(Case).values(
                id=case_id,
                member_id=member_id,
                staff_id=tx.operator.staff_id,
                session_id=tx.operator.session_id,
                channel=tx.operator.channel.value,
                branch=tx.operator.branch,
                opened_at=tx.now,
                flags="",
                reopens=reopens,
            )
        )
        _carry(tx, case_id)
        about = f"case:{reopens}" if reopens else None
        tx.record(Op.CASE_OPEN.value, member=member_id, about=about, detail={"reopens": reopens} if reopens else None)
    else:
        _carry(tx, case_id)
    return case_id


def _carry(tx: Transaction, case_id: str) -> None:
    if tx.standing is not None:
        tx.standing = replace(tx.standing, case_id=case_id)


def _open_cases(tx: Transaction) -> list[Any]:
    return list(
        tx.connection.execute(
            select(col(Case.id), col(Case.member_id), col(Case.opened_at))
            .where(
                col(Case.staff_id) == tx.operator.staff_id,
                col(Case.session_id) == tx.operator.session_id,
                col(Case.closed_at).is_(None),
            )
            .order_by(col(Case.opened_at))
        ).all()
    )


def _close(tx: Transaction, case: Any) -> CaseClosed:
    """Close one case with the leases and codes that hang on it."""
    outcome = _outcome(tx, case)
    seconds = int((tx.now - case.opened_at).total_seconds())
    tx.connection.execute(update(Case).where(col(Case.id) == case.id).values(closed_at=tx.now, outcome=outcome))
    ended = tx.connection.execute(
        update(Lease)
        .where(col(Lease.case_id) == case.id, col(Lease.ended_at).is_(None))
        .values(ended_at=tx.now, end_reason="case_closed")
    ).rowcount
    tx.connection.execute(
        update(OneTimeCode)
        .where(col(OneTimeCode.case_id) == case.id, col(OneTimeCode.ended_at).is_(None))
        .values(ended_at=tx.now)
    )
    tx.record(
        Op.CASE_CLOSE.value,
        member=case.member_id,
        about=f"case:{case.id}",
        detail={"outcome": outcome, "seconds": seconds, "leases": ended},
    )
    return CaseClosed(str(case.id), outcome, seconds)


def _outcome(tx: Transaction, case: Any) -> str:
    """The operations done in the case, in the order of the first of each."""
    actions = tx.connection.execute(
        select(col(AuditEvent.action))
        .where(
            col(AuditEvent.member_id) == case.member_id,
            col(AuditEvent.at) >= utc_text(case.opened_at),
            col(AuditEvent.case_id) == case.id,
            col(AuditEvent.result).in_(DONE),
        )
        .order_by(col(AuditEvent.id))
    ).scalars()
    return " ".join(counted(actions)) or INQUIRY

"""What every desk is told of approvals without asking: how many wait, what was decided of one's own, what of a member
waits (C10). Looks without an event and without a sign of life."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import col

from data.tables import ApprovalRequest, Member, Operation, Staff, StaffSession
from data.values.money import Money
from services import authorisation
from services.approval_queue import SHOWN, UNUSED, late_since, maker_of, open_requests
from services.approval_rows import APPROVED, STATES, WAITING
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.receipts import receipt_number
from services.staff_proof import reading
from services.timeline_words import WORDS
from services.unit_of_work import Transaction, UnitOfWork

NEWS = 50
#: A decision carries the moment in which it began, and is seen a little later, when it is committed.
OVERLAP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many requests of others wait for somebody like the operator, and how many of them are late."""

    count: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class OwnDecisions:
    """What others decided of the operator's requests since then; None: since they last worked here."""

    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """Request id and Spanish line each, oldest first. `until`: where the next question begins; the last minute is told
    again, so the asker leaves out the ids that it has shown."""

    told: tuple[tuple[str, str], ...]
    until: datetime


def pending_count(operator: Operator, uow: UnitOfWork) -> Waiting:
    """What waits for somebody like this operator; nothing for who may not decide. A look without an event and without a
    sign of life, for the notice at every desk. Raises SessionEnded, SessionLocked."""
    with reading(uow) as connection:
        now = uow.clock.now()
        standing = authorisation.standing(connection, operator, None, now, uow.policy, touch=False)
        if not uow.policy.operations[Op.APPROVAL_GIVE].roles & standing.roles:
            return Waiting()
        late = case((col(ApprovalRequest.requested_at) <= late_since(uow.policy, now), 1))
        query = open_requests(select(func.count(), func.count(late)), operator, now).where(
            col(ApprovalRequest.staff_id) != operator.staff_id
        )
        return Waiting(*connection.execute(query).one())


def own_decisions(command: OwnDecisions, operator: Operator, uow: UnitOfWork) -> Decisions:
    """What became of the operator's own requests; quiet like `pending_count`."""
    with reading(uow) as connection:
        now = uow.clock.now()
        authorisation.standing(connection, operator, None, now, uow.policy, touch=False)
        since = command.since or _last_worked(connection, operator)
        rows = connection.execute(_decided(operator, since - OVERLAP)).all() if since else []
    until = rows[-1].decided_at if len(rows) == NEWS else now
    return Decisions(tuple((row.id, _decision_line(row)) for row in rows), until)


def _decided(operator: Operator, since: datetime) -> Any:
    columns: tuple[Any, ...] = (
        *SHOWN,
        col(ApprovalRequest.id),
        col(ApprovalRequest.state),
        col(ApprovalRequest.decision),
        col(ApprovalRequest.decided_at),
        col(Staff.username).label("decider"),
        col(Operation.seq),
        col(Operation.at),
    )
    return (
        select(*columns)
        .join(Member, col(Member.id) == col(ApprovalRequest.member_id))
        .outerjoin(Staff, col(Staff.id) == col(ApprovalRequest.decided_by))
        .outerjoin(Operation, col(Operation.id) == col(ApprovalRequest.id))
        .where(
            col(ApprovalRequest.staff_id) == operator.staff_id,
            col(ApprovalRequest.decided_at) > since,
            func.coalesce(col(ApprovalRequest.decided_by), 0) != operator.staff_id,
        )
        .order_by(col(ApprovalRequest.decided_at))
        .limit(NEWS)
    )


def waiting_lines(tx: Transaction, member_id: int, level: int) -> tuple[str, ...]:
    """What of a member waits, for their record; amounts only with a verified caller (req. 16)."""
    query = (
        select(*SHOWN)
        .join(Member, col(Member.id) == col(ApprovalRequest.member_id))
        .where(
            col(ApprovalRequest.member_id) == member_id,
            col(ApprovalRequest.state) == WAITING,
            col(ApprovalRequest.expires_at) > tx.now,
            UNUSED,
        )
        .order_by(col(ApprovalRequest.requested_at))
    )
    rows = tx.connection.execute(query).all()
    if level >= 1:
        return tuple(
            f"Espera aprobación: {WORDS[row.kind]} {Money(row.amount).with_symbol()} ({maker_of(row)})" for row in rows
        )
    many = "1 operación espera" if len(rows) == 1 else f"{len(rows)} operaciones esperan"
    return (f"{many} aprobación",) if rows else ()


def _decision_line(row: Any) -> str:
    what = f"{WORDS[row.kind]} {Money(row.amount).with_symbol()} de {masked_name(row.given_names, row.surnames)}"
    by = f" por {row.decider}" if row.decider else ""
    if row.state == APPROVED:
        done = f"aprobada{by}" if by else "aplicada sin la cola"
        return f"{what}: {done}. Comprobante {receipt_number(row.seq, row.at)}."
    why = f": {row.decision}" if row.decider and row.decision else ""
    return f"{what}: {STATES[row.state]}{by}{why}. No se movió dinero."


def _last_worked(connection: Any, operator: Operator) -> datetime | None:
    """The last sign of life of the session before this one."""
    query = select(func.max(col(StaffSession.last_seen_at))).where(
        col(StaffSession.staff_id) == operator.staff_id, col(StaffSession.id) != operator.session_id
    )
    found: datetime | None = connection.execute(query).scalar()
    return found

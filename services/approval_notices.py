"""What every desk is told of approvals without asking: how many wait, what was decided of one's own, what of a member
waits (C10). Looks without an event and without a sign of life."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import col

from data.tables import ApprovalRequest, Member, Operation, Proposal, Staff, StaffSession
from data.values.money import Money
from services import authorisation
from services.approval_queue import SHOWN, UNUSED, late_since, maker_of, open_requests
from services.approval_rows import APPROVED, STATES, WAITING
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.proposal_families import kind_of
from services.proposal_views import decided_by_roles, unconcerned
from services.receipts import receipt_number
from services.staff_proof import reading
from services.timeline_words import WORDS
from services.unit_of_work import Transaction, UnitOfWork

NEWS = 50
MONEY = "money"
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
    """What waits for somebody like this operator; nothing for who decides nothing. What is late is told to the roles
    that the policy names, too. A look without an event and without a sign of life, for the notice at every desk.
    Raises SessionEnded, SessionLocked."""
    with reading(uow) as connection:
        now, policy = uow.clock.now(), uow.policy
        standing = authorisation.standing(connection, operator, None, now, policy, touch=False)
        wider = not {role.value for role in standing.roles}.isdisjoint(policy.approval.late_roles)
        decides = set(decided_by_roles(policy, standing.roles))
        if policy.operations[Op.APPROVAL_GIVE].roles & standing.roles:
            decides.add(MONEY)
        if not (decides or wider):
            return Waiting()
        waiting = _waiting_by_kind(connection, operator, now, late_since(policy, now))
    told = [(count if kind in decides else late, late) for kind, count, late in waiting if kind in decides or wider]
    return Waiting(sum(count for count, _ in told), sum(late for _, late in told))


def _waiting_by_kind(connection: Any, operator: Operator, now: datetime, since: datetime) -> list[tuple[str, int, int]]:
    """Kind, how many of others wait, how many of them are late."""
    request, change = ApprovalRequest, Proposal
    late = (func.count(case((col(table.requested_at) <= since, 1))) for table in (request, change))
    money = open_requests(select(func.count(), next(late)), operator, now).where(
        col(request.staff_id) != operator.staff_id
    )
    changes = (
        select(col(change.kind), func.count(), next(late))
        .where(
            col(change.state) == WAITING,
            col(change.expires_at) > now,
            col(change.staff_id) != operator.staff_id,
            *unconcerned(operator),
        )
        .group_by(col(change.kind))
    )
    count, overdue = connection.execute(money).one()
    return [(MONEY, count, overdue), *(tuple(row) for row in connection.execute(changes))]


def own_decisions(command: OwnDecisions, operator: Operator, uow: UnitOfWork) -> Decisions:
    """What became of the operator's own requests; quiet like `pending_count`."""
    with reading(uow) as connection:
        now = uow.clock.now()
        authorisation.standing(connection, operator, None, now, uow.policy, touch=False)
        since = command.since or _last_worked(connection, operator)
        rows = [] if since is None else _decisions(connection, operator, since - OVERLAP)
    until = rows[-1][0] if len(rows) == NEWS else now
    return Decisions(tuple((request_id, line) for _, request_id, line in rows), until)


def _decisions(connection: Any, operator: Operator, since: datetime) -> list[tuple[datetime, str, str]]:
    """When, which, and how it is told; oldest first."""
    money = [(row.decided_at, row.id, _decision_line(row)) for row in connection.execute(_decided(operator, since))]
    changes = [
        (row.decided_at, row.id, _change_line(row)) for row in connection.execute(_decided_changes(operator, since))
    ]
    return sorted(money + changes)[:NEWS]


def _decided_changes(operator: Operator, since: datetime) -> Any:
    columns: tuple[Any, ...] = (
        *(col(getattr(Proposal, name)) for name in ("id", "kind", "subject", "state", "decision", "decided_at")),
        col(Staff.username).label("decider"),
    )
    return (
        select(*columns)
        .outerjoin(Staff, col(Staff.id) == col(Proposal.decided_by))
        .where(
            col(Proposal.staff_id) == operator.staff_id,
            col(Proposal.decided_at) > since,
            func.coalesce(col(Proposal.decided_by), 0) != operator.staff_id,
        )
        .order_by(col(Proposal.decided_at))
        .limit(NEWS)
    )


def _change_line(row: Any) -> str:
    by = f" por {row.decider}" if row.decider else ""
    why = f": {row.decision}" if row.decision else ""
    end = "" if row.state == APPROVED else " No cambió nada."
    return f"{kind_of(row.kind).title}, {row.subject}: {STATES[row.state]}{by}{why}.{end}"


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
    changes = tx.connection.execute(_changes_of(tx, member_id)).all()
    if level >= 1:
        return tuple(f"Espera aprobación: {kind_of(row.kind).title} ({maker_of(row)})" for row in changes) + tuple(
            f"Espera aprobación: {WORDS[row.kind]} {Money(row.amount).with_symbol()} ({maker_of(row)})" for row in rows
        )
    count = len(rows) + len(changes)
    many = "1 operación espera" if count == 1 else f"{count} operaciones esperan"
    return (f"{many} aprobación",) if count else ()


def _changes_of(tx: Transaction, member_id: int) -> Any:
    return select(col(Proposal.kind), col(Proposal.maker)).where(
        col(Proposal.member_id) == member_id, col(Proposal.state) == WAITING, col(Proposal.expires_at) > tx.now
    )


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

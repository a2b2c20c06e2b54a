"""The desk's two panels: who waits for activation (S39) and how the agent's day goes.

Both refresh by themselves.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from data.tables import Access, ApprovalRequest, AuditEvent, Case, Member, Operation
from data.types import utc_text
from data.values.dates import panama_date, panama_midnight
from services.access_xray import ROUTE_LABELS
from services.image_reports import count_open
from services.operations import MONEY_OPS, Op
from services.operator import Operator
from services.seen_lists import record_once
from services.unit_of_work import Transaction, UnitOfWork

MOST = 50
PENDING = ("solicitado", "verificado")


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One who waits: number, by which route (Spanish), what was asked for, since when."""

    member_id: int
    number: str
    route: str
    request_kind: str
    requested_at: datetime
    age_minutes: int


@dataclass(frozen=True, slots=True)
class DaySummary:
    """The agent's own day, in Panama: cases opened, their mean length in seconds (closed ones), activations, payments,
    and what they left waiting for a second person. `image_reports`: members of anybody's who did not recognise their
    security image and whom nobody attended to. `follow_ups`: what of the agent's own is due today."""

    cases: int
    average_seconds: int
    activations: int
    payments: int
    waiting: int
    image_reports: int = 0
    follow_ups: int = 0


def pending_activations(operator: Operator, uow: UnitOfWork) -> tuple[QueueRow, ...]:
    """Who waits for activation, oldest first, at most 50; no names. A new list leaves an event, the same
    one again within ten minutes none. Raises the errors of authorisation.
    """
    with uow.begin(operator, Op.QUEUE_VIEW, touch=False) as tx:
        rows = tx.connection.execute(
            select(
                col(Access.member_id),
                col(Member.number),
                col(Access.route),
                col(Access.request_kind),
                col(Access.requested_at),
            )
            .join(Member, col(Member.id) == col(Access.member_id))
            .where(col(Access.state).in_(PENDING))
            .order_by(col(Access.requested_at), col(Access.member_id))
            .limit(MOST)
        ).all()
        record_once(tx, "members", [row.member_id for row in rows])
        now = tx.now
    return tuple(_row(row, now) for row in rows)


def day_summary(operator: Operator, uow: UnitOfWork) -> DaySummary:
    """The operator's day so far, from the cases, the trail and the ledger. Nothing about a member, so no event."""
    with uow.begin(operator, Op.QUEUE_VIEW, touch=False) as tx:
        midnight = panama_midnight(panama_date(tx.now))
        cases = tx.connection.execute(
            select(col(Case.opened_at), col(Case.closed_at)).where(
                col(Case.staff_id) == operator.staff_id, col(Case.opened_at) >= midnight
            )
        ).all()
        lengths = [int((row.closed_at - row.opened_at).total_seconds()) for row in cases if row.closed_at]
        activations, payments, waiting = _activated_since(tx, midnight), _paid_today(tx), _waiting(tx)
        image_reports = count_open(tx)
        from services.follow_ups import due_count  # what follows up on payments loads them all

        follow_ups = due_count(tx)
    return DaySummary(
        cases=len(cases),
        average_seconds=sum(lengths) // len(lengths) if lengths else 0,
        activations=activations,
        payments=payments,
        waiting=waiting,
        image_reports=image_reports,
        follow_ups=follow_ups,
    )


def _row(row: Any, now: datetime) -> QueueRow:
    return QueueRow(
        member_id=row.member_id,
        number=row.number,
        route=ROUTE_LABELS.get(row.route, row.route),
        request_kind=row.request_kind,
        requested_at=row.requested_at,
        age_minutes=max(0, int((now - row.requested_at).total_seconds() // 60)),
    )


def _activated_since(tx: Transaction, since: datetime) -> int:
    """How often the operator activated an access since then."""
    query = select(func.count()).where(
        col(AuditEvent.actor) == tx.operator.actor,
        col(AuditEvent.at) >= utc_text(since),
        col(AuditEvent.action) == Op.ACCESS_ACTIVATE.value,
        col(AuditEvent.result) == "ok",
    )
    return int(tx.connection.execute(query).scalar_one())


def _paid_today(tx: Transaction) -> int:
    """Payments that the operator registered and that were applied today, whoever approved them."""
    query = select(func.count()).where(
        col(Operation.actor) == tx.operator.actor,
        col(Operation.value_date) == panama_date(tx.now),
        col(Operation.kind).in_([op.value for op in MONEY_OPS]),
        col(Operation.outcome) == "posted",
    )
    return int(tx.connection.execute(query).scalar_one())


def _waiting(tx: Transaction) -> int:
    """What the operator left for a second person and nobody has decided yet."""
    query = select(func.count()).where(
        col(ApprovalRequest.staff_id) == tx.operator.staff_id,
        col(ApprovalRequest.state) == "waiting",
        col(ApprovalRequest.expires_at) > tx.now,
    )
    return int(tx.connection.execute(query).scalar_one())

"""The desk's two panels: who waits for activation (S39) and how the agent's day goes.

Both refresh by themselves.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from data.tables import Access, AuditEvent, Case, Hold, HoldRelease, Member, Operation
from data.types import utc_text
from data.values.dates import panama_date, panama_midnight
from services.access_xray import ROUTE_LABELS
from services.operations import MONEY_OPS, Op
from services.operator import Operator
from services.unit_of_work import Transaction, UnitOfWork

MOST = 50
PENDING = ("solicitado", "verificado")
#: A desk asks every few seconds; the trail wants to know who saw which list, not how often.
SEEN_FOR = timedelta(minutes=10)


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
    """The agent's own day, in Panama: cases opened, their mean length in seconds (closed ones),
    activations, payments,
    and what they left waiting for a second person."""

    cases: int
    average_seconds: int
    activations: int
    payments: int
    waiting: int


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
        _record_once(tx, [row.member_id for row in rows])
        now = tx.now
    return tuple(_row(row, now) for row in rows)


def day_summary(operator: Operator, uow: UnitOfWork) -> DaySummary:
    """The operator's day so far, from the cases and the audit trail. Nothing about a member, so no event."""
    with uow.begin(operator, Op.QUEUE_VIEW, touch=False) as tx:
        midnight = panama_midnight(panama_date(tx.now))
        cases = tx.connection.execute(
            select(col(Case.opened_at), col(Case.closed_at)).where(
                col(Case.staff_id) == operator.staff_id, col(Case.opened_at) >= midnight
            )
        ).all()
        lengths = [int((row.closed_at - row.opened_at).total_seconds()) for row in cases if row.closed_at]
        done = _done_since(tx, midnight)
        waiting = tx.connection.execute(_held(operator.actor)).scalar_one()
    return DaySummary(
        cases=len(cases),
        average_seconds=sum(lengths) // len(lengths) if lengths else 0,
        activations=done.get(Op.ACCESS_ACTIVATE.value, 0),
        payments=sum(done.get(op.value, 0) for op in MONEY_OPS),
        waiting=int(waiting),
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


def _record_once(tx: Transaction, members: list[int]) -> None:
    """Leave an event unless the operator's last look at the queue, a moment ago, showed the same members."""
    event = select(col(AuditEvent.body)).where(
        col(AuditEvent.actor) == tx.operator.actor,
        col(AuditEvent.at) > utc_text(tx.now - SEEN_FOR),
        col(AuditEvent.action) == Op.QUEUE_VIEW.value,
        col(AuditEvent.result) == "ok",
    )
    last = tx.connection.execute(event.order_by(col(AuditEvent.id).desc()).limit(1)).scalar()
    if last is None or _members_of(last) != members:
        tx.record(detail={"members": members})
        tx.commit()


def _members_of(body: str) -> Any:
    return json.loads(body).get("detail", {}).get("members")


def _done_since(tx: Transaction, since: datetime) -> dict[str, int]:
    """How often the operator did what since then; what was only prepared or refused doesn't count."""
    rows = tx.connection.execute(
        select(col(AuditEvent.action), func.count())
        .where(
            col(AuditEvent.actor) == tx.operator.actor,
            col(AuditEvent.at) >= utc_text(since),
            col(AuditEvent.action).in_((Op.ACCESS_ACTIVATE.value, Op.TRANSFER_OWN.value)),
            col(AuditEvent.result) == "ok",
        )
        .group_by(col(AuditEvent.action))
    ).all()
    return {row[0]: int(row[1]) for row in rows}


def _held(actor: str) -> Any:
    """Operations of this person that wait for a second one."""
    return (
        select(func.count())
        .select_from(Hold)
        .join(Operation, col(Operation.id) == col(Hold.id))
        .outerjoin(HoldRelease, col(HoldRelease.hold_id) == col(Hold.id))
        .where(col(Operation.actor) == actor, col(HoldRelease.hold_id).is_(None))
    )

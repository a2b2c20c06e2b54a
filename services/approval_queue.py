"""The queue: what waits for a second person, as everybody may see it (C10, req. 43)."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.tables import ApprovalRequest, Member, Operation, Staff, StaffRelative
from services.approval_rows import WAITING
from services.masking import masked_name
from services.operations import Op
from services.operator import Operator
from services.policy import Policy
from services.timeline_words import WORDS
from services.unit_of_work import Transaction

MOST = 100
#: Columns of a request and its member.
SHOWN = (
    col(ApprovalRequest.kind),
    col(ApprovalRequest.amount),
    col(ApprovalRequest.maker),
    col(ApprovalRequest.staff_id),
    col(ApprovalRequest.requested_at),
    col(ApprovalRequest.expires_at),
    col(Member.number),
    col(Member.given_names),
    col(Member.surnames),
)

#: Not applied under its key without the queue.
UNUSED = ~select(col(Operation.id)).where(col(Operation.id) == col(ApprovalRequest.id)).exists()


@dataclass(frozen=True, slots=True)
class PendingRow:
    """One that waits. `title`: what the operation is called; `member`: masked name, or whom or what a change is about;
    amount in centésimos, None where no money moves; `own`: the operator registered it; `late`: it should have been
    decided by now; `proposal`: a change (services/proposals.py), no transaction."""

    request_id: str
    title: str
    amount: int | None
    number: str
    member: str
    maker: str
    requested_at: datetime
    expires_at: datetime
    own: bool
    late: bool
    proposal: bool = False


def waiting_rows(tx: Transaction) -> list[PendingRow]:
    """Waiting transactions, oldest first, at most 100: all for who may decide or watch, one's own for everybody else.
    Nothing of the operator's own account or a relative's."""
    query = _waiting(tx, col(ApprovalRequest.id), *SHOWN).order_by(col(ApprovalRequest.requested_at))
    return [pending_row(tx, row) for row in tx.connection.execute(query.limit(MOST))]


def may_give(tx: Transaction) -> bool:
    """Whether the operator's roles approve at all."""
    roles = tx.standing.roles if tx.standing else frozenset()
    return bool(tx.policy.operations[Op.APPROVAL_GIVE].roles & roles)


def watches(tx: Transaction) -> bool:
    """Who decides, and who audits, sees everybody's."""
    roles = tx.standing.roles if tx.standing else frozenset()
    return may_give(tx) or bool(tx.policy.operations[Op.AUDIT_READ].roles & roles)


def open_requests(query: Any, operator: Operator, now: datetime) -> Any:
    """Waiting requests, but nothing of the operator's own account or a relative's (req. 43), and nothing that was
    applied under its key without the queue."""
    kin = select(col(StaffRelative.member_id)).where(col(StaffRelative.staff_id) == operator.staff_id)
    self = select(col(Staff.member_id)).where(col(Staff.id) == operator.staff_id, col(Staff.member_id).is_not(None))
    return (
        query.select_from(ApprovalRequest)
        .join(Member, col(Member.id) == col(ApprovalRequest.member_id))
        .where(
            col(ApprovalRequest.state) == WAITING,
            col(ApprovalRequest.expires_at) > now,
            col(ApprovalRequest.member_id).not_in(kin),
            col(ApprovalRequest.member_id).not_in(self),
            UNUSED,
        )
    )


def _waiting(tx: Transaction, *columns: Any) -> Any:
    query = open_requests(select(*columns), tx.operator, tx.now)
    return query if watches(tx) else query.where(col(ApprovalRequest.staff_id) == tx.operator.staff_id)


def pending_row(tx: Transaction, row: Any) -> PendingRow:
    """A row of `SHOWN`, with the request's id."""
    return PendingRow(
        request_id=row.id,
        title=WORDS[row.kind],
        amount=row.amount,
        number=row.number,
        member=masked_name(row.given_names, row.surnames),
        maker=maker_of(row),
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        own=row.staff_id == tx.operator.staff_id,
        late=row.requested_at <= late_since(tx.policy, tx.now),
    )


def late_since(policy: Policy, now: datetime) -> datetime:
    """What was asked for until then is late."""
    return now - timedelta(minutes=policy.approval.late_minutes)


def maker_of(row: Any) -> str:
    """The user name of who registered it."""
    return str(json.loads(row.maker)["username"])

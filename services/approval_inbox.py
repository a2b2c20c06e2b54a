"""The inbox: everything that waits for a second person, transactions and changes alike (C10, req. 43)."""

from services import approval_views
from services.approval_queue import MOST, PendingRow, waiting_rows
from services.approval_views import ApprovalDetail, GetApproval
from services.errors import NotFound
from services.operations import Op
from services.operator import Operator
from services.proposal_rows import held, kind_and_member
from services.proposal_views import proposal_detail, waiting_proposals
from services.seen_lists import record_once
from services.unit_of_work import UnitOfWork


def pending_approvals(operator: Operator, uow: UnitOfWork) -> tuple[PendingRow, ...]:
    """What waits, oldest first, at most 100: what the operator may decide or watch, and what they asked for themselves.
    Nothing of their own account, a relative's or their own rights. A new list leaves an event (see record_once)."""
    with uow.begin(operator, Op.APPROVAL_VIEW, touch=False) as tx:
        found = sorted(waiting_rows(tx) + waiting_proposals(tx), key=lambda row: row.requested_at)
        rows = tuple(found[:MOST])
        record_once(tx, "requests", [row.request_id for row in rows])
    return rows


def approval_detail(command: GetApproval, operator: Operator, uow: UnitOfWork) -> ApprovalDetail:
    """One of them, looked at anew for who may decide; its event unless the screen asks by itself.

    Raises NotFound, AlreadyDecided, NotPermitted (also for somebody else's request where one may not watch).
    """
    try:
        _, member_id = kind_and_member(uow, command.request_id)
    except NotFound:
        return approval_views.approval_detail(command, operator, uow)
    touch = not command.automatic
    with uow.begin(operator, Op.APPROVAL_VIEW, member_id=member_id, touch=touch) as tx:
        detail = proposal_detail(tx, held(tx, command.request_id))
        if touch:
            tx.record(about=command.request_id)
            tx.commit()
    return detail

"""How a request ends without its money moving: refused, withdrawn, or run out. Its key is closed in the ledger."""

from sqlalchemy import select
from sqlmodel import col

from data.tables import ApprovalRequest
from services.approval_queue import UNUSED
from services.approval_rows import (
    APPLIED,
    APPROVED,
    EXPIRED,
    WAITING,
    WITHOUT_QUEUE,
    AlreadyDecided,
    Request,
    decide,
    held,
    member_of,
)
from services.errors import CoopError, KeyReused
from services.operator import system_operator
from services.staff_proof import reading
from services.unit_of_work import Transaction, UnitOfWork


class NotApproved(CoopError):
    """What a closed key answers."""

    code = "not_approved"
    default = "La operación no se realizó: no fue aprobada."


def expire_due(uow: UnitOfWork) -> int:
    """End what nobody decided in time, and what was applied without the queue; answers how many. The maker is told at
    their desk."""
    with reading(uow) as connection:
        query = select(col(ApprovalRequest.id)).where(
            col(ApprovalRequest.state) == WAITING, (col(ApprovalRequest.expires_at) <= uow.clock.now()) | ~UNUSED
        )
        due = list(connection.execute(query.order_by(col(ApprovalRequest.expires_at))).scalars())
    return sum(_expire(uow, request_id) for request_id in due)


def _expire(uow: UnitOfWork, request_id: str) -> int:
    with uow.begin_system(system_operator("aprobaciones"), member_id=member_of(uow, request_id)) as tx:
        request = held(tx, request_id)
        if request.state != WAITING:  # somebody was faster
            return 0
        try:
            end(tx, request, EXPIRED, None, by=None)
            action = "approval.expire"
        except AlreadyDecided:  # under its key, after the limits were raised
            decide(tx, request, APPROVED, WITHOUT_QUEUE, by=None)
            action = "approval.leave"
        tx.record(action, about=request.id, detail={"made_by": request.maker.username})
        tx.commit()
    return 1


def end(tx: Transaction, request: Request, state: str, reason: str | None, *, by: int | None) -> None:
    """Decide against it, and close its key. Raises AlreadyDecided if it was applied meanwhile."""
    try:
        outcome = request.kind.close(tx, request.confirm(), request.maker, NotApproved())
    except KeyReused:  # for something else: this one can't arrive any more
        outcome = "rejected"
    if outcome != "rejected":
        raise AlreadyDecided(APPLIED)
    decide(tx, request, state, reason, by=by)

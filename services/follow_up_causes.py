"""What the program notices by itself that somebody should come back to, each as long as its cause is there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.tables import ApprovalRequest, AuditEvent, BillerOrder, Operation, Outbox, TemporaryCredential
from data.values.dates import panama_date
from services.approval_rows import WAITING
from services.biller_orders import OPEN
from services.timeline_words import WORDS
from services.unit_of_work import Transaction

MOST = 2_000


@dataclass(frozen=True, slots=True)
class Cause:
    """`key` is what attending to it names; `staff_id` who did what is not over; `about` what its events in the
    trail name, where the row itself does not say in which case it was done."""

    key: str
    member_id: int
    staff_id: int
    case_id: str | None
    due_on: date
    text: str
    by_itself: bool = True
    about: str = ""


def causes_of(tx: Transaction, staff_id: int | None, member_id: int | None) -> Iterator[Cause]:
    """Of one person of staff, of one member, or all; at most 2,000 of each kind."""
    for source in (_unused, _bounced, _orders, _approvals):
        yield from source(tx, staff_id, member_id)


def among(staff_id: int | None, member_id: int | None, staff: Any, member: Any) -> list[Any]:
    """The conditions for whose they are and whom they are about."""
    where = [] if staff_id is None else [staff == staff_id]
    return where if member_id is None else [*where, member == member_id]


def _unused(tx: Transaction, staff_id: int | None, member_id: int | None) -> Iterator[Cause]:
    """Credentials that ran out and nobody came in with; a new one takes the cause away."""
    query = select(
        col(TemporaryCredential.id),
        col(TemporaryCredential.member_id),
        col(TemporaryCredential.issued_by),
        col(TemporaryCredential.expires_at),
    ).where(
        col(TemporaryCredential.used_at).is_(None),
        col(TemporaryCredential.ended_at).is_(None),
        col(TemporaryCredential.expires_at) <= tx.now,
        *among(staff_id, member_id, col(TemporaryCredential.issued_by), col(TemporaryCredential.member_id)),
    )
    for row in tx.connection.execute(query.limit(MOST)):
        day = panama_date(row.expires_at)
        text = "La credencial temporal venció sin usarse"
        about = f"credential:{row.id}"
        yield Cause(about, row.member_id, row.issued_by, None, day, text, about=about)


def _bounced(tx: Transaction, staff_id: int | None, member_id: int | None) -> Iterator[Cause]:
    """Mails with a credential that never arrived."""
    query: Any = (
        select(
            col(Outbox.id),
            col(TemporaryCredential.id).label("credential"),
            col(TemporaryCredential.member_id),
            col(TemporaryCredential.issued_by),
            col(Outbox.settled_at),
            col(Outbox.created_at),
        )
        .join(Outbox, col(Outbox.id) == col(TemporaryCredential.outbox_id))
        .where(
            col(TemporaryCredential.used_at).is_(None),
            col(TemporaryCredential.ended_at).is_(None),
            col(Outbox.state) == "failed",
            *among(staff_id, member_id, col(TemporaryCredential.issued_by), col(TemporaryCredential.member_id)),
        )
    )
    for row in tx.connection.execute(query.limit(MOST)):
        day = panama_date(row.settled_at or row.created_at)
        text = "El correo con la credencial no llegó"
        about = f"credential:{row.credential}"
        yield Cause(f"mail:{row.id}", row.member_id, row.issued_by, None, day, text, about=about)


def _orders(tx: Transaction, staff_id: int | None, member_id: int | None) -> Iterator[Cause]:
    """Payments that a biller has not answered."""
    where = [] if staff_id is None else [col(Operation.actor) == f"staff:{staff_id}"]
    where += [] if member_id is None else [col(BillerOrder.member_id) == member_id]
    query = (
        select(
            col(BillerOrder.id),
            col(BillerOrder.member_id),
            col(BillerOrder.day),
            col(Operation.actor),
            col(Operation.case_id),
        )
        .join(Operation, col(Operation.id) == col(BillerOrder.id))
        .where(col(BillerOrder.state).in_(OPEN), *where)
    )
    for row in tx.connection.execute(query.limit(MOST)):
        kind, _, number = row.actor.partition(":")
        if kind == "staff":
            text = "Pago a recaudador en proceso"
            yield Cause(f"order:{row.id}", row.member_id, int(number), row.case_id, row.day, text)


def _approvals(tx: Transaction, staff_id: int | None, member_id: int | None) -> Iterator[Cause]:
    """Operations that wait for a second person."""
    query = select(
        col(ApprovalRequest.id),
        col(ApprovalRequest.member_id),
        col(ApprovalRequest.staff_id),
        col(ApprovalRequest.kind),
        col(ApprovalRequest.requested_at),
    ).where(
        col(ApprovalRequest.state) == WAITING,
        col(ApprovalRequest.expires_at) > tx.now,
        *among(staff_id, member_id, col(ApprovalRequest.staff_id), col(ApprovalRequest.member_id)),
    )
    for row in tx.connection.execute(query.limit(MOST)):
        text = f"Espera aprobación: {WORDS[row.kind]}"
        day = panama_date(row.requested_at)
        yield Cause(f"approval:{row.id}", row.member_id, row.staff_id, None, day, text, about=row.id)


def cases_of(tx: Transaction, causes: Sequence[Cause]) -> dict[str, str]:
    """In which case each was done, by key: from the row, else from the trail."""
    found = {cause.key: cause.case_id for cause in causes if cause.case_id is not None}
    asked = {cause.about: cause.key for cause in causes if cause.about and cause.key not in found}
    query = select(col(AuditEvent.object), col(AuditEvent.case_id)).where(
        col(AuditEvent.member_id).in_({cause.member_id for cause in causes}),
        col(AuditEvent.object).in_(asked),
        col(AuditEvent.case_id).is_not(None),
    )
    rows = tx.connection.execute(query.order_by(col(AuditEvent.id).desc())).all() if asked else []
    return found | {asked[row.object]: row.case_id for row in rows}

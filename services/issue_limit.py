"""How many credentials a member may be sent in a day, and the supervisor's leave for one more (req. 27)."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func
from sqlmodel import col, select

from data.tables import AuditEvent, TemporaryCredential
from data.types import utc_text
from services.access_states import lock_member
from services.errors import InvalidInput, IssueLimitReached
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class LiftIssueLimit:
    """Let one more credential be issued to a member who reached the limit."""

    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class LimitLifted:
    """How many can be issued now."""

    issues_left: int
    text: str = "Se permite un envío más."


def check_issue_limit(tx: Transaction, member_id: int) -> None:
    """Raises IssueLimitReached: «Límite de envíos alcanzado; requiere supervisor.» (req. 27)."""
    if issues_left(tx, member_id) < 1:
        raise IssueLimitReached


def issues_left(tx: Transaction, member_id: int) -> int:
    """How many credentials may still be issued to the member now: the limit of the window and what was lifted in it.

    The trail is where a lift is kept: it can't be written without its event, nor taken back.
    """
    since = tx.now - timedelta(hours=tx.policy.credential.issue_window_hours)
    issued = tx.connection.execute(
        select(func.count())
        .select_from(TemporaryCredential)
        .where(col(TemporaryCredential.member_id) == member_id, col(TemporaryCredential.issued_at) > since)
    ).scalar_one()
    lifted = tx.connection.execute(
        select(func.count())
        .select_from(AuditEvent)
        .where(
            col(AuditEvent.member_id) == member_id,
            col(AuditEvent.action) == Op.ISSUE_LIMIT_LIFT.value,
            col(AuditEvent.result) == "ok",
            col(AuditEvent.at) > utc_text(since),
        )
    ).scalar_one()
    return tx.policy.credential.issues_per_window + int(lifted) - int(issued)


def lift_issue_limit(command: LiftIssueLimit, operator: Operator, uow: UnitOfWork) -> LimitLifted:
    """A supervisor lets one more credential go out. Raises the errors of authorisation, NotFound, InvalidInput."""
    with uow.begin(operator, Op.ISSUE_LIMIT_LIFT, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        lock_member(tx, command.member_id)
        left = issues_left(tx, command.member_id)
        if left > 0:
            raise InvalidInput("El asociado no ha llegado al límite de envíos; no hace falta levantarlo.")
        tx.record(reason=reason, detail={"issues_left": left + 1})
        tx.commit()
        return LimitLifted(left + 1)

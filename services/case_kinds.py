"""What kind of call a case was and how long it took: derived from what was done in it, never typed (req. 24).

A case that its agent closed says both itself. One whose session ended (signed out, replaced, past its hours) was over
with its last event: nobody knows when the member hung up, and the hours until the session ended were no call.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.tables import AuditEvent, Case, Staff
from services.operations import Op
from services.reads import Reads

INQUIRY = "consulta"
SESSION_ENDED = "session_ended"
REQUESTED = "approval.request"
#: Results that mean it was done, or is on its way.
DONE = ("ok", "held")
#: What is done by looking or by opening doors is no outcome of its own.
NO_OUTCOME = frozenset(
    {
        Op.MEMBER_FIND,
        Op.MEMBER_FIND_BY_NAME,
        Op.QUEUE_VIEW,
        Op.RECORD_VIEW,
        Op.BALANCES_VIEW,
        Op.MOVEMENTS_VIEW,
        Op.TIMELINE_VIEW,
        Op.NOTES_VIEW,
        Op.RECEIPT_VIEW,
        Op.PAYEE_FIND,
        Op.APPROVAL_VIEW,
        Op.CASE_OPEN,
        Op.CASE_CLOSE,
        Op.CASES_VIEW,
        Op.FOLLOW_UP,
        Op.LOOKS_VIEW,
        Op.RECORDING_WATCH,
        Op.CALLER_VERIFY,
        Op.SECOND_PERSON,
        Op.AUDIT_READ,
    }
)
OUTCOMES = frozenset(op.value for op in Op if op not in NO_OUTCOME) | {REQUESTED}
_CHUNK = 400


class CaseKind(StrEnum):
    """What a call was for. Of several things done in one, the first in this order names it."""

    ACTIVATION = "activacion"
    CREDENTIAL = "credencial"
    RESET = "reinicio"
    UNLOCK = "desbloqueo"
    CONTACT = "contacto"
    SUSPENSION = "suspension"
    AFFILIATION = "afiliacion"
    TRANSFER = "transferencia"
    PAYMENT = "pago"
    BILLER = "recaudador"
    CASH = "efectivo"
    APPROVAL = "por_aprobar"
    REVERSAL = "reverso"
    PLAN = "programacion"
    OTHER = "otro"
    INQUIRY = "consulta"


KIND_LABELS = {
    CaseKind.ACTIVATION: "Activación",
    CaseKind.CREDENTIAL: "Credencial",
    CaseKind.RESET: "Reinicio de datos de acceso",
    CaseKind.UNLOCK: "Desbloqueo",
    CaseKind.CONTACT: "Cambio de contacto",
    CaseKind.SUSPENSION: "Suspensión o cierre",
    CaseKind.AFFILIATION: "Afiliación de cuentas",
    CaseKind.TRANSFER: "Transferencia",
    CaseKind.PAYMENT: "Pago a la Cooperativa",
    CaseKind.BILLER: "Pago a recaudador",
    CaseKind.CASH: "Efectivo",
    CaseKind.APPROVAL: "Enviada a aprobación",
    CaseKind.REVERSAL: "Reverso",
    CaseKind.PLAN: "Favoritos y programados",
    CaseKind.OTHER: "Otra gestión",
    CaseKind.INQUIRY: "Consulta",
}
_KINDS: dict[str, CaseKind] = {
    Op.ACCESS_REQUEST: CaseKind.ACTIVATION,
    Op.ACCESS_ACTIVATE: CaseKind.ACTIVATION,
    Op.CREDENTIAL_ISSUE: CaseKind.CREDENTIAL,
    Op.CREDENTIAL_FALLBACK: CaseKind.CREDENTIAL,
    Op.ISSUE_LIMIT_LIFT: CaseKind.CREDENTIAL,
    Op.QUESTIONS_RESET: CaseKind.RESET,
    Op.IMAGE_RESET: CaseKind.RESET,
    Op.PASSWORD_RESET: CaseKind.RESET,
    Op.DEVICES_FORGET: CaseKind.RESET,
    Op.IMAGE_REPORT_ATTEND: CaseKind.RESET,
    Op.ACCESS_UNLOCK: CaseKind.UNLOCK,
    Op.VERIFICATION_UNBLOCK: CaseKind.UNLOCK,
    Op.CONTACT_CHANGE: CaseKind.CONTACT,
    Op.CONTACT_CANCEL: CaseKind.CONTACT,
    Op.ACCESS_SUSPEND: CaseKind.SUSPENSION,
    Op.ACCESS_RESUME: CaseKind.SUSPENSION,
    Op.ACCESS_CLOSE: CaseKind.SUSPENSION,
    Op.ACCOUNT_AFFILIATE: CaseKind.AFFILIATION,
    Op.TRANSFER_OWN: CaseKind.TRANSFER,
    Op.TRANSFER_THIRD: CaseKind.TRANSFER,
    Op.QUOTA_PAY: CaseKind.PAYMENT,
    Op.QUOTA_PAY_THIRD: CaseKind.PAYMENT,
    Op.LOAN_PAY: CaseKind.PAYMENT,
    Op.LOAN_PAY_THIRD: CaseKind.PAYMENT,
    Op.CARD_PAY: CaseKind.PAYMENT,
    Op.CARD_PAY_THIRD: CaseKind.PAYMENT,
    Op.SERVICE_PAY: CaseKind.PAYMENT,
    Op.SERVICE_PAY_THIRD: CaseKind.PAYMENT,
    Op.BILLER_PAY: CaseKind.BILLER,
    Op.BILLER_TOP_UP: CaseKind.BILLER,
    Op.BILLER_ATTEND: CaseKind.BILLER,
    Op.BILLER_WITHDRAW: CaseKind.BILLER,
    Op.BILLER_SETTLE: CaseKind.BILLER,
    Op.BILLER_SETTLE_MORE: CaseKind.BILLER,
    Op.CASH_DEPOSIT: CaseKind.CASH,
    Op.CASH_WITHDRAW: CaseKind.CASH,
    REQUESTED: CaseKind.APPROVAL,
    Op.OPERATION_REVERSE: CaseKind.REVERSAL,
    Op.FAVOURITE_MANAGE: CaseKind.PLAN,
    Op.SCHEDULE_MANAGE: CaseKind.PLAN,
}
_RANK = {kind: place for place, kind in enumerate(CaseKind)}


@dataclass(frozen=True, slots=True)
class CaseTime:
    """One case. Moments in UTC; `ended_at` and `seconds` are None while it is open; `actions`: what was done, in order,
    nothing for a plain inquiry; `agent`: the user name."""

    case_id: str
    member_id: int
    staff_id: int
    agent: str
    channel: str
    branch: str
    opened_at: datetime
    ended_at: datetime | None
    seconds: int | None
    kind: CaseKind
    actions: tuple[str, ...]


def kind_of(actions: Iterable[str]) -> CaseKind:
    """What a call was for, from what was done in it; an inquiry where nothing was."""
    kinds = {_KINDS.get(action, CaseKind.OTHER) for action in actions if action in OUTCOMES}
    return min(kinds, key=_RANK.__getitem__, default=CaseKind.INQUIRY)


def counted(actions: Iterable[str]) -> tuple[str, ...]:
    """The actions that are an outcome, each once, in the order of the first of each."""
    return tuple(action for action in dict.fromkeys(actions) if action in OUTCOMES)


def case_times(tx: Reads, since: datetime, until: datetime) -> tuple[CaseTime, ...]:
    """Every case that was opened from `since` up to, not at, `until`, oldest first: for reports on handling time."""
    return times_of(tx, col(Case.opened_at) >= since, col(Case.opened_at) < until)


def times_of(tx: Reads, *where: Any) -> tuple[CaseTime, ...]:
    """The cases for which these conditions on `Case` and `Staff` hold, oldest first."""
    query = (
        select(
            col(Case.id),
            col(Case.member_id),
            col(Case.staff_id),
            col(Staff.username),
            col(Case.channel),
            col(Case.branch),
            col(Case.opened_at),
            col(Case.closed_at),
            col(Case.outcome),
        )
        .join(Staff, col(Staff.id) == col(Case.staff_id))
        .where(*where)
        .order_by(col(Case.opened_at), col(Case.id))
    )
    rows = tx.connection.execute(query).all()
    asked = [row for row in rows if _outcome(row.outcome) is None]
    trail = _trail(tx, asked)
    return tuple(_time(row, trail.get(row.id, ())) for row in rows)


def _outcome(stored: str | None) -> tuple[str, ...] | None:
    """What a closed case says was done; None where it doesn't, so that the trail must."""
    words = (stored or "").split()
    if stored == INQUIRY:
        return ()
    return tuple(words) if words and OUTCOMES.issuperset(words) else None


def _trail(tx: Reads, rows: Sequence[Any]) -> dict[str, list[tuple[str, str, datetime]]]:
    """Action, result and moment of each event of these cases, by case."""
    found: dict[str, list[tuple[str, str, datetime]]] = {}
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        query = select(
            col(AuditEvent.case_id), col(AuditEvent.action), col(AuditEvent.result), col(AuditEvent.at)
        ).where(
            col(AuditEvent.member_id).in_({row.member_id for row in part}),
            col(AuditEvent.case_id).in_([row.id for row in part]),
        )
        for event in tx.connection.execute(query.order_by(col(AuditEvent.id))):
            moment = datetime.fromisoformat(event.at)
            found.setdefault(event.case_id, []).append((event.action, event.result, moment))
    return found


def _time(row: Any, events: Sequence[tuple[str, str, datetime]]) -> CaseTime:
    stored = _outcome(row.outcome)
    actions = counted(action for action, result, _ in events if result in DONE) if stored is None else stored
    ended = row.closed_at
    if ended is not None and row.outcome == SESSION_ENDED:
        ended = min(ended, max((at for _, _, at in events), default=row.opened_at))
    return CaseTime(
        case_id=row.id,
        member_id=row.member_id,
        staff_id=row.staff_id,
        agent=row.username,
        channel=row.channel,
        branch=row.branch,
        opened_at=row.opened_at,
        ended_at=ended,
        seconds=None if ended is None else int((ended - row.opened_at).total_seconds()),
        kind=kind_of(actions),
        actions=actions,
    )

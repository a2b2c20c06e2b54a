"""The rows of what waits for a second person. What was asked for never changes; what was decided stays decided."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import col

from data.tables import ApprovalRequest, Staff
from services import posting
from services.approval_families import kind_of
from services.approval_kinds import ApprovalKind, Confirm, Look
from services.audit_trail import canonical
from services.errors import CoopError, NotFound
from services.operations import Op
from services.posting import Maker, maker_now
from services.staff_proof import reading
from services.timeline_words import WORDS
from services.unit_of_work import Transaction, UnitOfWork

WAITING, APPROVED, REFUSED, EXPIRED, WITHDRAWN = "waiting", "approved", "refused", "expired", "withdrawn"
STATES = {
    WAITING: "espera aprobación",
    APPROVED: "aprobada",
    REFUSED: "rechazada",
    EXPIRED: "vencida",
    WITHDRAWN: "retirada",
}


#: The decision of a request whose key was used without the queue.
WITHOUT_QUEUE = "without_queue"
APPLIED = "Esa operación ya se aplicó. Vea su comprobante en los movimientos."


class AlreadyDecided(CoopError):
    code = "already_decided"
    default = "Esa solicitud ya se decidió."


@dataclass(frozen=True, slots=True)
class Request:
    """A waiting or decided request. `maker_id` and `decided_by` are ids of staff; `share`: it was over what the maker's
    role may alone. Amount in centésimos."""

    id: str
    op: Op
    member_id: int
    maker_id: int
    maker: Maker
    command: Mapping[str, Any]
    summary: tuple[tuple[str, str], ...]
    prepared_hash: str
    amount: int
    reasons: tuple[str, ...]
    share: bool
    note: str
    evidence: str
    requested_at: datetime
    expires_at: datetime
    state: str
    decided_by: int | None
    decider: str | None
    decided_at: datetime | None
    decision: str | None

    @property
    def kind(self) -> ApprovalKind:
        """Who knows how to do it."""
        return kind_of(self.op)

    @property
    def title(self) -> str:
        """What the operation is called."""
        return WORDS[self.op.value]

    def confirm(self) -> Confirm:
        """The command that waits."""
        return self.kind.parse(self.command)

    def check_open(self, tx: Transaction) -> None:
        """Raises AlreadyDecided, also when its hours are over or its key was used and nobody has swept yet."""
        if self.state != WAITING:
            by = f" por {self.decider}" if self.decider else ""
            raise AlreadyDecided(f"Esa solicitud ya no espera: está {STATES[self.state]}{by}.")
        if self.expires_at <= tx.now:
            raise AlreadyDecided("Esa solicitud venció. Quien la registró puede hacer otra con el asociado.")
        if posting.find(tx, self.id) is not None:
            raise AlreadyDecided(APPLIED)


def member_of(uow: UnitOfWork, request_id: str) -> int | None:
    """Whom a request is about, for the transaction that begins for that member; nothing else is read, nothing shown."""
    with reading(uow) as connection:
        query = select(col(ApprovalRequest.member_id)).where(col(ApprovalRequest.id) == request_id)
        found = connection.execute(query).scalar()
    return None if found is None else int(found)


def find(tx: Transaction, request_id: str, *, hold: bool = False) -> Request | None:
    """The request; with `hold` nobody else decides it until the transaction ends."""
    query = (
        select(*ApprovalRequest.__table__.c, col(Staff.username).label("decider"))  # type: ignore[attr-defined]
        .outerjoin(Staff, col(Staff.id) == col(ApprovalRequest.decided_by))
        .where(col(ApprovalRequest.id) == request_id)
    )
    if hold:
        query = query.with_for_update(of=ApprovalRequest)
    row = tx.connection.execute(query).first()
    return None if row is None else request_of(row)


def found(tx: Transaction, request_id: str, *, hold: bool = False) -> Request:
    """The request. Raises NotFound."""
    request = find(tx, request_id, hold=hold)
    if request is None:
        raise NotFound("Esa solicitud no existe.")
    return request


def held(tx: Transaction, request_id: str) -> Request:
    """The request, to decide it. Raises NotFound."""
    return found(tx, request_id, hold=True)


def request_of(row: Any) -> Request:
    """A row of the table, with `decider` beside, in its types."""
    reasons = json.loads(row.reasons)
    return Request(
        id=row.id,
        op=Op(row.kind),
        member_id=row.member_id,
        maker_id=row.staff_id,
        maker=Maker(**json.loads(row.maker)),
        command=json.loads(row.command),
        summary=tuple((label, value) for label, value in json.loads(row.summary)["lines"]),
        prepared_hash=row.prepared_hash,
        amount=row.amount,
        reasons=tuple(reasons["lines"]),
        share=bool(reasons["share"]),
        note=row.note,
        evidence=row.evidence,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        state=row.state,
        decided_by=row.decided_by,
        decider=row.decider,
        decided_at=row.decided_at,
        decision=row.decision,
    )


def place(tx: Transaction, command: Confirm, seen: Look, *, share: bool, note: str) -> Request:
    """Put it into the queue."""
    if tx.standing is None:
        raise LookupError("a request is made by a person")
    evidence = " ".join((f"N{tx.standing.level}", *sorted(tx.standing.factors)))
    values = {
        "id": command.key,
        "kind": command.op.value,
        "member_id": command.member_id,
        "staff_id": tx.operator.staff_id,
        "maker": canonical(asdict(maker_now(tx))),
        "command": canonical(command.payload()),
        "summary": canonical({"lines": [list(line) for line in seen.summary]}),
        "prepared_hash": seen.hash,
        "amount": command.amount,
        "reasons": canonical({"lines": list(seen.reasons), "share": share}),
        "note": note,
        "evidence": evidence,
        "requested_at": tx.now,
        "expires_at": tx.now + timedelta(hours=tx.policy.approval.valid_hours),
        "state": WAITING,
    }
    tx.connection.execute(insert(ApprovalRequest).values(**values))
    return held(tx, command.key)


def decide(tx: Transaction, request: Request, state: str, decision: str | None, *, by: int | None) -> None:
    """Write what became of it, once: the row is held, and the database lets nobody change a decided one."""
    done = tx.connection.execute(
        update(ApprovalRequest)
        .where(col(ApprovalRequest.id) == request.id, col(ApprovalRequest.state) == WAITING)
        .values(state=state, decided_by=by, decided_at=tx.now, decision=decision)
    )
    if done.rowcount != 1:
        raise AlreadyDecided

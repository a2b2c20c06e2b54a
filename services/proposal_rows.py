"""The rows of changes that wait for a second person. What was asked for never changes, nor what was decided."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import col

from data.tables import Proposal, Staff
from services.approval_rows import APPROVED, EXPIRED, STATES, WAITING, AlreadyDecided
from services.audit_trail import canonical
from services.errors import NotFound
from services.posting import Maker, maker_now
from services.proposal_kinds import Change, Line, ProposalKind, fingerprint
from services.staff_proof import reading
from services.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class Asked:
    """A waiting or decided change. `maker_id`, `concerns` and `decided_by` are ids of staff."""

    id: str
    kind: str
    subject: str
    concerns: int | None
    member_id: int | None
    maker_id: int
    maker: Maker
    command: Mapping[str, Any]
    lines: tuple[Line, ...]
    prepared_hash: str
    reason: str
    evidence: str
    requested_at: datetime
    expires_at: datetime
    state: str
    decided_by: int | None
    decider: str | None

    def check_open(self, tx: Transaction) -> None:
        """Raises AlreadyDecided, also when its hours are over and nobody has swept yet."""
        if self.state != WAITING:
            by = f" por {self.decider}" if self.decider else ""
            raise AlreadyDecided(f"Esa solicitud ya no espera: está {STATES[self.state]}{by}.")
        if self.expires_at <= tx.now:
            raise AlreadyDecided("Esa solicitud venció. Quien la registró puede hacer otra.")


def place(
    tx: Transaction, kind: ProposalKind, command: Any, change: Change, *, key: str, reason: str, member_id: int | None
) -> Asked:
    """Put it into the queue."""
    if tx.standing is None:
        raise LookupError("a change is asked for by a person")
    values = {
        "id": key,
        "kind": kind.name,
        "subject": change.subject,
        "concerns": change.concerns,
        "member_id": member_id,
        "staff_id": tx.operator.staff_id,
        "maker": canonical(asdict(maker_now(tx))),
        "command": canonical(kind.payload(command)),
        "lines": canonical({"lines": [list(line) for line in change.lines]}),
        "prepared_hash": fingerprint(kind, command, change),
        "reason": reason,
        "evidence": " ".join((f"N{tx.standing.level}", *sorted(tx.standing.factors))),
        "requested_at": tx.now,
        "expires_at": tx.now + timedelta(hours=tx.policy.approval.valid_hours),
        "state": WAITING,
    }
    tx.connection.execute(insert(Proposal).values(**values))
    return held(tx, key)


def find(tx: Transaction, proposal_id: str, *, hold: bool = False) -> Asked | None:
    """The proposal; with `hold` nobody else decides it until the transaction ends."""
    query = (
        select(*Proposal.__table__.c, col(Staff.username).label("decider"))  # type: ignore[attr-defined]
        .outerjoin(Staff, col(Staff.id) == col(Proposal.decided_by))
        .where(col(Proposal.id) == proposal_id)
    )
    if hold:
        query = query.with_for_update(of=Proposal)
    row = tx.connection.execute(query).first()
    return None if row is None else asked_of(row)


def held(tx: Transaction, proposal_id: str) -> Asked:
    """The proposal, to decide it. Raises NotFound."""
    asked = find(tx, proposal_id, hold=True)
    if asked is None:
        raise NotFound("Esa solicitud no existe.")
    return asked


def asked_of(row: Any) -> Asked:
    """A row of the table, with `decider` beside, in its types."""
    return Asked(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        concerns=row.concerns,
        member_id=row.member_id,
        maker_id=row.staff_id,
        maker=Maker(**json.loads(row.maker)),
        command=json.loads(row.command),
        lines=tuple((label, before, after) for label, before, after in json.loads(row.lines)["lines"]),
        prepared_hash=row.prepared_hash,
        reason=row.reason,
        evidence=row.evidence,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        state=row.state,
        decided_by=row.decided_by,
        decider=row.decider,
    )


def kind_and_member(uow: UnitOfWork, proposal_id: str) -> tuple[str, int | None]:
    """Of what kind and about which member, for the transaction that begins for it; nothing else is read, nothing shown.

    Raises NotFound.
    """
    with reading(uow) as connection:
        query = select(col(Proposal.kind), col(Proposal.member_id)).where(col(Proposal.id) == proposal_id)
        row = connection.execute(query).first()
    if row is None:
        raise NotFound("Esa solicitud no existe.")
    return row.kind, row.member_id


def decide(tx: Transaction, asked: Asked, state: str, decision: str | None, *, by: int | None) -> None:
    """Write what became of it, once: the row is held, and the database lets nobody change a decided one."""
    done = tx.connection.execute(
        update(Proposal)
        .where(col(Proposal.id) == asked.id, col(Proposal.state) == WAITING)
        .values(state=state, decided_by=by, decided_at=tx.now, decision=decision)
    )
    if done.rowcount != 1:
        raise AlreadyDecided


__all__ = ["APPROVED", "EXPIRED", "Asked", "asked_of", "decide", "find", "held", "kind_and_member", "place"]

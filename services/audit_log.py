"""Reading the audit trail, page by page, and proving it (req. 47–50). Whoever looks leaves an event too."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.secrets.signing import Signer
from data.tables import AuditEvent, AuditSeal, Member, Staff
from data.types import utc_text
from data.values.dates import panama_midnight
from services.audit_filter import AuditFilter
from services.audit_proof import Proof, verify
from services.audit_words import FIELDS, action_text, result_text
from services.checkpoints import read_checkpoints
from services.errors import InvalidInput
from services.operations import Op
from services.operator import Operator
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

MOST = 200
SYSTEM = "sistema"
_VALUE = 300


@dataclass(frozen=True, slots=True)
class ReadAudit:
    """One page, newest first: the events before `before_id` (None: from the newest), at most 200."""

    filter: AuditFilter = field(default_factory=AuditFilter)
    before_id: int | None = None
    limit: int = MOST


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event. `seq` is its place in the chain (None while it waits for its seal); `at` UTC; `lines` the whole
    body in Spanish, one field a line."""

    event_id: int
    seq: int | None
    at: datetime
    who: str
    action: str
    member_number: str | None
    object: str | None
    result: str
    reason: str | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`more`: older events go on after the last row."""

    rows: tuple[AuditRow, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class VerifyTrail:
    """Prove the whole trail against the signed checkpoints in this file."""

    checkpoints: Path


def read_audit(command: ReadAudit, operator: Operator, uow: UnitOfWork) -> AuditPage:
    """One page of the trail; the look is an event itself (req. 48).

    Raises InvalidInput (field `filter`: nobody has that user name or number) and the errors of authorisation.
    """
    limit = max(1, min(command.limit, MOST))
    with uow.begin(operator, Op.AUDIT_READ) as tx:
        query = (
            select(col(AuditEvent.id), col(AuditEvent.body), col(AuditSeal.seq), col(Member.number))
            .outerjoin(AuditSeal, col(AuditSeal.event_id) == col(AuditEvent.id))
            .outerjoin(Member, col(Member.id) == col(AuditEvent.member_id))
            .where(*_conditions(tx, command.filter))
        )
        if command.before_id is not None:
            query = query.where(col(AuditEvent.id) < command.before_id)
        found = tx.connection.execute(query.order_by(col(AuditEvent.id).desc()).limit(limit + 1)).all()
        rows = tuple(_row(row) for row in found[:limit])
        tx.record(detail={"rows": len(rows), "filter": _filter_facts(command.filter)})
        tx.commit()
    return AuditPage(rows, more=len(found) > limit)


def verify_trail(
    command: VerifyTrail,
    operator: Operator,
    uow: UnitOfWork,
    *,
    progress: Callable[[int, int], bool] | None = None,
) -> Proof:
    """Walk the chain (req. 50). `progress(done, total)` is called now and then; its False stops the walk.

    Raises CheckpointsUnreadable and the errors of authorisation.
    """
    with uow.begin(operator, Op.AUDIT_VERIFY):
        pass  # Only the right is asked here: the walk is long and must hold no lock.
    points = read_checkpoints(command.checkpoints)
    proof = verify(uow.engine, points, Signer(uow.secrets.signing_key).public_key, progress=progress)
    with uow.begin(operator, Op.AUDIT_VERIFY) as tx:
        stopped = any(finding.code == "stopped" for finding in proof.findings)
        result = "ok" if proof.intact else "none" if stopped else "failed"
        tx.record(result=result, detail={"events": proof.events, "findings": len(proof.findings)})
        tx.commit()
    return proof


def _conditions(tx: Transaction, wanted: AuditFilter) -> Iterator[Any]:
    if wanted.who is not None:
        yield col(AuditEvent.actor) == _actor(tx, wanted.who)
    if wanted.member_number is not None:
        yield col(AuditEvent.member_id) == _member(tx, wanted.member_number)
    if wanted.actions is not None:
        yield col(AuditEvent.action).in_(wanted.actions)
    if wanted.results is not None:
        yield col(AuditEvent.result).in_(wanted.results)
    if wanted.since is not None:
        yield col(AuditEvent.at) >= utc_text(panama_midnight(wanted.since))
    if wanted.until is not None:
        yield col(AuditEvent.at) < utc_text(panama_midnight(wanted.until + timedelta(days=1)))


def _actor(tx: Transaction, username: str) -> str:
    if username == SYSTEM:
        return "system"
    staff_id = tx.connection.execute(select(col(Staff.id)).where(col(Staff.username) == username)).scalar()
    if staff_id is None:
        raise InvalidInput("No hay un usuario con ese nombre.", field="filter")
    return f"staff:{staff_id}"


def _member(tx: Transaction, number: str) -> int:
    member_id = tx.connection.execute(select(col(Member.id)).where(col(Member.number) == number)).scalar()
    if member_id is None:
        raise InvalidInput("No hay un asociado con ese número.", field="filter")
    return int(member_id)


def _filter_facts(wanted: AuditFilter) -> dict[str, Any]:
    """The filter as the trail keeps it: only what was asked."""
    facts = {name: value for name, value in asdict(wanted).items() if value is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}


def _row(row: Any) -> AuditRow:
    body = json.loads(row.body)
    reason = body.get("reason")
    return AuditRow(
        event_id=row.id,
        seq=row.seq,
        at=datetime.fromisoformat(body["at"]),
        who=clean(str(body["user"]), 60),
        action=action_text(str(body["action"])),
        member_number=row.number,
        object=clean(str(body["object"]), 80) if "object" in body else None,
        result=result_text(str(body["result"])),
        reason=clean(str(reason), _VALUE) if reason is not None else None,
        lines=tuple(_lines(body)),
    )


def _lines(body: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Every field of a body, in its own order of importance, nested ones indented."""
    order = list(FIELDS)
    for name in sorted(body.keys() - {"v"}, key=lambda key: (order.index(key) if key in order else len(order), key)):
        value = body[name]
        label = f"{indent}{FIELDS.get(name, clean(name, 40))}"
        if isinstance(value, dict):
            yield f"{label}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{label}: {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return clean(", ".join(str(item) for item in value), _VALUE) or "—"
    if isinstance(value, bool):
        return "sí" if value else "no"
    return "—" if value is None else clean(str(value), _VALUE)

"""Reading the audit trail, page by page, and proving it (req. 47–50). Whoever looks leaves an event too."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.secrets.signing import Signer
from data.tables import AuditEvent, AuditSeal, Member
from data.values.dates import panama_date
from services.audit_activity import hours_of
from services.audit_body import AuditRow, audit_row
from services.audit_filter import AuditFilter
from services.audit_marks import comments_on, marks_on
from services.audit_period import Period
from services.audit_proof import Proof, verify
from services.audit_query import page_ids, people, place_of
from services.checkpoints import read_checkpoints
from services.operations import Op
from services.operator import Operator
from services.unit_of_work import Transaction, UnitOfWork

MOST = 200


@dataclass(frozen=True, slots=True)
class ReadAudit:
    """One page, newest first: the events before `before_id` (None: from the newest), at most 200."""

    filter: AuditFilter = field(default_factory=AuditFilter)
    before_id: int | None = None
    limit: int = MOST


@dataclass(frozen=True, slots=True)
class FollowAudit:
    """What came after `after_id`, newest first, at most 200; the reader's own looks are left out."""

    filter: AuditFilter
    after_id: int


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`more`: older events go on after the last row. `hours`: how many events of `day` (Panama: the one of the newest
    row) fit, by hour; both empty on later pages."""

    rows: tuple[AuditRow, ...]
    more: bool
    day: date | None = None
    hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifyTrail:
    """Prove the trail against the signed checkpoints in this file: all of it, or what holds a period."""

    checkpoints: Path
    period: Period | None = None


def read_audit(command: ReadAudit, operator: Operator, uow: UnitOfWork) -> AuditPage:
    """One page of the trail; the look is an event itself (req. 48).

    Raises InvalidInput (field `filter`: nobody has that user name or number) and the errors of authorisation.
    """
    limit = max(1, min(command.limit, MOST))
    with uow.begin(operator, Op.AUDIT_READ) as tx:
        before = place_of(tx, command.before_id) if command.before_id is not None else None
        ids = page_ids(tx, command.filter, limit + 1, before=before)
        rows = rows_of(tx, ids[:limit])
        day = panama_date(rows[0].at) if rows and before is None else None
        hours = hours_of(tx, command.filter, day) if day else ()
        tx.record(detail={"rows": len(rows), "filter": filter_facts(command.filter)})
        tx.commit()
    return AuditPage(rows, len(ids) > limit, day, hours)


def follow_audit(command: FollowAudit, operator: Operator, uow: UnitOfWork) -> tuple[AuditRow, ...]:
    """The events since the last look. A look that shows nothing leaves no event, or the trail would grow by itself.

    It is the screen that asks, not the person (req. 13). Raises the errors of `read_audit`.
    """
    with uow.begin(operator, Op.AUDIT_READ, touch=False) as tx:
        after = place_of(tx, command.after_id)
        ids = page_ids(tx, command.filter, MOST, after=after)
        rows = rows_of(tx, ids)
        seen = tuple(row for row in rows if (row.who, row.words.get("acción")) != (operator.username, tx.op))
        if seen:
            tx.record(detail={"rows": len(seen), "filter": filter_facts(command.filter)})
            tx.commit()
    return seen


def list_people(operator: Operator, uow: UnitOfWork) -> Sequence[str]:
    """Every user name, so that the filter line can complete one; the look is an event."""
    with uow.begin(operator, Op.AUDIT_READ, touch=False) as tx:
        found = people(tx)
        tx.record(detail={"people": len(found)})
        tx.commit()
    return found


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
    key = Signer(uow.secrets.signing_key).public_key
    proof = verify(uow.engine, points, key, period=command.period, progress=progress)
    with uow.begin(operator, Op.AUDIT_VERIFY) as tx:
        stopped = any(finding.code == "stopped" for finding in proof.findings)
        result = "ok" if proof.intact else "none" if stopped else "failed"
        tx.record(result=result, detail={"from": proof.first, "events": proof.events, "findings": len(proof.findings)})
        tx.commit()
    return proof


def rows_of(tx: Transaction, ids: Sequence[int]) -> tuple[AuditRow, ...]:
    """These events, in this order, with marks and comments."""
    query = (
        select(col(AuditEvent.id), col(AuditEvent.body), col(AuditSeal.seq), col(Member.number))
        .outerjoin(AuditSeal, col(AuditSeal.event_id) == col(AuditEvent.id))
        .outerjoin(Member, col(Member.id) == col(AuditEvent.member_id))
        .where(col(AuditEvent.id).in_(ids))
    )
    found = {row.id: row for row in tx.connection.execute(query)} if ids else {}
    marks, comments = marks_on(tx, ids), comments_on(tx, ids)
    return tuple(audit_row(found[at], marks.get(at, ()), comments.get(at, ())) for at in ids)


def filter_facts(wanted: AuditFilter) -> dict[str, Any]:
    """The filter as the trail keeps it: only what was asked."""
    facts = {name: value for name, value in asdict(wanted).items() if value is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}

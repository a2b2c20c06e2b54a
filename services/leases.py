"""What a verified caller opens, for one agent, session, case and member, and when it ends (C7, req. 23–24)."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlmodel import col

from data.tables import Case, Factor, Lease
from services.unit_of_work import Transaction

#: Results of steps that still count; when a lease ends they become `ended` and prove nothing any more.
LIVE_RESULTS = ("passed", "shown")


@dataclass(frozen=True, slots=True)
class LiveLease:
    """A lease that is good this moment."""

    id: int
    level: int
    factors: frozenset[str]
    granted_at: datetime
    expires_at: datetime


def end_leases(tx: Transaction, session_id: str, reason: str) -> int:
    """End every live lease of a session, in the caller's transaction; answers how many.

    Steps that were passed but opened nothing yet end too: after a lock nobody goes on where the caller was (req. 24).
    `reason` is stored: `lock`, `sign_out`, `replaced`, `disabled`, `case_closed`…
    """
    ended = tx.connection.execute(
        update(Lease)
        .where(col(Lease.session_id) == session_id, col(Lease.ended_at).is_(None), col(Lease.expires_at) > tx.now)
        .values(ended_at=tx.now, end_reason=reason)
    )
    open_cases = select(col(Case.id)).where(col(Case.session_id) == session_id, col(Case.closed_at).is_(None))
    tx.connection.execute(
        update(Factor)
        .where(col(Factor.case_id).in_(open_cases), col(Factor.result).in_(LIVE_RESULTS))
        .values(result="ended")
    )
    return ended.rowcount


def end_for_block(tx: Transaction, member_id: int) -> int:
    """Verification of a member was blocked: what was opened without seeing them in person closes, at every desk."""
    ended = tx.connection.execute(
        update(Lease)
        .where(
            col(Lease.member_id) == member_id,
            col(Lease.ended_at).is_(None),
            col(Lease.expires_at) > tx.now,
            col(Lease.factors).not_like("%in_person%"),
        )
        .values(ended_at=tx.now, end_reason="blocked")
    )
    seen = select(col(Factor.case_id)).where(
        col(Factor.member_id) == member_id, col(Factor.kind) == "in_person", col(Factor.result) == "passed"
    )
    tx.connection.execute(
        update(Factor)
        .where(
            col(Factor.member_id) == member_id,
            col(Factor.result).in_(LIVE_RESULTS),
            col(Factor.case_id).not_in(seen),
        )
        .values(result="ended")
    )
    return ended.rowcount


def live_lease(tx: Transaction, case_id: str) -> LiveLease | None:
    """The lease of a case for this operator's session, if it is good this moment."""
    row = tx.connection.execute(
        select(col(Lease.id), col(Lease.level), col(Lease.factors), col(Lease.granted_at), col(Lease.expires_at))
        .where(
            col(Lease.case_id) == case_id,
            col(Lease.session_id) == tx.operator.session_id,
            col(Lease.staff_id) == tx.operator.staff_id,
            col(Lease.ended_at).is_(None),
            col(Lease.expires_at) > tx.now,
        )
        .order_by(col(Lease.level).desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return LiveLease(row.id or 0, row.level, frozenset(row.factors.split()), row.granted_at, row.expires_at)


def renew_lease(tx: Transaction, case_id: str, member_id: int, level: int, factors: Set[str]) -> None:
    """Open a lease at `level` 1–3, or renew the live one: another 15 minutes (policy), never a lower level."""
    live = live_lease(tx, case_id)
    values = {
        "level": max(level, live.level if live else 0),
        "factors": " ".join(sorted(factors | (live.factors if live else frozenset()))),
        "expires_at": tx.now + timedelta(minutes=tx.policy.verification.lease_minutes),
    }
    if live is not None:
        tx.connection.execute(update(Lease).where(col(Lease.id) == live.id).values(**values))
    else:
        tx.connection.execute(
            insert(Lease).values(
                case_id=case_id,
                member_id=member_id,
                staff_id=tx.operator.staff_id,
                session_id=tx.operator.session_id,
                granted_at=tx.now,
                **values,
            )
        )
    tx.record(
        "lease.renew" if live else "lease.grant",
        about=f"level:{values['level']}",
        detail={"factors": values["factors"]},
    )

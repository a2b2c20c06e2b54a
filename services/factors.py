"""The steps of a verification: which still count, how many failed, and when verification closes (req. 20, 24)."""

from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from data.tables import AnswerFailure, Factor, VerificationBlock
from services import leases
from services.unit_of_work import Transaction

#: What counts towards the block when it fails. A call back that nobody answers is no guess.
COUNTED = ("question", "record", "in_person", "code")


def window_start(tx: Transaction, member_id: int) -> datetime:
    """Failures after this moment count: the last 24 h (policy), or since a supervisor lifted the last block."""
    start = tx.now - timedelta(hours=tx.policy.verification.failure_window_hours)
    lifted = tx.connection.execute(
        select(func.max(VerificationBlock.lifted_at)).where(col(VerificationBlock.member_id) == member_id)
    ).scalar()
    return max(start, lifted) if lifted is not None else start


def failures(tx: Transaction, member_id: int, kinds: tuple[str, ...] = COUNTED) -> int:
    """Failed steps about a member in the window, at every desk and in every channel, wrong answers at the portal
    included (req. 20)."""
    since = window_start(tx, member_id)
    at_desks = tx.connection.execute(
        select(func.count())
        .select_from(Factor)
        .where(
            col(Factor.member_id) == member_id,
            col(Factor.result) == "failed",
            col(Factor.kind).in_(kinds),
            col(Factor.at) > since,
        )
    ).scalar_one()
    if "question" not in kinds:
        return at_desks
    at_portal = tx.connection.execute(
        select(func.count())
        .select_from(AnswerFailure)
        .where(col(AnswerFailure.member_id) == member_id, col(AnswerFailure.at) > since)
    ).scalar_one()
    return at_desks + at_portal


def keep_portal_failure(tx: Transaction, member_id: int, *, inside: bool = False) -> None:
    """Write down a wrong answer at the portal; it counts like one on the phone (req. 20). The member must be locked.

    From `inside`, past password and first question, the third (policy) blocks as at a desk. From the door it does not:
    there whoever knows a user could shut the member out at the phone. The next wrong answer at a desk then blocks.
    """
    tx.connection.execute(insert(AnswerFailure).values(member_id=member_id, at=tx.now))
    if inside:
        _block_if_reached(tx, member_id)


def is_blocked(tx: Transaction, member_id: int) -> bool:
    """Whether verification of this member by phone is closed until a supervisor lifts it."""
    row = tx.connection.execute(
        select(col(VerificationBlock.id))
        .where(col(VerificationBlock.member_id) == member_id, col(VerificationBlock.lifted_at).is_(None))
        .limit(1)
    ).first()
    return row is not None


def keep_step(tx: Transaction, case_id: str, member_id: int, kind: str, detail: str | None, result: str) -> None:
    """Write one step down: `passed`, `failed`, or `shown` for a number to call. The member must be locked.

    The third failure (policy) blocks, ends what was opened without seeing the person, and leaves its own event.
    """
    tx.connection.execute(
        insert(Factor).values(
            case_id=case_id,
            member_id=member_id,
            staff_id=tx.operator.staff_id,
            kind=kind,
            detail=detail,
            result=result,
            at=tx.now,
        )
    )
    if result == "failed" and kind in COUNTED:
        _block_if_reached(tx, member_id)


def _block_if_reached(tx: Transaction, member_id: int) -> None:
    if is_blocked(tx, member_id):
        return
    count = failures(tx, member_id)
    if count >= tx.policy.verification.failures_before_block:
        tx.connection.execute(insert(VerificationBlock).values(member_id=member_id, since=tx.now))
        ended = leases.end_for_block(tx, member_id)
        tx.record(
            "verification.block", result="blocked", member=member_id, detail={"failures": count, "leases_ended": ended}
        )


def live_steps(tx: Transaction, case_id: str, lease: leases.LiveLease | None) -> list[tuple[str, str | None, str]]:
    """The steps (kind, detail, result) that still count in a case, in order.

    A step counts for 15 minutes (policy), or as long as the lease lives that it helped to open. A lease runs out 15
    minutes after its last step, so when it did nothing of before counts: the caller is verified anew (req. 24).
    """
    oldest = (lease.granted_at if lease else tx.now) - timedelta(minutes=tx.policy.verification.lease_minutes)
    rows = tx.connection.execute(
        select(col(Factor.kind), col(Factor.detail), col(Factor.result))
        .where(
            col(Factor.case_id) == case_id,
            col(Factor.result).in_((*leases.LIVE_RESULTS, "failed")),
            col(Factor.at) > oldest,
        )
        .order_by(col(Factor.id))
    ).all()
    return [(row.kind, row.detail, row.result) for row in rows]


def lift_block(tx: Transaction, member_id: int) -> bool:
    """Open verification again; answers whether it was blocked."""
    lifted = tx.connection.execute(
        update(VerificationBlock)
        .where(col(VerificationBlock.member_id) == member_id, col(VerificationBlock.lifted_at).is_(None))
        .values(lifted_at=tx.now, lifted_by=tx.operator.staff_id)
    )
    return lifted.rowcount > 0

"""The rows of signed-in sessions: how one is found live, and how one ends (req. 13, 14, 24)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, update
from sqlmodel import col, select

from data.tables import Case, StaffSession
from data.tables import Staff as StaffTable
from services.errors import SessionEnded, SessionLocked
from services.leases import end_leases
from services.operator import Operator
from services.policy import SessionPolicy
from services.unit_of_work import Transaction


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session of an enabled person that has not ended and is inside its absolute hours. It may be locked."""

    started_at: datetime
    last_seen_at: datetime
    authenticated_at: datetime
    locked_at: datetime | None
    absolute_ends_at: datetime
    idle_locks_at: datetime

    def idle(self, now: datetime) -> bool:
        """Whether nobody was there for longer than the policy allows."""
        return now > self.idle_locks_at

    def locked(self, now: datetime) -> bool:
        """Whether it was locked or locked itself."""
        return self.locked_at is not None or self.idle(now)


def live_session(connection: Connection, operator: Operator, now: datetime, policy: SessionPolicy) -> LiveSession:
    """The operator's own session. Raises SessionEnded: signed out, replaced, disabled or past its hours."""
    session = connection.execute(
        select(  # type: ignore[call-overload]
            StaffSession.started_at,
            StaffSession.last_seen_at,
            StaffSession.authenticated_at,
            StaffSession.locked_at,
            StaffSession.ended_at,
            StaffTable.enabled,
        )
        .join(StaffTable, col(StaffTable.id) == col(StaffSession.staff_id))
        .where(col(StaffSession.id) == operator.session_id, col(StaffTable.id) == operator.staff_id)
    ).first()
    if session is None or session.ended_at is not None or not session.enabled:
        raise SessionEnded
    absolute = session.started_at + timedelta(hours=policy.absolute_hours)
    if now > absolute:
        raise SessionEnded("Su sesión cumplió el máximo de horas. Ingrese de nuevo.")
    return LiveSession(
        session.started_at,
        session.last_seen_at,
        session.authenticated_at,
        session.locked_at,
        absolute,
        session.last_seen_at + timedelta(minutes=policy.idle_lock_minutes),
    )


def unlocked_session(connection: Connection, operator: Operator, now: datetime, policy: SessionPolicy) -> LiveSession:
    """The same, refusing a locked one. Raises SessionEnded, SessionLocked."""
    session = live_session(connection, operator, now, policy)
    if session.locked(now):
        raise SessionLocked
    return session


def change_session(tx: Transaction, session_id: str, **values: datetime | str | None) -> None:
    """Write columns of one session that has not ended."""
    tx.connection.execute(
        update(StaffSession)
        .where(col(StaffSession.id) == session_id, col(StaffSession.ended_at).is_(None))
        .values(**values)
    )


def end_session(tx: Transaction, session_id: str, reason: str) -> None:
    """End a session with its leases and open cases. No event of its own: the caller's tells why."""
    # The session first, as every use case does (`standing` touches it): nobody waits crosswise.
    change_session(tx, session_id, ended_at=tx.now, end_reason=reason)
    end_leases(tx, session_id, reason)
    tx.connection.execute(
        update(Case)
        .where(col(Case.session_id) == session_id, col(Case.closed_at).is_(None))
        .values(closed_at=tx.now, outcome="session_ended")
    )


def end_sessions_of(tx: Transaction, staff_id: int, reason: str, *, keep: int = 0, but: str = "") -> list[str]:
    """End the sessions of a person: all, all but the newest `keep`, or all but one; answers their short ids."""
    open_ones = tx.connection.execute(
        select(StaffSession.id)
        .where(col(StaffSession.staff_id) == staff_id, col(StaffSession.ended_at).is_(None))
        .order_by(col(StaffSession.started_at).desc(), col(StaffSession.id))
    ).scalars()
    ending = [session_id for session_id in open_ones if session_id != but][keep:]
    for session_id in ending:
        end_session(tx, session_id, reason)
    return [session_id[:16] for session_id in ending]

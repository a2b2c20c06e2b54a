"""Who is signed in where, and ending somebody's session at once (req. 14, A8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from data.tables import Staff, StaffSession
from services.errors import NotFound, NotPermitted
from services.operations import Op
from services.operator import ROLE_LABELS, Operator, Role
from services.session_rows import change_session, end_session
from services.staff_changes import changing
from services.staff_proof import roles_of
from services.timeline_words import CHANNELS
from services.unit_of_work import Transaction, UnitOfWork

KILLED = "killed"
SHORT = 16
"""Characters of a session's name: enough to tell one from another, as the trail has it."""


@dataclass(frozen=True, slots=True)
class LiveRow:
    """An open session. `name`: the beginning of its key; `state` in Spanish; `own`: the operator's."""

    name: str
    username: str
    full_name: str
    roles: str
    branch: str
    terminal: str
    channel: str
    started_at: datetime
    last_seen_at: datetime
    state: str
    own: bool


@dataclass(frozen=True, slots=True)
class LookAtSessions:
    """`automatic`: the screen asks by itself; no sign of life, no event."""

    automatic: bool = False


@dataclass(frozen=True, slots=True)
class EndSession:
    """`name` of a LiveRow."""

    name: str
    reason: str


def live_sessions(command: LookAtSessions, operator: Operator, uow: UnitOfWork) -> tuple[LiveRow, ...]:
    """The sessions that are open this moment, by user name."""
    with uow.begin(operator, Op.STAFF_VIEW, touch=not command.automatic) as tx:
        since = tx.now - timedelta(hours=tx.policy.session.absolute_hours)
        query = (
            select(StaffSession, Staff)
            .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
            .where(col(StaffSession.ended_at).is_(None), col(StaffSession.started_at) >= since)
            .order_by(col(Staff.username), col(StaffSession.started_at))
        )
        rows = tuple(_row(tx, session, person) for session, person in tx.session.exec(query).all())
        if not command.automatic:
            tx.record(about="sessions", detail={"sessions": len(rows)})
            tx.commit()
    return rows


def _row(tx: Transaction, session: StaffSession, person: Staff) -> LiveRow:
    idle = tx.now - session.last_seen_at > timedelta(minutes=tx.policy.session.idle_lock_minutes)
    return LiveRow(
        name=session.id[:SHORT],
        username=person.username,
        full_name=person.full_name,
        roles=", ".join(ROLE_LABELS[role] for role in Role if role in roles_of(person)),
        branch=session.branch,
        terminal=session.terminal,
        channel=CHANNELS.get(session.channel, session.channel),
        started_at=session.started_at,
        last_seen_at=session.last_seen_at,
        state="bloqueada" if idle or session.locked_at is not None else "abierta",
        own=session.id == tx.operator.session_id,
    )


def end_live_session(command: EndSession, operator: Operator, uow: UnitOfWork) -> str:
    """End somebody's session with its cases and verified callers: their next call, and their desk by itself within
    seconds, is refused. Answers the user name.

    Raises the errors of authorisation, NotFound (it has ended already), NotPermitted (one's own), InvalidInput.
    """
    with changing(operator, uow, command.reason, Op.STAFF_END_SESSION) as (tx, reason):
        query = (
            select(StaffSession.id, Staff.id, Staff.username)
            .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
            .where(col(StaffSession.id).startswith(command.name, autoescape=True))
            .where(col(StaffSession.ended_at).is_(None))
        )
        found = tx.session.exec(query).all()
        if len(command.name) != SHORT or len(found) != 1:
            raise NotFound("Esa sesión ya terminó.")
        session_id, staff_id, username = found[0]
        if session_id == operator.session_id:
            raise NotPermitted("Es su propia sesión: ciérrela con :salir.")
        end_session(tx, session_id, KILLED)
        detail = {"user": username, "sessions": [command.name]}
        tx.record(about=f"staff:{staff_id}", reason=reason, detail=detail)
        change_session(tx, operator.session_id, last_seen_at=tx.now)
        tx.commit()
    return str(username)

"""Signing in, staying, stepping away and signing out (req. 12–15, A8–A9).

All of it goes by the service's clock. What a person changes of their own (password, second factor) is written in
services/staff_secrets.py, a second person at the desk in services/second_person.py; both are handed on from here.
"""

import hashlib
import secrets as random_source
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from data.catalog.branches import BranchKind, load_branches
from data.secrets import Secret
from data.tables import Staff, StaffSession
from services import authorisation
from services.errors import HoursRefused, NotPermitted, OutsideHours, SessionEnded
from services.leases import end_leases
from services.operator import IN_PERSON, Channel, Operator, Role
from services.outside_hours import Doorkeeper, examine_doorkeeper, let_in, outside
from services.passwords import minimum_length
from services.second_person import StaffIdentity, check_staff, recheck_staff
from services.session_proof import proven, refused
from services.session_rows import change_session, end_session, end_sessions_of, live_session, unlocked_session
from services.staff_proof import Verdict, examine, id_of, must_enrol, reading, roles_of, settle
from services.staff_secrets import (
    ChangePassword,
    ConfirmSecondFactor,
    SecondFactorOffer,
    begin_second_factor,
    change_password,
    confirm_second_factor,
)
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

__all__ = [
    "ChangePassword",
    "ConfirmSecondFactor",
    "Reauthenticate",
    "SecondFactorOffer",
    "SessionState",
    "SignIn",
    "SignedIn",
    "StaffIdentity",
    "Unlock",
    "begin_second_factor",
    "change_password",
    "check_staff",
    "confirm_second_factor",
    "lock",
    "reauthenticate",
    "recheck_staff",
    "session_state",
    "sign_in",
    "sign_out",
    "touch",
    "unlock",
]
SIGN_IN: Final = "session.sign_in"
SIGN_OUT: Final = "session.sign_out"
LOCK: Final = "session.lock"
UNLOCK: Final = "session.unlock"
REAUTHENTICATE: Final = "session.reauthenticate"
HOURS: Final = (OutsideHours, HoursRefused)
_TOKEN_BYTES: Final = 32  # 256 bits
_TERMINAL: Final = 64


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who wants in, from where. `code` is None until SecondFactorNeeded asks for it, `keeper` until OutsideHours."""

    username: str
    password: Secret
    code: Secret | None
    terminal: str
    channel: Channel | None = None
    keeper: Doorkeeper | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The session. While one of the `must_` is true every use case answers SetupNeeded.

    `password_minimum` is what a new password needs now; it falls once a second factor is registered.
    """

    operator: Operator
    must_change_password: bool
    must_enrol_second_factor: bool
    idle_seconds: int
    absolute_ends_at: datetime
    password_minimum: int


@dataclass(frozen=True, slots=True)
class Reauthenticate:
    password: Secret


@dataclass(frozen=True, slots=True)
class Unlock:
    password: Secret


@dataclass(frozen=True, slots=True)
class SessionState:
    """How a session stands, in whole seconds; zeros where it is locked or ended."""

    locked: bool
    ended: bool
    idle_seconds_left: int
    absolute_seconds_left: int


def sign_in(command: SignIn, uow: UnitOfWork) -> SignedIn:
    """Open a session; the person's former one ends (req. 12, 14).

    Raises SignInRefused (one text for unknown, wrong, disabled and locked), SecondFactorNeeded (the password was
    right: ask for the code and call again), NotPermitted (a channel that is not theirs), OutsideHours (a second person
    may let them in: call again with `keeper`), HoursRefused, SecondPersonNeeded (that person's proof was not right).
    """
    examined = examine(uow, command.username, command.password)
    keeper = examine_doorkeeper(uow, command.keeper)
    terminal = clean(command.terminal, _TERMINAL)
    door = Operator("anonymous", examined.name, frozenset(), "", terminal, command.channel or Channel.SYSTEM)
    with _refusals_of_hours(uow, door), uow.begin_system(door) as tx:
        staff, verdict = settle(tx, examined, command.code, ask_code=True)
        if staff is None or verdict is not Verdict.PROVEN:
            raise refused(tx, SIGN_IN, examined, verdict)
        late = outside(staff, tx)
        if late and (wrong := let_in(tx, staff, command.keeper, keeper)) is not None:
            if not isinstance(wrong, HOURS):  # what the second person got wrong counts; nothing else is kept
                tx.commit()
            raise wrong
        channel = _channel(staff, command.channel)
        if channel is None:
            tx.record(SIGN_IN, result="refused", reason=NotPermitted.code, about=examined.about)
            tx.commit()
            raise NotPermitted("Su usuario no atiende en persona. Ingrese sin indicar el canal.")
        tx.operator = _open_session(tx, staff, terminal, channel)
        detail = {"second_factor": staff.totp_sealed is not None}
        if late and keeper is not None:
            detail |= {"outside_hours": True, "critical": True}
        tx.record(
            SIGN_IN, about=examined.about, detail=detail | ({"let_in_by": keeper.name} if late and keeper else {})
        )
        tx.commit()
        limits = tx.policy.session
        return SignedIn(
            operator=tx.operator,
            must_change_password=staff.password_expires_at is not None,
            must_enrol_second_factor=must_enrol(staff, limits),
            idle_seconds=limits.idle_lock_minutes * 60,
            absolute_ends_at=tx.now + timedelta(hours=limits.absolute_hours),
            password_minimum=minimum_length(limits, second_factor=staff.totp_sealed is not None),
        )


@contextmanager
def _refusals_of_hours(uow: UnitOfWork, door: Operator) -> Iterator[None]:
    """The event of who came at the wrong time, in a transaction of its own: the code that they typed stays good for
    the next call, with a second person."""
    try:
        yield
    except HOURS as error:
        uow.record_refusal(door, SIGN_IN, error)
        raise


def reauthenticate(command: Reauthenticate, operator: Operator, uow: UnitOfWork) -> None:
    """Give the password again before something grave (req. 15). Raises SignInRefused, SessionEnded, SessionLocked."""
    with proven(uow, operator, command.password, REAUTHENTICATE) as (tx, _):
        change_session(tx, operator.session_id, authenticated_at=tx.now, last_seen_at=tx.now)
        tx.record(REAUTHENTICATE)
        tx.commit()


def lock(operator: Operator, uow: UnitOfWork) -> None:
    """Lock the station: key or idle timer (req. 13). What callers had opened ends (req. 24), open cases stay.

    Locking twice changes nothing. Raises SessionEnded.
    """
    with uow.begin_system(operator) as tx:
        session = live_session(tx.connection, operator, tx.now, tx.policy.session)
        if session.locked_at is not None:
            return
        change_session(tx, operator.session_id, locked_at=tx.now)
        ended = end_leases(tx, operator.session_id, "lock")
        tx.record(LOCK, detail={"idle": session.idle(tx.now), "leases": ended})
        tx.commit()


def unlock(command: Unlock, operator: Operator, uow: UnitOfWork) -> None:
    """Come back with the password, after the key or after being away (req. 13).

    Callers must be verified anew (req. 24). Failures count as at sign-in. Raises SignInRefused, SessionEnded.
    """
    with proven(uow, operator, command.password, UNLOCK, locked_too=True) as (tx, _):
        session = live_session(tx.connection, operator, tx.now, tx.policy.session)
        ended = end_leases(tx, operator.session_id, "lock") if session.locked(tx.now) else 0
        change_session(tx, operator.session_id, locked_at=None, last_seen_at=tx.now, authenticated_at=tx.now)
        tx.record(UNLOCK, detail={"idle": session.idle(tx.now), "leases": ended})
        tx.commit()


def sign_out(operator: Operator, uow: UnitOfWork) -> None:
    """End the session, its leases and open cases. Nothing happens if it has ended already."""
    with uow.begin_system(operator) as tx:
        session = tx.session.get(StaffSession, operator.session_id)
        if session is None or session.staff_id != operator.staff_id or session.ended_at is not None:
            return
        end_session(tx, operator.session_id, "sign_out")
        tx.record(SIGN_OUT)
        tx.commit()


def session_state(operator: Operator, uow: UnitOfWork) -> SessionState:
    """How the session stands. Asking doesn't count as being there, and leaves no event."""
    now = uow.clock.now()
    try:
        with reading(uow) as connection:
            session = live_session(connection, operator, now, uow.policy.session)
    except SessionEnded:
        return SessionState(locked=False, ended=True, idle_seconds_left=0, absolute_seconds_left=0)
    left = int((session.absolute_ends_at - now).total_seconds())
    if session.locked(now):
        return SessionState(locked=True, ended=False, idle_seconds_left=0, absolute_seconds_left=left)
    return SessionState(False, False, int((session.idle_locks_at - now).total_seconds()), left)


def touch(operator: Operator, uow: UnitOfWork) -> None:
    """The person pressed a key: the idle time starts anew. A locked session stays so.

    Cheap enough for every few seconds: it writes only when the last sign of life is older than ten. No event: being
    there is not an act. Raises SessionEnded, SessionLocked.
    """
    now = uow.clock.now()
    with reading(uow) as connection:
        session = unlocked_session(connection, operator, now, uow.policy.session)
    if now - session.last_seen_at <= authorisation.TOUCH_AFTER:
        return
    with uow.begin_system(operator) as tx:
        unlocked_session(tx.connection, operator, tx.now, tx.policy.session)  # it may have been locked just now
        change_session(tx, operator.session_id, last_seen_at=tx.now)
        tx.connection.commit()


def _open_session(tx: Transaction, staff: Staff, terminal: str, channel: Channel) -> Operator:
    """A new row under the hash of 256 random bits, the former ones ended.

    The random bits themselves are dropped: inside one process the Operator is the proof, and nothing that is stored
    or logged lets anybody make another.
    """
    replaced = end_sessions_of(tx, id_of(staff), "replaced", keep=max(0, tx.policy.session.sessions_per_user - 1))
    session_id = hashlib.sha256(random_source.token_bytes(_TOKEN_BYTES)).hexdigest()
    tx.session.add(
        StaffSession(
            id=session_id,
            staff_id=id_of(staff),
            terminal=terminal,
            channel=channel.value,
            branch=staff.branch,
            started_at=tx.now,
            last_seen_at=tx.now,
            authenticated_at=tx.now,
        )
    )
    operator = Operator(
        actor=f"staff:{staff.id}",
        username=staff.username,
        roles=roles_of(staff),
        branch=staff.branch,
        terminal=terminal,
        channel=channel,
        session_id=session_id,
        full_name=staff.full_name,
    )
    if replaced:
        tx.operator = operator
        tx.record("session.end", reason="replaced", about=f"staff:{staff.id}", detail={"sessions": replaced})
    return operator


def _channel(staff: Staff, wanted: Channel | None) -> Channel | None:
    """Where the person serves; None if they ask for one that isn't theirs.

    In person is a factor of verification (req. 17), so nobody may claim it from the service centre. Everyone may
    take a call.
    """
    place = load_branches().get(staff.branch)
    roles = roles_of(staff)
    if (place is not None and place.kind is BranchKind.SERVICE_CENTRE) or roles == {Role.CIS_AGENT}:
        own = Channel.CIS
    elif place is not None and place.kind is BranchKind.CHAPTER:
        own = Channel.CHAPTER
    else:
        own = Channel.BRANCH
    if wanted is None:
        by_phone_first = Role.CIS_AGENT in roles and Role.CASHIER not in roles
        return Channel.CIS if by_phone_first else own
    if wanted in IN_PERSON:
        return wanted if own in IN_PERSON else None
    return wanted if wanted is Channel.CIS else None

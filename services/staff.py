"""The people who work here: disable, unlock, declare a relative, list (req. 10–14). With a reason, at once.

What gives somebody rights takes two people: services/staff_rights.py. The first two: services/staff_first.py.
"""

from dataclasses import dataclass

from sqlmodel import col, select

from data.tables import Staff, StaffRelative
from services.errors import InvalidInput
from services.operations import Op
from services.operator import Operator
from services.session_rows import end_sessions_of
from services.staff_changes import changing, keep, member_with, require_another_administrator, someone_else
from services.staff_list import StaffRow, list_staff
from services.staff_proof import id_of, known_username
from services.unit_of_work import UnitOfWork

__all__ = [
    "AddRelative",
    "DisableStaff",
    "StaffRow",
    "UnlockStaff",
    "add_relative",
    "disable_staff",
    "list_staff",
    "unlock_staff",
]


@dataclass(frozen=True, slots=True)
class DisableStaff:
    username: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnlockStaff:
    username: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddRelative:
    """A member whom the person may not serve because they are related (req. 43)."""

    username: str
    member_number: str
    reason: str


def disable_staff(command: DisableStaff, operator: Operator, uow: UnitOfWork) -> None:
    """Close a person's access; their sessions end, and their next call is refused (req. 14, A8).

    Raises NotFound, NotPermitted (oneself, the last administrator), InvalidInput (already so).
    """
    with changing(operator, uow, command.reason) as (tx, reason):
        person = someone_else(tx, command.username)
        if not person.enabled:
            raise InvalidInput("Ese usuario ya está deshabilitado.", field="username")
        require_another_administrator(tx, person)
        person.enabled = False
        tx.session.add(person)
        ended = end_sessions_of(tx, id_of(person), "disabled")
        keep(tx, "staff.disable", about=person, reason=reason, sessions=ended)


def unlock_staff(command: UnlockStaff, operator: Operator, uow: UnitOfWork) -> None:
    """Take away the lock that failed attempts brought, by a supervisor or administrator (req. 12)."""
    with changing(operator, uow, command.reason, Op.STAFF_UNLOCK) as (tx, reason):
        person = someone_else(tx, command.username)
        if person.locked_until is None or person.locked_until <= tx.now:
            raise InvalidInput("Ese usuario no está bloqueado.", field="username")
        failures = person.failed_count
        person.locked_until = None
        person.failed_count = 0
        tx.session.add(person)
        keep(tx, "staff.unlock", about=person, reason=reason, failures=failures)


def add_relative(command: AddRelative, operator: Operator, uow: UnitOfWork) -> None:
    """Declare that a person is related to a member (req. 43). It only takes rights away: one may declare one's own."""
    with changing(operator, uow, command.reason) as (tx, reason):
        person = tx.session.exec(select(Staff).where(col(Staff.username) == known_username(command.username))).first()
        if person is None:
            raise InvalidInput("No hay un usuario con ese nombre.", field="username")
        member_id = member_with(tx, command.member_number)
        if tx.session.get(StaffRelative, (person.id, member_id)) is not None:
            raise InvalidInput("Ese familiar ya está declarado.", field="member_number")
        tx.session.add(StaffRelative(staff_id=id_of(person), member_id=member_id))
        keep(tx, "staff.relative", about=person, reason=reason, relative=member_id)

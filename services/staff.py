"""The people who work here: add, disable, enable, reset, unlock, list (req. 10–14). By an administrator, with a reason.

There is no default account: the first administrator is made by a command, in an empty store.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from data.secrets import Secret
from data.tables import Staff, StaffRelative
from services.errors import InvalidInput, NotPermitted
from services.operations import Op
from services.operator import Operator, Role, system_operator
from services.passwords import minimum_length, require_good_password, temporary_password
from services.session_rows import end_sessions_of
from services.staff_changes import (
    changing,
    check_branch,
    check_full_name,
    check_roles,
    check_username,
    give_temporary,
    keep,
    member_with,
    require_another_administrator,
    someone_else,
)
from services.staff_list import StaffRow, list_staff
from services.staff_proof import id_of, known_username
from services.unit_of_work import Transaction, UnitOfWork

__all__ = [
    "AddRelative",
    "AddStaff",
    "ChangeRoles",
    "DisableStaff",
    "EnableStaff",
    "FirstAdministrator",
    "ResetStaff",
    "StaffAdded",
    "StaffReset",
    "StaffRow",
    "UnlockStaff",
    "add_relative",
    "add_staff",
    "change_roles",
    "disable_staff",
    "enable_staff",
    "first_administrator",
    "list_staff",
    "reset_staff",
    "unlock_staff",
]


@dataclass(frozen=True, slots=True)
class AddStaff:
    """A new person. `member_number`: their own number, if they are asociado: they can't serve themselves (req. 43)."""

    username: str
    full_name: str
    roles: frozenset[Role]
    branch: str
    member_number: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class StaffAdded:
    """The temporary password is told once, by the administrator to the person; nothing else has it in clear."""

    staff_id: int
    temporary_password: Secret


@dataclass(frozen=True, slots=True)
class DisableStaff:
    username: str
    reason: str


@dataclass(frozen=True, slots=True)
class EnableStaff:
    username: str
    reason: str


@dataclass(frozen=True, slots=True)
class ResetStaff:
    username: str
    reason: str


@dataclass(frozen=True, slots=True)
class StaffReset:
    temporary_password: Secret


@dataclass(frozen=True, slots=True)
class UnlockStaff:
    username: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeRoles:
    """All the roles that the person shall have from now on."""

    username: str
    roles: frozenset[Role]
    reason: str


@dataclass(frozen=True, slots=True)
class AddRelative:
    """A member whom the person may not serve because they are related (req. 43)."""

    username: str
    member_number: str
    reason: str


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    username: str
    full_name: str
    branch: str
    password: Secret


def add_staff(command: AddStaff, operator: Operator, uow: UnitOfWork) -> StaffAdded:
    """Put a person on record with a temporary password (req. 11, A4).

    Raises InvalidInput (fields username, full_name, roles, branch, member_number, reason), NotPermitted,
    ReauthenticationNeeded.
    """
    password = temporary_password()
    hashed = uow.hasher.hash(password.reveal())
    with changing(operator, uow, command.reason) as (tx, reason):
        member_id = member_with(tx, command.member_number) if command.member_number else None
        person = _new_person(tx, command.username, command.full_name, command.roles, command.branch, hashed)
        person.member_id = member_id
        give_temporary(tx, person, hashed)
        _store(tx, person)
        keep(tx, "staff.add", about=person, reason=reason, roles=person.roles.split(), branch=person.branch)
        return StaffAdded(id_of(person), password)


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


def enable_staff(command: EnableStaff, operator: Operator, uow: UnitOfWork) -> None:
    """Open a person's access again, password and second factor as they were."""
    with changing(operator, uow, command.reason) as (tx, reason):
        person = someone_else(tx, command.username)
        if person.enabled:
            raise InvalidInput("Ese usuario ya está habilitado.", field="username")
        person.enabled = True
        tx.session.add(person)
        keep(tx, "staff.enable", about=person, reason=reason)


def reset_staff(command: ResetStaff, operator: Operator, uow: UnitOfWork) -> StaffReset:
    """A new temporary password; second factor and lock go, sessions end. A disabled person stays so."""
    password = temporary_password()
    hashed = uow.hasher.hash(password.reveal())
    with changing(operator, uow, command.reason) as (tx, reason):
        person = someone_else(tx, command.username)
        give_temporary(tx, person, hashed)
        person.totp_sealed = None
        person.totp_last_step = None
        tx.session.add(person)
        ended = end_sessions_of(tx, id_of(person), "reset")
        keep(tx, "staff.reset", about=person, reason=reason, sessions=ended)
        return StaffReset(password)


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


def change_roles(command: ChangeRoles, operator: Operator, uow: UnitOfWork) -> None:
    """Give a person other roles; their sessions end, so that they sign in to what they are now (req. 10, A10)."""
    with changing(operator, uow, command.reason) as (tx, reason):
        person = someone_else(tx, command.username)
        before, person_roles = person.roles, check_roles(command.roles)
        if Role.ADMINISTRATOR not in command.roles and person.enabled:
            require_another_administrator(tx, person)
        person.roles = person_roles
        tx.session.add(person)
        ended = end_sessions_of(tx, id_of(person), "roles_changed")
        keep(
            tx,
            "staff.roles",
            about=person,
            reason=reason,
            before=before.split(),
            after=person_roles.split(),
            sessions=ended,
        )


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


def first_administrator(command: FirstAdministrator, uow: UnitOfWork, *, terminal: str = "local") -> int:
    """The first person of a new store, by whoever holds its keys; answers the id (req. 11: no default account).

    Raises NotPermitted if there is anybody, InvalidInput (fields username, full_name, branch, password).
    """
    hashed = uow.hasher.hash(command.password.reveal())
    with uow.begin_system(system_operator("staff.first_administrator", terminal)) as tx:
        if tx.connection.dialect.name == "postgresql":
            tx.connection.execute(text("LOCK TABLE staff IN EXCLUSIVE MODE"))  # two commands at once: one is first
        if tx.session.exec(select(Staff.id).limit(1)).first() is not None:
            raise NotPermitted("Ya hay personal registrado. Pida a un administrador que agregue su usuario.")
        roles = frozenset({Role.ADMINISTRATOR})
        person = _new_person(tx, command.username, command.full_name, roles, command.branch, hashed)
        minimum = minimum_length(tx.policy.session, second_factor=False)
        context = (person.username, person.full_name)
        require_good_password(command.password, context=context, minimum=minimum, field="password")
        _store(tx, person)
        tx.record(
            "staff.add", about=f"staff:{person.id}", detail={"user": person.username, "roles": person.roles.split()}
        )
        tx.commit()
        return id_of(person)


def _new_person(
    tx: Transaction, username: str, full_name: str, roles: frozenset[Role], branch: str, hashed: str
) -> Staff:
    return Staff(
        username=check_username(username),
        full_name=check_full_name(full_name),
        roles=check_roles(roles),
        branch=check_branch(branch),
        password_hash=hashed,
        created_at=tx.now,
    )


def _store(tx: Transaction, person: Staff) -> None:
    try:
        tx.session.add(person)
        tx.session.flush()
    except IntegrityError:
        raise InvalidInput("Ese usuario no está disponible. Elija otro.", field="username") from None

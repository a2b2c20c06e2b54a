"""The first two people of a store, before there are two to decide anything (req. 11: no default account).

The first administrator is made by whoever holds the store's keys, in an empty store. The second person is made by the
first alone, once, marked in the trail; from then on whatever gives rights takes two (services/staff_rights.py).
"""

from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel import select

from data.secrets import Secret
from data.tables import Staff
from services.errors import InvalidInput, NotPermitted
from services.operations import Op
from services.operator import Operator, Role, system_operator
from services.passwords import minimum_length, require_good_password, temporary_password
from services.staff_changes import changing, give_temporary, keep, store_person
from services.staff_proof import id_of, roles_of
from services.staff_rights import AddPerson, Rights, new_person
from services.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    username: str
    full_name: str
    branch: str
    password: Secret


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """Who will decide what the first administrator proposes."""

    person: AddPerson
    reason: str


@dataclass(frozen=True, slots=True)
class SecondAdded:
    """The temporary password is told once, by the administrator to the person."""

    staff_id: int
    temporary_password: Secret = field(repr=False)


def first_administrator(command: FirstAdministrator, uow: UnitOfWork, *, terminal: str = "local") -> int:
    """The first person of a new store; answers the id.

    Raises NotPermitted if there is anybody, InvalidInput (fields username, full_name, branch, password).
    """
    hashed = uow.hasher.hash(command.password.reveal())
    with uow.begin_system(system_operator("staff.first_administrator", terminal)) as tx:
        _one_at_a_time(tx)
        if tx.session.exec(select(Staff.id).limit(1)).first() is not None:
            raise NotPermitted("Ya hay personal registrado. Pida a un administrador que agregue su usuario.")
        rights = Rights(frozenset({Role.ADMINISTRATOR}), command.branch)
        person = new_person(tx, AddPerson(command.username, command.full_name, rights), hashed)
        minimum = minimum_length(tx.policy.session, second_factor=False)
        context = (person.username, person.full_name)
        require_good_password(command.password, context=context, minimum=minimum, field="password")
        store_person(tx, person)
        detail = {"user": person.username, "roles": person.roles.split(), "alone": True}
        tx.record("staff.add", about=f"staff:{person.id}", detail=detail)
        tx.commit()
        return id_of(person)


def second_person(command: SecondPerson, operator: Operator, uow: UnitOfWork) -> SecondAdded:
    """Add, alone, the first person who may decide what this administrator proposes.

    Only while nobody else on record, enabled or not, could: disabling people opens this way for nobody. Raises the
    errors of authorisation, NotPermitted, InvalidInput (by field).
    """
    password = temporary_password()
    hashed = uow.hasher.hash(password.reveal())
    with changing(operator, uow, command.reason) as (tx, reason):
        _one_at_a_time(tx)
        deciders = tx.policy.operations[Op.STAFF_APPROVE].roles
        others = tx.session.exec(select(Staff).where(Staff.id != operator.staff_id)).all()
        if any(deciders & roles_of(person) for person in others):
            raise NotPermitted("Ya hay otra persona que puede aprobar. Proponga el ingreso; ella lo aprueba.")
        if not deciders & command.person.rights.roles:
            raise InvalidInput("La segunda persona debe poder aprobar: supervisor o administrador.", field="roles")
        person = new_person(tx, command.person, hashed)
        if person.member_id is not None and person.member_id == _own_member(tx):
            raise NotPermitted("La segunda persona debe ser otra, no usted con otro usuario.")
        give_temporary(tx, person, hashed)
        store_person(tx, person)
        detail = {"roles": person.roles.split(), "branch": person.branch, "alone": True, "critical": True}
        keep(tx, "staff.add_second", about=person, reason=reason, **detail)
        return SecondAdded(id_of(person), password)


def _own_member(tx: Transaction) -> int | None:
    own = tx.session.get(Staff, tx.operator.staff_id)
    return None if own is None else own.member_id


def _one_at_a_time(tx: Transaction) -> None:
    """Two commands at once: one is first. On SQLite who writes is alone anyway."""
    if tx.connection.dialect.name == "postgresql":
        tx.connection.execute(text("LOCK TABLE staff IN EXCLUSIVE MODE"))

"""What the use cases on staff share: the maker is not the subject, the lists stay whole (req. 10, 11, 43).

Locks go person first, sessions after, everywhere: two administrators at work on each other wait, they don't block.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy import true
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from data.tables import Member, Staff
from services.errors import InvalidInput, NotFound, NotPermitted
from services.operations import Op
from services.operator import Operator, Role
from services.reasons import check_reason
from services.session_rows import change_session
from services.staff_proof import known_username, roles_of
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

USERNAME: Final = re.compile(r"[a-z][a-z0-9._-]{2,31}")
_BRANCH: Final = re.compile(r"[0-9]{3}")
_NAME: Final = 80
TAKEN: Final = "Ese usuario no está disponible. Elija otro."


@contextmanager
def changing(
    operator: Operator, uow: UnitOfWork, reason: str, op: Op = Op.STAFF_MANAGE
) -> Iterator[tuple[Transaction, str]]:
    """A transaction on staff, with the reason as it is kept. The operator counts as present when it ends.

    The maker's own session row is written last, after `keep`: written first it would be held while waiting for people.
    """
    with uow.begin(operator, op, touch=False) as tx:
        yield tx, check_reason(reason)


def keep(tx: Transaction, action: str, *, about: Staff, reason: str, **detail: object) -> None:
    """Write the event, show the operator as present, and commit."""
    if tx.operator.session_id:
        change_session(tx, tx.operator.session_id, last_seen_at=tx.now)
    tx.record(action, about=f"staff:{about.id}", reason=reason, detail={"user": about.username} | detail)
    tx.commit()


def someone_else(tx: Transaction, username: str) -> Staff:
    """The person meant, held; every enabled administrator is held with them, so that the last one can be told.

    Raises NotFound, NotPermitted for oneself: nobody changes their own rights (req. 43).
    """
    query = (
        select(Staff)
        .where(
            (col(Staff.username) == known_username(username))
            | ((col(Staff.enabled) == true()) & col(Staff.roles).contains(Role.ADMINISTRATOR.value))
        )
        .order_by(col(Staff.id))
        .with_for_update(key_share=True)
    )
    for person in tx.session.exec(query.execution_options(populate_existing=True)).all():
        if person.username == known_username(username):
            if tx.operator.actor == f"staff:{person.id}":
                raise NotPermitted("No puede cambiar su propio acceso. Pídalo a otro administrador o supervisor.")
            return person
    raise NotFound


def require_another_administrator(tx: Transaction, person: Staff) -> None:
    """Refuse to take the last enabled administrator away. Call it with the rows held by `someone_else`."""
    administrators = tx.session.exec(select(Staff).where(col(Staff.enabled) == true())).all()
    if not any(Role.ADMINISTRATOR in roles_of(other) for other in administrators if other.id != person.id):
        raise NotPermitted("Es el último administrador habilitado. Habilite a otro antes.")


def check_username(typed: str) -> str:
    """3 to 32 of a–z, digits and `._-`, a letter first; lower case. Raises InvalidInput."""
    username = known_username(typed)
    if not USERNAME.fullmatch(username):
        raise InvalidInput(
            "El usuario lleva de 3 a 32 letras sin acento, números o . _ - y empieza con letra.", field="username"
        )
    return username


def check_full_name(typed: str) -> str:
    """A cleaned name of one line. Raises InvalidInput."""
    name = " ".join(clean(typed, _NAME).split())
    if len(name) < 3:
        raise InvalidInput("Escriba el nombre completo.", field="full_name")
    return name


def check_branch(typed: str) -> str:
    """Three digits. Raises InvalidInput."""
    branch = clean(typed, 8)
    if not _BRANCH.fullmatch(branch):
        raise InvalidInput("La sucursal lleva tres dígitos, por ejemplo 018.", field="branch")
    return branch


def check_roles(roles: frozenset[Role]) -> str:
    """The roles as they are stored. Raises InvalidInput for none."""
    if not roles:
        raise InvalidInput("Elija al menos un rol.", field="roles")
    return " ".join(sorted(role.value for role in roles))


def username_is_free(tx: Transaction, username: str) -> None:
    """Raises InvalidInput where somebody has it."""
    if tx.session.exec(select(Staff.id).where(col(Staff.username) == username)).first() is not None:
        raise InvalidInput(TAKEN, field="username")


def store_person(tx: Transaction, person: Staff) -> None:
    """Put a new person on record. Raises InvalidInput where somebody was faster with the user name."""
    try:
        tx.session.add(person)
        tx.session.flush()
    except IntegrityError:
        raise InvalidInput(TAKEN, field="username") from None


def member_with(tx: Transaction, number: str) -> int:
    """The id of the member with this number. Raises InvalidInput."""
    found = tx.session.exec(select(Member.id).where(col(Member.number) == clean(number, 32))).first()
    if found is None:
        raise InvalidInput(NotFound.default, field="member_number")
    return found


def give_temporary(tx: Transaction, person: Staff, hashed: str) -> None:
    """Put a temporary password in place: it expires, must be changed, and takes lock and failures away."""
    person.password_hash = hashed
    person.password_expires_at = tx.now + timedelta(hours=tx.policy.session.temporary_password_hours)
    person.failed_count = 0
    person.locked_until = None

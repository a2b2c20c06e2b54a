"""A second person at the same desk: who they are, and whether they may (req. 12, 17, 43)."""

from dataclasses import dataclass
from typing import Final

from data.secrets import Secret
from data.tables import Staff
from services import authorisation
from services.errors import CoopError, NotPermitted, SecondPersonNeeded, SignInRefused, StoreUnavailable
from services.operations import Op
from services.operator import Operator, Role
from services.staff_proof import (
    Verdict,
    examine,
    id_of,
    known_username,
    must_enrol,
    reading,
    refusal,
    roles_of,
    settle,
)
from services.unit_of_work import Transaction, UnitOfWork

OWN_WORK: Final = "No puede aprobar una operación que usted registró. Pida a otra persona que ingrese sus datos."


@dataclass(frozen=True, slots=True)
class StaffIdentity:
    """A person of staff who has just proven who they are. Good for the use case that follows at once."""

    staff_id: int
    username: str
    full_name: str
    roles: frozenset[Role]


def check_staff(
    username: str,
    password: Secret,
    code: Secret | None,
    operator: Operator,
    uow: UnitOfWork,
    *,
    op: Op = Op.SECOND_PERSON,
) -> StaffIdentity:
    """Prove a second person at the operator's desk, in a transaction of its own.

    Call it before the use case's transaction begins: a failure must be counted even though the use case is refused
    and rolled back, and SQLite has one writer. Inside the use case's transaction call `recheck_staff` with the answer.
    Who may: the roles of `op` in the policy. Raises SessionEnded, SessionLocked, NotPermitted (the operator themself,
    or a role that may not), SignInRefused, SecondFactorNeeded, SecondPersonNeeded (their own set-up isn't finished).
    """
    try:
        with reading(uow) as connection:
            authorisation.standing(connection, operator, None, uow.clock.now(), uow.policy, touch=False)
        if known_username(username) == operator.username:
            raise NotPermitted(OWN_WORK)
    except StoreUnavailable:
        raise
    except CoopError as error:
        uow.record_refusal(operator, op.value, error)
        raise
    examined = examine(uow, username, password)
    with uow.begin_system(operator) as tx:
        staff, verdict = settle(tx, examined, code, ask_code=True)
        reason: str | None = verdict.value
        refused: CoopError | None = None
        if staff is None or verdict is not Verdict.PROVEN:
            refused = refusal(verdict)
        else:
            refused = unfit(tx, staff, op)
            reason = refused.code if refused else None
        tx.record(
            op.value,
            result="refused" if refused else "ok",
            reason=reason,
            about=examined.about,
            detail={"user": examined.name},
        )
        tx.commit()
        if staff is None or refused is not None:
            raise refused or SignInRefused
        return StaffIdentity(id_of(staff), staff.username, staff.full_name, roles_of(staff))


def recheck_staff(tx: Transaction, identity: StaffIdentity, op: Op = Op.SECOND_PERSON) -> None:
    """Inside the use case's transaction: still enabled, still in a role that may, and not the operator.

    Raises SecondPersonNeeded.
    """
    staff = tx.session.get(Staff, identity.staff_id)
    if staff is None or not staff.enabled or not tx.policy.operations[op].roles & roles_of(staff):
        raise SecondPersonNeeded
    if tx.operator.actor == f"staff:{identity.staff_id}":
        raise SecondPersonNeeded


def unfit(tx: Transaction, staff: Staff, op: Op) -> CoopError | None:
    """Why a proven person may not stand in for `op`; None if they may."""
    if not tx.policy.operations[op].roles & roles_of(staff):
        return NotPermitted("El rol de la segunda persona no permite aprobar esta operación.")
    if staff.password_expires_at is not None or must_enrol(staff, tx.policy.session):
        return SecondPersonNeeded("La segunda persona debe ingresar antes en su puesto y completar su acceso.")
    return None

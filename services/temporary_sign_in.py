"""The first access and what is unfinished of it: password, cédula and birth date together (req. 27, 30; S42–S44).

A temporary password came by mail, which proves little: whoever uses it also says what the mail doesn't hold. Who chose
a password and was interrupted comes back the same way with that password.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import col

from data.secrets import Secret
from data.tables import Access, Member
from data.values.cedula import Cedula
from data.values.errors import InvalidValue
from services import nobody
from services.access_states import PAUSES, held_access
from services.door_entry import SignedInMember, enter
from services.doors import Door, DoorRefused, at_the_door, first_step, look_at, use_up, visitor_of
from services.errors import InvalidInput
from services.first_access_steps import first_missing
from services.member_authorisation import OPEN_STATES
from services.passwords import MAX_TYPED
from services.portal_place import PortalPlace
from services.staff_proof import reading
from services.temporary_passwords import (
    SIGN_IN_ACTION,
    TEXTS,
    TemporaryMatch,
    TemporaryOutcome,
    check_held,
    match_temporary,
    wrong_try,
)
from services.unit_of_work import Transaction, UnitOfWork

WRONG = (
    "Los datos no coinciden. Revise contraseña, cédula y fecha de nacimiento. Si ya eligió un usuario, ingrese con él."
)


@dataclass(frozen=True, slots=True)
class GiveTemporary:
    """What the form asks for; `birth` None: nothing that is a date was chosen."""

    ticket: Secret
    password: Secret
    cedula: str
    birth: date | None


@dataclass(frozen=True, slots=True)
class _Tried:
    """What the slow comparison found. `own`: with the password that the member chose already."""

    identified: bool
    own: bool
    stored: str | None
    matches: bool
    temporary: TemporaryMatch


def give_temporary(command: GiveTemporary, place: PortalPlace, uow: UnitOfWork) -> SignedInMember:
    """Into the first access, at its first unfinished step. One slow comparison whoever it is.

    Raises InvalidInput for what is no cédula or no date (no try), DoorRefused, DoorClosed.
    """
    cedula = _cedula(command.cedula)
    if command.birth is None:
        raise InvalidInput("Escriba su fecha de nacimiento (dd/mm/aaaa).", field="birth")
    door = look_at(uow, command.ticket, place, "temporary")
    tried = _compare(uow, door, command.password, cedula, command.birth)
    refused: DoorRefused | None = None
    with at_the_door(uow, place, SIGN_IN_ACTION) as tx:
        access = held_access(tx, door.member_id)
        use_up(tx, door, command.ticket, place)
        text = _own_password(tx, access, tried) if tried.own else _temporary(tx, access, tried)
        if text is None and access is not None:
            signed = enter(tx, access, place, stage="wizard", answered=False)
            tx.operator = signed.operator
            tx.record("portal.sign_in", member=access.member_id, detail={"stage": "wizard", "must": signed.must})
        else:
            if access is None:
                tx.record(SIGN_IN_ACTION, result="refused", reason="sign_in_refused", about=f"user:{door.mark[:12]}")
            refused = DoorRefused(text or WRONG, again=first_step(tx, visitor_of(door), place))
        tx.commit()
    if refused is not None:
        raise refused
    return signed


def _compare(uow: UnitOfWork, door: Door, password: Secret, cedula: str, birth: date) -> _Tried:
    """One Argon2 comparison: with the chosen password of an unfinished access, else with the last temporary one."""
    with reading(uow) as connection:
        row = connection.execute(
            select(col(Member.cedula), col(Member.birth_date), col(Access.password_hash))
            .outerjoin(Access, col(Access.member_id) == col(Member.id))
            .where(col(Member.id) == door.member_id)
        ).mappings().first()  # fmt: skip
    identified = row is not None and (row["cedula"], row["birth_date"]) == (cedula, birth)
    typed = Secret(password.reveal()[:MAX_TYPED])
    stored = row["password_hash"] if row is not None else None
    if row is None or stored is None:
        match = match_temporary(door.member_id, typed, uow)
        good = match if identified else TemporaryMatch(door.member_id, None)
        return _Tried(identified, False, None, good.credential_id is not None, good)
    matches = uow.hasher.verify(stored, typed.reveal())
    return _Tried(identified, True, stored, matches and identified, TemporaryMatch(door.member_id, None))


def _temporary(tx: Transaction, access: Access | None, tried: _Tried) -> str | None:
    """Use the temporary password up; None when it was accepted, else what the person reads. Leaves its own event."""
    if access is None:
        nobody.wrong_try(tx)
        return WRONG
    checked = check_held(tx, access, tried.temporary)
    if checked.outcome is TemporaryOutcome.ACCEPTED:
        access.relogin_at = None  # once more with the data that are about to be chosen
        return None
    return WRONG if checked.outcome is TemporaryOutcome.WRONG else checked.user_text


def _own_password(tx: Transaction, access: Access | None, tried: _Tried) -> str | None:
    """Back into an unfinished first access; of a finished one nothing is compared, and nothing counted."""
    if access is None:
        return WRONG
    right = tried.matches and access.password_hash == tried.stored
    unfinished = first_missing(access, wizard_only=True) is not None
    if right and unfinished and access.state in OPEN_STATES:
        return None
    paused = right and unfinished and access.state in PAUSES
    detail = wrong_try(tx, access) if unfinished and not right else nobody.wrong_try(tx)
    reason = "access_paused" if paused else "sign_in_refused"
    tx.record("portal.sign_in", result="refused", reason=reason, member=access.member_id, detail=detail)
    return TEXTS[TemporaryOutcome.PAUSED] if paused else WRONG


def _cedula(typed: str) -> str:
    try:
        return Cedula.parse(typed).format()
    except InvalidValue as error:
        raise InvalidInput(error.message_es, field="cedula") from None

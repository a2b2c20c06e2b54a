"""A member comes in, step by step: user, question, picture and password; or the temporary data of the first access
(S42, S64–S69, req. 12, 20, 27, 30, 35).

Each step asks the same of known and unknown users, in one slow comparison, and answers with one text. Wrong answers and
wrong passwords count and block the access at the policy's number; only who gives everything right hears that it is
blocked.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from data.secrets import Secret
from data.tables import Access, ImageReport
from services import factors, nobody
from services.access_states import PAUSES, held_access
from services.devices import remember
from services.door_entry import SignedInMember, enter
from services.doors import (
    Door,
    DoorClosed,
    DoorRefused,
    DoorStep,
    at_the_door,
    first_step,
    look_at,
    picture_step,
    use_up,
    visitor,
    visitor_of,
)
from services.errors import DataChanged, InvalidInput
from services.member_authorisation import OPEN_STATES
from services.member_presence import MemberSessionState, session_state, sign_out, touch
from services.passwords import MAX_TYPED
from services.portal_place import PortalPlace, mark_of
from services.portal_throttles import count_try
from services.security_questions import check_compared, compare_answer
from services.staff_proof import reading
from services.temporary_passwords import TEXTS, TemporaryOutcome, wrong_try
from services.temporary_sign_in import GiveTemporary, give_temporary
from services.text_cleaning import fold
from services.unit_of_work import Transaction, UnitOfWork

__all__ = [
    "Answer",
    "Begin",
    "DoorClosed",
    "DoorRefused",
    "DoorStep",
    "GivePassword",
    "GiveTemporary",
    "MemberSessionState",
    "NotMyImage",
    "Reported",
    "SignedInMember",
    "answer",
    "begin",
    "give_password",
    "give_temporary",
    "not_my_image",
    "session_state",
    "sign_out",
    "touch",
]
BEGIN, ANSWER, SIGN_IN, REPORT = "portal.begin", "portal.answer", "portal.sign_in", "portal.image_report"


@dataclass(frozen=True, slots=True)
class Begin:
    """The user that was typed: the chosen one, or the member's number at the first access."""

    username: str


@dataclass(frozen=True, slots=True)
class Answer:
    ticket: Secret
    answer: Secret


@dataclass(frozen=True, slots=True)
class GivePassword:
    """`remember_device`: «¿Desea que recordemos su equipo?» (S68); a kiosk is never remembered."""

    ticket: Secret
    password: Secret
    remember_device: bool = False


@dataclass(frozen=True, slots=True)
class NotMyImage:
    ticket: Secret


@dataclass(frozen=True, slots=True)
class Reported:
    """What the person reads after «No es mi imagen», whoever they are."""

    text: str = (
        "No escriba su contraseña. Avisamos al CIS. Empiece de nuevo y revise su respuesta; si la imagen sigue sin ser"
        " la suya, llame al 205-0911."
    )


def begin(command: Begin, place: PortalPlace, uow: UnitOfWork) -> DoorStep:
    """The first step of a user, known or not. Raises InvalidInput for none, RateLimited."""
    if not command.username.strip():
        raise InvalidInput("Escriba su usuario.", field="username")
    limits = uow.policy.portal
    with at_the_door(uow, place, BEGIN) as tx:
        who = visitor(tx.connection, tx.secrets, command.username)
        minutes = limits.door_window_minutes
        origin = mark_of(tx.secrets, "origin", place.origin)
        count_try(tx, "door_origin", origin, most=limits.door_per_origin, minutes=minutes)
        count_try(tx, "door_user", who.mark, most=limits.door_per_user, minutes=minutes)
        step = first_step(tx, who, place)
        tx.record(BEGIN, member=who.member_id, about=f"user:{who.mark[:12]}", detail={"step": step.kind})
        tx.commit()
    return step


def answer(command: Answer, place: PortalPlace, uow: UnitOfWork) -> DoorStep:
    """Go on to the picture: after a right answer the member's own, after a wrong one, as for unknown users, a false
    one. A wrong answer counts at once, at the door and with those on the phone (req. 20).

    Raises InvalidInput for an empty answer, which is no try, and DoorClosed.
    """
    if not fold(command.answer.reveal()[:MAX_TYPED]):
        raise InvalidInput("Escriba su respuesta.", field="answer")
    door = look_at(uow, command.ticket, place, "question")
    compared = compare_answer(uow, door.member_id or 0, door.position or 0, command.answer)
    with at_the_door(uow, place, ANSWER) as tx:
        access = held_access(tx, door.member_id)
        use_up(tx, door, command.ticket, place)
        try:
            right = check_compared(tx, door.member_id or nobody.NOBODY, compared)
        except DataChanged:
            raise DoorClosed from None
        detail: dict[str, object] = {}
        if access is None:
            nobody.keep(tx)
            nobody.wrong_try(tx)
        elif not right:
            factors.keep_portal_failure(tx, access.member_id)
            detail = wrong_try(tx, access)
        step = picture_step(tx, visitor_of(door), place, answered=right)
        tx.record(
            ANSWER,
            result="passed" if right else "failed",
            member=door.member_id,
            about=f"user:{door.mark[:12]}",
            detail=detail,
        )
        tx.commit()
    return step


def give_password(command: GivePassword, place: PortalPlace, uow: UnitOfWork) -> SignedInMember:
    """Come in with the password, after the picture. Raises DoorRefused, DoorClosed."""
    door = look_at(uow, command.ticket, place, "image")
    stored = _password_hash(uow, door) if door.answered else None
    typed = command.password.reveal()
    if stored is None or len(typed) > MAX_TYPED:
        stored = None
        matches = uow.hasher.verify_dummy(typed[:MAX_TYPED])
    else:
        matches = uow.hasher.verify(stored, typed)
    refused: DoorRefused | None = None
    with at_the_door(uow, place, SIGN_IN) as tx:
        access = held_access(tx, door.member_id)
        use_up(tx, door, command.ticket, place)
        right = matches and access is not None and access.password_hash == stored
        if access is None or not right or access.state not in OPEN_STATES:
            refused = _refuse(tx, door, access, place, right=right)
        else:
            if uow.hasher.needs_rehash(access.password_hash or ""):
                access.password_hash = uow.hasher.hash(typed)
            token = remember(tx, access.member_id, place) if command.remember_device else None
            signed = enter(tx, access, place, stage="full", answered=True, token=token)
            tx.operator = signed.operator
            tx.record(SIGN_IN, member=door.member_id, detail={"device": token is not None, "must": signed.must})
        tx.commit()
    if refused is not None:
        raise refused
    return signed


def not_my_image(command: NotMyImage, place: PortalPlace, uow: UnitOfWork) -> Reported:
    """«No es mi imagen»: the step ends, and the CIS gets a case to attend to (S69). One text for everybody.

    Raises DoorClosed.
    """
    door = look_at(uow, command.ticket, place, "image")
    with at_the_door(uow, place, REPORT) as tx:
        use_up(tx, door, command.ticket, place)
        if door.member_id is None:
            nobody.keep(tx)
        else:
            where, terminal = place.channel.value, tx.operator.terminal
            tx.session.add(
                ImageReport(
                    member_id=door.member_id, at=tx.now, channel=where, terminal=terminal, answered=door.answered
                )
            )
        tx.record(REPORT, member=door.member_id, about=f"user:{door.mark[:12]}", detail={"answered": door.answered})
        tx.commit()
    return Reported()


def _refuse(tx: Transaction, door: Door, access: Access | None, place: PortalPlace, *, right: bool) -> DoorRefused:
    """Count a wrong password and make the way back to the first step; a wrong answer was counted when it was given."""
    detail: dict[str, object] = {}
    paused = right and access is not None and access.state in PAUSES
    if access is not None and door.answered and not right:
        detail = wrong_try(tx, access)
    about = f"user:{door.mark[:12]}"
    reason = "access_paused" if paused else "sign_in_refused"
    tx.record(SIGN_IN, result="refused", reason=reason, member=door.member_id, about=about, detail=detail)
    text = TEXTS[TemporaryOutcome.PAUSED] if paused else None
    return DoorRefused(text, again=first_step(tx, visitor_of(door), place))


def _password_hash(uow: UnitOfWork, door: Door) -> str | None:
    with reading(uow) as connection:
        return connection.execute(
            select(col(Access.password_hash)).where(col(Access.member_id) == door.member_id)
        ).scalar()

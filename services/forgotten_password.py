"""«¿Olvidó su contraseña?»: a code to the contact on record and the security question, then a new password (S67, S93).

Neither is enough alone: mail is no proof (A3) and a question is a weak one (A5). Unknown users get the same steps,
words and slow work; who has no usable contact, an unfinished first access or a blocked one goes to the CIS. Everything
that the old password had opened ends, and the member is told by mail and by phone.
"""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from data.secrets import Secret, Secrets
from data.tables import Access, Member
from services import factors, member_codes, nobody, outbox
from services.access_notices import tell
from services.access_states import held_access
from services.devices import forget
from services.doors import (
    DoorClosed,
    Visitor,
    at_the_door,
    look_at,
    open_door,
    question_of,
    use_up,
    user_mark,
    visitor,
)
from services.errors import ContactMissing, ContactTooRecent, DataChanged, InvalidInput, RateLimited, SignInRefused
from services.first_access import facts_of
from services.member_authorisation import OPEN_STATES
from services.member_passwords import PasswordFacts, require_rules
from services.member_security import NOTICE, WHAT
from services.member_sessions import end_sessions_of_member
from services.one_time_codes import CheckedCode
from services.passwords import MAX_TYPED
from services.portal_place import PortalPlace, mark_of
from services.portal_throttles import count_try
from services.security_questions import Compared, check_compared, compare_answer
from services.staff_proof import reading
from services.temporary_passwords import wrong_try
from services.text_cleaning import fold
from services.unit_of_work import Transaction, UnitOfWork

FORGOT, PROVE, RENEW = "portal.forgotten", "portal.recovery", "portal.renewed"
SENT = (
    "Si el usuario existe y tiene un correo o celular registrado, le enviamos un código. Escríbalo junto con la"
    " respuesta a su pregunta. Si no le llega, llame al CIS, 205-0911."
)
PURPOSE = "forgotten"
FORMER = "Elija una contraseña distinta de la anterior."


@dataclass(frozen=True, slots=True)
class Forgot:
    username: str


@dataclass(frozen=True, slots=True)
class ForgottenStep:
    """What to show: the question and one text for everybody. `ticket` goes into `prove`."""

    ticket: Secret
    question_text: str
    text: str = SENT


@dataclass(frozen=True, slots=True)
class ProveForgotten:
    ticket: Secret
    code: Secret
    answer: Secret


@dataclass(frozen=True, slots=True)
class RenewStep:
    """Proven: `facts` for the live checks of the new password."""

    ticket: Secret
    facts: PasswordFacts = field(repr=False)


@dataclass(frozen=True, slots=True)
class RenewPassword:
    ticket: Secret
    new: Secret
    repeat: Secret


@dataclass(frozen=True, slots=True)
class Renewed:
    text: str = "Contraseña cambiada. Ingrese con ella."


class ForgottenRefused(SignInRefused):
    """Code or answer were not right; `again` is the step to try anew with the same code."""

    default = "El código o la respuesta no coinciden. Revíselos; cada intento cuenta."

    def __init__(self, again: ForgottenStep) -> None:
        self.again = again
        super().__init__()


def forgot(command: Forgot, place: PortalPlace, uow: UnitOfWork) -> ForgottenStep:
    """Send a code, if there is somebody to send it to, and ask the question. Raises InvalidInput, RateLimited."""
    if not command.username.strip():
        raise InvalidInput("Escriba su usuario.", field="username")
    limits, minutes = uow.policy.portal, uow.policy.portal.door_window_minutes
    holder = _holder(uow.secrets, user_mark(uow.secrets, command.username), place)
    made = member_codes.make(uow, holder, PURPOSE)  # for whomever: the slow work is done before anybody is looked for
    with at_the_door(uow, place, FORGOT) as tx:
        who = visitor(tx.connection, tx.secrets, command.username)
        origin = mark_of(tx.secrets, "origin", place.origin)
        count_try(tx, "door_origin", origin, most=limits.door_per_origin, minutes=minutes)
        count_try(tx, "door_user", who.mark, most=limits.door_per_user, minutes=minutes)
        sent = _send(tx, _recoverable(tx, who), who, holder, made)
        # Whose access is shut is still asked their own question, as at the door: another one would tell of them.
        step = _step(tx, Visitor(None if who.unfinished else who.member_id, who.mark, unfinished=False), place)
        tx.record(FORGOT, member=who.member_id, about=f"user:{who.mark[:12]}", detail={"sent": sent})
        tx.commit()
    return step


def prove(command: ProveForgotten, place: PortalPlace, uow: UnitOfWork) -> RenewStep:
    """Code and answer together, two slow comparisons for everybody; a wrong one counts as at the door.

    Raises InvalidInput for what is no code or no answer (no try), ForgottenRefused, DoorClosed.
    """
    if not fold(command.answer.reveal()[:MAX_TYPED]):
        raise InvalidInput("Escriba su respuesta.", field="answer")
    door = look_at(uow, command.ticket, place, "forgotten")
    holder = _holder(uow.secrets, door.mark, place)
    code = member_codes.compare(uow, holder, command.code)
    answer = compare_answer(uow, door.member_id or 0, door.position or 0, command.answer)
    refused: ForgottenRefused | None = None
    with at_the_door(uow, place, PROVE) as tx:
        access = held_access(tx, door.member_id)
        use_up(tx, door, command.ticket, place)
        who = Visitor(door.member_id, door.mark, unfinished=False)
        right, detail = _judge(tx, access, holder, code, answer)
        if right and access is not None:
            ticket = open_door(tx, who, place, "renew", answered=True).ticket
            step = RenewStep(ticket, facts_of(tx, _member(tx, access), access, None))
        else:
            refused = ForgottenRefused(_step(tx, who, place))
        about = f"user:{door.mark[:12]}"
        tx.record(PROVE, result="passed" if right else "failed", member=door.member_id, about=about, detail=detail)
        tx.commit()
    if refused is not None:
        raise refused
    return step


def renew(command: RenewPassword, place: PortalPlace, uow: UnitOfWork) -> Renewed:
    """The new password. Raises InvalidInput (rules, or it is the former one; the ticket stays good), DoorClosed."""
    door = look_at(uow, command.ticket, place, "renew")
    typed = command.new.reveal()[:MAX_TYPED]
    with reading(uow) as connection:
        former = connection.execute(
            select(col(Access.password_hash)).where(col(Access.member_id) == door.member_id)
        ).scalar()
    if former and uow.hasher.verify(former, typed):
        raise InvalidInput(FORMER, field="new")
    hashed = uow.hasher.hash(typed)
    with at_the_door(uow, place, RENEW) as tx:
        access = held_access(tx, door.member_id)
        if access is None or access.state not in OPEN_STATES or access.password_hash != former:
            raise DoorClosed
        member = _member(tx, access)
        require_rules(command.new, command.repeat, facts_of(tx, member, access, None))
        use_up(tx, door, command.ticket, place)
        access.password_hash, access.password_at, access.failed_count = hashed, tx.now, 0
        tx.session.add(access)
        ended = end_sessions_of_member(tx, access.member_id, "password")
        gone = forget(tx, access.member_id, None)
        what = {"what": WHAT["portal.password"]}
        outbox.notice(tx, access.member_id, NOTICE, what)
        if member.email:
            tell(tx, member, "sms", member.phone, NOTICE, what)
        tx.record(RENEW, member=access.member_id, detail={"sessions": ended, "devices": gone})
        tx.commit()
    return Renewed()


def _recoverable(tx: Transaction, who: Visitor) -> Member | None:
    """The member, if their first access is finished and open. Numbers are no chosen users: nobody's recovery."""
    access = held_access(tx, None if who.unfinished else who.member_id)
    member = tx.session.get(Member, access.member_id if access is not None else nobody.NOBODY)
    return member if access is not None and access.state in OPEN_STATES else None


def _send(tx: Transaction, member: Member | None, who: Visitor, holder: str, made: member_codes.MadeCode) -> bool:
    """To the first contact that may get one. That none did is nobody's business at the door."""
    ways = member_codes.ways(tx, member) if member is not None else ()
    try:
        if member is None or not ways:
            member_codes.send_to_nobody(tx, holder, who.mark)
            return False
        about = "recuperar su contraseña"
        member_codes.send(tx, member, holder, ways[0].destination, PURPOSE, about=about, made=made)
    except (RateLimited, ContactMissing, ContactTooRecent):
        return False
    return True


def _judge(
    tx: Transaction, access: Access | None, holder: str, code: CheckedCode, answer: Compared
) -> tuple[bool, dict[str, object]]:
    """Whether both are right. A right code with a wrong answer stays unused, and counts a try like a wrong one."""
    member_id = access.member_id if access is not None else nobody.NOBODY
    try:
        known = check_compared(tx, member_id, answer)
    except DataChanged:
        raise DoorClosed from None
    try:
        right = member_codes.settle(tx, holder, CheckedCode(code.code_id, code.matches and known))
    except InvalidInput:  # no code is good any more: nothing to end, and one statement as with one
        member_codes.end_codes(tx, holder)
        right = False
    if access is None:
        nobody.keep(tx)
        return False, nobody.wrong_try(tx)
    if right:
        return True, {}
    if not known:
        factors.keep_portal_failure(tx, access.member_id)
    return False, wrong_try(tx, access)


def _step(tx: Transaction, who: Visitor, place: PortalPlace) -> ForgottenStep:
    position, text = question_of(tx, who)
    return ForgottenStep(open_door(tx, who, place, "forgotten", position=position).ticket, text)


def _holder(secrets: Secrets, mark: str, place: PortalPlace) -> str:
    """What the code belongs to, whichever ticket it comes with: this user, from this place."""
    return f"forgotten:{mark}:{mark_of(secrets, 'origin', place.origin)}"


def _member(tx: Transaction, access: Access) -> Member:
    member = tx.session.get(Member, access.member_id)
    if member is None:
        raise LookupError("an access without its member")
    return member

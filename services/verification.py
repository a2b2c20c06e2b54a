"""Who is on the line: the steps by which an agent verifies a caller (req. 16–24, C1–C7, A5–A7).

Each step is a use case of its own and answers with the whole state. A wrong answer is no error: it is kept, counted
and told in the state. What was said never comes back: the state tells passed or failed and the tries that are left.

Levels and their substitutes: services/verification_state.py. Where nothing else is said, a use case raises the errors
of authorisation, NotFound, InvalidInput (also when no case is open) and VerificationBlocked.
"""

import hmac

from sqlalchemy import or_, select
from sqlmodel import col

from data.tables import Staff, StaffRelative
from data.values.cedula import Cedula
from data.values.dates import panama_date, parse_birth_date
from data.values.errors import InvalidValue
from data.values.phone import Phone
from services import authorisation, factors, one_time_codes, red_flags, security_questions
from services.access_states import lock_member
from services.errors import (
    ContactMissing,
    ContactTooRecent,
    InvalidInput,
    NotPermitted,
    VerificationBlocked,
    VerificationNeeded,
)
from services.leases import end_leases
from services.operations import Op
from services.operator import IN_PERSON, Operator
from services.reasons import check_reason
from services.second_person import StaffIdentity, check_staff, recheck_staff
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork
from services.verification_commands import (
    AnswerQuestion,
    BeginVerification,
    CallbackDone,
    CallbackNumber,
    CallbackTarget,
    CheckCode,
    CheckRecord,
    CodeDelivery,
    InPerson,
    SecondPerson,
    SendCode,
    SetFlags,
    UnblockVerification,
)
from services.verification_desk import Desk, finish, open_desk, show
from services.verification_state import SentCode, VerificationState

__all__ = [
    "AnswerQuestion",
    "BeginVerification",
    "CallbackDone",
    "CallbackNumber",
    "CallbackTarget",
    "CheckCode",
    "CheckRecord",
    "CodeDelivery",
    "InPerson",
    "SecondPerson",
    "SendCode",
    "SetFlags",
    "UnblockVerification",
    "VerificationState",
    "answer",
    "begin",
    "callback",
    "callback_number",
    "check_code",
    "check_record",
    "code_delivery",
    "end_leases",
    "in_person",
    "second_person",
    "send_code",
    "set_flags",
    "unblock",
]


def begin(command: BeginVerification, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """The state of the open case; the first time, two of the member's questions are drawn for it (req. 17, 20).

    A blocked member is shown as blocked, not refused: the desk in a branch may go on in person.
    """
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        tx.record("verification.begin", about=f"case:{desk.case_id}")
        state = show(desk)
        tx.commit()
        return state


def answer(command: AnswerQuestion, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """Compare the answer to one drawn question (req. 18–20). DataChanged if the answers were replaced meanwhile."""
    compared = security_questions.compare_answer(uow, command.member_id, command.position, command.answer)
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        _refuse_blocked(desk)
        if command.position not in desk.drawn:
            raise InvalidInput("Esa pregunta no se sorteó para este caso.", field="answer")
        passed = security_questions.check_compared(tx, command.member_id, compared)
        said = "Respuesta correcta." if passed else "La respuesta no coincide."
        return finish(desk, "question", str(command.position), passed, said)


def check_record(command: CheckRecord, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """Compare number, cédula and birth date with the record, while the member has no questions on record (S39).

    It stands for the answers towards N2 and above and opens nothing alone: these data identify, they prove nothing
    (C1). One wrong datum is a failed try, and which one is not told.
    """
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        _refuse_blocked(desk)
        if desk.questions:
            raise InvalidInput("El asociado tiene preguntas de seguridad: use esas preguntas.")
        try:
            cedula = Cedula.parse(command.cedula).format()
            born = parse_birth_date(command.birth_date, panama_date(tx.now))
        except InvalidValue as error:
            raise InvalidInput(error.message_es) from None
        typed = f"{clean(command.number, 40)}|{cedula}|{born.isoformat()}"
        member = desk.member
        passed = _same(typed, f"{member.number}|{member.cedula}|{member.birth_date.isoformat()}")
        said = "Los datos coinciden con el expediente." if passed else "Los datos no coinciden con el expediente."
        return finish(desk, "record", None, passed, said)


def send_code(command: SendCode, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """Send a one-time code to the e-mail or mobile on record (req. 22); nobody here ever sees it.

    Raises also ContactMissing, ContactTooRecent (under 72 h), RateLimited (five in this case).
    """
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        _refuse_blocked(desk)
        sent = one_time_codes.send_code(tx, desk.member, desk.case_id, command.destination, command.purpose)
        detail = {"destination": command.destination, "purpose": command.purpose}
        tx.record("verification.code_sent", about=f"case:{desk.case_id}", detail=detail)
        state = show(desk, message=f"Código enviado a {sent.destination}. Pídalo a quien llama.")
        tx.commit()
        return state


def code_delivery(command: CodeDelivery, operator: Operator, uow: UnitOfWork) -> SentCode | None:
    """The code that is good in the open case, with its delivery as it stands now. The screen asks by itself, so it
    counts as nobody being there and leaves no event: it shows nothing that was not shown."""
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id, touch=False) as tx:
        return one_time_codes.live_code(tx, tx.case_id) if tx.case_id else None


def check_code(command: CheckCode, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """Compare the digits that the caller reads back (req. 22): ten minutes, three tries, once."""
    checked = one_time_codes.compare_code(uow, operator, command.member_id, command.code)
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        _refuse_blocked(desk)
        passed, detail = one_time_codes.use_code(tx, desk.case_id, checked)
        said = "Código correcto." if passed else "El código no coincide."
        return finish(desk, "code", detail, passed, said)


def in_person(command: InPerson, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """Compare the cédula in hand with the record; only in a sucursal or capítulo, also while blocked (req. 17, 20).

    Raises also NotPermitted in another channel.
    """
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        if operator.channel not in IN_PERSON:
            raise NotPermitted("La cédula se verifica en persona, en una sucursal o capítulo.")
        limit = tx.policy.verification.failures_before_block
        if desk.blocked and factors.failures(tx, command.member_id, ("in_person",)) >= limit:
            raise VerificationBlocked("Verificación bloqueada. Pida a un supervisor que la desbloquee.")
        try:
            cedula = Cedula.parse(command.cedula).format()
        except InvalidValue as error:
            raise InvalidInput(error.message_es, field="cedula") from None
        passed = _same(cedula, desk.member.cedula)
        said = "Cédula verificada en persona." if passed else "La cédula no coincide con el expediente."
        return finish(desk, "in_person", None, passed, said)


def callback_number(command: CallbackNumber, operator: Operator, uow: UnitOfWork) -> CallbackTarget:
    """The phone on record in clear, to hang up and call back (C4); the trail tells that it was shown.

    Raises also VerificationNeeded below N2, ContactMissing, ContactTooRecent (under 72 h).
    """
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        _refuse_blocked(desk)
        _need_level_two(desk)
        _, phone = one_time_codes.contacts(tx, desk.member)
        try:
            number = Phone.parse(phone.value or "").format()
        except InvalidValue:
            raise ContactMissing("El asociado no tiene un teléfono registrado. Elija otra vía.") from None
        if phone.recent:
            raise ContactTooRecent
        factors.keep_step(tx, desk.case_id, desk.member_id, "callback", None, "shown")
        tx.record("verification.callback_number", about=f"case:{desk.case_id}")
        tx.commit()
        return CallbackTarget(number)


def callback(command: CallbackDone, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """Say how the call back went. Raises also VerificationNeeded below N2."""
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        _refuse_blocked(desk)
        _need_level_two(desk)
        if not desk.callback_shown:
            raise InvalidInput("Pida primero el número registrado y llame a ese número.")
        said = "Llamada de vuelta confirmada." if command.answered else "La llamada de vuelta no se contestó."
        return finish(desk, "callback", None, command.answered, said)


def second_person(command: SecondPerson, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """A supervisor at the same desk vouches for the caller (req. 17, 43): not the operator, no relative of the member.

    Raises also VerificationNeeded below N2, and what services.second_person raises for the person.
    """
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        _ready_for_second_person(open_desk(tx))  # before a password is looked at; nothing is kept of this
    second = check_staff(command.username, command.password, command.code, operator, uow)
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        _ready_for_second_person(desk)
        recheck_staff(tx, second)
        if _related(tx, second, desk.member_id):
            raise NotPermitted("La segunda persona no puede ser familiar del asociado. Pida a otro supervisor.")
        said = f"Segunda persona: {second.full_name}."
        return finish(desk, "second_person", f"staff:{second.staff_id}", True, said)


def set_flags(command: SetFlags, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """Keep the checklist of red flags as the agent ticked it; each change stands in the trail (req. 23)."""
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        desk = open_desk(tx)
        desk.flags = red_flags.choose_flags(tx, desk.case_id, desk.flags, command.flags)
        state = show(desk, message="Señales de alerta guardadas.")
        tx.commit()
        return state


def unblock(command: UnblockVerification, operator: Operator, uow: UnitOfWork) -> VerificationState:
    """A supervisor opens verification of a member again; the count of failures starts anew (req. 20).

    Without a case of their own with the member, the state has an empty case and nothing to ask.
    """
    with uow.begin(operator, Op.VERIFICATION_UNBLOCK, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        member = lock_member(tx, command.member_id)
        if not factors.lift_block(tx, command.member_id):
            raise InvalidInput("La verificación de este asociado no está bloqueada.")
        tx.record(reason=reason)
        desk = open_desk(tx) if tx.case_id else Desk(tx, member)
        state = show(desk, message="Verificación desbloqueada.")
        tx.commit()
        return state


def _refuse_blocked(desk: Desk) -> None:
    """By phone nothing goes on; someone whose cédula was seen here may go on to the code (req. 20)."""
    if desk.blocked and "in_person" not in desk.factors:
        raise VerificationBlocked


def _need_level_two(desk: Desk) -> None:
    if desk.level < 2:
        needed = show(desk).missing_for.get(2, authorisation.FACTOR_NAMES[2])
        raise VerificationNeeded(2, needed)


def _ready_for_second_person(desk: Desk) -> None:
    _refuse_blocked(desk)
    if desk.code_possible or "in_person" not in desk.factors:
        _need_level_two(desk)


def _related(tx: Transaction, second: StaffIdentity, member_id: int) -> bool:
    query = (
        select(col(Staff.id))
        .outerjoin(StaffRelative, col(StaffRelative.staff_id) == col(Staff.id))
        .where(
            col(Staff.id) == second.staff_id,
            or_(col(Staff.member_id) == member_id, col(StaffRelative.member_id) == member_id),
        )
    )
    return tx.connection.execute(query.limit(1)).first() is not None


def _same(typed: str, stored: str) -> bool:
    return hmac.compare_digest(typed.encode("utf-8", "surrogatepass"), stored.encode())

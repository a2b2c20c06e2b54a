"""Once more, while inside: a security question or the password before what is grave (S56, req. 15; ASVS 7.5).

What was given counts for some minutes (policy). Wrong ones count as at the door, and block the access, which ends the
session.
"""

import secrets as random_source
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from data.secrets import Secret
from data.tables import Access, MemberSession
from services import factors
from services.access_states import held_access
from services.doors import door_position
from services.errors import DataChanged, InvalidInput, SessionEnded
from services.member_sessions import change_session
from services.operations import Op
from services.operator import Operator
from services.passwords import MAX_TYPED
from services.security_questions import StoredQuestion, check_compared, compare_answer, stored_questions
from services.staff_proof import reading
from services.temporary_passwords import wrong_try
from services.text_cleaning import fold
from services.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class ProofQuestion:
    """The question that this session asks."""

    text: str


@dataclass(frozen=True, slots=True)
class ProveAnswer:
    answer: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProvePassword:
    password: Secret = field(repr=False)


def proof_question(operator: Operator, uow: UnitOfWork) -> ProofQuestion:
    """The question, drawn once a session: another than the door's, so that the two together are two (req. 20, 21).

    Raises SessionEnded, SetupNeeded.
    """
    with uow.begin(operator, Op.PORTAL_PROOF, member_id=operator.member_id) as tx:
        asked = _asked(tx)
        tx.record("portal.proof_question")
        tx.commit()
    return ProofQuestion(asked.text)


def prove_answer(command: ProveAnswer, operator: Operator, uow: UnitOfWork) -> None:
    """Give the answer. Raises InvalidInput (field `answer`) for a wrong one, which counts, SessionEnded."""
    if not fold(command.answer.reveal()[:MAX_TYPED]):
        raise InvalidInput("Escriba su respuesta.", field="answer")
    with reading(uow) as connection:
        position = connection.execute(
            select(col(MemberSession.asked)).where(col(MemberSession.id) == operator.session_id)
        ).scalar()
    compared = compare_answer(uow, operator.member_id, position or 0, command.answer)
    with uow.begin(operator, Op.PORTAL_PROOF, member_id=operator.member_id) as tx:
        access = held_access(tx, operator.member_id)
        if access is None or position is None or _asked(tx).position != position:
            raise DataChanged("Sus preguntas cambiaron. Pida la pregunta de nuevo.")
        right = check_compared(tx, operator.member_id, compared)
        if right:
            _proven(tx, access, "answer")
            change_session(tx, operator.session_id, answered_at=tx.now)
        else:
            factors.keep_portal_failure(tx, operator.member_id, inside=True)
            _failed(tx, access, "answer")
        tx.commit()
    if not right:
        raise InvalidInput("La respuesta no coincide. Revísela; cada intento cuenta.", field="answer")


def prove_password(command: ProvePassword, operator: Operator, uow: UnitOfWork) -> None:
    """Give the password again. Raises InvalidInput (field `password`) for a wrong one, which counts, SessionEnded."""
    typed = command.password.reveal()[:MAX_TYPED]
    with reading(uow) as connection:
        stored = connection.execute(
            select(col(Access.password_hash)).where(col(Access.member_id) == operator.member_id)
        ).scalar()
    matches = uow.hasher.verify(stored, typed) if stored else uow.hasher.verify_dummy(typed)
    with uow.begin(operator, Op.PORTAL_PROOF, member_id=operator.member_id) as tx:
        access = held_access(tx, operator.member_id)
        if access is None:
            raise SessionEnded
        right = matches and access.password_hash == stored
        if right:
            _proven(tx, access, "password")
            change_session(tx, operator.session_id, authenticated_at=tx.now)
        else:
            _failed(tx, access, "password")
        tx.commit()
    if not right:
        raise InvalidInput("La contraseña no coincide. Revísela; cada intento cuenta.", field="password")


def _proven(tx: Transaction, access: Access, kind: str) -> None:
    access.failed_count = 0
    tx.session.add(access)
    tx.record(result="passed", detail={"kind": kind})


def _failed(tx: Transaction, access: Access, kind: str) -> None:
    detail = wrong_try(tx, access)
    tx.record(result="failed", detail={"kind": kind} | detail)


def _asked(tx: Transaction) -> StoredQuestion:
    """The session's question, drawn now if it has none yet or its answer was erased meanwhile."""
    stored = {question.position: question for question in stored_questions(tx, tx.operator.member_id)}
    if not stored:
        raise InvalidInput("No tiene preguntas de seguridad. Llame al CIS, 205-0911.")
    held = tx.connection.execute(
        select(col(MemberSession.asked)).where(col(MemberSession.id) == tx.operator.session_id)
    ).scalar()
    if held in stored:
        return stored[held]
    others = [question for number, question in stored.items() if number != door_position(tx, tx.operator.member_id)]
    strong = [question for question in others if not question.weak] or others or list(stored.values())
    drawn = random_source.choice(strong)
    change_session(tx, tx.operator.session_id, asked=drawn.position)
    return drawn

"""What a member changes of their own access while inside: user, password, picture, questions, services, devices (S53,
S61, S68, S78; req. 31–34, ASVS 6.3.7, 7.5).

Each asks for a password that was given within the last minutes (policy), leaves one event and a notice to the member.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.secrets import Secret
from data.tables import Access, Member
from services import outbox
from services.access_states import lock_access, lock_member
from services.consents import keep_choices
from services.devices import forget
from services.errors import InvalidInput
from services.first_access import SetImage, facts_of, keep_image
from services.member_passwords import PasswordFacts, require_rules
from services.member_sessions import end_sessions_of_member
from services.member_usernames import check_username, keep_username
from services.operations import Op
from services.operator import Operator
from services.security_questions import NewAnswer, set_answers
from services.staff_proof import reading
from services.temporary_passwords import wrong_try
from services.unit_of_work import Transaction, UnitOfWork

NOTICE = "member_security_changed"
#: What the notice says was changed.
WHAT = {
    "portal.username": "su usuario",
    "portal.password": "su contraseña",
    "portal.image": "su imagen de seguridad",
    "portal.questions": "sus preguntas de seguridad",
    "portal.services": "los servicios que recibe por correo",
    "portal.devices": "la lista de equipos recordados",
}
Work = Callable[[Transaction, Member, Access], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ChangeUsername:
    username: str


@dataclass(frozen=True, slots=True)
class ChangeOwnPassword:
    """`current` is asked for once more, whatever was given before: nobody changes it on a screen left open."""

    current: Secret = field(repr=False)
    new: Secret = field(repr=False)
    repeat: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangeQuestions:
    answers: tuple[NewAnswer, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangeServices:
    """The ids of the services that are on from now on."""

    on: frozenset[str]


@dataclass(frozen=True, slots=True)
class ForgetOwnDevices:
    """One remembered device, or all of them."""

    device_id: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What happened, in Spanish."""

    text: str


def own_password_facts(operator: Operator, uow: UnitOfWork, former: Secret | None = None) -> PasswordFacts:
    """What the screen checks a new password against with every key. Raises ProofNeeded, SessionEnded."""
    with uow.begin(operator, Op.PORTAL_SECURITY, member_id=operator.member_id) as tx:
        member = lock_member(tx, operator.member_id)
        return facts_of(tx, member, lock_access(tx, operator.member_id), former)


def change_username(command: ChangeUsername, operator: Operator, uow: UnitOfWork) -> Changed:
    """Another user to come in with (S53). Raises InvalidInput, ProofNeeded, SessionEnded."""

    def work(tx: Transaction, member: Member, access: Access) -> dict[str, Any]:
        keep_username(tx, access, check_username(command.username, member, tx.policy))
        tx.session.refresh(access)
        return {}

    return _change(operator, uow, "portal.username", work, "Usuario cambiado. Úselo en su próximo ingreso.")


def change_own_password(command: ChangeOwnPassword, operator: Operator, uow: UnitOfWork) -> Changed:
    """A new password; other sessions and remembered devices end with the former one. A wrong current one counts.

    Raises InvalidInput, ProofNeeded, SessionEnded.
    """
    typed, stored = command.current.reveal()[:1024], _stored_hash(uow, operator.member_id)
    right = uow.hasher.verify(stored, typed) if stored else uow.hasher.verify_dummy(typed)
    hashed = uow.hasher.hash(command.new.reveal()[:1024]) if right else ""
    with uow.begin(operator, Op.PORTAL_SECURITY, member_id=operator.member_id) as tx:
        member, access = lock_member(tx, operator.member_id), lock_access(tx, operator.member_id)
        if right and access.password_hash == stored:
            require_rules(command.new, command.repeat, facts_of(tx, member, access, command.current))
            access.password_hash, access.password_at = hashed, tx.now
            ended = end_sessions_of_member(tx, access.member_id, "password", but=operator.session_id)
            gone = forget(tx, access.member_id, None)
            return _told(tx, access, "portal.password", {"sessions": ended, "devices": gone}, "Contraseña cambiada.")
        tx.record("portal.password", result="failed", detail=wrong_try(tx, access))
        tx.commit()
    raise InvalidInput("La contraseña actual no coincide. Revísela; cada intento cuenta.", field="current")


def change_image(command: SetImage, operator: Operator, uow: UnitOfWork) -> Changed:
    """Another picture, or another name for it. Raises InvalidInput, ProofNeeded, SessionEnded."""

    def work(tx: Transaction, _member: Member, access: Access) -> dict[str, Any]:
        return keep_image(tx, access, command)

    return _change(operator, uow, "portal.image", work, "Imagen de seguridad cambiada.")


def change_questions(command: ChangeQuestions, operator: Operator, uow: UnitOfWork) -> Changed:
    """Three other questions, or other answers. Raises InvalidInput, ProofNeeded, SessionEnded."""

    def work(tx: Transaction, _member: Member, access: Access) -> dict[str, Any]:
        set_answers(tx, access.member_id, command.answers)
        access.questions_at = tx.now
        return {"questions": [answer.question_id for answer in command.answers]}

    return _change(operator, uow, "portal.questions", work, "Preguntas de seguridad cambiadas.")


def change_services(command: ChangeServices, operator: Operator, uow: UnitOfWork) -> Changed:
    """Switch services on or off; only what changes is written (req. 34). Raises InvalidInput, ProofNeeded."""

    def work(tx: Transaction, _member: Member, access: Access) -> dict[str, Any]:
        written = keep_choices(tx, access.member_id, command.on, all_of_them=False)
        if not written:
            raise InvalidInput("No cambió ningún servicio.", field="services")
        return {"services": written}

    return _change(operator, uow, "portal.services", work, "Servicios guardados.")


def forget_own_devices(command: ForgetOwnDevices, operator: Operator, uow: UnitOfWork) -> Changed:
    """Forget one remembered device or all: a question is asked there again. Raises InvalidInput, ProofNeeded."""

    def work(tx: Transaction, _member: Member, access: Access) -> dict[str, Any]:
        gone = forget(tx, access.member_id, command.device_id)
        if not gone:
            raise InvalidInput("No hay un equipo recordado que olvidar.")
        return {"devices": gone}

    return _change(operator, uow, "portal.devices", work, "Listo: en ese equipo se le hará una pregunta otra vez.")


def _change(operator: Operator, uow: UnitOfWork, action: str, work: Work, text: str) -> Changed:
    with uow.begin(operator, Op.PORTAL_SECURITY, member_id=operator.member_id) as tx:
        member, access = lock_member(tx, operator.member_id), lock_access(tx, operator.member_id)
        return _told(tx, access, action, work(tx, member, access), text)


def _told(tx: Transaction, access: Access, action: str, detail: dict[str, Any], text: str) -> Changed:
    tx.session.add(access)
    notice = outbox.notice(tx, access.member_id, NOTICE, {"what": WHAT[action]})
    tx.record(action, detail=detail | {"notice": notice})
    tx.commit()
    return Changed(text)


def _stored_hash(uow: UnitOfWork, member_id: int) -> str | None:
    with reading(uow) as connection:
        return connection.execute(select(col(Access.password_hash)).where(col(Access.member_id) == member_id)).scalar()

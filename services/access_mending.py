"""Mending an access that doesn't work or mustn't: unlock, reset, suspend, resume, close (A7, req. 15, 17, 25, 44).

Each: rights and level by the policy, a reason, a notice to the member, one event with what was before and after.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import col, select

from data.tables import Access, RememberedDevice, SecurityAnswer
from services import outbox
from services.access_labels import state_label
from services.access_notices import tell_by_phone
from services.access_states import AccessState, lock_access, lock_member, walk
from services.case_patterns import flag_change_and_reset
from services.credentials import (
    MAIL,
    CredentialIssued,
    earlier_issue,
    end_credentials,
    issue_and_commit,
    to_issued,
)
from services.devices import forget
from services.errors import IllegalStep, InvalidInput
from services.operations import Op
from services.operator import Operator
from services.reasons import check_reason
from services.temporary_passwords import prepare
from services.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class Unlock:
    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class ResetQuestions:
    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class ResetImage:
    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """`key` is the UUIDv7 that the form minted when it opened: it is the id of the new credential."""

    member_id: int
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class ForgetDevices:
    """One remembered device, or all of them."""

    member_id: int
    reason: str
    device_id: int | None = None


@dataclass(frozen=True, slots=True)
class Suspend:
    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    member_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Mended:
    """What happened, in Spanish, and where the access stands now. `credential`: the new one after a password reset."""

    text: str
    state_label: str
    credential: CredentialIssued | None = None


Mending = Unlock | ResetQuestions | ResetImage | ForgetDevices | Suspend | Resume | Close
Work = Callable[[Transaction, Access], tuple[str, dict[str, Any]]]
"""Does it; answers the text for the agent and the detail of the event."""


def unlock(command: Unlock, operator: Operator, uow: UnitOfWork) -> Mended:
    """bloqueado → the state before, the counter of wrong tries at zero (else the next slip blocks again).

    Raises the errors of authorisation (N2), InvalidInput, NotFound, NoAccess, IllegalStep.
    """

    def work(tx: Transaction, access: Access) -> tuple[str, dict[str, Any]]:
        if access.state != AccessState.BLOCKED:
            raise InvalidInput("El acceso no está bloqueado.")
        return "Acceso desbloqueado.", _back(tx, access)

    return _mend(command, operator, uow, Op.ACCESS_UNLOCK, "access_unlocked", work)


def reset_questions(command: ResetQuestions, operator: Operator, uow: UnitOfWork) -> Mended:
    """Delete the answers; the member chooses three questions at the next sign-in. A lease that they opened stays.

    Raises the errors of authorisation (N3), InvalidInput when there are none, NotFound, NoAccess.
    """

    def work(tx: Transaction, access: Access) -> tuple[str, dict[str, Any]]:
        _not_closed(access)
        gone = _delete_answers(tx, access.member_id)
        if not gone and access.questions_at is None:
            raise InvalidInput("El asociado no tiene preguntas registradas; las elige en su próximo ingreso.")
        access.questions_at = None
        text = "Preguntas borradas; el asociado elige otras tres en su próximo ingreso."
        return text, {"before": {"answers": gone}, "after": {"answers": 0}}

    return _mend(command, operator, uow, Op.QUESTIONS_RESET, "questions_reset", work)


def reset_image(command: ResetImage, operator: Operator, uow: UnitOfWork) -> Mended:
    """Forget image and name; the member chooses others at the next sign-in.

    Raises the errors of authorisation (N3), InvalidInput when there is none, NotFound, NoAccess.
    """

    def work(_tx: Transaction, access: Access) -> tuple[str, dict[str, Any]]:
        _not_closed(access)
        if access.image_id is None and access.image_at is None:
            raise InvalidInput("El asociado no tiene imagen registrada; la elige en su próximo ingreso.")
        before = {"image": access.image_id}
        access.image_id = access.image_name = access.image_at = None
        text = "Imagen borrada; el asociado elige otra en su próximo ingreso."
        return text, {"before": before, "after": {"image": None}}

    return _mend(command, operator, uow, Op.IMAGE_RESET, "image_reset", work)


def reset_password(command: ResetPassword, operator: Operator, uow: UnitOfWork) -> Mended:
    """Void the member's password and send a temporary one, in one transaction; the same key again is applied once.

    The former password dies here even if the mail never arrives. Raises the errors of authorisation (N3), InvalidInput,
    NotFound, NoAccess, IllegalStep, IssueLimitReached, ContactMissing, ContactTooRecent, KeyReused.
    """
    prepared = prepare(command.key, uow)
    with uow.begin(operator, Op.PASSWORD_RESET, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        member = lock_member(tx, command.member_id)
        if (earlier := earlier_issue(tx, member, command.key, (MAIL,))) is not None:
            return _password_mended(earlier)
        flag_change_and_reset(tx)
        access = lock_access(tx, command.member_id)
        state = AccessState(access.state)
        if state is AccessState.ACTIVATED:  # never had one: issuing is another operation
            raise IllegalStep(state.label, AccessState.ISSUED.label)
        tell_by_phone(tx, member, "password_reset")
        issued = issue_and_commit(tx, member, access, prepared, reason, to_issued(tx, access))
        return _password_mended(issued)


def forget_devices(command: ForgetDevices, operator: Operator, uow: UnitOfWork) -> Mended:
    """Forget one remembered device or all; the member answers a question at the next sign-in (S68).

    Raises the errors of authorisation (N2), InvalidInput when there is none, NotFound, NoAccess.
    """

    def work(tx: Transaction, access: Access) -> tuple[str, dict[str, Any]]:
        before = _live_devices(tx, access.member_id)
        gone = forget(tx, access.member_id, command.device_id)
        if not gone:
            raise InvalidInput("El asociado no tiene equipos recordados.")
        text = "Equipo olvidado." if gone == 1 else f"{gone} equipos olvidados."
        return text, {"before": {"devices": before}, "after": {"devices": before - gone}}

    return _mend(command, operator, uow, Op.DEVICES_FORGET, "devices_forgotten", work)


def suspend(command: Suspend, operator: Operator, uow: UnitOfWork) -> Mended:
    """Stop the access at once; needs no verification, for emergencies. Credentials under way die.

    Raises the errors of authorisation, InvalidInput, NotFound, NoAccess, IllegalStep.
    """

    def work(tx: Transaction, access: Access) -> tuple[str, dict[str, Any]]:
        detail = walk(tx, access, AccessState.SUSPENDED)
        ended = end_credentials(tx, access.member_id, "suspended")
        return "Acceso suspendido; nadie puede ingresar.", detail | {"credentials_ended": ended}

    return _mend(command, operator, uow, Op.ACCESS_SUSPEND, "access_suspended", work)


def resume(command: Resume, operator: Operator, uow: UnitOfWork) -> Mended:
    """suspendido → the state before. A credential that the suspension ended stays dead: send another.

    Raises the errors of authorisation (N3), InvalidInput, NotFound, NoAccess.
    """

    return _mend(command, operator, uow, Op.ACCESS_RESUME, "access_resumed", resume_access)


def resume_access(tx: Transaction, access: Access) -> tuple[str, dict[str, Any]]:
    """The work of it, on held rows; answers what to tell and the detail of the event. Raises InvalidInput."""
    if access.state != AccessState.SUSPENDED:
        raise InvalidInput("El acceso no está suspendido.")
    detail = _back(tx, access)
    text = "Acceso reanudado."
    if access.state == AccessState.ISSUED:
        text += " Envíe otra credencial temporal."
    return text, detail


def close(command: Close, operator: Operator, uow: UnitOfWork) -> Mended:
    """End the access for good: credentials, password, answers, image, devices. The username stays taken.

    Raises the errors of authorisation (N3), InvalidInput, NotFound, NoAccess, IllegalStep.
    """

    def work(tx: Transaction, access: Access) -> tuple[str, dict[str, Any]]:
        detail = walk(tx, access, AccessState.CLOSED)
        access.password_hash = access.image_id = access.image_name = None
        access.failed_count = 0
        detail |= {
            "credentials_ended": end_credentials(tx, access.member_id, "closed"),
            "answers": _delete_answers(tx, access.member_id),
            "devices": forget(tx, access.member_id, None),
        }
        return "Acceso cerrado definitivamente.", detail

    return _mend(command, operator, uow, Op.ACCESS_CLOSE, "access_closed", work)


def _mend(command: Mending, operator: Operator, uow: UnitOfWork, op: Op, template: str, work: Work) -> Mended:
    with uow.begin(operator, op, member_id=command.member_id) as tx:
        reason = check_reason(command.reason)
        lock_member(tx, command.member_id)
        flag_change_and_reset(tx)
        access = lock_access(tx, command.member_id)
        text, detail = work(tx, access)
        tx.session.add(access)
        notice = outbox.notice(tx, command.member_id, template, {})
        tx.record(reason=reason, detail=detail | {"notice": notice})
        tx.commit()
        told = "" if notice is not None else " El asociado no tiene contacto para el aviso."
        return Mended(text + told, state_label(access.state))


def _back(tx: Transaction, access: Access) -> dict[str, Any]:
    """Out of a pause, to where it began."""
    if access.state_before_block is None:
        raise LookupError("a pause without the state before it")
    failed = access.failed_count
    return walk(tx, access, AccessState(access.state_before_block)) | {"failed_before": failed}


def _not_closed(access: Access) -> None:
    if access.state == AccessState.CLOSED:
        raise InvalidInput("El acceso está cerrado definitivamente.")


def _password_mended(issued: CredentialIssued) -> Mended:
    return Mended(f"Contraseña anulada. {issued.text}", state_label(AccessState.ISSUED.value), issued)


def _delete_answers(tx: Transaction, member_id: int) -> int:
    return tx.connection.execute(delete(SecurityAnswer).where(col(SecurityAnswer.member_id) == member_id)).rowcount


def _live_devices(tx: Transaction, member_id: int) -> int:
    query = select(func.count()).where(
        col(RememberedDevice.member_id) == member_id,
        col(RememberedDevice.forgotten_at).is_(None),
        col(RememberedDevice.expires_at) > tx.now,
    )
    return int(tx.connection.execute(query).scalar_one())

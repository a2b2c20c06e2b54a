"""The first access: password, user, picture, questions, services, then in again with the new data (S42–S64).

The order (req. 30) is kept here, by the times in `access`: a step that isn't the next one fails, whoever calls; what is
committed stays, whatever happens afterwards. What staff took away (a reset of questions or picture) is asked for again
the same way.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.catalog.images import load_images
from data.secrets import Secret
from data.tables import Access, Member, TemporaryCredential
from services import outbox
from services.access_states import lock_access, lock_member
from services.consents import ServiceChoice, choices, keep_choices
from services.contracts import must_sign
from services.errors import CoopError, InvalidInput
from services.first_access_steps import NAMES, STEPS, first_missing
from services.member_passwords import PasswordFacts, RuleState, password_rules, recommendation, require_rules
from services.member_sessions import end_session
from services.member_usernames import check_username, keep_username
from services.operations import Op
from services.operator import Operator
from services.security_questions import NewAnswer, set_answers
from services.staff_proof import reading
from services.temporary_passwords import wrong_try
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

IMAGE_NAME = 30
__all__ = [
    "PasswordFacts",
    "RuleState",
    "SetImage",
    "SetPassword",
    "SetQuestions",
    "SetServices",
    "SetUsername",
    "StepOrder",
    "WizardState",
    "next_step",
    "password_facts",
    "password_rules",
    "recommendation",
    "service_choices",
    "set_image",
    "set_password",
    "set_questions",
    "set_services",
    "set_username",
]


class StepOrder(CoopError):
    """A step of the first access out of its order; `step` is the one that comes next, None when all are taken."""

    code = "step_order"

    def __init__(self, step: str | None) -> None:
        self.step = step
        super().__init__(f"Ese paso no toca ahora. Siga con {NAMES[step] if step else 'sus cuentas'}.")


@dataclass(frozen=True, slots=True)
class WizardState:
    """The step that comes next (None: all done) and its place, `number` of `of`."""

    step: str | None
    number: int
    of: int = len(STEPS)


@dataclass(frozen=True, slots=True)
class SetPassword:
    """`current`: the temporary password, as the guide's first field asks (S48)."""

    current: Secret
    new: Secret
    repeat: Secret


@dataclass(frozen=True, slots=True)
class SetUsername:
    username: str


@dataclass(frozen=True, slots=True)
class SetImage:
    """`name`: the member's own for the picture (S55)."""

    image_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SetQuestions:
    answers: tuple[NewAnswer, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetServices:
    """The ids of the services that are on; the others are off (S62)."""

    on: frozenset[str]


def next_step(operator: Operator, uow: UnitOfWork) -> WizardState:
    """Where the first access stands. Leaves no event. Raises SessionEnded."""
    with uow.begin(operator, Op.PORTAL_WIZARD, member_id=operator.member_id) as tx:
        access = lock_access(tx, operator.member_id)
        state = _state(access)
        if state.step is None and must_sign(tx.connection, access.member_id, tx.now):
            return WizardState("contract", len(STEPS))
        return state


def password_facts(operator: Operator, uow: UnitOfWork, former: Secret | None = None) -> PasswordFacts:
    """What the screen checks a new password against with every key; stays in memory. Raises SessionEnded."""
    with uow.begin(operator, Op.PORTAL_WIZARD, member_id=operator.member_id) as tx:
        member = lock_member(tx, operator.member_id)
        return facts_of(tx, member, lock_access(tx, operator.member_id), former)


def facts_of(tx: Transaction, member: Member, access: Access, former: Secret | None) -> PasswordFacts:
    """The rules' facts about one member."""
    limits = tx.policy.portal
    names = (member.given_names, member.surnames, member.number, member.cedula, access.username or "")
    return PasswordFacts(limits.password_min, limits.password_recommended, names, former)


def service_choices(operator: Operator, uow: UnitOfWork) -> tuple[ServiceChoice, ...]:
    """The three services and whether each is on: all off at the first access (S61)."""
    with uow.begin(operator, Op.PORTAL_WIZARD, member_id=operator.member_id) as tx:
        return choices(tx, operator.member_id)


def set_password(command: SetPassword, operator: Operator, uow: UnitOfWork) -> WizardState:
    """Step 6: the temporary password gives way to the member's own. A wrong current one counts and may block.

    Raises InvalidInput (rules, or the current one is wrong), StepOrder, SessionEnded.
    """
    right = _is_current(uow, operator.member_id, command.current)
    hashed = uow.hasher.hash(command.new.reveal()) if right else ""
    with uow.begin(operator, Op.PORTAL_WIZARD, member_id=operator.member_id) as tx:
        member, access = _at(tx, "password")
        if not right:
            tx.record("portal.password", result="failed", detail=wrong_try(tx, access))
            tx.commit()
        else:
            require_rules(command.new, command.repeat, facts_of(tx, member, access, command.current))
            access.password_hash, access.password_at = hashed, tx.now
            return _done(tx, access, "portal.password", tell=True)
    raise InvalidInput("La contraseña actual no es la del correo. Escríbala de nuevo.", field="current")


def set_username(command: SetUsername, operator: Operator, uow: UnitOfWork) -> WizardState:
    """Step 7. Raises InvalidInput (req. 32), StepOrder, SessionEnded."""

    def work(tx: Transaction, member: Member, access: Access) -> dict[str, Any]:
        keep_username(tx, access, check_username(command.username, member, tx.policy))
        tx.session.refresh(access)
        return {}

    return _take(operator, uow, "username", "portal.username", work)


def set_image(command: SetImage, operator: Operator, uow: UnitOfWork) -> WizardState:
    """Step 8. Raises InvalidInput (req. 33), StepOrder, SessionEnded."""

    def work(tx: Transaction, _member: Member, access: Access) -> dict[str, Any]:
        return keep_image(tx, access, command)

    return _take(operator, uow, "image", "portal.image", work)


def set_questions(command: SetQuestions, operator: Operator, uow: UnitOfWork) -> WizardState:
    """Step 9. Raises InvalidInput (req. 19, 21, 33), StepOrder, SessionEnded."""

    def work(tx: Transaction, _member: Member, access: Access) -> dict[str, Any]:
        set_answers(tx, access.member_id, command.answers)
        access.questions_at = tx.now
        return {"questions": [answer.question_id for answer in command.answers]}

    return _take(operator, uow, "questions", "portal.questions", work)


def set_services(command: SetServices, operator: Operator, uow: UnitOfWork) -> WizardState:
    """Step 10. Each yes and no is kept (req. 34). Raises InvalidInput, StepOrder, SessionEnded."""

    def work(tx: Transaction, _member: Member, access: Access) -> dict[str, Any]:
        written = keep_choices(tx, access.member_id, command.on, all_of_them=True)
        access.services_at = tx.now
        return {"services": written}

    return _take(operator, uow, "services", "portal.services", work)


def keep_image(tx: Transaction, access: Access, command: SetImage) -> dict[str, Any]:
    """Write picture and name; answers the event's detail, in which the name doesn't stand. Raises InvalidInput."""
    image = load_images().get(command.image_id)
    if image is None or not image.offered:
        raise InvalidInput("Elija una imagen de la lista.", field="image")
    name = clean(command.name, IMAGE_NAME + 1)
    if not 1 <= len(name) <= IMAGE_NAME or not command.name.strip().isprintable():
        raise InvalidInput(f"Escriba un nombre para su imagen, de 1 a {IMAGE_NAME} caracteres.", field="name")
    access.image_id, access.image_name, access.image_at = command.image_id, name, tx.now
    return {}


def _take(
    operator: Operator, uow: UnitOfWork, step: str, action: str,
    work: Callable[[Transaction, Member, Access], dict[str, Any]],
) -> WizardState:  # fmt: skip
    with uow.begin(operator, Op.PORTAL_WIZARD, member_id=operator.member_id) as tx:
        member, access = _at(tx, step)
        detail = work(tx, member, access)
        return _done(tx, access, action, detail)


def _at(tx: Transaction, step: str) -> tuple[Member, Access]:
    """Member and access, held, if this step is the next one. Raises StepOrder."""
    member = lock_member(tx, tx.operator.member_id)
    access = lock_access(tx, tx.operator.member_id)
    due = first_missing(access)
    if due != step:
        raise StepOrder(due)
    return member, access


def _done(
    tx: Transaction, access: Access, action: str, detail: dict[str, Any] | None = None, *, tell: bool = False
) -> WizardState:
    """Record and commit a step. After the last of the five the session ends: the member comes in with the new data."""
    tx.session.add(access)
    state = _state(access)
    if first_missing(access, wizard_only=True) is None:
        end_session(tx, tx.operator.session_id, "relogin")
        state = _state(access) if access.relogin_at is None else WizardState("relogin", STEPS.index("relogin") + 1)
    if tell:
        outbox.notice(tx, access.member_id, "member_security_changed", {"what": "su contraseña"})
    tx.record(action, detail=(detail or {}) | {"next": state.step})
    tx.commit()
    return state


def _state(access: Access) -> WizardState:
    step = first_missing(access)
    return WizardState(step, STEPS.index(step) + 1 if step else len(STEPS))


def _is_current(uow: UnitOfWork, member_id: int, typed: Secret) -> bool:
    """Whether it is the temporary password that let the member in, in one slow comparison outside of a transaction."""
    with reading(uow) as connection:
        stored = connection.execute(
            select(col(TemporaryCredential.secret_hash))
            .where(col(TemporaryCredential.member_id) == member_id, col(TemporaryCredential.used_at).is_not(None))
            .order_by(col(TemporaryCredential.issued_at).desc(), col(TemporaryCredential.id).desc())
            .limit(1)
        ).scalar()
    text = typed.reveal()[:1024]
    return uow.hasher.verify(stored, text) if stored else uow.hasher.verify_dummy(text)

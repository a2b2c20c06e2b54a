"""What every step of a verification starts from and ends with: the open case and its state."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from data.tables import Case, Member
from services import factors, leases, one_time_codes, red_flags, security_questions
from services.access_states import lock_member
from services.errors import InvalidInput, VerificationBlocked
from services.masking import masked_phone
from services.one_time_codes import Contact
from services.operator import IN_PERSON
from services.security_questions import StoredQuestion
from services.unit_of_work import Transaction
from services.verification_state import (
    DrawnQuestion,
    FactorOffer,
    VerificationState,
    complete_factors,
    level_of,
    missing_for,
)

#: Steps that somebody else takes each time: the member reads a new code, another person signs in.
FRESH = frozenset({"code", "second_person"})
CASE_MESSAGE = "Abra la ficha del asociado antes de verificar a quien llama."


@dataclass(slots=True)
class Desk:
    """One verification at work, inside a transaction: the member is locked, so steps about one member queue."""

    tx: Transaction
    member: Member
    case_id: str = ""
    flags: str = ""
    questions: tuple[StoredQuestion, ...] = ()
    drawn: tuple[int, ...] = ()
    lease: leases.LiveLease | None = None
    steps: list[tuple[str, str | None, str]] = field(default_factory=list)

    @property
    def member_id(self) -> int:
        return self.member.id or 0

    @property
    def level(self) -> int:
        return self.lease.level if self.lease else 0

    @property
    def blocked(self) -> bool:
        return factors.is_blocked(self.tx, self.member_id)

    @property
    def factors(self) -> frozenset[str]:
        """What counts now: the steps that were passed, and what the live lease was opened with."""
        passed = complete_factors(
            ((kind, detail) for kind, detail, result in self.steps if result == "passed"), self.drawn
        )
        return passed | (self.lease.factors if self.lease else frozenset())

    @property
    def callback_shown(self) -> bool:
        return any(kind == "callback" and result == "shown" for kind, _, result in self.steps)

    @property
    def contacts(self) -> tuple[Contact, Contact]:
        return one_time_codes.contacts(self.tx, self.member)

    @property
    def code_possible(self) -> bool:
        """The record holds a contact that takes a code, even if it is too recent for one today."""
        return any(contact.deliverable for contact in self.contacts)


def open_desk(tx: Transaction) -> Desk:
    """The operator's open case with the member of `tx`, its automatic flags up to date, its questions drawn.

    Raises NotFound, InvalidInput when no case is open.
    """
    member = lock_member(tx, tx.member_id or 0)
    row = tx.connection.execute(select(col(Case.id), col(Case.flags)).where(col(Case.id) == (tx.case_id or ""))).first()
    if row is None:
        raise InvalidInput(CASE_MESSAGE)
    desk = Desk(tx, member, row.id, red_flags.refresh_flags(tx, member, row.id, row.flags))
    desk.questions = security_questions.stored_questions(tx, desk.member_id)
    desk.drawn = security_questions.draw_questions(tx, desk.case_id, desk.questions)
    _look(desk)
    return desk


def finish(desk: Desk, kind: str, detail: str | None, passed: bool, said: str) -> VerificationState:
    """Keep the step, renew the lease that it earned, tell the trail, commit, and show.

    What the agent could say alone, having heard it once (an answer, a cédula, a call back), renews nothing when said
    again: nobody keeps a caller verified who has hung up (req. 24).
    """
    tx = desk.tx
    known = desk.factors
    result = "passed" if passed else "failed"
    factors.keep_step(tx, desk.case_id, desk.member_id, kind, detail, result)
    told = {"kind": kind} | ({"detail": detail} if detail else {})
    tx.record("verification.step", result=result, about=f"case:{desk.case_id}", detail=told)
    _look(desk)
    level = level_of(desk.factors, code_possible=desk.code_possible)
    fresh = kind in FRESH or desk.lease is None or not desk.factors <= known
    if passed and level and fresh:
        leases.renew_lease(tx, desk.case_id, desk.member_id, level, desk.factors)
        _look(desk)
    state = show(desk, outcome=result, message=said if passed else f"{said} {_left(desk, kind)}".rstrip())
    tx.commit()
    return state


def show(desk: Desk, *, outcome: str | None = None, message: str = "") -> VerificationState:
    """The state of the desk as the screen gets it."""
    known = desk.factors
    return VerificationState(
        case_id=desk.case_id,
        member_id=desk.member_id,
        level=desk.level,
        lease_expires_at=desk.lease.expires_at if desk.lease else None,
        questions=_questions(desk),
        has_questions=bool(desk.questions),
        tries_left=_tries_left(desk),
        blocked=desk.blocked,
        factors=tuple(sorted(known)),
        offers=_offers(desk),
        flags=red_flags.checklist(desk.flags),
        missing_for=missing_for(
            known, desk.level, has_questions=bool(desk.questions), code_possible=desk.code_possible
        ),
        code=one_time_codes.live_code(desk.tx, desk.case_id),
        outcome=outcome,
        message=message,
    )


def _look(desk: Desk) -> None:
    desk.lease = leases.live_lease(desk.tx, desk.case_id)
    desk.steps = factors.live_steps(desk.tx, desk.case_id, desk.lease)


def _questions(desk: Desk) -> tuple[DrawnQuestion, ...]:
    results: dict[int, bool] = {}
    for kind, detail, result in desk.steps:
        if kind == "question":
            position = int(detail or 0)
            results[position] = results.get(position, False) or result == "passed"
    return tuple(
        DrawnQuestion(question.position, question.text, question.weak, results.get(question.position))
        for question in desk.questions
        if question.position in desk.drawn
    )


def _tries_left(desk: Desk) -> int:
    """At least one while verification is open: wrong answers at the portal's door use up all but the last."""
    if desk.blocked:
        return 0
    return max(1, desk.tx.policy.verification.failures_before_block - factors.failures(desk.tx, desk.member_id))


def _left(desk: Desk, kind: str) -> str:
    if desk.blocked:
        return VerificationBlocked.default
    if kind not in factors.COUNTED:
        return ""
    left = _tries_left(desk)
    return "Queda 1 intento." if left == 1 else f"Quedan {left} intentos."


def _offers(desk: Desk) -> tuple[FactorOffer, ...]:
    """Every way, in the order in which it is usually gone, with what stands against it now."""
    mail, phone = desk.contacts
    closed = VerificationBlocked.default if desk.blocked and "in_person" not in desk.factors else None
    below = None if desk.level >= 2 else "Primero complete el nivel N2."
    alone = None if not desk.code_possible and "in_person" in desk.factors else below
    record = "El asociado tiene preguntas de seguridad." if desk.questions else None
    called = "No hay un teléfono registrado." if not phone.value else None
    recent = phone.reason if phone.recent else None
    here = desk.tx.operator.channel in IN_PERSON
    return (
        FactorOffer("question", "Preguntas de seguridad", closed or _no_questions(desk.questions, desk.drawn)),
        FactorOffer("record", "Datos del expediente", closed or record),
        FactorOffer("in_person", "Cédula en persona", None if here else "Solo en sucursal o capítulo."),
        FactorOffer("code_email", "Código al correo", closed or mail.reason, mail.masked),
        FactorOffer("code_phone", "Código al celular", closed or phone.reason, phone.masked),
        FactorOffer(
            "callback", "Llamada de vuelta", closed or called or recent or below, masked_phone(phone.value) or None
        ),
        FactorOffer("second_person", "Segunda persona", closed or alone),
    )


def _no_questions(stored: Sequence[StoredQuestion], drawn: tuple[int, ...]) -> str | None:
    if not stored:
        return "El asociado no tiene preguntas de seguridad."
    return None if drawn else "Las preguntas registradas no bastan. Verifique en persona."

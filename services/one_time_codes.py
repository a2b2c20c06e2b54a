"""Six digits to a contact on record, typed back by the agent: made, sent, compared, ended (req. 22, A7, C5)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from data.secrets import Secret
from data.tables import Case, Member, OneTimeCode, Outbox
from services import outbox
from services.errors import ContactMissing, ContactTooRecent, InvalidInput, RateLimited
from services.masking import masked_email, masked_phone
from services.operations import Op
from services.operator import Operator
from services.staff_proof import reading
from services.unit_of_work import Transaction, UnitOfWork
from services.verification_state import SentCode

Destination = Literal["email", "phone"]
DIGITS = 6
#: What a code is for, in the words of its message. A fixed list: no agent writes into an official message.
PURPOSES: Mapping[str, str] = {
    Op.CALLER_VERIFY: "confirmar su identidad en su llamada",
    Op.BALANCES_VIEW: "consultar sus saldos",
    Op.MOVEMENTS_VIEW: "consultar sus movimientos",
    Op.ACCESS_ACTIVATE: "activar su acceso en línea",
    Op.CREDENTIAL_ISSUE: "recibir credenciales temporales",
    Op.CREDENTIAL_FALLBACK: "recibir credenciales temporales",
    Op.ACCESS_UNLOCK: "desbloquear su acceso en línea",
    Op.QUESTIONS_RESET: "borrar sus preguntas de seguridad",
    Op.IMAGE_RESET: "borrar su imagen de seguridad",
    Op.PASSWORD_RESET: "anular su contraseña",
    Op.DEVICES_FORGET: "olvidar sus equipos recordados",
    Op.CONTACT_CHANGE: "cambiar su correo o celular",
    Op.ACCESS_RESUME: "reanudar su acceso en línea",
    Op.ACCESS_CLOSE: "cerrar su acceso en línea",
    Op.ACCOUNT_AFFILIATE: "afiliar o retirar una cuenta",
    Op.TRANSFER_OWN: "transferir entre sus cuentas",
    Op.TRANSFER_THIRD: "transferir a otra persona",
    Op.QUOTA_PAY: "pagar sus cuotas",
    Op.LOAN_PAY: "pagar su préstamo",
    Op.CARD_PAY: "pagar su tarjeta",
    Op.SERVICE_PAY: "pagar servicios de la Cooperativa",
    Op.QUOTA_PAY_THIRD: "pagar a otra persona",
    Op.LOAN_PAY_THIRD: "pagar a otra persona",
    Op.CARD_PAY_THIRD: "pagar a otra persona",
    Op.SERVICE_PAY_THIRD: "pagar a otra persona",
    Op.PAYEE_FIND: "pagar a otra persona",
    Op.FAVOURITE_MANAGE: "cambiar sus favoritos",
    Op.BILLER_PAY: "pagar servicios externos",
    Op.BILLER_TOP_UP: "hacer una recarga",
    Op.BILLER_SETTLE_MORE: "aceptar lo que cobró un recaudador",
    Op.CASH_WITHDRAW: "retirar efectivo",
    Op.SCHEDULE_MANAGE: "programar pagos",
}
#: What a purpose begins with that is one payment (services/payment_codes.py says which, and in which words).
PAYMENT = "pay:"


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact on record as a way for a code. `reason` says in Spanish why it can't be used."""

    destination: Destination
    kind: outbox.Kind
    value: str | None = field(repr=False)
    recent: bool

    @property
    def usable(self) -> bool:
        """A code may go there now."""
        return self.deliverable and not self.recent

    @property
    def deliverable(self) -> bool:
        """There is one, and it can take a message at all."""
        return self.value is not None and outbox.is_deliverable(self.kind, self.value)

    @property
    def masked(self) -> str | None:
        """What a screen may show of it before the caller is verified."""
        return (masked_email(self.value) if self.kind == "mail" else masked_phone(self.value)) or None

    @property
    def reason(self) -> str | None:
        """Why not, or None."""
        if self.value is None:
            return "No está registrado."
        if not self.deliverable:
            return "El registrado no recibe mensajes: no es un celular." if self.kind == "sms" else "No es válido."
        return "Cambió hace menos de 72 horas." if self.recent else None


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """What a comparison outside of the transaction found. `code_id` is None when no code was good."""

    code_id: int | None
    matches: bool


def contacts(tx: Transaction, member: Member) -> tuple[Contact, Contact]:
    """E-mail and phone on record. One that changed less than 72 h ago (policy) gets no code; no date = long ago."""
    oldest = tx.now - timedelta(hours=tx.policy.verification.contact_wait_hours)

    def recent(since: datetime | None) -> bool:
        return since is not None and since > oldest

    return (
        Contact("email", "mail", member.email, recent(member.email_since)),
        Contact("phone", "sms", member.phone, recent(member.phone_since)),
    )


def send_code(
    tx: Transaction, member: Member, case_id: str, destination: Destination, purpose: str, *, about: str | None = None
) -> SentCode:
    """Make a code and queue it. The former one of the case ends; its message, if still here, is wiped. `about` is what
    the message says of a payment, in the program's words.

    Raises InvalidInput for an unknown purpose, ContactMissing, ContactTooRecent, RateLimited after five in a case.
    """
    if purpose not in PURPOSES and not (about and purpose.startswith(PAYMENT)):
        raise InvalidInput("Elija para qué operación es el código.", field="purpose")
    contact = _usable(contacts(tx, member), destination)
    limits = tx.policy.verification
    sent = tx.connection.execute(
        select(func.count()).select_from(OneTimeCode).where(col(OneTimeCode.case_id) == case_id)
    ).scalar_one()
    if sent >= limits.codes_per_case:
        raise RateLimited(f"Ya se enviaron {sent} códigos en este caso. Verifique a la persona en sucursal.")
    end_codes_of(tx, case_id)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    expires_at = tx.now + timedelta(minutes=limits.code_minutes)
    outbox_id = outbox.enqueue(
        tx,
        kind=contact.kind,
        template="one_time_code",
        member_id=member.id,
        to=contact.value or "",
        context={"code": code, "operation": about or PURPOSES[purpose], "minutes": str(limits.code_minutes)},
        expires_at=expires_at,
    )
    tx.connection.execute(
        insert(OneTimeCode).values(
            case_id=case_id,
            member_id=member.id,
            purpose=purpose,
            destination=destination,
            code_hash=tx.uow.hasher.hash(_bound(code, case_id, member.id, purpose)),
            outbox_id=outbox_id,
            sent_at=tx.now,
            expires_at=expires_at,
            tries=0,
        )
    )
    found = live_code(tx, case_id)
    if found is None:
        raise LookupError("the code that was just made is not there")
    return found


def compare_code(
    uow: UnitOfWork, operator: Operator, member_id: int, code: Secret, *, for_payment: bool = False
) -> CheckedCode:
    """Compare typed digits with the code that is good in the operator's case, outside of any transaction. The code of a
    payment proves that payment alone, and no other code proves one.

    Raises InvalidInput for what can't be a code, which is no try.
    """
    typed = "".join(char for char in code.reveal()[:40] if char not in " -\u00a0")
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        raise InvalidInput(f"El código tiene {DIGITS} números.", field="code")
    query = (
        select(OneTimeCode.id, OneTimeCode.code_hash, OneTimeCode.case_id, OneTimeCode.purpose)  # type: ignore[call-overload]
        .join(Case, col(Case.id) == col(OneTimeCode.case_id))
        .where(
            col(Case.session_id) == operator.session_id,
            col(Case.member_id) == member_id,
            col(Case.closed_at).is_(None),
            col(OneTimeCode.ended_at).is_(None),
            col(OneTimeCode.expires_at) > uow.clock.now(),
            col(OneTimeCode.purpose).startswith(PAYMENT) == for_payment,
        )
        .order_by(col(OneTimeCode.id).desc())
    )
    with reading(uow) as connection:
        row = connection.execute(query).first()
    if row is None:
        uow.hasher.verify_dummy(typed)
        return CheckedCode(None, False)
    bound = _bound(typed, row.case_id, member_id, row.purpose)
    return CheckedCode(row.id, uow.hasher.verify(row.code_hash, bound))


def use_code(tx: Transaction, case_id: str, checked: CheckedCode) -> tuple[bool, str]:
    """Count the try inside the transaction: whether it was right, and `destination:purpose` for the factor.

    A right code is used up; three wrong tries end it. Raises InvalidInput when no code is good any more: no try.
    """
    row = tx.connection.execute(
        select(
            col(OneTimeCode.id), col(OneTimeCode.tries), col(OneTimeCode.destination), col(OneTimeCode.purpose)
        ).where(
            col(OneTimeCode.id) == checked.code_id,
            col(OneTimeCode.case_id) == case_id,
            col(OneTimeCode.ended_at).is_(None),
            col(OneTimeCode.expires_at) > tx.now,
        )
    ).first()
    if row is None:
        raise InvalidInput("No hay un código vigente: venció o ya se usó. Envíe otro.", field="code")
    tries = row.tries + 1
    over = checked.matches or tries >= tx.policy.verification.code_tries
    tx.connection.execute(
        update(OneTimeCode).where(col(OneTimeCode.id) == row.id).values(tries=tries, ended_at=tx.now if over else None)
    )
    return checked.matches, f"{row.destination}:{row.purpose}"


def end_codes_of(tx: Transaction, case_id: str) -> None:
    """End the codes of a case that are still good, and wipe their messages that didn't leave yet."""
    rows = tx.connection.execute(
        update(OneTimeCode)
        .where(col(OneTimeCode.case_id) == case_id, col(OneTimeCode.ended_at).is_(None))
        .values(ended_at=tx.now)
        .returning(col(OneTimeCode.outbox_id))
    ).scalars()
    for outbox_id in rows.all():
        if outbox_id is not None:
            outbox.void(tx, outbox_id, "replaced")


def live_code(tx: Transaction, case_id: str) -> SentCode | None:
    """The code of a case that is good this moment, as the screen may show it."""
    row = tx.connection.execute(
        select(
            OneTimeCode.purpose,  # type: ignore[call-overload]
            OneTimeCode.expires_at,
            OneTimeCode.tries,
            Outbox.destination,
            Outbox.state,
            Outbox.attempts,
            Outbox.settled_at,
            Outbox.error,
        )
        .join(Outbox, col(Outbox.id) == col(OneTimeCode.outbox_id))
        .where(
            col(OneTimeCode.case_id) == case_id,
            col(OneTimeCode.ended_at).is_(None),
            col(OneTimeCode.expires_at) > tx.now,
        )
        .order_by(col(OneTimeCode.id).desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    left = tx.policy.verification.code_tries - row.tries
    return SentCode(
        row.destination,
        PURPOSES.get(row.purpose, "una operación"),
        row.expires_at,
        left,
        outbox.state_line(row, tx.now),
        on_its_way=row.state in ("pending", "sending"),
    )


def _usable(ways: tuple[Contact, ...], destination: str) -> Contact:
    contact = next((way for way in ways if way.destination == destination), None)
    if contact is None:
        raise InvalidInput("Elija correo o celular.", field="destination")
    if not contact.deliverable:
        named = "correo" if destination == "email" else "celular"
        raise ContactMissing(f"El asociado no tiene un {named} registrado que reciba códigos. Elija otra vía.")
    if contact.recent:
        raise ContactTooRecent
    return contact


def _bound(code: str, case_id: str, member_id: int | None, purpose: str) -> str:
    """The code with what it is for: its hash fits no other member, case or operation."""
    return f"{code}:{case_id}:{member_id}:{purpose}"

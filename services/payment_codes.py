"""A code for one payment to somebody else: its message names payee and amount, and it serves that payment once (L11,
req. 22, 42)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from data.secrets import Secret
from data.tables import Member
from data.types import utc_text
from data.values.money import Money
from services import factors, member_codes, one_time_codes
from services.errors import CoopError, InvalidInput
from services.one_time_codes import Destination, compare_code, send_code, use_code
from services.operations import Op
from services.operator import Operator
from services.payment_facts import Wanted, read_facts
from services.unit_of_work import Transaction, UnitOfWork
from services.verification_state import SentCode

KIND = "payment_code"
#: What the message adds of a payment that the program will make, by how often (services/calendar_rules.Every).
PLANS: Mapping[str, str] = {
    "once": " otro día", "week": " cada semana", "fortnight": " cada quincena", "month": " cada mes",
}  # fmt: skip
PASSED = text(
    "SELECT f.id FROM verification_factor f WHERE f.case_id = :case_id AND f.member_id = :member_id AND f.kind = :kind"
    " AND f.detail IN (:by_mail, :by_phone) AND f.result = 'passed' AND f.at > :since ORDER BY f.id LIMIT 1"
)
USE = text("UPDATE verification_factor SET result = 'used' WHERE id = :id")


class CodeNeeded(CoopError):
    """The member must give a code that was sent for this very payment."""

    code = "code_needed"
    default = "Envíe al asociado el código de esta operación y escriba el que le dicte."


OWN = "Pida el código de esta operación y escríbalo."


@dataclass(frozen=True, slots=True)
class SendPaymentCode:
    """Send a code for the payment of the form. Accounts by row id, amount in centésimos."""

    op: Op
    member_id: int
    from_account: int
    to_account: int
    amount: int
    destination: Destination
    memo: str = ""
    every: str = ""  # of a payment that is scheduled


@dataclass(frozen=True, slots=True)
class CheckPaymentCode:
    member_id: int
    code: Secret


def send_payment_code(command: SendPaymentCode, operator: Operator, uow: UnitOfWork) -> SentCode:
    """Queue the code to a contact on record. Raises what sending any code raises, and NotFound for strange accounts."""
    wanted = Wanted(
        command.op, command.member_id, command.from_account, command.to_account, command.amount, command.memo
    )
    with uow.begin(operator, command.op, member_id=command.member_id) as tx:
        facts = read_facts(tx, wanted)
        member = tx.session.get(Member, command.member_id)
        if member is None or (tx.case_id is None and not operator.is_member):
            raise CodeNeeded
        amount = Money(wanted.amount).with_symbol()
        about = f"pagar {amount} a {facts.holder}{PLANS.get(command.every, '')}"
        purpose = purpose_of(wanted, command.every)
        if operator.is_member:
            sent = member_codes.send(tx, member, operator.session_id, command.destination, purpose, about=about)
        else:
            sent = send_code(tx, member, tx.case_id or "", command.destination, purpose, about=about)
        tx.record("payment.code_sent", detail={"kind": command.op.value, "to": command.destination})
        tx.commit()
    return sent


def check_payment_code(command: CheckPaymentCode, operator: Operator, uow: UnitOfWork) -> bool:
    """Compare what the member said; a right code opens its payment for some minutes, once. A wrong one counts.

    Raises InvalidInput when it can't be a code or none is good any more.
    """
    if operator.is_member:
        return _check_own(command, operator, uow)
    checked = compare_code(uow, operator, command.member_id, command.code, for_payment=True)
    with uow.begin(operator, Op.CALLER_VERIFY, member_id=command.member_id) as tx:
        if tx.case_id is None:
            raise InvalidInput("No hay un caso abierto con el asociado. Abra su ficha otra vez.", field="code")
        right, detail = use_code(tx, tx.case_id, checked)
        factors.keep_step(tx, tx.case_id, command.member_id, KIND, detail, "passed" if right else "failed")
        tx.record("payment.code", result="passed" if right else "failed")
        tx.commit()
    return right


def _check_own(command: CheckPaymentCode, operator: Operator, uow: UnitOfWork) -> bool:
    """A member types the code of their own payment into the portal."""
    checked = member_codes.compare(uow, operator.session_id, command.code)
    with uow.begin(operator, Op.PORTAL_PROOF, member_id=command.member_id) as tx:
        right = member_codes.settle(tx, operator.session_id, checked)
        tx.record("payment.code", result="passed" if right else "failed")
        tx.commit()
    return right


def is_needed(tx: Transaction, wanted: Wanted, every: str = "") -> bool:
    """Whether the payment still waits for its code: to somebody else's account, for a member who gets codes at all.
    `every`: of one that is scheduled, whose code says so."""
    return _code_applies(tx, wanted) and _passed(tx, wanted, every) is None


def use(tx: Transaction, wanted: Wanted, every: str = "") -> None:
    """Use the passed code up. Raises CodeNeeded if there should be one and is none."""
    if not _code_applies(tx, wanted):
        return
    if tx.operator.is_member:
        if not member_codes.use(tx, tx.operator.session_id, purpose_of(wanted, every)):
            raise CodeNeeded(OWN)
        return
    passed = _passed(tx, wanted, every)
    if passed is None:
        raise CodeNeeded
    tx.connection.execute(USE, {"id": passed})


def _code_applies(tx: Transaction, wanted: Wanted) -> bool:
    """A member without any contact on record was verified in person by two people instead (level N3 without a code). In
    the portal there is always a code: nobody stands for the member there."""
    if tx.operator.is_member:
        return wanted.kind.third
    return wanted.kind.third and tx.standing is not None and "code" in tx.standing.factors


def _passed(tx: Transaction, wanted: Wanted, every: str) -> int | None:
    purpose = purpose_of(wanted, every)
    if tx.operator.is_member:
        return member_codes.passed(tx, tx.operator.session_id, purpose)
    values = {
        "case_id": tx.case_id,
        "member_id": wanted.member_id,
        "kind": KIND,
        "by_mail": f"email:{purpose}",
        "by_phone": f"phone:{purpose}",
        "since": _stored(tx),
    }
    found = tx.connection.execute(PASSED, values).scalar()
    return None if found is None else int(found)


def _stored(tx: Transaction) -> object:
    since = tx.now - timedelta(minutes=tx.policy.verification.code_minutes)
    return utc_text(since) if tx.connection.dialect.name == "sqlite" else since


def purpose_of(wanted: Wanted, every: str = "") -> str:
    """What the code is bound to: kind, member, accounts and amount, and how often it is paid."""
    seen = repr((wanted.op.value, wanted.member_id, wanted.from_account, wanted.to_account, wanted.amount, every))
    return f"{one_time_codes.PAYMENT}{hashlib.sha256(seen.encode()).hexdigest()[:32]}"

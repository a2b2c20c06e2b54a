"""A member's code for one payment to a biller: its message names biller and amount, and it serves that payment once
(L11). Staff need none: their caller is verified with a code already (req. 17)."""

import hashlib

from data.values.money import Money
from services import member_codes
from services.bill_facts import WantedBill
from services.one_time_codes import PAYMENT
from services.operations import Op
from services.payment_codes import OWN, CodeNeeded
from services.unit_of_work import Transaction


def is_needed(tx: Transaction, wanted: WantedBill) -> bool:
    """Whether the payment still waits for its code."""
    return tx.operator.is_member and member_codes.passed(tx, tx.operator.session_id, purpose_of(wanted)) is None


def use(tx: Transaction, wanted: WantedBill) -> None:
    """Use the passed code up. Raises CodeNeeded if a member has none."""
    if tx.operator.is_member and not member_codes.use(tx, tx.operator.session_id, purpose_of(wanted)):
        raise CodeNeeded(OWN)


def words_of(wanted: WantedBill) -> str:
    """What the code's message says of the payment."""
    verb = "recargar" if wanted.bill.op is Op.BILLER_TOP_UP else "pagar"
    return f"{verb} {Money(wanted.amount).with_symbol()} a {wanted.bill.biller.name} {wanted.bill.shown_reference}"


def purpose_of(wanted: WantedBill) -> str:
    """What the code is bound to: kind, member, account, biller, number and amount."""
    asked = wanted.asked()
    seen = repr((wanted.bill.op.value, wanted.member_id, *(asked[key] for key in sorted(asked))))
    return f"{PAYMENT}{hashlib.sha256(seen.encode()).hexdigest()[:32]}"

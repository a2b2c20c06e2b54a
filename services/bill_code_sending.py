"""Sending the code of a payment to a biller (services/bill_codes.py says what it is bound to)."""

from dataclasses import dataclass

from data.tables import Member
from services import bill_codes, member_codes
from services.biller_payments import PrepareBill, wanted_bill
from services.errors import NotFound, NotPermitted
from services.one_time_codes import Destination
from services.operator import Operator
from services.unit_of_work import UnitOfWork
from services.verification_state import SentCode


@dataclass(frozen=True, slots=True)
class SendBillCode:
    """The payment of the form, and where the code goes."""

    payment: PrepareBill
    destination: Destination


def send_bill_code(command: SendBillCode, operator: Operator, uow: UnitOfWork) -> SentCode:
    """Queue the code to a contact on record; payment_codes.check_payment_code takes what the member types.

    Raises NotPermitted for staff, who need none, ContactMissing, ContactTooRecent, RateLimited, and what reading the
    bill and authorisation raise.
    """
    if not operator.is_member:
        raise NotPermitted
    payment = command.payment
    with uow.begin(operator, payment.op, member_id=payment.member_id) as tx:
        wanted = wanted_bill(tx, payment)
        member = tx.session.get(Member, payment.member_id)
        if member is None:
            raise NotFound
        purpose, about = bill_codes.purpose_of(wanted), bill_codes.words_of(wanted)
        sent = member_codes.send(tx, member, operator.session_id, command.destination, purpose, about=about)
        tx.record("payment.code_sent", detail={"kind": payment.op.value, "to": command.destination})
        tx.commit()
    return sent

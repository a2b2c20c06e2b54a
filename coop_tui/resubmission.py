"""Nothing confirmed is lost with a crash: what was sent and not answered stands in the journal (req. 40).

Each request with a key is written to this desk's journal before it leaves, and settled with its answer. After a start
its author's open items are asked for again under their own keys, and the author is told how each one ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Final, TypeVar

from services.activation import Activate, activate
from services.approval_views import FindRequest, find_request
from services.approvals import Approve, RequestApproval, approve, confirm_with_second_person, request_approval
from services.baskets import ConfirmBasket, confirm_basket, resubmit_basket
from services.biller_payments import ConfirmBill, confirm_bill, resubmit_bill
from services.credentials import FindIssue, IssueCredential, find_issue, issue_credential
from services.errors import CoopError, ReauthenticationNeeded, SessionLocked, StoreUnavailable, VerificationNeeded
from services.journal import Journal, OpenItem, submit
from services.operator import Operator
from services.payments import ConfirmPayment, abandon, confirm
from services.payments import resubmit as resubmit_payment
from services.reversals import Reverse, reverse
from services.schedule_list import FindSchedule, find_schedule
from services.schedules import CreateSchedule, create_schedule
from services.unit_of_work import UnitOfWork

R = TypeVar("R")
Kept = (
    ConfirmPayment
    | ConfirmBill
    | Reverse
    | Activate
    | IssueCredential
    | RequestApproval
    | Approve
    | CreateSchedule
    | ConfirmBasket
)

PAYMENT: Final = "payment"
BILL: Final = "bill"
REVERSAL: Final = "operation.reverse"
ACTIVATION: Final = "access.activate"
CREDENTIAL: Final = "credential.issue"
REQUEST: Final = "approval.request"
APPROVAL: Final = "approval.give"
SCHEDULE: Final = "schedule.create"
BASKET: Final = "basket.confirm"
KINDS: Mapping[Callable[..., Any], str] = {
    confirm: PAYMENT,
    confirm_bill: BILL,
    request_approval: REQUEST,
    approve: APPROVAL,
    reverse: REVERSAL,
    activate: ACTIVATION,
    issue_credential: CREDENTIAL,
    create_schedule: SCHEDULE,
    confirm_basket: BASKET,
}
"""The use cases that are kept until they are answered. None of their commands holds a secret."""
WITH_SECOND_PERSON: Mapping[type[Any], str] = {ConfirmPayment: PAYMENT, ConfirmBill: BILL}
"""What a second person signed is what its maker would have confirmed alone; the signature is not kept."""


def journaled(
    journal: Journal, function: Callable[..., Any], args: tuple[Any, ...], operator: Operator, work: Callable[[], R]
) -> Callable[[], R]:
    """Return `work`, kept in the journal while its answer is out, if it is one of `KINDS`."""
    kind = KINDS.get(function)
    if function is confirm_with_second_person and args:
        kind = WITH_SECOND_PERSON.get(type(args[0]))
    if kind is None or not args:
        return work
    command: Kept = args[0]
    plain = command.payload() if isinstance(command, CreateSchedule) else asdict(command)
    payload = {"actor": operator.actor, "command": plain}
    return partial(submit, journal, command.key, kind, payload, work)


def resubmit_open(journal: Journal, operator: Operator, uow: UnitOfWork) -> tuple[str, ...]:
    """Ask again for the operator's open items; answers a Spanish line for each.

    What can't be asked now (the database is silent, the session locked) stays open for the next start.
    """
    told = []
    for item in journal.open_items():
        if item.payload.get("actor") != operator.actor:
            continue
        try:
            text = _again(item, operator, uow)
        except (StoreUnavailable, SessionLocked, ReauthenticationNeeded):
            continue
        except CoopError as error:
            journal.settle(item.key, error.code)
            told.append(f"{_name(item)} que quedó sin respuesta: {error.user_text}")
        except (TypeError, KeyError, ValueError):  # another version's line, or one that somebody wrote
            journal.settle(item.key, "unreadable")
            told.append(f"{_name(item)} que quedó sin respuesta: no se puede leer. Revise la ficha del asociado.")
        else:
            journal.settle(item.key, "answered")
            told.append(text)
    return tuple(told)


_NAMES: Final = {
    PAYMENT: "Operación de dinero",
    BILL: "Pago a recaudador",
    REVERSAL: "Reverso",
    ACTIVATION: "Activación",
    CREDENTIAL: "Credencial",
    REQUEST: "Solicitud de aprobación",
    APPROVAL: "Aprobación",
    SCHEDULE: "Pago programado",
    BASKET: "Canasta de pagos",
}


def _name(item: OpenItem) -> str:
    return _NAMES.get(item.kind, "Operación")


def _again(item: OpenItem, operator: Operator, uow: UnitOfWork) -> str:
    command = item.payload["command"]
    if item.kind == PAYMENT:
        return _payment(command, operator, uow)
    if item.kind == BILL:
        return _bill(command, operator, uow)
    if item.kind == REVERSAL:
        receipt = reverse(Reverse(**command), operator, uow)
        return f"Reverso que quedó sin respuesta: aplicado, comprobante {receipt.number}."
    if item.kind in (REQUEST, APPROVAL):
        return _waiting(item, operator, uow)
    if item.kind == SCHEDULE:
        return _schedule(command, operator, uow)
    if item.kind == BASKET:
        return _basket(command, operator, uow)
    issued = find_issue(FindIssue(command["member_id"], command["key"]), operator, uow)
    name = _name(item)
    if issued is None:
        return f"{name} que quedó sin respuesta: no llegó a aplicarse. Atienda de nuevo al asociado y repítala."
    return f"{name} que quedó sin respuesta: {issued.text}"


def _waiting(item: OpenItem, operator: Operator, uow: UnitOfWork) -> str:
    """A request or an approval is not sent again by the program: the caller is gone, the approver looks anew."""
    request_id = item.key if item.kind == REQUEST else item.payload["command"]["request_id"]
    found = find_request(FindRequest(request_id), operator, uow)
    if found is None:
        return f"{_name(item)} que quedó sin respuesta: no llegó a hacerse. Atienda de nuevo al asociado."
    return f"{_name(item)} que quedó sin respuesta: {found}"


def _schedule(command: dict[str, Any], operator: Operator, uow: UnitOfWork) -> str:
    found = find_schedule(FindSchedule(command["payment"]["member_id"], command["key"]), operator, uow)
    if found is None:
        return "Pago programado que quedó sin respuesta: no llegó a guardarse. Si hace falta, prográmelo de nuevo."
    return f"Pago programado que quedó sin respuesta: {found.text}"


def _basket(command: dict[str, Any], operator: Operator, uow: UnitOfWork) -> str:
    """A basket is asked for and never sent again: the caller is gone."""
    told = "Canasta de pagos que quedó sin respuesta:"
    receipts = resubmit_basket(command, operator, uow).receipts
    if receipts[0].outcome == "rejected":
        return f"{told} no se aplicó ninguna y quedó descartada. Si hace falta, repítala."
    numbers = ", ".join(receipt.number for receipt in receipts)
    return f"{told} aplicada, comprobantes {numbers}. No la repita."


def _payment(command: dict[str, Any], operator: Operator, uow: UnitOfWork) -> str:
    try:
        receipt = resubmit_payment(command, operator, uow)
    except VerificationNeeded:
        # The call is over: nobody may confirm in the member's place. Its key is closed, so that it can't arrive late.
        receipt = abandon(command, operator, uow)
    if receipt.outcome == "posted":
        return f"{receipt.kind_title} que quedó sin respuesta: aplicada, comprobante {receipt.number}. No la repita."
    return f"{receipt.kind_title} que quedó sin respuesta: no se aplicó y quedó descartada. Si hace falta, repítala."


#: Of a payment to a biller, by the outcome of its receipt.
_BILL_ENDS: Final = {
    "held": "en proceso, comprobante {number}. No la repita.",
    "posted": "pagada, comprobante {number}. No la repita.",
    "released": "la rechazó el recaudador y el dinero está en la cuenta; comprobante {number}.",
    "rejected": "no se aplicó y quedó descartada. Si hace falta, repítala.",
}


def _bill(command: dict[str, Any], operator: Operator, uow: UnitOfWork) -> str:
    """A payment to a biller is asked for and never ordered again: the worker goes on with what had arrived."""
    receipt = resubmit_bill(command, operator, uow)
    return f"{receipt.kind_title} que quedó sin respuesta: {_BILL_ENDS[receipt.outcome].format(number=receipt.number)}"

"""Paying the outside billers and topping up: ask, show, set the money aside, order, tell (S18-S31, req. 8, 9, 40-44).

Two phases: `confirm_bill` sets the money aside in one transaction; services/biller_orders.py orders at the gateway and
then posts or gives back, at once if the gateway answers and otherwise from the worker. No transaction is open while a
gateway takes its time.
"""

import hmac
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from data.values.dates import format_date, panama_date
from data.values.money import MAX_CENTESIMOS, Money
from services import bill_codes
from services.bill_entry import BillExecution, execute_bill, hold_of, review_bill
from services.bill_facts import WantedBill
from services.biller_contract import GatewayFailure, Inquiry, InquiryAnswer
from services.biller_gateway import BillerGateway
from services.biller_orders import attempt
from services.bills import Bill, read_bill
from services.errors import AccountUnusable, CoopError, DataChanged, InsufficientFunds, InvalidInput
from services.faults import fault
from services.operations import Op
from services.operator import Operator
from services.payment_options import Option, typed_figure
from services.payments import Abandoned, OutcomeOf, Prepared, outcome
from services.posting import find, reject
from services.receipts import Receipt, receipt_now
from services.retries import retrying
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

HOLDER_LENGTH = 100


class NoGateway(CoopError):
    code = "no_gateway"
    default = "Esta instalación no tiene pasarela de recaudadores. Avise a su administrador."


class BillerSilent(CoopError):
    code = "biller_silent"
    default = "El recaudador no responde; no se movió dinero. Intente de nuevo en un momento."


@dataclass(frozen=True, slots=True)
class InquireBill:
    """`op` BILLER_PAY or BILLER_TOP_UP, `biller` the catalogue's id; reference and extra as they were typed."""

    member_id: int
    biller: str
    op: Op
    reference: str
    extra: str = ""


@dataclass(frozen=True, slots=True)
class BillFound:
    """What the biller says. Amounts in centésimos, None where it says nothing; `due_on` dd/mm/aaaa or empty.

    `reference` and `extra` are what the other commands take, `shown_reference` what people read. `unchecked`: it said
    nothing, and this biller may be paid all the same; holder and debt are then not known.
    """

    biller_name: str
    label: str
    reference: str
    shown_reference: str
    extra: str
    holder: str
    amount_due: int | None
    due_on: str
    minimum: int
    maximum: int
    denominations: tuple[int, ...]
    notes: tuple[str, ...]
    unchecked: bool = False

    @property
    def usual(self) -> tuple[Option, ...]:
        """What is usually paid: what is due, or one of the fixed amounts, each by its figure."""
        if self.amount_due:
            return (Option("total", "Lo que se debe", self.amount_due),)
        return tuple(Option(typed_figure(amount), "", amount) for amount in self.denominations)


@dataclass(frozen=True, slots=True)
class PrepareBill:
    """`amount` centésimos from the account `from_account` (row id); the last four as the inquiry told them, if one
    was made."""

    op: Op
    member_id: int
    from_account: int
    biller: str
    reference: str
    amount: int
    extra: str = ""
    holder: str = ""
    amount_due: int | None = None
    due_on: str = ""
    unchecked: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmBill:
    """`key` is the UUIDv7 minted when the form opened; `prepared_hash` what `prepare_bill` answered."""

    key: str
    prepared_hash: str
    op: Op
    member_id: int
    from_account: int
    biller: str
    reference: str
    amount: int
    extra: str = ""
    holder: str = ""
    amount_due: int | None = None
    due_on: str = ""
    unchecked: bool = False

    def payload(self) -> dict[str, Any]:
        """What the local journal or a waiting request keeps."""
        return asdict(self)


def confirm_bill_of(payload: dict[str, Any]) -> ConfirmBill:
    """The command that was kept. Raises TypeError, ValueError, KeyError for another's."""
    return ConfirmBill(**payload | {"op": Op(payload["op"])})


def inquire(command: InquireBill, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork) -> BillFound:
    """Ask the biller whose number it is and what is due. Moves nothing.

    A biller that may be paid without its answer is told as `unchecked` to staff when it gives none. Raises InvalidInput
    at the field (also for a number that the biller doesn't know), BillerUnavailable, NoGateway, BillerSilent, and what
    authorisation raises.
    """
    with uow.begin(operator, command.op, member_id=command.member_id) as tx:
        bill = read_bill(command.op, command.biller, command.reference, command.extra, panama_date(tx.now))
        if gateway is None:
            raise NoGateway
        tx.record("biller.inquire", detail={"biller": bill.biller.id, "kind": command.op.value})
        tx.commit()
    try:
        told = gateway.inquire(Inquiry(bill.biller.id, bill.mode.kind, bill.reference, bill.extra))
    except GatewayFailure:
        if not _may_go_unchecked(bill, operator):
            raise BillerSilent from None
        return _found(bill, InquiryAnswer(True), unchecked=True)
    if not told.found:
        text = f"{bill.biller.name} no conoce ese número. Revise: {bill.label}."
        raise InvalidInput(f"{text} {told.note}" if told.note else text, field="reference")
    return _found(bill, told)


def _found(bill: Bill, told: InquiryAnswer, *, unchecked: bool = False) -> BillFound:
    mode = bill.mode
    return BillFound(
        biller_name=bill.biller.name,
        label=bill.label,
        reference=bill.reference,
        shown_reference=bill.shown_reference,
        extra=bill.extra or "",
        holder=told.holder or "",
        amount_due=told.amount_due,
        due_on=format_date(told.due_date) if told.due_date else "",
        minimum=max(told.minimum or 0, mode.minimum.centesimos),
        maximum=min(told.maximum or MAX_CENTESIMOS, mode.maximum.centesimos),
        denominations=tuple(amount.centesimos for amount in mode.denominations),
        notes=tuple(dict.fromkeys(note for note in (bill.biller.notice, told.note) if note)),
        unchecked=unchecked,
    )


def _may_go_unchecked(bill: Bill, operator: Operator) -> bool:
    """Whether this biller may be paid without its answer (the catalogue's word), by staff, who hear the member say the
    number; a member alone would read their own typing error as the truth."""
    return bill.mode.unchecked and not operator.is_member


def prepare_bill(command: PrepareBill, operator: Operator, uow: UnitOfWork) -> Prepared:
    """Fix everything on this side and show it; moves nothing (req. 40). `balance_after` is what the account can spare
    afterwards.

    Raises NotFound, InvalidInput, BillerUnavailable, AccountUnusable, InsufficientFunds, LimitExceeded (more than
    anybody may), and what authorisation raises.
    """
    with uow.begin(operator, command.op, member_id=command.member_id) as tx:
        wanted = wanted_bill(tx, command)
        seen = review_bill(tx, wanted)
        prepared = Prepared(
            summary=seen.summary,
            warnings=seen.warnings,
            hash=seen.hash,
            balance_after=seen.available_after,
            amount_words=Money(wanted.amount).in_words(),
            daily_left=seen.daily_left,
            approval=seen.approval,
            code_needed=bill_codes.is_needed(tx, wanted),
        )
        tx.record("payment.prepare", detail={"kind": command.op.value, "biller": wanted.bill.biller.id})
        tx.commit()
    return prepared


def confirm_bill(command: ConfirmBill, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork) -> Receipt:
    """Set the money aside and order at the biller, once: the same key again answers how that order stands now.

    The receipt is «Pagada» (posted), «Rechazada por el recaudador» (released: the money is back) or «En proceso»
    (held: the worker goes on asking; never repeat it). Raises DataChanged, InsufficientFunds and AccountUnusable (both
    stick to the key), ApprovalNeeded, LimitExceeded, KeyReused, NotFound, BillerUnavailable, NoGateway, OutcomeUnknown
    when the database fell silent, and what authorisation raises.
    """
    placed = retrying(lambda: _set_aside(command, operator, gateway, uow))
    if placed.existed or placed.outcome != "held" or gateway is None:
        return placed
    fault("hold_committed")
    return order_now(placed, operator, gateway, uow)


def order_now(placed: Receipt, operator: Operator, gateway: BillerGateway, uow: UnitOfWork) -> Receipt:
    """Order what was just set aside, and answer the receipt as it stands then.

    Raises nothing of the gateway's or the database's silence: the money is set aside and the worker goes on.
    """
    try:
        attempt(placed.operation_id, gateway, uow, at_once=True)
        with uow.begin_system(operator, member_id=placed.member_id) as tx:
            done = find(tx, placed.operation_id)
            return placed if done is None else _fresh(receipt_now(tx, done))
    except CoopError:
        return placed


def resubmit_bill(payload: dict[str, Any], operator: Operator, uow: UnitOfWork) -> Receipt:
    """After a crash: what became of a journal item's key. One that never arrived is closed, so that it can't arrive
    late; it is never ordered from here."""
    command = confirm_bill_of(payload)
    found = outcome(OutcomeOf(command.key), operator, uow)
    if found is not None:
        return found
    with uow.begin_system(operator, member_id=command.member_id) as tx:
        posting = hold_of(command.key, wanted_bill(tx, command), None)
    done = retrying(lambda: reject(uow, operator, posting, Abandoned(), None))
    with uow.begin_system(operator, member_id=command.member_id) as tx:
        return receipt_now(tx, done)


def wanted_bill(tx: Transaction, command: PrepareBill | ConfirmBill) -> WantedBill:
    """The request, read by the catalogue. Raises InvalidInput, BillerUnavailable, BillerSilent for one that may not be
    paid without the biller's answer."""
    if not 0 < command.amount <= MAX_CENTESIMOS:
        raise InvalidInput("Escriba un monto mayor que cero.", field="amount")
    bill = read_bill(command.op, command.biller, command.reference, command.extra, panama_date(tx.now))
    if command.unchecked and not _may_go_unchecked(bill, tx.operator):
        raise BillerSilent
    return WantedBill(
        bill,
        command.member_id,
        command.from_account,
        command.amount,
        clean(command.holder, HOLDER_LENGTH),
        command.amount_due,
        clean(command.due_on, 10),
        command.unchecked,
    )


def _set_aside(command: ConfirmBill, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork) -> Receipt:
    fault("before_begin")
    execution = standing = None
    try:
        with uow.begin(operator, command.op, member_id=command.member_id, alone=True) as tx:
            standing = tx.standing
            if gateway is None:
                raise NoGateway
            execution = BillExecution(wanted_bill(tx, command), command.key)
            receipt = execute_bill(tx, execution, agreed=_agreed(command.prepared_hash))
            tx.commit()
            return receipt
    except (InsufficientFunds, AccountUnusable) as error:
        if execution is None or execution.posting is None:
            raise
        done = reject(uow, operator, execution.posting, error, standing)
        if done.outcome == "held":  # somebody else sent the same key and was first
            with uow.begin_system(operator, member_id=command.member_id) as tx:
                return receipt_now(tx, done)
        raise


def _agreed(prepared: str) -> Callable[[str], None]:
    def compare(shown: str) -> None:
        if not hmac.compare_digest(shown, prepared):
            raise DataChanged

    return compare


def _fresh(receipt: Receipt) -> Receipt:
    """Of an order that this very request made: it did not exist before."""
    return replace(receipt, existed=False)

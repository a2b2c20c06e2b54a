"""What a scheduled payment pays: an account of the cooperative or a bill, checked today for another day."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from data.values.dates import panama_date
from data.values.money import MAX_CENTESIMOS, Money
from services.bill_entry import review_bill_later
from services.bill_facts import WantedBill
from services.bills import MODES, read_bill
from services.calendar_rules import Every
from services.errors import InvalidInput
from services.operations import Op
from services.payment_entry import MEMO_LENGTH, review_later, wanted_of
from services.payment_facts import Wanted
from services.payment_kinds import DRAWER, KINDS
from services.payment_options import options_of
from services.payments import PreparePayment
from services.schedule_rows import Stored, StoredPayment
from services.text_cleaning import clean
from services.timeline_words import WORDS as TITLES
from services.unit_of_work import Transaction

#: What may stand in the place of an amount (services/payment_options.py), as it is told.
WORDS = {
    "cuota": "la cuota de ese día",
    "minimo": "el pago mínimo de ese día",
    "estado": "el saldo del estado de cuenta",
    "total": "todo lo que se deba ese día",
}


@dataclass(frozen=True, slots=True)
class PlannedPayment:
    """What is paid and when. Accounts by row id: `to_account`, or `biller` with `reference` and perhaps `extra`.
    `amount` in centésimos, or 0 with `word` for what is due that day (`cuota`, `minimo`, `estado`, `total`) to an own
    account. `rule` empty: the policy's. `day` of the month, where `first_on` is a shorter month's last."""

    op: Op
    member_id: int
    from_account: int
    first_on: date
    to_account: int | None = None
    every: Every = Every.MONTH
    amount: int = 0
    word: str = ""
    memo: str = ""
    label: str = ""
    until: date | None = None
    times: int | None = None
    rule: str = ""
    day: int | None = None
    biller: str | None = None
    reference: str = ""
    extra: str = ""

    @property
    def stored(self) -> StoredPayment:
        """What is kept of it, to pay each time."""
        memo = clean(self.memo, MEMO_LENGTH)
        return StoredPayment(
            self.from_account, self.to_account, self.amount, self.word, memo, self.biller, self.reference, self.extra
        )

    @property
    def amount_words(self) -> str:
        return amount_words(self.amount, self.word)


@dataclass(frozen=True, slots=True)
class Subject:
    """What was found: the rows that are shown, the name that it gets without one, why a second person would have to
    approve it, what the trail says, and for a payment inside the cooperative what its code is bound to."""

    rows: tuple[tuple[str, str], ...]
    name: str
    reasons: tuple[str, ...]
    detail: dict[str, Any]
    wanted: Wanted | None = None


def amount_words(amount: int, word: str) -> str:
    """What is paid each time: an amount, or what is due that day."""
    return WORDS[word] if word else Money(amount).with_symbol()


def subject_of(tx: Transaction, payment: PlannedPayment) -> Subject:
    """Check what can be known today. Raises InvalidInput at the field, NotFound, AccountUnusable, BillerUnavailable,
    NotPermitted, LimitExceeded."""
    if payment.op in MODES and payment.biller is not None and payment.to_account is None:
        return _bill(tx, payment, payment.biller)
    kind = KINDS.get(payment.op)
    if kind is None or kind.cash or payment.to_account is None or payment.biller is not None:
        raise InvalidInput("Esa operación no se programa.", field="op")
    wanted = wanted_of(_with_amount(tx, payment, payment.to_account))
    facts, reasons = review_later(tx, wanted)
    if facts.source.product == DRAWER:
        raise InvalidInput("De la caja no se programa nada. Elija una cuenta de ahorros.", field="from_account")
    rows = (
        ("Operación", kind.title),
        ("Desde", facts.source_name),
        ("Hacia", facts.target_name),
        ("Titular", facts.holder),
    )
    name = f"{kind.title} a {facts.holder if kind.third else facts.target.label}"
    return Subject(rows, name, reasons, wanted.asked_accounts(), wanted)


def bill_of(tx: Transaction, schedule: Stored) -> WantedBill:
    """The bill that a schedule pays. Raises what services/bills.read_bill raises."""
    asked = schedule.asked
    bill = read_bill(schedule.op, asked.biller or "", asked.reference, asked.extra, panama_date(tx.now))
    return WantedBill(bill, schedule.member_id, asked.from_account, asked.amount, "", None, "")


def payment_of(tx: Transaction, schedule: Stored) -> Wanted | None:
    """The payment of today; None if it pays what is due and nothing is."""
    asked = schedule.asked
    if asked.to_account is None:
        raise LookupError("a scheduled payment without a destination")
    amount = asked.amount
    if asked.word:
        option = options_of(tx, schedule.member_id, asked.to_account).option(asked.word)
        if option is None:
            return None
        amount = option.amount
    return Wanted(schedule.op, schedule.member_id, asked.from_account, asked.to_account, amount, asked.memo)


def _bill(tx: Transaction, payment: PlannedPayment, biller: str) -> Subject:
    if payment.word or not 0 < payment.amount <= MAX_CENTESIMOS:
        raise InvalidInput("Escriba el monto: lo facturado se consulta solo al pagar.", field="amount")
    bill = read_bill(payment.op, biller, payment.reference, payment.extra, panama_date(tx.now))
    wanted = WantedBill(bill, payment.member_id, payment.from_account, payment.amount, "", None, "")
    facts, reasons = review_bill_later(tx, wanted)
    rows = (("Operación", TITLES[payment.op.value]), ("Desde", facts.source_name), *bill.lines)
    detail = {"from": payment.from_account, "biller": bill.biller.id}
    return Subject(rows, bill.name, reasons, detail)


def _with_amount(tx: Transaction, payment: PlannedPayment, to_account: int) -> PreparePayment:
    """With a word instead of an amount: what it means today, so that it can be checked at all."""
    amount = payment.amount
    if payment.word:
        if KINDS[payment.op].third or amount:
            raise InvalidInput("Escriba el monto: lo que debe otra persona no se consulta.", field="amount")
        if payment.word not in WORDS:
            raise InvalidInput(f"Escriba un monto, o una de estas palabras: {', '.join(WORDS)}.", field="amount")
        option = options_of(tx, payment.member_id, to_account).option(payment.word)
        amount = option.amount if option else tx.policy.limits[payment.op].minimum
    return PreparePayment(payment.op, payment.member_id, payment.from_account, to_account, amount, payment.memo)

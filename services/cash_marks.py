"""Cash that the law asks about: marked when it moves, seen by compliance alone (L4, req. 45).

Cash in or out, alone or with the member's other cash of the week (Monday to Sunday in Panama, both directions), from
the policy's amount on: the person must say where the funds come from before it is posted. The form asks as it asks for
any other field; nothing on a screen, a receipt or in the member's history says why.

The mark is written with the payment and is told of by no event of its own: whoever may read the trail is more than
compliance. That the payment happened stands in the trail as ever, the mark is tied to it by its key, and amount and
week's total follow from the ledger, so that a mark that is missing shows (`coop-tui cash marks` says which). Reading
the marks is an event that names the month. A confirmation without the statement is refused as any lacking field is,
under the same code.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from data.driver_sql import DriverSql
from data.secrets.box import open_, seal
from data.tables import CashMark
from data.values.card_number import NOTE_MESSAGE, contains_card_number
from data.values.dates import panama_date
from services.errors import InvalidInput
from services.payment_facts import Facts, Wanted
from services.payment_kinds import DRAWER
from services.posting import Posted
from services.reads import ReadsSealed
from services.text_cleaning import clean
from services.unit_of_work import Transaction

FUNDS_LABEL: Final = "Origen de los fondos"
FUNDS_LENGTH: Final = 200
FUNDS_LEAST: Final = 3
FUNDS_NEEDED: Final = "Escriba el origen de los fondos."
WEEK = DriverSql(
    "SELECT coalesce(sum(t.amount), 0) FROM operation o JOIN transfer t ON t.operation_id = o.id"
    " JOIN account a ON a.id IN (t.debit, t.credit) AND a.member_id IS NULL AND a.product = 'drawer'"
    " WHERE o.member_id = :member_id AND o.value_date BETWEEN :monday AND :sunday AND o.outcome = 'posted'"
    " AND o.reversal_of IS NULL AND NOT EXISTS (SELECT 1 FROM operation r WHERE r.reversal_of = o.id)"
)


@dataclass(frozen=True, slots=True)
class Week:
    """The cash of a member's week with this payment in it, centésimos; `monday` is its first day."""

    monday: date
    total: int


def monday_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def reached(tx: Transaction, facts: Facts, wanted: Wanted) -> Week | None:
    """The week, if this payment is cash and reaches with it what is reported."""
    if DRAWER not in (facts.source.product, facts.target.product):
        return None
    monday = monday_of(panama_date(tx.now))
    values = {"member_id": wanted.member_id, "monday": monday, "sunday": monday + timedelta(days=6)}
    week = Week(monday, int(WEEK.scalar(tx.connection, values)) + wanted.amount)
    return week if week.total >= tx.policy.cash.reportable else None


def stated(funds: str) -> str:
    """The statement, cleaned. Raises InvalidInput (field `funds`) for none."""
    if contains_card_number(funds):
        raise InvalidInput(NOTE_MESSAGE, field="funds")
    text = clean(funds, FUNDS_LENGTH)
    if sum(char.isalpha() for char in text) < FUNDS_LEAST:
        raise InvalidInput(FUNDS_NEEDED, field="funds")
    return text


def mark(tx: Transaction, done: Posted, wanted: Wanted, week: Week, funds: str) -> None:
    """Keep the mark and, sealed, the statement, in the payment's own transaction."""
    row = CashMark(
        operation_id=done.id,
        member_id=wanted.member_id,
        week=week.monday,
        amount=wanted.amount,
        week_total=week.total,
        source_sealed=seal(tx.secrets.data_key, funds.encode(), _context(done.id)),
        at=tx.now,
    )
    tx.session.add(row)


def opened(tx: ReadsSealed, operation_id: str, sealed: bytes) -> str:
    """A sealed statement in clear. Raises SealBroken."""
    return open_(tx.secrets.data_key, sealed, _context(operation_id)).decode()


def _context(operation_id: str) -> str:
    return f"cash_mark:{operation_id}:source"

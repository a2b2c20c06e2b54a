"""What a statement says of one account over some days: opening, movements, closing (S62)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from data.driver_sql import DriverSql
from data.values.dates import MONTHS, format_date
from data.values.money import Money
from services.account_view import nature_of, shown_figure, shown_number
from services.calendar_rules import first_on_day
from services.errors import NotFound
from services.movements import description_of
from services.portal_accounts import terms_of
from services.portal_policy import StatementsPolicy
from services.text_cleaning import clean

ENTRIES = DriverSql(
    "SELECT e.amount, o.kind, o.body, o.value_date FROM entry e JOIN operation o ON o.id = e.operation_id"
    " WHERE e.account_id = :account_id AND e.id <= :upto AND o.value_date BETWEEN :first AND :last"
    " ORDER BY o.value_date, e.id"
)
BEFORE = DriverSql(
    "SELECT coalesce(sum(e.amount), 0) AS total FROM entry e JOIN operation o ON o.id = e.operation_id"
    " WHERE e.account_id = :account_id AND e.id <= :upto AND o.value_date < :first"
)
ACCOUNT = DriverSql(
    "SELECT id, member_id, number, product, label, card_last4, terms FROM account"
    " WHERE id = :account_id AND member_id = :member_id"
)
NEWEST = DriverSql("SELECT coalesce(max(id), 0) FROM entry")


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a statement covers, both included (in Panama)."""

    first: date
    last: date

    @property
    def text(self) -> str:
        """`Del 01/10/2026 al 31/10/2026`."""
        return f"Del {format_date(self.first)} al {format_date(self.last)}"


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One movement; figures as `1,322.64`, `debit` or `credit` empty; `balance` after it, of debts what was owed."""

    date: str
    description: str
    debit: str
    credit: str
    balance: str


@dataclass(frozen=True, slots=True)
class StatementAccount:
    """One account of a statement. Cards by their last digits alone; sums in the account's own sense."""

    account_id: int
    number: str
    label: str
    opening: str
    rows: tuple[StatementRow, ...]
    debits: str
    credits: str
    closing: str


def account_of(connection: Connection, account_id: int, member_id: int) -> Any:
    """The account's row, if it is this member's. Raises NotFound."""
    row = ACCOUNT.first(connection, {"account_id": account_id, "member_id": member_id})
    if row is None:
        raise NotFound
    return row


def newest_entry(connection: Connection) -> int:
    """The entry up to which a statement reads: what is posted later, for an earlier day too, changes it no more."""
    return int(NEWEST.scalar(connection, {}))


def statement_of(
    connection: Connection, account: Any, span: Span, upto: int, *, masked: bool = False
) -> StatementAccount:
    """The statement of one account's row over the days of `span`, from entries up to `upto`. `masked`: for paper that
    leaves the house, the middle of the number is hidden."""
    values = {"account_id": account.id, "upto": upto, "first": span.first, "last": span.last}
    opening = balance = int(BEFORE.scalar(connection, values))
    rows, debits, credits_ = [], 0, 0
    for entry in ENTRIES.rows(connection, values):
        balance += entry.amount
        debits += -entry.amount if entry.amount < 0 else 0
        credits_ += entry.amount if entry.amount > 0 else 0
        rows.append(_row(entry, balance, account.product))
    return StatementAccount(
        account_id=account.id,
        number=shown_number(account.number, account.card_last4, account.product, verified=not masked),
        label=clean(account.label, 60),
        opening=shown_figure(opening, account.product),
        rows=tuple(rows),
        debits=Money(debits).format(),
        credits=Money(credits_).format(),
        closing=shown_figure(balance, account.product),
    )


def _row(entry: Any, balance: int, product: str) -> StatementRow:
    figure = Money(abs(entry.amount)).format()
    day = entry.value_date if isinstance(entry.value_date, date) else date.fromisoformat(entry.value_date)
    return StatementRow(
        date=format_date(day),
        description=description_of(entry.kind, entry.body),
        debit=figure if entry.amount < 0 else "",
        credit=figure if entry.amount > 0 else "",
        balance=shown_figure(balance, product),
    )


def month_span(period: str) -> Span:
    """The days of `2026-10`. Raises ValueError."""
    year, month = (int(part) for part in period.split("-"))
    first = date(year, month, 1)
    return Span(first, first_on_day(1, first + timedelta(days=1)) - timedelta(days=1))


def period_before(today: date) -> str:
    """The month before a day's own: `2026-10` in November."""
    last = today.replace(day=1) - timedelta(days=1)
    return f"{last.year:04d}-{last.month:02d}"


def month_words(period: str) -> str:
    """`octubre de 2026`."""
    year, month = period.split("-")
    return f"{MONTHS[int(month) - 1]} de {year}"


def cut_day(terms: str | None, policy: StatementsPolicy) -> int:
    """On which day of the month a card's account is cut: its own, or the policy's."""
    day = terms_of(terms).get("cut_day")
    return day if isinstance(day, int) and 1 <= day <= 31 else policy.card_cut_day


def last_cut(day: int, today: date) -> date:
    """The last cut on or before `today` (the last day of months that are shorter)."""
    return _cuts(day, today)[1]


def cut_span(day: int, cut: date) -> Span:
    """The days after the cut before, up to `cut`."""
    return Span(_cuts(day, cut - timedelta(days=1))[1] + timedelta(days=1), cut)


def _cuts(day: int, today: date) -> Sequence[date]:
    """The last two cuts on or before `today`."""
    found, start = [], today - timedelta(days=70)
    while (cut := first_on_day(day, start)) <= today:
        found.append(cut)
        start = cut + timedelta(days=1)
    return found[-2:]


def card_terms(terms: str | None, cut: date) -> tuple[str, str, str]:
    """Limit, minimum payment and the first due date after a cut, each empty where the card's terms have none."""
    told = terms_of(terms)
    due_day = told.get("due_day")
    due = ""
    if isinstance(due_day, int) and 1 <= due_day <= 31:
        due = format_date(first_on_day(due_day, cut + timedelta(days=1)))
    limit, minimum = (
        Money(value).format() if isinstance(value := told.get(name), int) else "" for name in ("limit", "minimum")
    )
    return limit, minimum, due


def is_card(product: str) -> bool:
    """Whether an account of this product is a credit card."""
    return nature_of(product).value == "card"

"""Statements of account and of card: on the screen, and as the PDF that a mail brings along (S62, S92)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from data.driver_sql import DriverSql
from data.values.dates import format_date, panama_date
from services.document_pdf import Paragraph, Part, Table, document_pdf
from services.errors import InvalidInput, NotFound, StoreUnavailable
from services.mail_messages import Attachment
from services.masking import full_name
from services.operations import Op
from services.operator import Operator
from services.portal_accounts import own_account
from services.statement_rows import (
    Span,
    StatementAccount,
    account_of,
    card_terms,
    cut_day,
    cut_span,
    is_card,
    last_cut,
    month_span,
    month_words,
    newest_entry,
    period_before,
    statement_of,
)
from services.unit_of_work import Transaction, UnitOfWork

HEADS = ("Fecha", "Descripción", "Débito", "Crédito", "Saldo")
WIDTHS = (60, 228, 72, 72, 72)
RIGHT = frozenset({2, 3, 4})
FOOT = "Si no reconoce un movimiento, llame al CIS, 205-0911."
CARD_LABELS = ("Límite", "Pago mínimo", "Fecha de pago")
NO_ACCOUNT = "No tiene cuentas afiliadas en este servicio. Pídalo al CIS, 205-0911, o en una sucursal."
MONTHS_BACK = 24
HOLDER = DriverSql("SELECT number, given_names, surnames FROM member WHERE id = :member_id")
AFFILIATED = DriverSql(
    "SELECT id FROM account WHERE member_id = :member_id AND affiliated_at IS NOT NULL ORDER BY product, number"
)


@dataclass(frozen=True, slots=True)
class GetStatement:
    """The general statement of a whole month that is over: `2026-10`."""

    period: str


@dataclass(frozen=True, slots=True)
class GetCardStatement:
    """The statement of a card at its last cut."""

    account_id: int


@dataclass(frozen=True, slots=True)
class GeneralStatement:
    """A month of every account online: `month` in words, `days` from when to when."""

    period: str
    month: str
    days: str
    accounts: tuple[StatementAccount, ...]


@dataclass(frozen=True, slots=True)
class CardStatement:
    """«Extracto de tarjeta»: `lines` are label and value (limit, minimum, due date); `since`: what moved after."""

    account: StatementAccount
    since: StatementAccount
    cut: str
    lines: tuple[tuple[str, str], ...]


def past_months(today: date) -> tuple[tuple[str, str], ...]:
    """The months of which there is a statement, the last one first: period and words."""
    periods, day = [], today
    for _ in range(MONTHS_BACK):
        periods.append(period_before(day))
        day = month_span(periods[-1]).first
    return tuple((period, month_words(period)) for period in periods)


def my_statement(command: GetStatement, operator: Operator, uow: UnitOfWork) -> GeneralStatement:
    """The member's general statement of a month. Raises InvalidInput for a month that is not over or too far back,
    NotFound if no account is affiliated, and the errors of authorisation."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        span = past_month(command.period, panama_date(tx.now))
        upto = newest_entry(tx.connection)
        accounts = tuple(
            statement_of(tx.connection, account_of(tx.connection, one, operator.member_id), span, upto)
            for one in affiliated(tx.connection, operator.member_id)
        )
        if not accounts:
            raise NotFound(NO_ACCOUNT)
        tx.record("portal.statement", about=f"period:{command.period}")
        tx.commit()
    return GeneralStatement(command.period, month_words(command.period), span.text, accounts)


def card_statement(command: GetCardStatement, operator: Operator, uow: UnitOfWork) -> CardStatement:
    """A card's statement at its last cut, and what moved since. Raises NotFound for what is no card of theirs, and the
    errors of authorisation."""
    with uow.begin(operator, Op.PORTAL_VIEW, member_id=operator.member_id) as tx:
        row, span = card_at_cut(tx, command.account_id)
        today, upto = panama_date(tx.now), newest_entry(tx.connection)
        account = statement_of(tx.connection, row, span, upto)
        since = statement_of(tx.connection, row, Span(date.fromordinal(span.last.toordinal() + 1), today), upto)
        tx.record("portal.statement", about=f"account:{command.account_id}", detail={"cut": span.last.isoformat()})
        tx.commit()
    return CardStatement(account, since, format_date(span.last), _labelled(*card_terms(row.terms, span.last)))


def past_month(period: str, today: date) -> Span:
    """The days of a month of which there is a statement. Raises InvalidInput."""
    if period not in dict(past_months(today)):
        raise InvalidInput("Elija un mes de la lista: uno que ya terminó, de los últimos 24.", field="period")
    return month_span(period)


def card_at_cut(tx: Transaction, account_id: int) -> tuple[Any, Span]:
    """A card of the member who is inside, and the days up to its last cut. Raises NotFound."""
    row = own_account(tx, account_id)
    if not is_card(row.product):
        raise NotFound
    day = cut_day(row.terms, tx.policy.statements)
    return row, cut_span(day, last_cut(day, panama_date(tx.now)))


def affiliated(connection: Connection, member_id: int) -> tuple[int, ...]:
    """The accounts that the member sees online, by product and number."""
    return tuple(row.id for row in AFFILIATED.rows(connection, {"member_id": member_id}))


def general_pdf(connection: Connection, member_id: int, period: str, accounts: Sequence[int], upto: int) -> bytes:
    """The general statement of a month. Raises NotFound without an account, or for one that isn't the member's."""
    if not accounts:
        raise NotFound(NO_ACCOUNT)
    span = month_span(period)
    found = [
        statement_of(connection, account_of(connection, one, member_id), span, upto, masked=True) for one in accounts
    ]
    parts = [*_holder(connection, member_id, span), *(part for one in found for part in _parts(one))]
    return document_pdf(f"Estado de cuenta · {month_words(period)}", parts, FOOT)


def card_pdf(
    connection: Connection, member_id: int, account_id: int, span: Span, upto: int, told: tuple[str, str, str]
) -> bytes:
    """The statement of one card over the days up to its cut; `told`: limit, minimum, due date. Raises NotFound for
    another's account."""
    row = account_of(connection, account_id, member_id)
    terms = Paragraph(" · ".join(f"{label}: {value}" for label, value in _labelled(*told)))
    parts = [
        *_holder(connection, member_id, span),
        *([terms] if terms.text else []),
        *_parts(statement_of(connection, row, span, upto, masked=True)),
    ]
    return document_pdf(f"Estado de cuenta de tarjeta · corte {format_date(span.last)}", parts, FOOT)


def general_values(connection: Connection, member_id: int, period: str) -> dict[str, str]:
    """What a message with a general statement holds: the document is the same however often it is made."""
    return {
        "month": month_words(period),
        "period": period,
        "accounts": " ".join(map(str, affiliated(connection, member_id))),
        "upto": str(newest_entry(connection)),
    }


def card_values(connection: Connection, member_id: int, account_id: int, span: Span) -> dict[str, str]:
    """The same for a card's: with limit, minimum and due date as they are now. Raises NotFound for another's."""
    limit, minimum, due = card_terms(account_of(connection, account_id, member_id).terms, span.last)
    return {
        "cut_date": format_date(span.last),
        "account_id": str(account_id),
        "first": span.first.isoformat(),
        "cut": span.last.isoformat(),
        "upto": str(newest_entry(connection)),
        "limit": limit,
        "minimum": minimum,
        "due": due,
    }


def general_attachment(uow: UnitOfWork, member_id: int, context: Mapping[str, str]) -> Attachment:
    """What goes along with the monthly mail: the accounts and the last entry are those of when it was queued."""
    accounts = [int(one) for one in context["accounts"].split()]
    with _reading(uow) as connection:
        content = general_pdf(connection, member_id, context["period"], accounts, int(context["upto"]))
    return Attachment(_general_name(context["period"]), content)


def card_attachment(uow: UnitOfWork, member_id: int, context: Mapping[str, str]) -> Attachment:
    """What goes along with the card's mail."""
    first, cut = date.fromisoformat(context["first"]), date.fromisoformat(context["cut"])
    with _reading(uow) as connection:
        span, upto = Span(first, cut), int(context["upto"])
        told = (context.get("limit", ""), context.get("minimum", ""), context.get("due", ""))
        content = card_pdf(connection, member_id, int(context["account_id"]), span, upto, told)
    return Attachment(_card_name(cut), content)


class _reading:
    """A connection that reads. Raises StoreUnavailable when the database does not answer."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._engine = uow.engine

    def __enter__(self) -> Connection:
        try:
            self._connection = self._engine.connect()
        except (OperationalError, InterfaceError) as error:
            raise StoreUnavailable from error
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        self._connection.close()
        if isinstance(error, OperationalError | InterfaceError):
            raise StoreUnavailable from error


def _labelled(*told: str) -> tuple[tuple[str, str], ...]:
    return tuple((label, value) for label, value in zip(CARD_LABELS, told, strict=True) if value)


def _holder(connection: Connection, member_id: int, span: Span) -> list[Part]:
    member = HOLDER.first(connection, {"member_id": member_id})
    if member is None:
        raise NotFound
    name = full_name(member.given_names, member.surnames)
    return [Paragraph(f"{name} · número {member.number}", strong=True), Paragraph(span.text)]


def _parts(account: StatementAccount) -> list[Part]:
    rows = [("", "Saldo anterior", "", "", account.opening)]
    rows += [(row.date, row.description, row.debit, row.credit, row.balance) for row in account.rows]
    rows.append(("", "Saldo final", account.debits, account.credits, account.closing))
    return [
        Paragraph(f"{account.number} · {account.label}", strong=True),
        Table(HEADS, tuple(rows), WIDTHS, RIGHT),
    ]


def _general_name(period: str) -> str:
    return f"estado-de-cuenta-{period}.pdf"


def _card_name(cut: date) -> str:
    return f"tarjeta-{cut.isoformat()}.pdf"
